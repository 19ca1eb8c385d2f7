"""Whole graph runs with one checkpoint a thread, as production has it."""

from pathlib import Path

import pytest
from langgraph.types import Command
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from benchmarks.wire import wire
from checkpoints import RedisSaver, connect
from sandbox.servers import local_redis

from .values import at, chat, fields, says

_DURABILITIES = pytest.mark.parametrize("durability", ["exit", "async", "sync"])


async def test_a_turn_is_two_round_trips(redis_url: str, redis: Redis) -> None:
    async with wire(redis_url) as counted, connect(counted.url) as client:
        graph = chat(RedisSaver(client))
        await graph.ainvoke(says("warm up"), at("t"), durability="exit")
        counted.reset()
        await graph.ainvoke(says("hola"), at("t"), durability="exit")
        assert counted.trips == 2
        assert await fields(redis, "t") == 2


@_DURABILITIES
async def test_a_conversation_goes_on(redis: Redis, durability: str) -> None:
    graph = chat(RedisSaver(redis))
    for text in ("uno", "dos", "tres"):
        await graph.ainvoke(says(text), at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
    stored = (await graph.aget_state(at("t"))).values["messages"]
    assert [message.text for message in stored[::2]] == ["uno", "dos", "tres"]


@_DURABILITIES
async def test_an_interrupted_run_resumes(redis: Redis, durability: str) -> None:
    graph = chat(RedisSaver(redis), asks=True)
    for turn in (1, 2):
        asked = await graph.ainvoke(says("hola"), at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
        assert asked["__interrupt__"][0].value == "may I?"
        answered = await graph.ainvoke(Command(resume="yes"), at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
        assert answered["messages"][-1].text == "you said hola (yes)"
        assert len(answered["messages"]) == 2 * turn


async def test_a_rep_may_write_into_the_state(redis: Redis) -> None:
    graph = chat(RedisSaver(redis))
    await graph.ainvoke(says("hola"), at("t"), durability="exit")
    await graph.aupdate_state(at("t"), says("the rep said so"), as_node="reply")
    answered = await graph.ainvoke(says("thanks"), at("t"), durability="exit")
    assert [message.text for message in answered["messages"]][2] == "the rep said so"


async def test_history_can_be_walked_and_forked_when_everything_is_kept(redis: Redis) -> None:
    graph = chat(RedisSaver(redis, keep=0))
    for text in ("uno", "dos"):
        await graph.ainvoke(says(text), at("t"))
    history = [state async for state in graph.aget_state_history(at("t"))]
    assert len(history) == 6
    after_one = next(s for s in history if len(s.values["messages"]) == 2)
    forked = await graph.ainvoke(says("tres"), after_one.config)
    assert [message.text for message in forked["messages"]][::2] == ["uno", "tres"]


@pytest.mark.slow
async def test_redis_stops_in_the_middle_and_comes_back(tmp_path: Path) -> None:
    with local_redis(tmp_path) as url:
        async with connect(url) as client:
            graph = chat(RedisSaver(client))
            await graph.ainvoke(says("uno"), at("t"), durability="exit")
            await client.config_set("appendfsync", "always")
    with pytest.raises(RedisConnectionError):
        async with connect(url) as client:
            await chat(RedisSaver(client)).ainvoke(says("lost"), at("t"), durability="exit")
    with local_redis(tmp_path) as url:
        async with connect(url) as client:
            answered = await chat(RedisSaver(client)).ainvoke(says("dos"), at("t"))
    assert [message.text for message in answered["messages"]][::2] == ["uno", "dos"]
