import asyncio

from crm.handoffs import cases, claim, record_rep_message, release, set_brief
from crm.pool import Pool
from crm.turns import commit
from tests.crm.made import ADDRESS, ANA, BOB, REPS, START, batch, handed_over


async def hand_over(pool: Pool, turn_id: str = "t1", contact_id: str = ANA) -> str:
    """Commit a handoff and give its id."""
    said = batch(turn_id, contact_id=contact_id)
    assert await commit(pool, said, ADDRESS, handed_over(turn_id), reps=REPS)
    return f"handoff-{turn_id}"


async def test_a_case_shows_why_and_what_was_said_last(pool: Pool) -> None:
    await hand_over(pool)
    await record_rep_message(pool, ANA, "r1", "Hola, soy Luz", START)
    (case,) = await cases(pool, messages=2)
    assert (case.contact_id, case.reason, case.rep) == (ANA, "asked", "luz")
    assert case.signals == {"wants_human": True}
    assert [(line.direction, line.text) for line in case.messages] == [
        ("out", "reply of t1"),
        ("rep", "Hola, soy Luz"),
    ]


async def test_the_open_ones_or_all(pool: Pool) -> None:
    await hand_over(pool, "t1", ANA)
    await hand_over(pool, "t2", BOB)
    await release(pool, ANA)
    assert [case.contact_id for case in await cases(pool)] == [BOB]
    assert {case.contact_id for case in await cases(pool, only_open=False)} == {ANA, BOB}
    assert len(await cases(pool, only_open=False, limit=1)) == 1


async def test_one_of_two_claims_wins(pool: Pool) -> None:
    handoff = await hand_over(pool)
    assert sorted(await asyncio.gather(claim(pool, handoff), claim(pool, handoff))) == [False, True]


async def test_release_once_and_then_a_new_handoff_may_open(pool: Pool) -> None:
    handoff = await hand_over(pool, "t1")
    assert await release(pool, ANA)
    assert not await release(pool, ANA)
    assert not await claim(pool, handoff)
    await hand_over(pool, "t2")
    assert [case.id for case in await cases(pool)] == ["handoff-t2"]


_WAITS = """
SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_a_release_holds_nothing_while_a_commit_has_the_contact(pool: Pool) -> None:
    await hand_over(pool)
    async with pool.acquire() as commits, commits.transaction():
        await commits.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", ANA)
        await commits.execute("SELECT FROM leads WHERE contact_id = $1 FOR UPDATE", ANA)
        releasing = asyncio.create_task(release(pool, ANA))
        async with asyncio.timeout(5):
            while not await pool.fetchval(_WAITS):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.01)
        await commits.execute("SELECT FROM handoffs WHERE contact_id = $1 FOR UPDATE NOWAIT", ANA)
    assert await releasing


async def test_a_rep_who_writes_has_claimed(pool: Pool) -> None:
    handoff = await hand_over(pool)
    assert await record_rep_message(pool, ANA, "r1", "Hola", START)
    assert not await record_rep_message(pool, ANA, "r1", "Hola", START)
    assert not await claim(pool, handoff)
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'rep'") == 1


async def test_the_brief_is_kept(pool: Pool) -> None:
    handoff = await hand_over(pool)
    assert await set_brief(pool, handoff, "Ana wants a CRM by May.")
    assert not await set_brief(pool, "nobody", "x")
    assert [case.brief for case in await cases(pool)] == ["Ana wants a CRM by May."]
