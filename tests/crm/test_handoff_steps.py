"""What is kept of a handoff on its way: acts, first words, labels, and turns judged again."""

import asyncio
from datetime import timedelta

import pytest

from crm import handoff_acts, handoff_steps, handoffs, sync
from crm.judged_turns import judged_turns
from crm.memory import peek
from crm.pool import Pool
from domain.turn import Decision
from tests.crm.made import ANA, BOB, START, committed
from tests.crm.test_handoffs import hand_over

LATER = START + timedelta(minutes=7)


async def test_one_of_two_reps_gets_it_and_the_other_hears_so(pool: Pool) -> None:
    handoff = await hand_over(pool)
    both = (handoff_acts.act(pool, handoff, rep, "claim", LATER) for rep in ("luz", "max"))
    assert sorted(await asyncio.gather(*both)) == ["done", "refused"]


async def test_the_same_tap_twice_at_once_counts_once(pool: Pool) -> None:
    handoff = await hand_over(pool)
    taps = (handoff_acts.act(pool, handoff, "luz", "snooze", LATER) for _ in range(4))
    assert sorted(await asyncio.gather(*taps)) == ["done", "repeated", "repeated", "repeated"]
    told_at = await pool.fetchval("SELECT told_at FROM handoffs")
    assert told_at == LATER + timedelta(minutes=15)


async def test_only_who_has_it_gives_it_back(pool: Pool) -> None:
    handoff = await hand_over(pool)
    assert await handoff_acts.act(pool, handoff, "max", "give_back", LATER) == "refused"
    assert await handoff_acts.act(pool, handoff, "luz", "give_back", LATER) == "done"
    assert await handoff_acts.act(pool, handoff, "max", "claim", LATER) == "refused"


async def test_nobody_acts_on_what_is_not_there(pool: Pool) -> None:
    with pytest.raises(LookupError):
        await handoff_acts.act(pool, "nothing", "luz", "claim", LATER)
    assert not await handoff_acts.label(pool, "nothing", needed=True, actor="cli:eva")


async def test_the_first_word_is_told_once(pool: Pool) -> None:
    handoff = await hand_over(pool)
    await handoff_acts.act(pool, handoff, "luz", "spoke", LATER)
    await handoffs.record_rep_message(pool, ANA, "r1", "Hola", LATER + timedelta(minutes=1))
    assert await handoff_steps.first_words(pool) == [("asked", timedelta(minutes=7))]
    assert await handoff_steps.first_words(pool) == []


async def test_what_a_rep_has_to_do(pool: Pool) -> None:
    await hand_over(pool)
    (luz,) = await handoff_steps.workload(pool)
    assert (luz.rep, luz.open, luz.last_at) == ("luz", 1, START)
    await handoffs.release(pool, ANA)
    assert [load.open for load in await handoff_steps.workload(pool)] == [0]


async def test_who_took_over_by_himself_has_that_to_do_too(pool: Pool) -> None:
    await hand_over(pool)
    await committed(pool, "t2", contact_id=BOB)
    assert await handoffs.take_over(pool, BOB, rep="max", key="k", at=START)
    known = await peek(pool, BOB)
    assert known
    for loads in (await handoff_steps.workload(pool), known.workload):
        assert {(load.rep, load.open, load.last_at) for load in loads} == {
            ("luz", 1, START),
            ("max", 1, None),
        }


async def test_outside_crms_hear_that_nobody_took_it_and_that_somebody_did_then(
    pool: Pool,
) -> None:
    await sync.register(pool, "crm")
    handoff = await hand_over(pool)
    await pool.execute("DELETE FROM sync_outbox")
    async with pool.acquire() as connection, connection.transaction():
        due = await handoff_steps.next_due(connection, LATER)
        assert due
        await handoff_steps.give_back(connection, due, (), LATER)
    assert await handoff_acts.act(pool, handoff, "max", "claim", LATER) == "done"
    told = await pool.fetch("SELECT kind, data FROM sync_outbox ORDER BY seq")
    assert [tuple(row) for row in told] == [
        ("handoff.released", {}),
        ("handoff.requested", {"handoff": {"reason": "asked", "rep": "max"}}),
    ]


async def test_a_claim_of_what_waits_is_no_news_to_outside_crms(pool: Pool) -> None:
    await sync.register(pool, "crm")
    handoff = await hand_over(pool)
    await pool.execute("DELETE FROM sync_outbox")
    assert await handoff_acts.act(pool, handoff, "luz", "claim", LATER) == "done"
    assert await pool.fetch("SELECT FROM sync_outbox") == []


async def test_turns_below_a_threshold_come_with_their_words_and_labels(pool: Pool) -> None:
    unsure = Decision(kind="handoff", reason="low_confidence", confidence=0.7)
    await committed(pool, "t1", decision=unsure)
    await committed(pool, "t2", decision=Decision(kind="answer", confidence=0.9))
    found = await judged_turns(pool, 0.7)
    assert [(turn.turn_id, turn.words, turn.needed) for turn in found] == [("t1", "hola", None)]
    assert [turn.turn_id for turn in await judged_turns(pool, 0.95)] == ["t1", "t2"]
