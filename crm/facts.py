"""Every fact that a lead ever gave, with its proof; nothing is overwritten."""

from collections.abc import Sequence

from crm.pool import Connection, storable
from domain.lead import Fact

ADD = """
INSERT INTO facts (contact_id, turn_id, field, value, quote, message_id, at, confidence, normal)
SELECT $1, $2, field, value, quote, message_id, at, confidence, normal
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::real[],
        $9::jsonb[])
    WITH ORDINALITY AS fact (field, value, quote, message_id, at, confidence, normal, position)
ORDER BY position
"""
"""See `columns`."""

_ZONE = "UPDATE contacts SET timezone = $2, timezone_source = 'said' WHERE id = $1"

LATEST = """
SELECT jsonb_agg(to_jsonb(fact)) FROM (
    SELECT DISTINCT ON (field) field, value, quote, message_id, at, confidence, normal FROM facts
    WHERE contact_id = $1 ORDER BY field, at DESC, id DESC) fact
"""
"""As one value: the fact that holds of each field, the last one said."""


def columns(contact_id: str, turn_id: str, facts: Sequence[Fact]) -> tuple[object, ...]:
    """The parameters that make ADD append what a turn found out."""
    return (
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


async def keep_zone(connection: Connection, contact_id: str, facts: Sequence[Fact]) -> None:
    """The zone that a lead names is his contact's, too."""
    for fact in facts:
        if fact.field == "timezone" and fact.value:
            await connection.execute(_ZONE, contact_id, fact.value)
