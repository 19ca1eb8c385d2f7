import asyncio
import time

import pytest
from redis.asyncio import Redis

from checkpoints import RedisSaver

from .values import at, chat, checkpoint, fields, says


async def test_the_time_to_live_starts_anew_with_every_write(redis: Redis) -> None:
    saver, first = RedisSaver(redis, ttl=500), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    await redis.expire("lg:{t}", 10)
    await saver.aput_writes(at("t", first), [("a", 1)], "task")
    assert 490 < await redis.ttl("lg:{t}") <= 500


async def test_the_config_may_say_when_the_thread_ends(redis: Redis) -> None:
    saver, first, end = RedisSaver(redis, ttl=500), checkpoint(1), int(time.time()) + 3600
    await saver.aput(at("t", expires_at=end), first, {}, {})
    assert 3590 < await redis.ttl("lg:{t}") <= 3600
    await redis.expire("lg:{t}", 10)
    await saver.aput_writes(at("t", first, expires_at=end + 0.5), [("a", 1)], "task")
    assert 3591 < await redis.ttl("lg:{t}") <= 3601


@pytest.mark.parametrize("durability", ["exit", "async", "sync"])
async def test_a_run_carries_the_end_into_every_write(redis: Redis, durability: str) -> None:
    graph, end = chat(RedisSaver(redis), asks=True), int(time.time()) + 3600
    await graph.ainvoke(
        says("hola"),
        {"configurable": {"thread_id": "t", "expires_at": end}},
        durability=durability,  # pyright: ignore[reportArgumentType] - one of the three
    )
    assert await fields(redis, "t") >= 4
    assert 3590 < await redis.ttl("lg:{t}") <= 3600


async def test_reading_does_not_prolong(redis: Redis) -> None:
    saver = RedisSaver(redis, keep=0)
    await saver.aput(at("t"), checkpoint(1), {}, {})
    await redis.expire("lg:{t}", 100)
    await saver.aget_tuple(at("t"))
    assert len([item async for item in saver.alist(None)]) == 1
    await saver.aprune(["t"])
    assert await redis.ttl("lg:{t}") <= 100


async def test_a_thread_past_its_end_is_gone(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t", expires_at=int(time.time()) - 1), checkpoint(1), {}, {})
    assert await saver.aget_tuple(at("t")) is None
    assert await redis.keys() == []


@pytest.mark.parametrize("moment", [-1, time.time() * 1000])
async def test_a_time_that_is_no_time_in_seconds_writes_nothing(
    redis: Redis, moment: float
) -> None:
    with pytest.raises(ValueError, match="epoch seconds"):
        await RedisSaver(redis).aput(at("t", expires_at=moment), checkpoint(1), {}, {})
    assert await redis.keys() == []


@pytest.mark.parametrize(("ttl", "keep"), [(0, 1), (2**40, 1), (60, -1)])
async def test_limits_that_make_no_sense_are_refused(redis: Redis, ttl: int, keep: int) -> None:
    with pytest.raises(ValueError, match=r"ttl|keep"):
        RedisSaver(redis, ttl, keep)


async def test_clients_that_die_while_writing_leave_no_key_without_an_end(redis_url: str) -> None:
    async def dies(number: int) -> None:
        async with Redis.from_url(redis_url, max_connections=1) as client:
            saver, first = RedisSaver(client), checkpoint(1, text="x" * number)
            async with asyncio.timeout(number / 20_000 if number % 3 else None):
                await saver.aput(at(f"t{number}"), first, {}, {})
                await saver.aput_writes(at(f"t{number}", first), [("a", 1)], "task")

    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
        ends: list[BaseException | None] = []
        for start in range(1, 200, 20):
            batch = (dies(number) for number in range(start, start + 20))
            ends += await asyncio.gather(*batch, return_exceptions=True)
        assert {type(end) for end in ends} == {TimeoutError, type(None)}
        keys = await redis.keys()
        assert keys
        assert [key for key in keys if await redis.ttl(key) < 0] == []
