"""Who is erased by the passing of time, who is not, and what is pruned."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from crm import audit
from crm.archive import archive
from crm.contacts import known_as
from crm.pool import Pool
from crm.retention import silent
from delivery.erasure import Erasing
from delivery.mailbox import Mailbox
from delivery.retention import Retention
from tests.crm.conftest import crm_pool, pool
from tests.crm.made import ADDRESS, ANA, BOB, START, committed

__all__ = ["crm_pool", "pool"]

DAYS = 365


@pytest.fixture
def erasing(pool: Pool, redis: Redis) -> Erasing:
    async def forget_state(contact_id: str) -> None:
        await redis.delete(f"state:{contact_id}")

    return Erasing(pool, Mailbox(redis, "messages"), Mailbox(redis, "receipts"), forget_state, str)


def retention(erasing: Erasing, *, after: int, days: int = DAYS) -> Retention:
    """Its work when START is so many days ago."""
    return Retention(erasing.pool, erasing, days, lambda: START + timedelta(days=after))


async def spoken_until_start(pool: Pool) -> None:
    """All that was said was said at START."""
    await pool.execute("UPDATE messages SET at = $1", START)


async def left(pool: Pool) -> set[str]:
    rows = await pool.fetch("SELECT id::text FROM contacts WHERE phone IS NOT NULL")
    return {row["id"] for row in rows}


async def test_who_was_silent_too_long_is_erased_once(erasing: Erasing) -> None:
    await committed(erasing.pool, "t1")
    await spoken_until_start(erasing.pool)
    assert await retention(erasing, after=DAYS - 1).work() == 0
    assert await left(erasing.pool) == {ANA}
    await erasing.pool.execute("UPDATE chores SET due_at = now()")
    assert await retention(erasing, after=DAYS + 1).work() == 1
    assert await left(erasing.pool) == set()
    assert await silent(erasing.pool, datetime.now(UTC), limit=10) == []


async def test_zero_days_keep_everybody(erasing: Erasing) -> None:
    await committed(erasing.pool, "t1")
    await spoken_until_start(erasing.pool)
    assert await retention(erasing, after=100_000, days=0).work() == 0
    assert await left(erasing.pool) == {ANA}


async def test_a_word_of_ours_or_a_call_ahead_keeps_a_lead(erasing: Erasing) -> None:
    pool = erasing.pool
    await committed(pool, "t1")
    await committed(pool, "t2", contact_id=BOB)
    await spoken_until_start(pool)
    await pool.execute(
        "UPDATE messages SET at = $2 WHERE contact_id = $1 AND direction = 'out'",
        *(ANA, START + timedelta(days=30)),
    )
    ahead = datetime.now(UTC) + timedelta(days=1)
    await pool.execute(
        "INSERT INTO bookings (id, contact_id, rep, starts_at, ends_at, status)"
        " VALUES ($1, $2, 'luz', $3, $4, 'confirmed')",
        *(uuid4(), BOB, ahead, ahead + timedelta(minutes=30)),
    )
    assert await retention(erasing, after=DAYS + 1).work() == 0
    assert await left(pool) == {ANA, BOB}


async def test_one_process_does_the_days_work(erasing: Erasing) -> None:
    await retention(erasing, after=1).work()
    await committed(erasing.pool, "t1")
    await spoken_until_start(erasing.pool)
    assert await retention(erasing, after=DAYS + 1).work() == 0
    assert await left(erasing.pool) == {ANA}


async def test_settled_work_is_pruned_and_the_run_is_on_record(erasing: Erasing) -> None:
    pool = erasing.pool
    await committed(pool, "t1")
    await pool.execute("UPDATE answered SET at = now() - interval '31 days'")
    before = await pool.fetchval("SELECT count(*) FROM audit WHERE action = 'retention'")
    work = Retention(pool, erasing, 0, lambda: datetime.now(UTC))
    await work.work()
    assert await pool.fetchval("SELECT count(*) FROM answered") == 0
    assert await pool.fetchval("SELECT count(*) FROM turns") == 1
    after = await pool.fetchval("SELECT count(*) FROM audit WHERE action = 'retention'")
    assert after == before + 1


async def test_a_silent_conversation_is_archived_once(erasing: Erasing) -> None:
    pool = erasing.pool
    await committed(pool, "t1")
    await spoken_until_start(pool)
    assert await archive(pool) == 1
    assert await archive(pool) == 0
    [row] = await pool.fetch("SELECT * FROM conversations")
    known = (row["stage"], row["outcome"], row["messages"], row["started_at"])
    assert known == ("greeting", "open", 2, START)
    await known_as(pool, ANA, ["a"])
    await erasing.erase(ANA, actor="test")
    assert await pool.fetchval("SELECT contact_id::text FROM conversations") != ANA
    acts = await audit.of(pool, [ANA])  # type: ignore[arg-type]  # a pool does as well
    assert acts[-1].action == "erase"
    assert str(ADDRESS.phone) not in str(acts)
