"""The report's SQL against a naive count in Python over the same raw rows, of random histories."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from crm.pool import Pool
from crm.report import STEPS, report
from domain.report import Reason, Report, Spent, Spread, percent

Row = dict[str, Any]
World = dict[str, list[Row]]

SINCE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=6)
MINUTE = timedelta(minutes=1)
TABLES = (
    "contacts", "leads", "turns", "model_uses", "messages", "stage_events", "outbox", "bookings",
    "followups", "handoffs",
)  # fmt: skip


class History:
    """Rows of a few leads around the period; many moments fall on its very ends."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.world: World = {table: [] for table in TABLES}
        for _ in range(self.dice.randrange(1, 25)):
            self._lead()
        for _ in range(self.dice.randrange(6)):
            purpose = self.dice.choice(["summary", "brief", "discarded"])
            self.world["model_uses"].append({"purpose": purpose, **self._spent(), "at": self._at()})

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128))

    def _at(self) -> datetime:
        ends = [SINCE, SINCE - MINUTE, UNTIL, UNTIL - MINUTE]
        inside = SINCE + self.dice.randrange(-120, 480) * MINUTE
        return self.dice.choice([*ends, *[inside] * 8])

    def _later(self, at: datetime) -> datetime:
        return at + self.dice.choice([0, 1, 3, 10, 40, 120]) * MINUTE

    def _spent(self) -> Row:
        known = self.dice.random() < 0.9
        return {
            "model": self.dice.choice(["gpt-4o", "gpt-4.1-mini"]) if known else "",
            "calls": self.dice.randrange(1, 3) if known else 0,
            "input_tokens": 100 * self.dice.randrange(1, 9),
            "cached_input_tokens": self.dice.randrange(100),
            "output_tokens": self.dice.randrange(99),
        }

    def _lead(self) -> None:
        dice, contact, began = self.dice, self._id(), self._at()
        contacts = self.world["contacts"]
        joined = contacts[0]["id"] if contacts and dice.random() < 0.1 else None
        wrote = began if dice.random() < 0.95 else None
        contacts.append({"id": contact, "first_inbound_at": wrote, "joined_into": joined})
        moment = began
        for number in range(dice.randrange(6)):
            moment = self._later(moment)
            self._exchange(contact, number, moment)
        for stage in ("qualification", "scheduling")[: dice.randrange(3)]:
            moved = {"contact_id": contact, "turn_id": "", "from_stage": "greeting"}
            at = self._later(began)
            self.world["stage_events"].append({**moved, "to_stage": stage, "at": at})
        qualified = self._later(began) if dice.random() < 0.6 else None
        lead = {"contact_id": contact, "stage": "greeting", "qualified_at": qualified}
        self.world["leads"].append(lead)
        for _ in range(dice.choice([0, 0, 1, 2])):
            self._hand_over(contact, self._later(began))
        for number in range(dice.choice([0, 1, 1, 2, 3])):
            made = dice.choice([self._later(began), self._later(began), SINCE, UNTIL])
            self._call(contact, number, made)

    def _exchange(self, contact: UUID, number: int, at: datetime) -> None:
        dice, turn, reply = self.dice, str(self._id()), self._id()
        answered = dice.random() < 0.85
        self.world["turns"].append({
            "turn_id": turn, "contact_id": contact, "stage_before": "greeting",
            "stage_after": "greeting", "kind": "answer" if answered else "silent", "decision": {},
            "resolved": True, "seconds": 1.0, "facts_dropped": 0, "at": at, **self._spent(),
        })  # fmt: skip
        self._said(contact, f"in {turn}", "in", at - dice.randrange(2) * MINUTE)
        if answered:
            self._said(contact, str(reply), "out", at)
            came = dice.random() < 0.85
            sent_at = at + timedelta(seconds=dice.choice([-5, -1, 2, 8])) if came else None
            self.world["outbox"].append({
                "id": reply, "contact_id": contact, "turn_id": turn, "position": 0,
                "recipient_phone": "1", "message": {}, "sent_at": sent_at,
                "heard_at": at if number or dice.random() < 0.9 else None,
            })  # fmt: skip

    def _said(self, contact: UUID, name: str, direction: str, at: datetime) -> None:
        said = {"id": name, "contact_id": contact, "direction": direction}
        self.world["messages"].append({**said, "kind": "text", "text": "x", "at": at})

    def _hand_over(self, contact: UUID, at: datetime) -> None:
        dice = self.dice
        self.world["handoffs"].append({
            "id": str(self._id()), "contact_id": contact, "turn_id": "", "rep": "luz",
            "reason": dice.choice(["asked", "low_confidence", "taken_over"]), "signals": {},
            "at": at, "released_at": at + timedelta(hours=1),
            "first_word_at": self._later(at) if dice.random() < 0.6 else None,
        })  # fmt: skip

    def _call(self, contact: UUID, number: int, made: datetime) -> None:
        dice, booking = self.dice, self._id()
        status = "cancelled" if number else dice.choice(["held", "confirmed", "confirmed"])
        moved = made if dice.random() < 0.3 else None
        key = dice.choice(["released:", "erased:", ""]) + str(booking)
        starts = self._later(made)
        self.world["bookings"].append({
            "id": booking, "contact_id": contact, "rep": str(booking), "starts_at": starts,
            "ends_at": starts + 30 * MINUTE, "status": status, "key": key, "created_at": made,
            "previous_starts_at": moved,
        })  # fmt: skip
        if dice.random() < 0.4:
            followup = {"id": self._id(), "contact_id": contact, "booking_id": booking}
            kind = dice.choice(["no_show", "hour_before"])
            about = made + number * timedelta(seconds=1)
            due = dict.fromkeys(("about", "due_at", "act_at"), about)
            self.world["followups"].append({**followup, "kind": kind, **due})


