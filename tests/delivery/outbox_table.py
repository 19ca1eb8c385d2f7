"""A database with the outbox, and ways to put rows into it and to look at them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from crm import outbox as rows
from crm.migrate import migrate
from crm.outbox import OutboxRow
from crm.pool import Pool, connect
from domain.contact import Address
from domain.messages import Outbound, Text
from tests.crm.conftest import new_database

LEASE = timedelta(seconds=30)

_CONTACT = """
INSERT INTO contacts (id, phone, bsuid, language, last_inbound_at) VALUES ($1, $2, $3, 'es', now())
ON CONFLICT (id) DO NOTHING"""


@asynccontextmanager
async def outbox_database(server_url: str) -> AsyncGenerator[Pool]:
    async with new_database(server_url) as url:
        pool = await connect(url)
        await migrate(pool)
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


async def empty(pool: Pool) -> Pool:
    await pool.execute(
        "TRUNCATE outbox, outbox_pace, outbox_pauses, contacts, turns, consents CASCADE"
    )
    return pool


async def add(pool: Pool, *added: OutboxRow) -> None:
    """Store the rows; contacts that are not known wrote a moment ago."""
    async with pool.acquire() as connection, connection.transaction():
        for one in added:
            to = one.recipient
            await connection.execute(_CONTACT, one.contact_id, to.phone, to.bsuid)
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
    """As if every delay, lease and pause had run out."""
    await pool.execute("UPDATE outbox SET due_at = now()")
    await pool.execute("UPDATE outbox_pauses SET until = now()")


async def contact(pool: Pool, contact_id: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - a row's values
    """The contact's row, after setting these columns."""
    for name, value in columns.items():
        await pool.execute(
            f"UPDATE contacts SET {name} = $2 WHERE id = $1",  # noqa: S608 - names of a test
            contact_id,
            value,
        )
    record = await pool.fetchrow("SELECT * FROM contacts WHERE id = $1", contact_id)
    assert record is not None
    return dict(record)


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "the condition never held"
        await asyncio.sleep(0.005)
