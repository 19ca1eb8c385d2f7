"""A connection to Redis that is not shared, for one script at a time.

A call of redis-py's client costs three times the CPU: its pool, its retries, a task for each of its
timeouts. Here one timeout covers the whole call, and whatever fails closes the connection, which
opens again for the next call.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any, cast

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

_SECONDS = 2.0

Arg = str | bytes | int


class Line:
    """One connection of a client's pool, held from the first call until `aclose`."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._seconds = self._pool.connection_kwargs.get("socket_timeout") or _SECONDS
        self._connection: AbstractConnection | None = None

    async def run(self, script: AsyncScript, keys: Sequence[str], args: Sequence[Arg]) -> object:
        """What the script gives. Raises RedisError, OSError."""
        command = _packed("EVALSHA", script.sha, len(keys), *keys, *args)
        async with asyncio.timeout(self._seconds):
            try:
                return await self._ask(command)
            except NoScriptError:
                await self._ask(_packed("SCRIPT", "LOAD", cast("str", script.script)))
                return await self._ask(command)

    async def aclose(self) -> None:
        """Give the connection back."""
        if self._connection:
            connection, self._connection = self._connection, None
            await connection.disconnect()
            await self._pool.release(connection)

    async def _ask(self, command: bytes) -> object:
        connection = await self._open()
        await connection.send_packed_command(command, check_health=False)
        return cast("object", await connection.read_response(timeout=math.inf))

    async def _open(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = await self._pool.get_connection()
            self._connection.socket_timeout = None  # `run` has one for all
        else:
            await self._pool.ensure_connection(self._connection)
        return self._connection


def _packed(*command: Arg) -> bytes:
    # its stub takes a tuple of one
    return cast("Any", hiredis.pack_command)(command)
