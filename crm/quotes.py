"""What a lead replies or reacts to, however long ago it was said."""

from collections.abc import Sequence

from pydantic import ValidationError

from crm.pool import Database
from domain.messages import Outbound, Quote, outbound
from domain.values import Plain

_QUOTES = """
SELECT asked.id, coalesce(nullif(said.text, ''), '[' || said.kind || ']') AS text, sent.message,
    said.seq = (
        SELECT max(seq) FROM messages
        WHERE contact_id = $1 AND kind NOT IN ('reaction', 'system')
    ) AS latest
FROM unnest($2::text[]) AS asked (id)
LEFT JOIN outbox sent ON sent.wamid_id = asked.id
JOIN messages said ON said.id = coalesce(sent.id::text, asked.id) AND said.contact_id = $1
"""


async def quotes(
    database: Database, contact_id: str, message_ids: Sequence[str]
) -> dict[str, Quote]:
    """The contact's own messages among these, by the keyed hash of Meta's id."""
    rows = await database.fetch(_QUOTES, contact_id, list(message_ids))
    return {
        row["id"]: Quote(
            text=row["text"], sent=_sent(row["message"]), latest=row["latest"] or False
        )
        for row in rows
    }


def _sent(plain: Plain | None) -> Outbound | None:
    """None for a message of a release that this one does not know."""
    try:
        return outbound(plain) if plain else None
    except ValidationError:
        return None
