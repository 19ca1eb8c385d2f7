"""Meta's rates, kept before sending, over every process. On a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from crm import outbox as rows
from crm.outbox import Claimed, Rates
from crm.pool import Pool
from domain.messages import Template
from tests.delivery.outbox_table import LEASE, add, empty, outbox_database, row, state
from tests.delivery.test_outbox import ANA, ANAS_ID, Office

SLOW = Rates(per_second=20)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def pool(database: Pool) -> Pool:
    return await empty(database)


async def claim(pool: Pool, rates: Rates = SLOW, limit: int = 16) -> Claimed:
    return await rows.claim(pool, limit=limit, lease=LEASE, rates=rates)


async def later(pool: Pool, seconds: float) -> None:
    """As if that much time had passed for the buckets."""
    by = timedelta(seconds=seconds)
    await pool.execute("UPDATE outbox_pace SET free_at = free_at - $1::interval", by)
    await pool.execute("UPDATE outbox SET pair_free_at = pair_free_at - $1::interval", by)


async def test_a_claim_takes_only_what_the_number_may_send_now(pool: Pool) -> None:
    await add(pool, *(row(str(n)) for n in range(10)))
    first = await claim(pool, Rates(per_second=0.01))
    assert (len(first.rows), first.held_back) == (1, 9)
    empty_handed = await claim(pool, Rates(per_second=0.01))
    assert (empty_handed.rows, empty_handed.held_back) == ((), 9)
    await later(pool, 100)
    assert len((await claim(pool, Rates(per_second=0.01))).rows) == 1


async def test_many_processes_together_send_no_faster_than_one(pool: Pool) -> None:
    await add(pool, *(row(str(n)) for n in range(60)))
    slow = Rates(per_second=2)
    started = await pool.fetchval("SELECT clock_timestamp()")
    taken = await asyncio.gather(*(claim(pool, slow, 4) for _ in range(12)))
    passed = await pool.fetchval("SELECT clock_timestamp()") - started
    assert sum(len(claimed.rows) for claimed in taken) <= slow.burst + passed.total_seconds() * 2


async def test_the_loop_goes_on_as_soon_as_the_bucket_allows(pool: Pool) -> None:
    office = Office(pool, rates=Rates(per_second=200))
    mine = [row(str(n)) for n in range(45)]
    await add(pool, *mine)
    async with office.running():
        for one in mine:
            await office.until_state(one.id, "accepted")
    assert office.sender.tries == 45


async def test_a_recipient_gets_a_burst_and_then_one_in_six_seconds(pool: Pool) -> None:
    rates = Rates(per_second=1000, pair_burst=3)
    office = Office(pool, rates=rates)
    mine = [row(str(n), contact_id=ANAS_ID, recipient=ANA) for n in range(6)]
    await add(pool, *mine)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["0", "1", "2"]
    await later(pool, 5.5)
    await office.outbox.flush(ANAS_ID)
    assert len(office.bodies) == 3
    await later(pool, 1)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies[3:] == ["3"]
    await later(pool, 100)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies[4:] == ["4", "5"]


async def test_a_pair_that_waits_holds_up_nobody_else(pool: Pool) -> None:
    rates = Rates(per_second=1000, pair_burst=1)
    office = Office(pool, rates=rates)
    one, two, other = (row(b, contact_id=ANAS_ID, recipient=ANA) for b in "12"), row("x"), row("y")
    await add(pool, *one, two, other)
    for contact_id in (ANAS_ID, two.contact_id, other.contact_id):
        await office.outbox.flush(contact_id)
    assert office.bodies == ["1", "x", "y"]


async def test_replies_go_before_templates(pool: Pool) -> None:
    templates = [row(message=Template(name="news", language="es")) for _ in range(3)]
    reply = row("reply")
    await add(pool, *templates, reply)
    [first] = (await claim(pool, Rates(per_second=10))).rows
    assert first.row.id == reply.id
    assert {await state(pool, r.id) for r in templates} == {"requested"}


async def test_a_claim_that_finds_nothing_takes_no_lock(pool: Pool) -> None:
    assert await claim(pool) == Claimed()
    assert await pool.fetchval("SELECT count(*) FROM outbox_pace") == 0


def test_the_burst_is_a_tenth_of_a_second() -> None:
    assert [Rates(per_second=rate).burst for rate in (1, 20, 80, 1000)] == [1, 2, 8, 100]
