"""Five hundred leads book, move and cancel while everything fails; then the books are compared."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from benchmarks.booking_crashes import Crash
from benchmarks.booking_office import Office, Told
from domain.bookings import event_id
from domain.slots import Slot
from domain.wording import moment
from sandbox.calendar_events import ApiError, instant
from sandbox.calendar_faults import Fault

_AT_ONCE = 12
_TRIES = 30
_CRASHES = 0.04
"""Of the calls to the calendar and to the store, before and after each."""

_FAULTS = 0.35
"""Of the turns that find a fault waiting for them."""


@dataclass
class Lead:
    """`believes` is the start of the call that he was told of; None when he has none."""

    contact: str
    believes: datetime | None = None
    rep: str | None = None


@dataclass
class Storm:
    """What came of it."""

    leads: int
    told: Counter[Told] = field(default_factory=Counter[Told])
    faults: int = 0
    crashes: int = 0
    untrue: int = 0
    events: int = 0
    confirmed: int = 0
    unequal: int = 0
    overlaps: int = 0
    held: int = 0

    @property
    def failed(self) -> bool:
        return any((self.untrue, self.unequal, self.overlaps, self.held))


async def storm(office: Office, leads: int) -> Storm:
    """Run it to the end."""
    found, dice = Storm(leads), random.Random(11)
    slots = list(await office.scheduler.free(zone="America/Bogota", limit=leads))
    slots = [
        slot.model_copy(update={"rep": dice.choice(office.business.reps).id}) for slot in slots
    ]
    people = [Lead(await office.lead()) for _ in range(leads)]
    room = asyncio.Semaphore(_AT_ONCE)
    await office.watch.look()
    office.calendar.rate = office.store.rate = _CRASHES

    async def live(lead: Lead) -> None:
        async with room:
            await _live(office, lead, slots, dice, found)

    async with asyncio.TaskGroup() as all_:
        for lead in people:
            all_.create_task(live(lead))
    office.calendar.rate = office.store.rate = 0.0
    office.api.faults.waiting.clear()
    found.crashes = office.calendar.crashes + office.store.crashes
    await office.settle()
    await _compare(office, people, found)
    return found


async def _live(
    office: Office, lead: Lead, slots: list[Slot], dice: random.Random, found: Storm
) -> None:
    """He books, trying others when a time is lost; then he may move or cancel."""
    for _ in range(3):
        if await _act(office, lead, dice.choice(slots), dice, found) == "booked":
            break
    if dice.random() < 0.3:
        await _act(office, lead, dice.choice(slots), dice, found)
    if dice.random() < 0.15:
        await _act(office, lead, None, dice, found)


async def _act(
    office: Office, lead: Lead, wish: Slot | None, dice: random.Random, found: Storm
) -> Told:
    if dice.random() < _FAULTS:
        office.api.faults.waiting.append(_fault(dice))
        found.faults += 1
    turn_id = uuid4().hex
    for _ in range(_TRIES):
        try:
            told, booking, _ = await office.turn(lead.contact, turn_id, wish)
        except Crash:
            # the next worker does it again; now and then the sweep comes first
            if dice.random() < 0.2:
                await _sweep(office, turn_id)
            continue
        break
    else:
        raise RuntimeError("the turn crashed every time")
    found.told[told] += 1
    if told == "booked" and booking:
        lead.believes, lead.rep = booking.start, booking.rep
        found.untrue += not await _stands(office, lead)
    if told == "cancelled":
        lead.believes = lead.rep = None
    return told


async def _sweep(office: Office, key: str) -> None:
    over = "UPDATE bookings SET held_until = now() WHERE key = $1 AND status = 'held'"
    await office.pool.execute(over, key)
    try:
        await office.scheduler.sweep()
    except Crash:
        return


def _fault(dice: random.Random) -> Fault:
    match dice.randrange(7):
        case 0:
            body = ApiError(403, "rateLimitExceeded", "Rate Limit Exceeded").body
            return Fault("refuse", status=403, body=body)
        case 1:
            body = ApiError(403, "quotaExceeded", "Calendar usage limits exceeded.").body
            return Fault("refuse", status=403, body=body)
        case 2:
            return Fault("refuse", status=429)
        case 3:
            return Fault("refuse", status=500, times=2)
        case 4:
            return Fault("delay", seconds=0.8)
        case _:
            method = dice.choice(["POST", "PATCH", "DELETE", ""])
            return Fault("lose", method=method, path="/events")


async def _stands(office: Office, lead: Lead) -> bool:
    query = "SELECT starts_at, rep FROM bookings WHERE contact_id = $1 AND status = 'confirmed'"
    row = await office.pool.fetchrow(query, lead.contact)
    return row is not None and (row["starts_at"], row["rep"]) == (lead.believes, lead.rep)


async def _compare(office: Office, people: list[Lead], found: Storm) -> None:
    query = "SELECT id::text, rep, starts_at FROM bookings WHERE status = 'confirmed'"
    rows = {event_id(r["id"]): (r["rep"], r["starts_at"]) for r in await office.pool.fetch(query)}
    events = {
        event["id"]: (rep.id, instant(event["start"]))
        for rep in office.business.reps
        for event in office.api.calendars.listed(rep.calendar)
    }
    found.confirmed, found.events = len(rows), len(events)
    found.unequal = len(rows.items() ^ events.items())
    found.held = await office.pool.fetchval("SELECT count(*) FROM bookings WHERE status = 'held'")
    found.overlaps = await office.pool.fetchval(
        "SELECT count(*) FROM bookings a JOIN bookings b ON a.id < b.id AND a.rep = b.rep"
        " AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)"
        " WHERE a.status = 'confirmed' AND b.status = 'confirmed'"
    )
    for lead in people:
        found.untrue += not await _believes_what_is(office, lead)


async def _believes_what_is(office: Office, lead: Lead) -> bool:
    """What he was told last, the watch's own messages included, is how it is."""
    row = await office.pool.fetchrow(
        "SELECT starts_at FROM bookings WHERE contact_id = $1 AND status = 'confirmed'",
        lead.contact,
    )
    said = await office.pool.fetchval(
        "SELECT message ->> 'body' FROM outbox WHERE contact_id = $1 ORDER BY seq DESC LIMIT 1",
        lead.contact,
    )
    if said and row:
        return moment(row["starts_at"], office.business.timezone, "es") in said
    if said:
        return "cancelar" in said
    return (row["starts_at"] if row else None) == lead.believes
