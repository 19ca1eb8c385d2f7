"""What cannot be read or reached raises: it is never taken for an empty thread."""

import socket
import time
from collections.abc import Awaitable
from typing import cast

import ormsgpack
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from checkpoints import Encrypted, KeyRing, RedisSaver, Undecodable, connect
from sandbox.servers import free_port

from .values import at, checkpoint

_FIRST = checkpoint(1, text="hola" * 400)
_FIELD = f"c\x1f\x1f{_FIRST['id']}"


async def _stored(redis: Redis) -> bytes:
    return await cast("Awaitable[bytes]", redis.hget("lg:{t}", _FIELD))


async def _store(redis: Redis, blob: bytes) -> None:
    await redis.hset("lg:{t}", _FIELD, blob)


def _packed(*parts: object) -> bytes:
    return b"\x1f" + ormsgpack.packb(parts)


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (b"", "damaged"),
        (b"\xc1", "damaged"),
        (b"garbage", "damaged"),
        (_packed(2, "msgpack", b""), "format 2"),
        (_packed(1, "msgpack"), "not of this saver"),
        (_packed(1, "msgpack", b"\xc1"), "cannot read a msgpack blob"),
        (_packed(1, "pickle", b"cos\nsystem\n(S'true'\ntR."), "cannot read a pickle blob"),
        (_packed(1, "msgpack+zlib", b"not compressed"), "damaged"),
        (_packed(1, "msgpack+zlib", b"x\x9c\x4b"), "cut short"),
        (_packed(1, "msgpack", ormsgpack.packb([1, 2])), "no checkpoint"),
        (_packed(1, "null", b""), "no checkpoint"),
        (_packed(1, "aesgcm:01234567:msgpack", b"sealed"), "cannot read a aesgcm"),
    ],
)
async def test_a_blob_that_cannot_be_read_raises_and_stays(
    redis: Redis, blob: bytes, reason: str
) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t"), _FIRST, {}, {})
    await _store(redis, blob)
    with pytest.raises(Undecodable, match=reason):
        await saver.aget_tuple(at("t"))
    with pytest.raises(Undecodable, match=reason):
        _ = [item async for item in saver.alist(at("t"))]
    assert await _stored(redis) == blob


async def test_a_head_without_its_checkpoint_is_no_empty_thread(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t"), _FIRST, {}, {})
    await redis.hdel("lg:{t}", _FIELD)
    with pytest.raises(Undecodable):
        await saver.aget_tuple(at("t"))


async def test_every_single_altered_byte_of_a_sealed_blob_is_noticed(redis: Redis) -> None:
    saver = RedisSaver(redis, serde=Encrypted(KeyRing([bytes(32)])))
    await saver.aput(at("t"), checkpoint(1), {}, {})
    whole = await _stored(redis)
    for position in range(whole.index(b"aesgcm"), len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 0x20
        await _store(redis, bytes(altered))
        with pytest.raises(Undecodable):
            await saver.aget_tuple(at("t"))


async def test_an_object_that_cannot_be_stored_changes_nothing(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t"), _FIRST, {}, {})
    before = await _stored(redis)
    with pytest.raises(TypeError):
        await saver.aput(at("t", _FIRST), checkpoint(2, a=object()), {}, {})
    assert await _stored(redis) == before
    assert await saver.aget_tuple(at("t")) is not None


async def test_a_key_of_another_kind_raises(redis: Redis) -> None:
    await redis.set("lg:{t}", "not ours")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await RedisSaver(redis).aget_tuple(at("t"))
    assert await redis.get("lg:{t}") == b"not ours"


async def test_a_full_redis_raises_and_keeps_what_it_has(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t"), _FIRST, {}, {})
    before = await redis.config_get("maxmemory")
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            await saver.aput(at("t", _FIRST), checkpoint(2), {}, {})
    finally:
        await redis.config_set("maxmemory", before["maxmemory"] or "0")
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == _FIRST


async def test_an_unreachable_redis_raises_at_once() -> None:
    async with connect(f"redis://127.0.0.1:{free_port()}/0") as client:
        saver, started = RedisSaver(client), time.monotonic()
        with pytest.raises(RedisConnectionError):
            await saver.aget_tuple(at("t"))
        with pytest.raises(RedisConnectionError):
            saver.put(at("t"), _FIRST, {}, {})
        assert time.monotonic() - started < 3


async def test_a_silent_redis_raises_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never answers
        url, started = f"redis://127.0.0.1:{silent.getsockname()[1]}/0", time.monotonic()
        async with connect(url, timeout=0.2) as client:
            with pytest.raises((RedisTimeoutError, RedisConnectionError)):
                await RedisSaver(client).aget_tuple(at("t"))
    assert time.monotonic() - started < 5


async def test_a_redis_that_lost_its_scripts_is_taught_again(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await saver.aput(at("t"), _FIRST, {}, {})
    await redis.script_flush()
    assert await saver.aget_tuple(at("t")) is not None
    await redis.script_flush()
    assert saver.get_tuple(at("t")) is not None
