"""What the model costs outside of the turns is kept: summaries, briefs, discarded drafts."""

import pytest
from redis.asyncio import Redis

from delivery.mailbox import Mailbox, Post
from delivery.turn import RunningTurns
from domain.errors import Superseded
from domain.proposal import Proposal, Usage
from tests.e2e.conftest import Company

PAID = Usage(model="gpt-4o", calls=1, input_tokens=900, cached_tokens=400, output_tokens=80)


async def spent(company: Company, purpose: str) -> tuple[int, int]:
    [row] = await company.fetch(
        "SELECT count(*) AS calls, coalesce(sum(input_tokens), 0) AS tokens FROM model_uses"
        " WHERE purpose = $1 AND model <> '' AND output_tokens > 0",
        purpose,
    )
    return row["calls"], row["tokens"]


async def test_a_summary_and_a_brief_are_paid_like_a_turn(company: Company, phone: str) -> None:
    for text in ("hola", "soy Ana, de Acme", "busco paneles solares", "quiero hablar con alguien"):
        await company.says(phone, text)

    async def both() -> bool:
        return (await spent(company, "summary"))[0] > 0 and (await spent(company, "brief"))[0] > 0

    await company.until(both, "summary and brief to be paid")
    assert (await spent(company, "summary"))[1] > 0
    assert (await spent(company, "brief"))[1] > 0


async def test_a_draft_that_comes_too_late_was_paid_all_the_same(redis: Redis) -> None:
    paid: list[Usage] = []

    async def discard(usage: Usage) -> None:
        paid.append(usage)

    mailbox = Mailbox(redis, "messages")
    await mailbox.push([Post(id="1", contact="7", aliases=(), body=b"{}")])
    lease = await mailbox.claim()
    assert lease is not None
    await mailbox.push([Post(id="2", contact="7", aliases=(), body=b"{}")])
    async with RunningTurns(mailbox, discard).running(lease, "t", final=False) as turn:
        with pytest.raises(Superseded):
            await turn.seal(Proposal(usage=PAID))
    assert paid == [PAID]
