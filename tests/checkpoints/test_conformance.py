"""LangGraph's own suite for checkpointers, base and extended, with the whole history kept."""

from collections.abc import AsyncGenerator

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.serde.base import SerializerProtocol
from redis.asyncio import Redis

from checkpoints import Encrypted, KeyRing, RedisSaver

_TESTS = 81


@pytest.mark.parametrize("serde", [None, Encrypted(KeyRing([bytes(32)]))], ids=["plain", "sealed"])
async def test_every_capability_passes(redis: Redis, serde: SerializerProtocol | None) -> None:
    @checkpointer_test(name="RedisSaver", skip_capabilities=set())
    async def saver() -> AsyncGenerator[BaseCheckpointSaver[int]]:
        await redis.flushdb()
        yield RedisSaver(redis, ttl=3600, keep=0, serde=serde)

    report = await validate(saver)
    results = report.results.values()
    assert [failure for result in results for failure in result.failures] == []
    assert all(result.passed for result in results)
    assert sum(result.tests_passed for result in results) == _TESTS
