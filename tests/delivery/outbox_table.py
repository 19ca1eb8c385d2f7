"""A database with nothing but the outbox, and ways to put rows into it and to look at them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from crm import outbox as rows
from crm.migrate import MIGRATIONS
from crm.outbox import OutboxRow
from crm.pool import Pool, connect
from domain.contact import Address
from domain.messages import Outbound, Text
from tests.crm.conftest import new_database

LEASE = timedelta(seconds=30)


@asynccontextmanager
async def outbox_database(server_url: str) -> AsyncGenerator[Pool]:
    async with new_database(server_url) as url:
        pool = await connect(url)
        await pool.execute((MIGRATIONS / "0002_outbox.sql").read_text(encoding="utf-8"))
        yield pool
        await pool.close()


def row(
    body: str = "Hola",
    *,
    contact_id: str | None = None,
    recipient: Address | None = None,
    message: Outbound | None = None,
) -> OutboxRow:
    return OutboxRow(
        id=str(uuid4()),
        contact_id=contact_id or str(uuid4()),
        turn_id="turn",
        position=0,
        recipient=recipient or Address(phone=str(uuid4().int % 10**12)),
        message=message or Text(body=body),
    )


async def add(pool: Pool, *added: OutboxRow) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await rows.add(connection, added)


async def stored(pool: Pool, row_id: str) -> dict[str, Any]:
    record = await pool.fetchrow(
        "SELECT *, state::text AS state, extract(epoch FROM due_at - now())::float AS due_in"
        " FROM outbox WHERE id = $1",
        row_id,
    )
    assert record is not None
    return dict(record)


async def state(pool: Pool, row_id: str) -> str:
    return str((await stored(pool, row_id))["state"])


async def make_due(pool: Pool) -> None:
    """As if every delay and lease had run out."""
    await pool.execute("UPDATE outbox SET due_at = now()")


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "the condition never held"
        await asyncio.sleep(0.005)
