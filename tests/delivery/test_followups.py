"""Reminders and nudges on a real PostgreSQL, with a clock that is set by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crm.joining import join
from crm.memory import peek
from crm.pool import Pool
from delivery.followups import Followups
from domain.business import LeadTemplate
from domain.contact import Address
from tests.crm.conftest import crm_pool, pool
from tests.crm.made import committed
from tests.tools.companies import acme

__all__ = ["crm_pool", "pool"]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""10:00 in Bogotá."""

ANA = "7d9f0a52-6c1e-5b7e-9d9a-0d8f6c1e5b7e"
ADDRESS = Address(phone="573001234567")
TEMPLATES = {
    "day_before": LeadTemplate(name="call_tomorrow", languages=("es",)),
    "hour_before": LeadTemplate(name="call_soon", languages=("es",)),
}


class Clock:
    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def followups(pool: Pool, clock: Clock, **changes: object) -> Followups:
    return Followups(pool, acme().model_copy(update=changes), clock)


async def lead(pool: Pool, stage: str = "qualification", wrote: datetime = MONDAY) -> None:
    await pool.execute(
        "INSERT INTO contacts (id, phone, language, first_inbound_at, last_inbound_at)"
        " VALUES ($1, $2, 'es', $3, $3)",
        ANA, ADDRESS.phone, wrote,
    )  # fmt: skip
    await pool.execute("INSERT INTO leads (contact_id, stage) VALUES ($1, $2)", ANA, stage)


async def book(pool: Pool, start: datetime) -> str:
    return str(
        await pool.fetchval(
            "INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status, link)"
            " VALUES ($1, 'ana', $2, $3, 'confirmed', 'https://meet.example/x') RETURNING id",
            ANA, start, start + HOUR / 2,
        )
    )  # fmt: skip


async def sent(pool: Pool) -> list[dict[str, Any]]:
    return [row["message"] for row in await pool.fetch("SELECT message FROM outbox ORDER BY seq")]


async def passing(work: Followups, clock: Clock, until: datetime) -> None:
    """Let time pass, half an hour at a time."""
    while clock.now < until:
        await work.work()
        clock.now += HOUR / 2


async def test_a_lead_who_fell_silent_is_nudged_once_before_his_window_closes(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool)
    work = followups(pool, clock)
    await passing(work, clock, MONDAY + DAY - HOUR)
    assert await sent(pool) == []
    await passing(work, clock, MONDAY + 9 * DAY)
    assert [message["kind"] for message in await sent(pool)] == ["text"]
    said = await pool.fetchrow("SELECT direction, text FROM messages")
    assert said
    assert said["direction"] == "out"
    assert "¿Seguimos?" in said["text"]


async def test_who_wrote_again_is_nudged_about_the_new_silence_only(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool)
    work = followups(pool, clock)
    await passing(work, clock, MONDAY + 5 * HOUR)
    await pool.execute("UPDATE contacts SET last_inbound_at = $1", MONDAY + 5 * HOUR)
    await passing(work, clock, MONDAY + DAY + HOUR)
    assert await sent(pool) == []
    await passing(work, clock, MONDAY + 3 * DAY)
    assert len(await sent(pool)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contacts SET opted_out_at = now()",
        "UPDATE contacts SET marketing_stopped_at = now()",
        "UPDATE contacts SET unreachable_at = now()",
        "UPDATE leads SET stage = 'handoff'",
        "INSERT INTO handoffs (id, contact_id, turn_id, reason, rep, signals, at)"
        " SELECT 'h', id, 't', 'asked', 'laura', '{}', now() FROM contacts",
    ],
)
async def test_nobody_is_nudged_after_stop_or_beside_a_person(
    pool: Pool, clock: Clock, change: str
) -> None:
    await lead(pool)
    work = followups(pool, clock)
    await passing(work, clock, MONDAY + HOUR)
    await pool.execute(change)
    await passing(work, clock, MONDAY + 2 * DAY)
    assert await sent(pool) == []


