import pytest

from crm.conversation import inspect
from crm.pool import Pool
from domain.turn import Decision
from tests.crm.made import ANA, committed, fact


@pytest.mark.parametrize("who", [ANA, "+52 1 55 1234 5678"])
async def test_shows_where_the_conversation_stands(pool: Pool, who: str) -> None:
    budget = fact("budget", "5000")
    await committed(pool, "t1", facts=(budget,), stage_after="qualification")
    decision = Decision(kind="clarify", confidence=0.5, resolved=False)
    await committed(pool, "t2", stage_after="qualification", decision=decision)
    shown = await inspect(pool, who, limit=3)
    assert shown is not None
    assert (shown.contact_id, shown.phone) == (ANA, "5215512345678")
    assert (shown.memory.stage, shown.memory.facts) == ("qualification", (budget,))
    assert (shown.score.total, shown.qualified) == (25, False)
    assert shown.decision == decision
    assert [line.text for line in shown.messages] == ["reply of t1", "hola", "reply of t2"]


@pytest.mark.parametrize("who", [ANA, "+52 55 1234 5678", "nobody", ""])
async def test_nobody_is_none(pool: Pool, who: str) -> None:
    assert await inspect(pool, who) is None
