"""A run commits only on top of the checkpoint that it started from."""

import asyncio

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from redis.asyncio import Redis

from checkpoints import RedisSaver, StaleThread, connect

from .values import at, chat, checkpoint, says


async def test_only_one_of_two_children_is_stored(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1)
    one, other = checkpoint(2, by="one"), checkpoint(3, by="other")
    await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", first), one, {}, {})
    with pytest.raises(StaleThread, match="not the newest"):
        await saver.aput(at("t", first), other, {}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == one


async def test_a_retry_of_ones_own_put_succeeds(redis: Redis) -> None:
    saver, first, second = RedisSaver(redis), checkpoint(1), checkpoint(2)
    for _ in range(2):
        await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", first), second, {}, {})
    await saver.aput(at("t"), first, {}, {})  # its answer was lost, and the next turn was faster
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == second


async def test_a_forgotten_thread_is_not_brought_back_by_a_late_put(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    await saver.adelete_thread("t")
    with pytest.raises(StaleThread):
        await saver.aput(at("t", first), checkpoint(2), {}, {})
    assert await redis.keys() == []


async def test_namespaces_are_fenced_apart(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", checkpoint_ns="sub"), checkpoint(2), {}, {})
    assert await saver.aget_tuple(at("t")) is not None


@pytest.mark.parametrize(("keep", "fence"), [(0, None), (1, False)])
async def test_without_a_fence_a_fork_is_stored(
    redis: Redis, keep: int, *, fence: bool | None
) -> None:
    saver, first = RedisSaver(redis, keep=keep, fence=fence), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", first), checkpoint(2), {}, {})
    await saver.aput(at("t", first), checkpoint(3), {}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint["id"] == checkpoint(3)["id"]


class Together(RedisSaver):
    """Holds every run until all of them have read the thread."""

    def __init__(self, redis: Redis, runs: int) -> None:
        super().__init__(redis)
        self._all_read = asyncio.Barrier(runs)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await super().aget_tuple(config)
        await self._all_read.wait()
        return found


@pytest.mark.parametrize("runs", [3, 50])
@pytest.mark.parametrize("durability", ["exit", "async"])
async def test_of_concurrent_runs_on_a_thread_exactly_one_commits(
    redis_url: str, redis: Redis, runs: int, durability: str
) -> None:
    async with connect(redis_url, timeout=20) as client:  # the default pool raises when it is full
        graph = chat(Together(client, runs))
        turns = (
            graph.ainvoke(says(f"message {n}"), at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
            for n in range(runs)
        )
        ends = await asyncio.gather(*turns, return_exceptions=True)
    assert sum(isinstance(end, StaleThread) for end in ends) == runs - 1
    (committed,) = (end for end in ends if not isinstance(end, BaseException))
    stored = (await chat(RedisSaver(redis)).aget_state(at("t"))).values
    assert stored["messages"] == committed["messages"]


async def test_an_evicted_checkpoint_in_the_config_cannot_empty_the_thread(redis: Redis) -> None:
    graph = chat(RedisSaver(redis))
    await graph.ainvoke(says("first"), at("t"), durability="exit")
    evicted = (await graph.aget_state(at("t"))).config
    await graph.ainvoke(says("second"), at("t"), durability="exit")
    with pytest.raises(StaleThread):
        await graph.ainvoke(says("third"), evicted, durability="exit")
    assert len((await graph.aget_state(at("t"))).values["messages"]) == 4
