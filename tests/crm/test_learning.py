"""What a lead said as he asked for a person is learnt afterwards, once."""

from crm.learning import learn, unheard
from crm.pool import Pool
from crm.turns import commit
from domain.lead import BANT, FactField
from domain.proposal import Usage
from tests.crm.made import ADDRESS, ANA, REPS, batch, fact, handed_over, inbound
from tests.crm.test_erasure import erased

WORDS = "soy Ana, decido yo, tengo 20000 USD; quiero hablar con una persona"
NEEDS: tuple[FactField, ...] = ("budget", "authority")


async def hand_over(pool: Pool, *, calls: int = 0) -> None:
    outcome = handed_over("t1").model_copy(update={"usage": Usage(calls=calls)})
    said = batch("t1", inbound("m1", WORDS))
    assert await commit(pool, said, ADDRESS, outcome, reps=REPS)


async def test_only_a_turn_without_a_model_was_not_heard(pool: Pool) -> None:
    await hand_over(pool, calls=1)
    assert await unheard(pool, ANA, "t1") == ()
    await pool.execute("UPDATE turns SET calls = 0")
    assert [line.text for line in await unheard(pool, ANA, "t1")] == [WORDS]
    await pool.execute("UPDATE messages SET deleted_at = now() WHERE id = 'm1'")
    assert await unheard(pool, ANA, "t1") == ()


async def test_it_is_learnt_once_and_told(pool: Pool) -> None:
    await hand_over(pool)
    await pool.execute("INSERT INTO sync_sinks (name) VALUES ('crm')")
    found = fact("budget", "20000 USD"), fact("authority", "decide Ana")
    assert await learn(pool, ANA, "t1", found, NEEDS)
    assert not await learn(pool, ANA, "t1", found, NEEDS)
    lead = await pool.fetchrow("SELECT score > 0 AS scored, qualified FROM leads")
    assert lead is not None
    assert (lead["scored"], lead["qualified"]) == (True, True)
    assert await pool.fetchval("SELECT count(*) FROM facts") == len(found)
    kinds = [row["kind"] for row in await pool.fetch("SELECT kind FROM sync_outbox ORDER BY seq")]
    assert kinds[-2:] == ["lead.updated", "lead.qualified"]


async def test_nothing_is_learnt_of_who_was_erased_meanwhile(pool: Pool) -> None:
    await hand_over(pool)
    await erased(pool, ANA)
    assert not await learn(pool, ANA, "t1", [fact("budget", "20000 USD")], BANT)
    assert await pool.fetchval("SELECT count(*) FROM facts") == 0
