"""A person takes the conversation over, whatever the agent is doing."""

import asyncio
from datetime import timedelta

from crm.handoffs import cases, record_rep_message, release, take_over
from crm.outbox import Failure, retry_later
from crm.outbox import claim as claim_rows
from crm.pool import Pool
from crm.turns import commit
from domain.turn import Decision
from tests.crm.made import (
    ADDRESS,
    ANA,
    BOB,
    REPS,
    START,
    batch,
    committed,
    handed_over,
    outcome,
)  # fmt: skip


async def take(pool: Pool, key: str = "k1", rep: str = "max", contact: str = ANA) -> bool:
    return await take_over(pool, contact, rep=rep, key=key, at=START)


async def rows(pool: Pool) -> list[tuple[str, str | None]]:
    """State and reaction of every row, oldest first."""
    found = await pool.fetch("SELECT state::text, reaction FROM outbox ORDER BY seq")
    return [(row["state"], row["reaction"]) for row in found]


async def test_opens_a_handoff_that_is_claimed_at_once(pool: Pool) -> None:
    await committed(pool, "t1")
    assert await take(pool)
    (case,) = await cases(pool)
    assert (case.reason, case.rep, case.claimed_at) == ("taken_over", "max", START)


async def test_a_repeat_changes_nothing_even_after_the_release(pool: Pool) -> None:
    await committed(pool, "t1")
    assert await take(pool)
    assert not await take(pool)
    await release(pool, ANA)
    assert not await take(pool)
    assert await cases(pool) == ()
    assert await take(pool, key="k2")


async def test_claims_the_open_one_for_who_took_it_first(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    assert not await take(pool)
    assert not await take(pool, key="k2", rep="luz")
    (case,) = await cases(pool)
    assert (case.reason, case.rep, case.claimed_at) == ("asked", "max", START)


async def test_only_one_of_two_takes_it(pool: Pool) -> None:
    await committed(pool, "t1")
    assert sorted(await asyncio.gather(take(pool, "k1"), take(pool, "k2"))) == [False, True]
    assert len(await cases(pool)) == 1


async def test_keeps_back_what_nobody_tried_to_send(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", contact_id=BOB)
    await take(pool)
    assert await rows(pool) == [("failed", "withdrawn"), ("requested", None)]
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'out'") == 1


async def test_what_is_being_sent_goes_out(pool: Pool) -> None:
    await committed(pool, "t1")
    await claim_rows(pool, limit=1, lease=timedelta(seconds=30))
    await take(pool)
    assert await rows(pool) == [("sending", None)]


async def test_keeps_back_what_meta_refused_and_what_waits_for_its_next_try(pool: Pool) -> None:
    await committed(pool, "t1")
    [tried] = (await claim_rows(pool, limit=1, lease=timedelta(seconds=30))).rows
    assert await retry_later(pool, tried, timedelta(seconds=16), Failure(131000, "down", "retry"))
    await take(pool)
    assert await rows(pool) == [("failed", "withdrawn")]
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'out'") == 0


async def test_the_notice_to_a_rep_goes_out(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await take(pool)
    assert await rows(pool) == [("failed", "withdrawn"), ("requested", None)]


async def test_a_turn_that_was_decided_before_says_nothing_after(pool: Pool) -> None:
    await committed(pool, "t1")
    await pool.execute("UPDATE outbox SET state = 'accepted'")
    await take(pool)
    await committed(pool, "t2")
    assert await rows(pool) == [("accepted", None), ("failed", "withdrawn")]


async def test_an_opt_out_is_confirmed_all_the_same(pool: Pool) -> None:
    await committed(pool, "t1")
    await take(pool)
    stop = outcome("t2", decision=Decision(kind="opt_out"))
    await commit(pool, batch("t2"), ADDRESS, stop, reps=REPS)
    assert (await rows(pool))[-1] == ("requested", None)


async def test_the_rep_s_own_words_are_kept(pool: Pool) -> None:
    await committed(pool, "t1")
    await take(pool)
    row = await pool.fetchval("SELECT id::text FROM outbox")
    await pool.execute("UPDATE outbox SET state = 'requested', reaction = NULL")
    await record_rep_message(pool, ANA, row, "Hola, soy Max", START)
    await take(pool, key="k2")
    assert await rows(pool) == [("requested", None)]


async def test_a_commit_on_its_way_is_waited_for(pool: Pool) -> None:
    await committed(pool, "t1")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", ANA)
        taking = asyncio.create_task(take(pool))
        done, _ = await asyncio.wait({taking}, timeout=0.1)
        assert not done
    assert await taking
