"""Whoever cancels a task finds it ended, whatever redis-py is doing at that moment."""

import asyncio

import pytest
from redis.asyncio import Redis

from checkpoints import connect


async def cancelled(client: Redis, *command: str, after: int) -> bool:
    """Whether a command is over that was cancelled after so many steps of the loop."""

    async def ask() -> None:
        await client.execute_command(*command)

    call = asyncio.create_task(ask())
    for _ in range(after):
        await asyncio.sleep(0)
    call.cancel()
    _, going_on = await asyncio.wait([call], timeout=1)
    return not going_on


@pytest.mark.parametrize("steps", range(32))
async def test_a_command_is_over_when_it_is_cancelled(redis_url: str, steps: int) -> None:
    async with connect(redis_url) as client:
        assert await cancelled(client, "BLPOP", "nothing comes", "0", after=steps)


async def test_what_was_cancelled_leaves_no_answer_to_the_next(redis_url: str) -> None:
    async with connect(redis_url) as client:
        for steps in range(8):
            assert await cancelled(client, "ECHO", "the call before", after=steps)
            assert await client.echo("mine") == b"mine"
