"""What a lead wrote while nobody was there to answer."""

from datetime import datetime

from crm.messages import Line
from crm.pool import Database
from domain.contact import Address
from domain.values import Value

_WAITING = """
SELECT jsonb_build_object('phone', phone, 'bsuid', bsuid) AS address, last_inbound_at, (
    SELECT coalesce(jsonb_agg(to_jsonb(line) - 'seq' ORDER BY seq), '[]') FROM (
        SELECT id, direction, kind, text, at, seq FROM messages
        WHERE contact_id = contacts.id AND direction = 'in' AND deleted_at IS NULL
            AND seq > coalesce((
            SELECT max(seq) FROM messages
            WHERE contact_id = contacts.id AND direction <> 'in' AND NOT EXISTS (
                SELECT FROM turns
                WHERE turns.turn_id = messages.turn_id AND kind = 'apology')), 0)
        ORDER BY seq DESC LIMIT 20
    ) line
) AS messages
FROM contacts WHERE id = $1
"""


class Waiting(Value):
    """The lead's messages since agent or rep last answered, the last 20 of them, oldest first.

    To say sorry for not being able to answer is no answer.
    """

    address: Address
    last_inbound_at: datetime | None
    messages: tuple[Line, ...]


async def waiting(database: Database, contact_id: str) -> Waiting | None:
    """None when there is no such contact."""
    row = await database.fetchrow(_WAITING, contact_id)
    return Waiting.of(dict(row)) if row else None