async def test_a_call_is_reminded_of_twice_by_template_when_the_window_is_closed(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool, "scheduling", MONDAY)
    start = MONDAY + 4 * DAY
    await book(pool, start)
    work = followups(pool, clock, templates=TEMPLATES)
    await passing(work, clock, start - DAY)
    assert await sent(pool) == []
    await passing(work, clock, start - DAY + HOUR)
    assert [message["name"] for message in await sent(pool)] == ["call_tomorrow"]
    await passing(work, clock, start + DAY)
    names = [message["name"] for message in await sent(pool)]
    assert names == ["call_tomorrow", "call_soon"]


async def test_in_the_open_window_a_reminder_is_a_message_with_the_link(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool, "scheduling", MONDAY)
    await book(pool, MONDAY + 20 * HOUR)
    await passing(followups(pool, clock), clock, MONDAY + 2 * DAY)
    (message,) = await sent(pool)
    assert message["kind"] == "text"
    assert "https://meet.example/x" in message["body"]
    assert "hora de Bogotá" in message["body"]


async def test_a_moved_call_is_reminded_of_at_its_new_time_only(pool: Pool, clock: Clock) -> None:
    await lead(pool, "scheduling", MONDAY)
    booking = await book(pool, MONDAY + 2 * DAY)
    work = followups(pool, clock, templates=TEMPLATES)
    await passing(work, clock, MONDAY + HOUR)
    later = MONDAY + 6 * DAY
    await pool.execute(
        "UPDATE bookings SET starts_at = $2, ends_at = $3 WHERE id = $1::uuid",
        booking, later, later + HOUR / 2,
    )  # fmt: skip
    await passing(work, clock, later - DAY)
    assert await sent(pool) == []
    await passing(work, clock, later)
    assert len(await sent(pool)) == 2


async def test_without_a_template_a_reminder_waits_for_a_window_and_is_else_dropped(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool, "scheduling", MONDAY)
    start = MONDAY + 4 * DAY
    await book(pool, start)
    work = followups(pool, clock)
    await passing(work, clock, start - 2 * HOUR)
    assert await sent(pool) == []
    await pool.execute("UPDATE contacts SET last_inbound_at = $1", start - 2 * HOUR)
    await passing(work, clock, start)
    assert [message["kind"] for message in await sent(pool)] == ["text"]


async def test_two_workers_send_each_follow_up_once(pool: Pool, clock: Clock) -> None:
    await lead(pool)
    clock.now = MONDAY + HOUR
    both = followups(pool, clock), followups(pool, clock)
    await both[0].work()
    clock.now = MONDAY + DAY - timedelta(minutes=20)
    assert sum([await work.work() for work in both]) == 1


async def test_a_missed_call_is_asked_about_once(pool: Pool, clock: Clock) -> None:
    await lead(pool, "scheduling", MONDAY)
    await book(pool, MONDAY + 3 * HOUR)
    work = followups(pool, clock)
    assert not await work.missed_call(ANA)
    clock.now = MONDAY + 4 * HOUR
    assert await work.missed_call(ANA)
    assert not await work.missed_call(ANA)
    await passing(work, clock, MONDAY + 5 * HOUR)
    assert "¿Buscamos otro horario?" in (await sent(pool))[-1]["body"]
    assert not await work.missed_call(str(uuid4()))


async def test_the_agent_knows_what_was_sent_until_it_speaks_again(
    pool: Pool, clock: Clock
) -> None:
    await lead(pool)
    await passing(followups(pool, clock), clock, MONDAY + DAY)
    memory = await peek(pool, ANA)
    assert memory
    assert ["¿Seguimos?" in text for text in memory.told] == [True]
    await committed(pool, "next", contact_id=ANA)
    memory = await peek(pool, ANA)
    assert memory
    assert memory.told == ()


async def test_who_turned_out_to_be_another_holds_up_nobody(pool: Pool, clock: Clock) -> None:
    """His names are the other's, so nothing can be sent to him: each look stumbled over him."""
    await lead(pool)
    whole = str(uuid4())
    await pool.execute("INSERT INTO contacts (id) VALUES ($1)", whole)
    work = followups(pool, clock)
    clock.now += HOUR
    await work.work()
    async with pool.acquire() as connection, connection.transaction():
        await join(connection, whole, [ANA])
    await passing(work, clock, MONDAY + 2 * DAY)
    assert await sent(pool) == []
    [settled] = await pool.fetch("SELECT state, reason FROM followups")
    assert (settled["state"], settled["reason"]) == ("dropped", "nobody is there")
