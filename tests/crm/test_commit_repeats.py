"""A crash may repeat any commit: whatever comes again changes nothing."""

import asyncio
from typing import Any

import asyncpg
import pytest

from crm.pool import Pool
from crm.turns import commit
from domain.lead import FactField
from domain.turn import Batch, Outcome
from tests.crm.made import ADDRESS, ANA, BOB, REPS, batch, fact, handed_over, inbound, outcome

FIRST = batch("t1", inbound("m1"), inbound("m2"))
FULL = handed_over("t1").model_copy(update={"facts": (fact("budget", "5000"),)})


async def everything(pool: Pool) -> dict[str, list[Any]]:
    """Every row of every table."""
    names = await pool.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    return {
        row["tablename"]: await pool.fetch(f"SELECT * FROM {row['tablename']}")  # noqa: S608 - ours
        for row in names
    }


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(FIRST, id="the same"),
        pytest.param(batch("t1", inbound("m2")), id="a part of its messages"),
        pytest.param(batch("t1", inbound("m2"), inbound("m3", minute=9)), id="one more message"),
        pytest.param(batch("t2", inbound("m1")), id="its messages under another turn id"),
    ],
)
async def test_a_repeat_changes_nothing(pool: Pool, again: Batch) -> None:
    assert await commit(pool, FIRST, ADDRESS, FULL, reps=REPS)
    before = await everything(pool)
    repeated = FULL.model_copy(update={"turn_id": again.turn_id})
    assert not await commit(pool, again, ADDRESS, repeated, reps=REPS)
    assert await everything(pool) == before


async def test_a_repeat_of_a_batch_without_a_turn_changes_nothing(pool: Pool) -> None:
    assert await commit(pool, FIRST, ADDRESS, None, reps=REPS)
    before = await everything(pool)
    assert not await commit(pool, FIRST, ADDRESS, None, reps=REPS)
    assert await everything(pool) == before


async def test_of_commits_at_once_exactly_one_wins(pool: Pool) -> None:
    parts = [FIRST, FIRST, batch("t1", inbound("m1")), batch("t1", inbound("m2")), FIRST]
    won = await asyncio.gather(*(commit(pool, b, ADDRESS, FULL, reps=REPS) for b in parts))
    assert sorted(won) == [False] * 4 + [True]
    assert await pool.fetchval("SELECT count(*) FROM turns") == 1
    assert await pool.fetchval("SELECT count(*) FROM facts") == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 2
    assert await pool.fetchval("SELECT count(*) FROM handoffs") == 1


async def test_turns_of_one_contact_at_once_are_scored_one_after_the_other(pool: Pool) -> None:
    known: list[FactField] = ["budget", "authority", "need", "timeline"]
    won = await asyncio.gather(
        *(
            commit(pool, batch(f"t-{one}"), ADDRESS, learnt(f"t-{one}", one), reps=REPS)
            for one in known
        )
    )
    assert all(won)
    lead = await pool.fetchrow("SELECT score, qualified FROM leads")
    assert lead is not None
    assert tuple(lead) == (100, True)


def learnt(turn_id: str, field: FactField) -> Outcome:
    return outcome(turn_id, facts=(fact(field, "said"),))


async def test_contacts_commit_side_by_side(pool: Pool) -> None:
    turns = [(f"{who}-{n}", who) for n in range(5) for who in (ANA, BOB)]
    won = await asyncio.gather(
        *(
            commit(pool, batch(turn, contact_id=who), ADDRESS, outcome(turn), reps=REPS)
            for turn, who in turns
        )
    )
    assert all(won)
    assert await pool.fetchval("SELECT count(*) FROM turns") == 10


async def test_a_commit_that_fails_half_way_leaves_nothing(pool: Pool) -> None:
    before = await everything(pool)
    broken = FULL.model_copy(update={"unresolved": -1})
    with pytest.raises(asyncpg.CheckViolationError):
        await commit(pool, FIRST, ADDRESS, broken, reps=REPS)
    assert await everything(pool) == before
    assert await commit(pool, FIRST, ADDRESS, FULL, reps=REPS)
