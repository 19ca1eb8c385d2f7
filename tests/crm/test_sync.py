"""What outside CRMs are to be told is written with what it tells of, and for every sink."""

from datetime import timedelta
from typing import Any

import pytest

from crm import handoffs, sync
from crm.archive import archive
from crm.bookings import Bookings
from crm.pool import Pool
from crm.sync_lead import read
from crm.turns import commit
from domain.slots import Slot
from domain.turn import Decision
from tests.crm.made import (
    ADDRESS,
    ANA,
    BOB,
    REPS,
    START,
    batch,
    committed,
    fact,
    handed_over,
    outcome,
)

A_MINUTE = timedelta(minutes=1)
FOUR = tuple(fact(name, "x") for name in ("budget", "authority", "need", "timeline"))


async def told(pool: Pool, sink: str = "one", contact_id: str = ANA) -> list[tuple[str, Any]]:
    query = "SELECT kind, data FROM sync_outbox WHERE sink = $1 AND contact_id = $2 ORDER BY seq"
    return [(row["kind"], row["data"]) for row in await pool.fetch(query, sink, contact_id)]


def slot(hour: int = 0) -> Slot:
    start = START + timedelta(hours=hour)
    return Slot(id=f"s{hour}", rep="luz", start=start, end=start + A_MINUTE)


async def kinds(pool: Pool) -> list[str]:
    return [kind for kind, _ in await told(pool)]


@pytest.fixture(autouse=True)
async def _one_sink(pool: Pool) -> None:
    await sync.register(pool, "one")


async def test_nothing_is_written_when_nobody_is_to_be_told(pool: Pool) -> None:
    await sync.forget(pool, "one")
    await committed(pool, "t1")
    assert await pool.fetchval("SELECT count(*) FROM sync_outbox") == 0


async def test_every_sink_gets_the_event_under_one_id(pool: Pool) -> None:
    await sync.register(pool, "two")
    await committed(pool, "t1")
    rows = await pool.fetch("SELECT sink, event_id FROM sync_outbox")
    assert {row["sink"] for row in rows} == {"one", "two"}
    assert len({row["event_id"] for row in rows}) == 1


async def test_a_new_lead_then_what_changed_of_him(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", facts=(fact("name", "Ana"),), stage_after="qualification")
    await committed(pool, "t3", stage_before="qualification", stage_after="qualification")
    assert await told(pool) == [
        ("lead.created", {}),
        ("lead.updated", {"changed": ["name", "stage"]}),
    ]


async def test_qualified_is_told_when_it_comes_true(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", facts=FOUR)
    await committed(pool, "t3", facts=(fact("budget", "more", 1),))
    assert await kinds(pool) == ["lead.created", "lead.updated", "lead.qualified", "lead.updated"]


async def test_a_repeat_of_a_turn_tells_nothing(pool: Pool) -> None:
    await committed(pool, "t1")
    assert not await commit(pool, batch("t1"), ADDRESS, outcome("t1"), reps=REPS)
    assert await kinds(pool) == ["lead.created"]


async def test_opting_out_and_in(pool: Pool) -> None:
    await committed(pool, "t1", decision=Decision(kind="opt_out"))
    await committed(pool, "t2", decision=Decision(kind="opt_in"))
    assert await kinds(pool) == ["lead.created", "lead.opted_out", "lead.opted_in"]


async def test_a_handoff_and_its_end(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    assert await handoffs.release(pool, ANA)
    assert not await handoffs.release(pool, ANA)
    assert await told(pool) == [
        ("lead.created", {}),
        ("handoff.requested", {"handoff": {"reason": "asked", "rep": "luz"}}),
        ("handoff.released", {}),
    ]


async def test_a_person_who_takes_over_is_told_once(pool: Pool) -> None:
    await committed(pool, "t1")
    for _ in range(2):
        await handoffs.take_over(pool, ANA, rep="max", key="act", at=START)
    assert (await kinds(pool)).count("handoff.requested") == 1


async def test_a_booking_through_its_life(pool: Pool) -> None:
    bookings = Bookings(pool)
    for number in range(2):
        key = f"k{number}"
        held = await bookings.hold(ANA, slot(hour=number), key=key, lasting=A_MINUTE)
        assert await bookings.confirm(held, "https://meet.example/1")
        assert await bookings.confirm(held, None) is None
    live = await bookings.live(ANA)
    assert live
    await bookings.cancel(live, key="end")
    rows = await told(pool)
    assert [kind for kind, _ in rows] == [
        "booking.confirmed", "booking.rescheduled", "booking.cancelled",
    ]  # fmt: skip
    assert {data["booking"]["id"] for _, data in rows} == {live.id}
    assert rows[0][1]["booking"]["start"] == START.isoformat()


async def test_a_hold_that_ends_is_nobodys_news(pool: Pool) -> None:
    bookings = Bookings(pool)
    held = await bookings.hold(ANA, slot(), key="k", lasting=A_MINUTE)
    assert await bookings.release(held, stray=False)
    assert await kinds(pool) == []


async def test_a_conversation_that_is_over_is_told_once_with_how_it_ended(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await pool.execute("UPDATE contacts SET last_inbound_at = now() - interval '25 hours'")
    assert [await archive(pool), await archive(pool)] == [1, 0]
    assert (await told(pool))[-1] == ("conversation.archived", {"outcome": "handed_over"})
    assert (await kinds(pool)).count("conversation.archived") == 1


async def test_what_is_rolled_back_is_not_told(pool: Pool) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await sync.note(connection, ANA, "lead.erased")
        await transaction.rollback()
    assert await kinds(pool) == []


async def test_a_sink_that_comes_later_is_told_of_every_known_lead(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", contact_id=BOB)
    assert await sync.register(pool, "late")
    assert not await sync.register(pool, "late")
    for contact_id in (ANA, BOB):
        assert await told(pool, "late", contact_id) == [("lead.created", {"known_before": True})]


async def test_the_lead_is_read_as_he_is_now_with_his_proof(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("name", "Ana"), fact("budget", None)))
    await committed(pool, "t2", facts=(fact("name", "Ana María", 1),))
    lead = (await read(pool, [ANA, BOB]))[ANA]
    assert lead.whatsapp_id == f"+{ADDRESS.phone}"
    assert (lead.fact("name"), lead.fact("budget")) == ("Ana María", None)
    assert {one.quote for one in lead.facts} == {"quote of Ana María", "quote of None"}
    assert lead.score.total == 0
    assert len(lead.score.reasons) == 4


async def test_no_row_says_who_the_lead_is(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("name", "Ana"),))
    await commit(pool, batch("t2"), ADDRESS, handed_over("t2"), reps=REPS)
    dump = str([tuple(row.values()) for row in await pool.fetch("SELECT * FROM sync_outbox")])
    assert ADDRESS.phone
    assert ADDRESS.phone not in dump
    assert "Ana" not in dump
