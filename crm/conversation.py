"""One conversation as it stands, for the sandbox's side panel and `vendedor inspect`."""

from datetime import datetime
from uuid import UUID

import asyncpg

from crm import contacts, memory, messages
from crm.messages import Line
from crm.pool import Connection, Database, Pool
from domain import bant
from domain.bant import Score
from domain.lead import latest
from domain.turn import Decision, Memory
from domain.values import Value


class Conversation(Value):
    """`memory` holds stage, facts with quotes, summary, booking and handoff."""

    contact_id: str
    phone: str | None
    memory: Memory
    score: Score
    qualified: bool
    decision: Decision | None
    messages: tuple[Line, ...]


class Decided(Value):
    """A turn's decision, and the way that the conversation took with it."""

    at: datetime
    stage_before: str
    stage_after: str
    decision: Decision


async def inspect(pool: Pool, who: str, *, limit: int = 50) -> Conversation | None:
    """The conversation of a contact id or phone number; None when there is none.

    `limit` bounds the messages: the last ones, oldest first.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        contact_id = await find(connection, who)
        known = await memory.peek(connection, contact_id) if contact_id else None
        if contact_id is None or known is None:
            return None
        return await _conversation(connection, contact_id, known, limit)


async def find(database: Database, who: str) -> str | None:
    """The contact of an id or of a phone number in any form; None when there is none."""
    contact_id = _as_id(who)
    if contact_id is None:
        return await contacts.by_phone(database, who)
    known = await database.fetchval("SELECT true FROM contacts WHERE id = $1", contact_id)
    return contact_id if known else None


async def decisions(database: Database, contact_id: str, *, limit: int) -> tuple[Decided, ...]:
    """What the last turns decided, and from which signals, oldest first."""
    rows = await database.fetch(_LAST_DECISIONS, contact_id, limit)
    return tuple(Decided.of(dict(row)) for row in reversed(rows))


async def _conversation(
    connection: Connection, contact_id: str, known: Memory, limit: int
) -> Conversation:
    facts = latest(known.facts)
    return Conversation(
        contact_id=contact_id,
        phone=await connection.fetchval("SELECT phone FROM contacts WHERE id = $1", contact_id),
        memory=known,
        score=bant.score(facts),
        qualified=bool(await connection.fetchval(_QUALIFIED, contact_id)),
        decision=_decision(await connection.fetchrow(_LAST_DECISION, contact_id)),
        messages=await messages.recent(connection, contact_id, limit),
    )


# as the commit decided it, by the setting of that moment
_QUALIFIED = "SELECT qualified FROM leads WHERE contact_id = $1"

_LAST_DECISION = "SELECT decision FROM turns WHERE contact_id = $1 ORDER BY at DESC LIMIT 1"

_LAST_DECISIONS = """
SELECT at, stage_before, stage_after, decision FROM turns
WHERE contact_id = $1 ORDER BY at DESC LIMIT $2
"""


def _decision(row: asyncpg.Record | None) -> Decision | None:
    return Decision.of(row["decision"]) if row else None


def _as_id(who: str) -> str | None:
    try:
        return str(UUID(who))
    except ValueError:
        return None
