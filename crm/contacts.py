"""Who writes to us: identifiers, first and last message, consent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crm.pool import Connection, Database
from domain.contact import Address, canonical_phone

SEEN = """
INSERT INTO contacts (id, phone, bsuid, language, profile_name, referral,
                      first_inbound_at, last_inbound_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (id) DO UPDATE SET
    phone = coalesce(excluded.phone, contacts.phone),
    bsuid = coalesce(excluded.bsuid, contacts.bsuid),
    language = coalesce(excluded.language, contacts.language),
    profile_name = coalesce(nullif(excluded.profile_name, ''), contacts.profile_name),
    referral = coalesce(contacts.referral, excluded.referral),
    first_inbound_at = least(contacts.first_inbound_at, excluded.first_inbound_at),
    last_inbound_at = greatest(contacts.last_inbound_at, excluded.last_inbound_at),
    unreachable_at = CASE WHEN contacts.unreachable_at >= excluded.last_inbound_at
        THEN contacts.unreachable_at END
RETURNING *
"""
"""Parameters: id, phone, bsuid, language, profile name, referral, time. What is known stays when
the new value says nothing; the first referral stays, since it brought the lead."""

_CONSENT = """
WITH proof AS (
    INSERT INTO consents (contact_id, kind, message_id, turn_id, at) VALUES ($1, $2, $3, $4, $5)
)
UPDATE contacts SET opted_out_at = CASE WHEN $2 = 'opt_out' THEN $5::timestamptz END WHERE id = $1
"""

_RESOLVE = """
SELECT contact_id FROM contact_aliases
WHERE alias = ANY($1) ORDER BY array_position($1::text[], alias) LIMIT 1
"""

_BY_PHONE = """
SELECT id, phone FROM contacts
WHERE right(phone, 8) = right($1, 8) ORDER BY last_inbound_at DESC LIMIT 20
"""


async def seen(
    connection: Connection, contact_id: str, address: Address, language: str | None, at: datetime
) -> None:
    """Store that the contact wrote, and lock its row: commits of one contact queue up."""
    values = (address.phone, address.bsuid, language, "", None, at)
    await connection.execute(SEEN, contact_id, *values)


async def consent(
    connection: Connection,
    contact_id: str,
    kind: Literal["opt_in", "opt_out"],
    *,
    message_id: str,
    turn_id: str,
    at: datetime,
) -> None:
    """Store the lead's word with its proof, and act on it."""
    await connection.execute(_CONSENT, contact_id, kind, message_id, turn_id, at)


async def resolve(database: Database, aliases: Sequence[str]) -> str | None:
    """The contact that one of the aliases names, the first alias first; for a lost Redis."""
    contact_id = await database.fetchval(_RESOLVE, list(aliases))
    return str(contact_id) if contact_id else None


async def by_phone(database: Database, phone: str) -> str | None:
    """The contact of a number in any form that people type; the last to write if several."""
    wanted = canonical_phone(phone)
    rows = await database.fetch(_BY_PHONE, wanted)
    return next((str(row["id"]) for row in rows if canonical_phone(row["phone"]) == wanted), None)
