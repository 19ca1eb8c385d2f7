"""Runs a script on whichever client there is: asyncio or blocking, one server or a cluster."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any, TypeAlias, cast

import redis
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import NoScriptError

from .client import sync_twin
from .scripts import Call

SyncClient: TypeAlias = redis.Redis | redis.RedisCluster
Client: TypeAlias = Redis | RedisCluster | SyncClient
Reply: TypeAlias = Any  # each script says what it is

_SCAN_COUNT = 500


class Runner:
    """One round trip a call; two when the server does not know the script yet."""

    def __init__(self, client: Client) -> None:
        if client.get_encoder().decode_responses:
            raise ValueError("checkpoints are bytes: the client needs decode_responses=False")
        self._client = client

    async def arun(self, call: Call) -> Reply:
        """Run on the event loop; a blocking client is used from a thread."""
        if not isinstance(self._client, Redis | RedisCluster):
            return await asyncio.to_thread(self.run, call)
        arguments = (1, call.key, *call.arguments)
        try:
            return await self._client.evalsha(call.script.sha, *arguments)
        except NoScriptError:
            return await self._client.eval(call.script.text, *arguments)

    def run(self, call: Call) -> Reply:
        """Run and block; beside an asyncio client a blocking twin is made once."""
        arguments = (1, call.key, *call.arguments)
        try:
            return self._blocking.evalsha(call.script.sha, *arguments)
        except NoScriptError:
            return self._blocking.eval(call.script.text, *arguments)

    async def akeys(self, prefix: str) -> list[bytes]:
        """Every key that starts so, by SCAN: maintenance and tools, never a turn."""
        if not isinstance(self._client, Redis | RedisCluster):
            return await asyncio.to_thread(self.keys, prefix)
        pattern = _starts_with(prefix)
        scan = cast(
            "AsyncIterator[bytes]", self._client.scan_iter(match=pattern, count=_SCAN_COUNT)
        )
        return sorted({key async for key in scan})

    def keys(self, prefix: str) -> list[bytes]:
        """The same, blocking."""
        pattern = _starts_with(prefix)
        scan = cast("Iterator[bytes]", self._blocking.scan_iter(match=pattern, count=_SCAN_COUNT))
        return sorted(set(scan))

    @cached_property
    def _blocking(self) -> SyncClient:
        if isinstance(self._client, redis.Redis | redis.RedisCluster):
            return self._client
        if isinstance(self._client, Redis):
            return sync_twin(self._client)
        raise TypeError("for the sync methods on a cluster, give the saver a redis.RedisCluster")


def _starts_with(prefix: str) -> str:
    return re.sub(r"([\\*?\[\]])", r"\\\1", prefix) + "*"
