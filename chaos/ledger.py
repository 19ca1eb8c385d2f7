"""What the product says of itself in the end: its ledger, and what Redis still holds."""

from dataclasses import dataclass
from typing import cast

import asyncpg
from redis.asyncio import Redis

from chaos.servers import Ports

_ROWS = "SELECT id::text, state::text FROM outbox"
_OPEN = "SELECT count(*) FROM outbox WHERE state::text IN ('requested', 'sending', 'in_doubt')"


@dataclass(frozen=True)
class Ledger:
    """`rows`: the state of each outbox row by its id, which is the tracker of its sends.

    `waiting`: contacts in the mailboxes; `dead` and `quarantined`: what was given up.
    """

    rows: dict[str, str]
    waiting: int
    dead: int
    quarantined: int


async def settled(ports: Ports) -> bool:
    """Whether no row is unfinished and nothing waits."""
    connection = await asyncpg.connect(ports.database_url, timeout=5)
    try:
        unfinished = await connection.fetchval(_OPEN)
    finally:
        await connection.close()
    return not unfinished and not await _sum(ports, "*:due", "zcard")


async def read(ports: Ports) -> Ledger:
    """The books as they stand."""
    connection = await asyncpg.connect(ports.database_url, timeout=5)
    try:
        rows = {row["id"]: row["state"] for row in await connection.fetch(_ROWS)}
    finally:
        await connection.close()
    return Ledger(
        rows=rows,
        waiting=await _sum(ports, "*:due", "zcard"),
        dead=await _sum(ports, "*:dead", "xlen"),
        quarantined=await _sum(ports, "*:quarantine", "xlen"),
    )


async def _sum(ports: Ports, pattern: str, command: str) -> int:
    """How much all keys of a name hold together."""
    async with Redis.from_url(ports.redis_url, socket_timeout=5) as client:
        keys = cast("list[bytes]", await client.keys(pattern))  # type: ignore[misc] - redis-py's stubs
        return sum([cast("int", await client.execute_command(command, key)) for key in keys])
