"""Every fact that a lead ever gave, with its proof; nothing is overwritten."""

from collections.abc import Sequence

from crm.pool import Connection, Database, storable
from domain.lead import Fact, FactField

_ADD = """
INSERT INTO facts (contact_id, turn_id, field, value, quote, message_id, at, confidence, normal)
SELECT $1, $2, field, value, quote, message_id, at, confidence, normal
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::real[],
        $9::jsonb[])
    WITH ORDINALITY AS fact (field, value, quote, message_id, at, confidence, normal, position)
ORDER BY position
"""

_ZONE = "UPDATE contacts SET timezone = $2, timezone_source = 'said' WHERE id = $1"

_LATEST = """
SELECT DISTINCT ON (field) field, value, quote, message_id, at, confidence, normal FROM facts
WHERE contact_id = $1 ORDER BY field, at DESC, id DESC
"""


async def add(connection: Connection, contact_id: str, turn_id: str, facts: Sequence[Fact]) -> None:
    """Append what a turn found out; the zone that a lead names is his contact's, too."""
    await connection.execute(
        _ADD,
        contact_id,
        turn_id,
        [fact.field for fact in facts],
        [storable(fact.value) if fact.value else fact.value for fact in facts],
        [storable(fact.quote) for fact in facts],
        [fact.message_id for fact in facts],
        [fact.at for fact in facts],
        [fact.confidence for fact in facts],
        [fact.normal.plain() if fact.normal else None for fact in facts],
    )
    for fact in facts:
        if fact.field == "timezone" and fact.value:
            await connection.execute(_ZONE, contact_id, fact.value)


async def latest(database: Database, contact_id: str) -> dict[FactField, Fact]:
    """The fact that holds of each field: the last one said."""
    rows = await database.fetch(_LATEST, contact_id)
    return {fact.field: fact for fact in (Fact.of(dict(row)) for row in rows)}
