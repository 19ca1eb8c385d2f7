"""A connection to Redis that is not shared, for one script at a time.

A call of redis-py's client costs three times the CPU: its pool, its retries, a task for each of its
timeouts. Here the caller sets the time limit, by cancelling the call: a group commit does. Whatever
fails, or is cancelled, closes the connection, and the next call opens it again.
"""

import math
from collections.abc import Sequence
from typing import Any, cast

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

Arg = str | bytes | int


class Line:
    """One connection of a client's pool, held from the first call until `aclose`."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._connection: AbstractConnection | None = None

    async def run(self, script: AsyncScript, keys: Sequence[str], args: Sequence[Arg]) -> object:
        """What the script gives, with no time limit. Raises RedisError, OSError."""
        command = _packed("EVALSHA", script.sha, len(keys), *keys, *args)
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
            self._connection.socket_timeout = None  # the caller has one for all
        else:
            await self._pool.ensure_connection(self._connection)
        return self._connection


def _packed(*command: Arg) -> bytes:
    # its stub takes a tuple of one
    return cast("Any", hiredis.pack_command)(command)
