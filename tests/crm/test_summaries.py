from crm.jobs import claim, done
from crm.pool import Pool
from crm.summaries import SUMMARISE_AFTER, get, save, waiting
from domain.turn import Summary
from tests.crm.made import ANA, BOB, committed


async def summary_jobs(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT turn_id FROM jobs WHERE kind = 'summary' ORDER BY id")
    return [row["turn_id"] for row in rows]


async def test_a_summary_is_due_when_six_messages_wait(pool: Pool) -> None:
    for turn in ("t1", "t2"):
        await committed(pool, turn)
    assert await summary_jobs(pool) == []
    await committed(pool, "t3")
    assert len(await waiting(pool, ANA)) == SUMMARISE_AFTER
    assert await summary_jobs(pool) == ["t3"]


async def test_one_open_job_is_enough(pool: Pool) -> None:
    for turn in ("t1", "t2", "t3", "t4", "t5"):
        await committed(pool, turn)
    assert await summary_jobs(pool) == ["t3"]


async def test_only_what_came_after_the_summary_counts(pool: Pool) -> None:
    for turn in ("t1", "t2", "t3"):
        await committed(pool, turn)
    (job,) = await claim(pool, ["summary"])
    *_, last = await waiting(pool, ANA)
    assert await save(pool, ANA, Summary(text="So far.", upto=last.id))
    await done(pool, job)
    assert await waiting(pool, ANA) == ()
    for turn in ("t4", "t5", "t6"):
        await committed(pool, turn)
    assert await summary_jobs(pool) == ["t3", "t6"]
    assert [line.text for line in await waiting(pool, ANA, limit=2)] == ["hola", "reply of t4"]


async def test_an_older_summary_does_not_replace_a_newer_one(pool: Pool) -> None:
    for turn in ("t1", "t2"):
        await committed(pool, turn)
    newer = Summary(text="newer", upto="t2-in")
    assert await save(pool, ANA, newer)
    assert not await save(pool, ANA, Summary(text="older", upto="t1-in"))
    assert await get(pool, ANA) == newer


async def test_a_summary_reaches_to_a_message_of_its_contact(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "b1", contact_id=BOB)
    assert not await save(pool, ANA, Summary(text="x", upto="b1-in"))
    assert not await save(pool, ANA, Summary(text="x", upto="unknown"))
    assert await get(pool, ANA) is None
