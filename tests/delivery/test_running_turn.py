"""A lease is held for as long as a turn runs, and not a moment longer."""

import asyncio

from redis.asyncio import Redis

from delivery.mailbox import Mailbox, Post
from delivery.turn import RunningTurns
from domain.proposal import Usage


async def unpaid(_: Usage) -> None:
    raise AssertionError("no draft was discarded")


async def test_a_bell_at_a_turns_very_end_leaves_nobody_who_holds_the_lease(redis: Redis) -> None:
    mailbox = Mailbox(redis, "messages")
    await mailbox.push([Post(id="1", contact="7", aliases=(), body=b"{}")])
    lease = await mailbox.claim()
    assert lease is not None
    turns, before = RunningTurns(mailbox, unpaid), asyncio.all_tasks()

    async def ends_as_it_rings() -> None:
        turns.rang("7")

    async with turns.running(lease, "t", final=False) as turn:
        await turn.run(ends_as_it_rings())
    if left := asyncio.all_tasks() - before:
        _, holding = await asyncio.wait(left, timeout=2)
        assert not holding
