import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.jobs import MAX_TRIES, Job, add, backoff, claim, done, fail
from crm.pool import Pool
from tests.crm.made import ANA, committed

NO_LEASE = timedelta(0)


@pytest.fixture
async def three_jobs(pool: Pool) -> Pool:
    """A pool with the jobs of three turns, due in their order."""
    await committed(pool, "t0")
    for turn in ("t1", "t2", "t3"):
        await add(pool, "brief", ANA, turn)
    return pool


async def the_job(pool: Pool, lease: timedelta = NO_LEASE) -> Job:
    await pool.execute("UPDATE jobs SET due_at = now()")
    (job,) = await claim(pool, ["brief"], limit=1, lease=lease)
    return job


async def test_two_workers_never_get_the_same_job(three_jobs: Pool) -> None:
    taken = await asyncio.gather(*(claim(three_jobs, ["brief"], limit=2) for _ in range(2)))
    turns = [job.turn_id for jobs in taken for job in jobs]
    assert sorted(turns) == ["t1", "t2", "t3"]
    assert await claim(three_jobs, ["brief"]) == []


async def test_a_locked_job_is_skipped_rather_than_waited_for(three_jobs: Pool) -> None:
    async with three_jobs.acquire() as other, other.transaction():
        await other.execute("SELECT 1 FROM jobs WHERE turn_id = 't1' FOR UPDATE")
        assert [job.turn_id for job in await claim(three_jobs, ["brief"])] == ["t2", "t3"]


async def test_a_repeat_adds_none(three_jobs: Pool) -> None:
    await add(three_jobs, "brief", ANA, "t1")
    assert await three_jobs.fetchval("SELECT count(*) FROM jobs") == 3


async def test_only_the_kinds_that_are_asked_for_and_only_when_due(pool: Pool) -> None:
    await committed(pool, "t0")
    await add(pool, "summary", ANA, "t1")
    later = await pool.fetchval("SELECT now() + interval '1 hour'")
    await add(pool, "brief", ANA, "t1", due_at=later)
    assert await claim(pool, ["brief"]) == []
    assert [job.kind for job in await claim(pool, ["brief", "summary"])] == ["summary"]


async def test_a_dead_workers_job_is_taken_over_and_he_cannot_end_it(pool: Pool) -> None:
    await committed(pool, "t0")
    await add(pool, "brief", ANA, "t1")
    overtaken = await the_job(pool)
    new = await the_job(pool)
    assert (new.id, new.tries) == (overtaken.id, overtaken.tries + 1)
    assert not await done(pool, overtaken)
    assert not await fail(pool, overtaken, "late")
    assert await done(pool, new)
    assert not await done(pool, new)


async def test_a_failed_job_waits_and_keeps_its_error(three_jobs: Pool) -> None:
    (job,) = await claim(three_jobs, ["brief"], limit=1)
    assert await fail(three_jobs, job, "x" * 9000)
    row = await three_jobs.fetchrow(
        "SELECT status, due_at > now(), length(error) FROM jobs WHERE id = $1", job.id
    )
    assert row is not None
    assert tuple(row) == ("open", True, 500)


@pytest.mark.parametrize("fails", [True, False], ids=["it fails", "its workers die"])
async def test_a_job_is_given_up_in_the_end(pool: Pool, *, fails: bool) -> None:
    await committed(pool, "t0")
    await add(pool, "brief", ANA, "t1")
    for _ in range(MAX_TRIES):
        job = await the_job(pool)
        if fails:
            assert await fail(pool, job, "no model")
    await pool.execute("UPDATE jobs SET due_at = now()")
    assert await claim(pool, ["brief"]) == []
    row = await pool.fetchrow("SELECT status, error FROM jobs")
    assert row is not None
    assert tuple(row) == ("dead", "no model" if fails else "its workers died")


@given(st.integers(min_value=1, max_value=MAX_TRIES))
def test_backoff_grows_and_is_bounded(tries: int) -> None:
    assert backoff(tries) <= backoff(tries + 1) <= timedelta(hours=1)
