"""The words of a conversation: what the lead, the agent and the rep wrote."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crm.pool import Connection, Database, storable
from domain.contact_events import DELETED
from domain.messages import Inbound, Outbound, words
from domain.values import Value


class Line(Value):
    """One message: `in` from the lead, `out` from the agent, `rep` from a person."""

    id: str
    direction: Literal["in", "out", "rep"]
    kind: str
    text: str
    at: datetime


ADD = """
INSERT INTO messages (id, contact_id, turn_id, direction, kind, text, at)
SELECT id, $1, $2, direction, kind, text, coalesce(at, now())
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
    WITH ORDINALITY AS line (id, direction, kind, text, at, position)
ORDER BY position
ON CONFLICT (id) DO NOTHING
RETURNING seq
"""
"""See `lines`."""

_RECENT = """
SELECT id, direction, kind, text, at FROM messages
WHERE contact_id = $1 ORDER BY seq DESC LIMIT $2
"""


def lines(
    contact_id: str,
    turn_id: str | None,
    received: Sequence[Inbound],
    sent: Sequence[tuple[str, Outbound]],
) -> tuple[object, ...]:
    """The parameters that make ADD store messages in their order.

    `sent` are pairs of outbox row id and message.
    """
    every = [
        *((m.id, "in", m.kind, storable(m.text), m.at) for m in received),
        *((row_id, "out", m.kind, storable(words(m)), None) for row_id, m in sent),
    ]
    return (contact_id, turn_id, *([line[column] for line in every] for column in range(5)))


_ADD_REP = """
INSERT INTO messages (id, contact_id, direction, kind, text, at)
VALUES ($2, $1, 'rep', $3, $4, $5) ON CONFLICT (id) DO NOTHING
"""

_EDIT = """
UPDATE messages SET text = $3, edited_at = $4
WHERE id = $2 AND contact_id = $1 AND direction <> 'out' AND deleted_at IS NULL
    AND coalesce(edited_at <= $4, true)
"""

_DELETE = """
WITH deleted AS (
    UPDATE messages SET text = $3, deleted_at = $4
    WHERE id = $2 AND contact_id = $1 AND direction <> 'out' RETURNING id
), unquoted AS (
    UPDATE facts SET quote = '' FROM deleted WHERE message_id = deleted.id
)
DELETE FROM media USING deleted WHERE message_id = deleted.id
"""


async def add_rep(  # noqa: PLR0917 - the columns of a line
    connection: Connection, contact_id: str, message_id: str, kind: str, text: str, at: datetime
) -> None:
    """Store what a rep wrote; one that is stored stays as it is."""
    await connection.execute(_ADD_REP, contact_id, message_id, kind, storable(text), at)


async def edit(
    connection: Connection, contact_id: str, message_id: str, text: str, at: datetime
) -> None:
    """The lead's or the rep's message says this now; the last of several edits holds."""
    await connection.execute(_EDIT, contact_id, message_id, storable(text), at)


async def delete(connection: Connection, contact_id: str, message_id: str, at: datetime) -> None:
    """Keep nothing of a message's words, its file, or the quotes from it."""
    await connection.execute(_DELETE, contact_id, message_id, DELETED, at)


async def recent(database: Database, contact_id: str, limit: int) -> tuple[Line, ...]:
    """The last `limit` messages, oldest first."""
    rows = await database.fetch(_RECENT, contact_id, limit)
    return tuple(Line(**row) for row in reversed(rows))
