"""What PostgreSQL knows of a contact at the start of a turn, in one round trip."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from crm.contacts import SEEN
from crm.pool import Database, storable
from domain.contact import Address
from domain.turn import Memory

_KNOWN = """
SELECT contact.language, contact.profile_name, contact.opted_out_at IS NOT NULL AS opted_out,
    contact.referral,
    CASE WHEN contact.phone IS NOT NULL OR contact.callback_phone IS NOT NULL THEN 'known'
        WHEN EXISTS (SELECT FROM messages WHERE contact_id = contact.id
            AND direction = 'out' AND kind = 'contact_request') THEN 'asked'
        ELSE 'unknown' END AS phone,
    lead.stage, lead.unresolved,
    (SELECT jsonb_agg(to_jsonb(fact)) FROM (
        SELECT DISTINCT ON (field) field, value, quote, message_id, at FROM facts
        WHERE contact_id = contact.id ORDER BY field, at DESC, id DESC
    ) fact) AS facts,
    (SELECT jsonb_build_object('text', text, 'upto', upto) FROM summaries
        WHERE contact_id = contact.id) AS summary,
    (SELECT jsonb_build_object(
            'id', id, 'rep', rep, 'start', starts_at, 'end', ends_at, 'link', link)
        FROM bookings
        WHERE contact_id = contact.id AND status = 'confirmed'
            AND ends_at > contact.last_inbound_at
        ORDER BY starts_at LIMIT 1) AS booking,
    CASE WHEN open.id IS NOT NULL THEN jsonb_build_object(
        'id', open.id, 'reason', open.reason, 'rep', open.rep, 'at', open.at) END AS handoff,
    CASE WHEN open.id IS NULL THEN (SELECT array_agg(text ORDER BY seq) FROM (
        SELECT text, seq FROM messages
        WHERE contact_id = contact.id AND direction = 'rep' AND seq > coalesce((
            SELECT max(seq) FROM messages WHERE contact_id = contact.id
                AND direction = 'out' AND turn_id IS NOT NULL), 0)
        ORDER BY seq DESC LIMIT 20
    ) said) END AS rep_said,
    (SELECT jsonb_agg(to_jsonb(line) - 'seq' ORDER BY seq) FROM (
        SELECT id, direction = 'in' AS by_lead,
            coalesce(nullif(text, ''), '[' || kind || ']') AS text, seq
        FROM messages WHERE contact_id = contact.id AND direction <> 'rep'
        ORDER BY seq DESC LIMIT 6
    ) line) AS recent
FROM contact
LEFT JOIN leads lead ON lead.contact_id = contact.id
LEFT JOIN handoffs open ON open.contact_id = contact.id AND open.released_at IS NULL
"""

_RECALL = f"""
WITH contact AS ({SEEN}), known_as AS (
    INSERT INTO contact_aliases (alias, contact_id)
    SELECT alias, $1 FROM unnest($8::text[]) AS alias ORDER BY alias
    ON CONFLICT (alias) DO NOTHING
) {_KNOWN}"""  # noqa: S608 - constants

_PEEK = f"WITH contact AS (SELECT * FROM contacts WHERE id = $1) {_KNOWN}"  # noqa: S608 - constants


async def recall(  # noqa: PLR0917 - a turn starts from exactly these, in this order
    database: Database,
    contact_id: str,
    address: Address,
    profile_name: str,
    aliases: Sequence[str],
    referral: str | None,
    at: datetime,
) -> Memory:
    """Store who wrote at `at`, and give everything known of him."""
    who = (
        address.phone,
        address.bsuid,
        None,
        storable(profile_name),
        referral and storable(referral),
    )
    rows = await database.fetch(_RECALL, contact_id, *who, at, list(aliases))
    return _memory(rows[0])


async def peek(database: Database, contact_id: str) -> Memory | None:
    """The same without storing anything; None when there is no such contact."""
    row = await database.fetchrow(_PEEK, contact_id)
    return _memory(row) if row else None


def _memory(row: asyncpg.Record) -> Memory:
    known = {name: value for name, value in row.items() if value is not None}
    return Memory.of(known)