def inside(at: datetime | None) -> bool:
    return at is not None and SINCE <= at < UNTIL


def first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Between the two nearest values, as their distances say."""
    if not values:
        return None
    place = (len(values) - 1) * share
    low = int(place)
    high = min(low + 1, len(values) - 1)
    ordered = sorted(values)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Sequence[float]) -> Spread:
    return Spread(count=len(values), p50=quantile(values, 0.5), p95=quantile(values, 0.95))


def seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def is_call(booking: Row) -> bool:
    """Confirmed once: not a hold that ran out."""
    gone = booking["status"] == "cancelled" and not booking["key"].startswith("released:")
    return booking["status"] == "confirmed" or booking["previous_starts_at"] is not None or gone


def missed(world: World, booking: Row) -> bool:
    noted = (f for f in world["followups"] if f["booking_id"] == booking["id"])
    return any(followup["kind"] == "no_show" for followup in noted)


def way(world: World, contact: Row) -> dict[str, datetime | None]:
    """When a lead of the cohort reached each step; None from the first on that he did not reach."""

    def his(table: str) -> list[Row]:
        return [row for row in world[table] if row["contact_id"] == contact["id"]]

    calls = [booking for booking in his("bookings") if is_call(booking)]
    moves = his("stage_events")
    qualified = first(lead["qualified_at"] for lead in his("leads"))
    booked = first(call["created_at"] for call in calls)
    offered = first([booked, *(m["at"] for m in moves if m["to_stage"] == "scheduling")])
    over = [c for c in calls if c["status"] == "confirmed" and c["ends_at"] < UNTIL]
    steps = {
        "contacts": contact["first_inbound_at"],
        "greeted": first(turn["at"] for turn in his("turns") if turn["kind"] != "silent"),
        "qualification": first([qualified, booked, *(move["at"] for move in moves)]),
        "qualified": qualified,
        "scheduling": offered,
        "booked": booked,
        "held": first(call["ends_at"] for call in over if not missed(world, call)),
    }
    reached = True
    for step in STEPS:
        reached = reached and steps[step] is not None
        steps[step] = steps[step] if reached else None
    return steps


def cohort(world: World) -> list[Row]:
    own = (contact for contact in world["contacts"] if contact["joined_into"] is None)
    return [contact for contact in own if inside(contact["first_inbound_at"])]


def funnel(world: World) -> dict[str, tuple[int, float | None]]:
    """How many reached each step, and the median seconds since the step before."""
    ways = [way(world, contact) for contact in cohort(world)]
    found: dict[str, tuple[int, float | None]] = {"contacts": (len(ways), None)}
    for before, step in pairwise(STEPS):
        pairs = [(way[before], way[step]) for way in ways]
        took = [seconds(start, end) for start, end in pairs if start and end]
        found[step] = len(took), quantile(took, 0.5)
    return found


def alone(world: World) -> int:
    """Leads of the cohort who were qualified before anybody was called, if anybody was."""
    count = 0
    for contact in cohort(world):
        qualified = way(world, contact)["qualified"]
        called = first(h["at"] for h in world["handoffs"] if h["contact_id"] == contact["id"])
        count += qualified is not None and (called is None or called > qualified)
    return count


def before_booking(world: World) -> Spread:
    counts: list[float] = []
    for contact in world["contacts"]:
        mine = [b for b in world["bookings"] if b["contact_id"] == contact["id"]]
        booked = first(booking["created_at"] for booking in mine if is_call(booking))
        if booked is not None and inside(booked):
            said = [m for m in world["messages"] if m["contact_id"] == contact["id"]]
            heard = [m for m in said if m["direction"] == "in" and m["at"] <= booked]
            counts += [float(len(heard))] if heard else []
    return spread(counts)


def spent(world: World) -> list[Spent]:
    sums: dict[tuple[str, str], list[int]] = {}
    turns = [turn for turn in world["turns"] if turn["calls"]]
    for row in (*turns, *world["model_uses"]):
        if inside(row["at"]):
            cost = sums.setdefault((row["model"], row.get("purpose", "answer")), [0, 0, 0, 0])
            names = ("calls", "input_tokens", "cached_input_tokens", "output_tokens")
            cost[:] = [known + row[name] for known, name in zip(cost, names, strict=True)]
    most_first = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    return [
        Spent.of({
            "model": model, "purpose": purpose, "calls": cost[0], "input_tokens": cost[1],
            "cached_tokens": cost[2], "output_tokens": cost[3],
        })
        for (model, purpose), cost in most_first
    ]  # fmt: skip


def reasons(handoffs: Sequence[Row]) -> list[Reason]:
    names = {handoff["reason"] for handoff in handoffs}
    of_each = {name: [h["contact_id"] for h in handoffs if h["reason"] == name] for name in names}
    return [
        Reason(reason=name, handoffs=len(contacts), conversations=len(set(contacts)))
        for name, contacts in sorted(of_each.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def check(found: Report, world: World) -> None:
    """Every figure of the report is what the rows say."""
    assert {step.name: (step.count, step.seconds) for step in found.funnel} == funnel(world)
    assert found.without_human == alone(world)
    known = {contact["id"] for contact in cohort(world)}
    calls = [booking for booking in world["bookings"] if is_call(booking)]
    assert found.no_shows == sum(missed(world, c) for c in calls if c["contact_id"] in known)
    handoffs = [handoff for handoff in world["handoffs"] if inside(handoff["at"])]
    turns = [turn for turn in world["turns"] if inside(turn["at"])]
    assert found.conversations == len({row["contact_id"] for row in (*turns, *handoffs)})
    assert found.qualified == sum(inside(lead["qualified_at"]) for lead in world["leads"])
    assert found.bookings == sum(inside(call["created_at"]) for call in calls)
    assert found.messages_before_booking == before_booking(world)
    sent = [row for row in world["outbox"] if inside(row["heard_at"]) and row["sent_at"]]
    assert found.reply == spread([seconds(r["heard_at"], r["sent_at"]) for r in sent])
    assert list(found.handoffs) == reasons(handoffs)
    waited = [handoff for handoff in handoffs if handoff["reason"] != "taken_over"]
    spoken = [handoff for handoff in waited if handoff["first_word_at"]]
    words = [seconds(handoff["at"], handoff["first_word_at"]) for handoff in spoken]
    assert found.first_word == spread(words)
    assert found.without_word == len(waited) - len(spoken)
    assert list(found.spent) == spent(world)


def possible(found: Report) -> None:
    """What holds for any history."""
    counts = [step.count for step in found.funnel]
    assert counts == sorted(counts, reverse=True)
    assert all((step.seconds is None) == (step.count == 0) for step in found.funnel[1:])
    assert found.without_human <= found.funnel[STEPS.index("qualified")].count
    parts = [(found.without_human, counts[0])]
    parts += [(after, before) for before, after in pairwise(counts)]
    parts += [(reason.conversations, found.conversations) for reason in found.handoffs]
    for part, whole in parts:
        rate = percent(part, whole)
        assert rate is None if whole == 0 else rate is not None and 0 <= rate <= 100
    for figure in (found.messages_before_booking, found.reply, found.first_word):
        assert (figure.p50 is None) == (figure.p95 is None) == (figure.count == 0)


async def store(pool: Pool, world: Mapping[str, Sequence[Row]]) -> None:
    async with pool.acquire() as connection:
        for table, rows in world.items():
            for columns in {tuple(row) for row in rows}:
                places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
                statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 - our own names
                await connection.executemany(statement, [tuple(row.values()) for row in rows])


@pytest.mark.parametrize("seed", range(20))
async def test_the_report_says_what_the_rows_say(pool: Pool, seed: int) -> None:
    world = History(seed).world
    await store(pool, world)
    found = await report(pool, SINCE, UNTIL)
    check(found, world)
    possible(found)
