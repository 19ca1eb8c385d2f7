"""Who writes to us: identifiers, first and last message, consent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crm.pool import Connection, Database
from domain.contact import Address, canonical_phone
from domain.errors import LeaseLost
from domain.zones import phone_zone

SEEN = """
INSERT INTO contacts (id, phone, bsuid, language, profile_name, referral,
                      first_inbound_at, last_inbound_at, timezone, timezone_source)
SELECT $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::timestamptz,
    $7::timestamptz, {zone}::text, CASE WHEN {zone}::text IS NOT NULL THEN 'phone' END
WHERE {condition}
ON CONFLICT (id) DO UPDATE SET
    phone = coalesce(excluded.phone, contacts.phone),
    bsuid = coalesce(excluded.bsuid, contacts.bsuid),
    language = coalesce(excluded.language, contacts.language),
    profile_name = coalesce(nullif(excluded.profile_name, ''), contacts.profile_name),
    referral = coalesce(contacts.referral, excluded.referral),
    first_inbound_at = least(contacts.first_inbound_at, excluded.first_inbound_at),
    last_inbound_at = greatest(contacts.last_inbound_at, excluded.last_inbound_at),
    unreachable_at = CASE WHEN contacts.unreachable_at < excluded.last_inbound_at
        THEN NULL ELSE contacts.unreachable_at END,
    (timezone, timezone_source) = ROW(
        CASE WHEN contacts.timezone_source = 'said' THEN contacts.timezone
            ELSE coalesce(excluded.timezone, contacts.timezone) END,
        CASE WHEN contacts.timezone_source = 'said' THEN contacts.timezone_source
            ELSE coalesce(excluded.timezone_source, contacts.timezone_source) END)
WHERE contacts.fence < coalesce({lease}::bigint, contacts.fence + 1)
RETURNING *
"""
"""Parameters: id, phone, bsuid, language, profile name, referral, when he wrote. What is known
stays when the new value says nothing; the first referral stays, since it brought the lead, and so
does a zone that he named, whatever {zone} his number suggests.
No row comes back under a lease's `token` from before the contact was erased: decided on the locked
row, so that whoever waited for the erasure sees it."""

WROTE = SEEN.format(condition="true", lease="$8", zone="$9")
"""With the lease's token and the phone's zone as last parameters; see `wrote`."""

_CONSENT = """
WITH proof AS (
    INSERT INTO consents (contact_id, kind, message_id, turn_id, at) VALUES ($1, $2, $3, $4, $5)
)
UPDATE contacts SET opted_out_at = CASE WHEN $2 = 'opt_out' THEN $5::timestamptz END WHERE id = $1
"""

_NAMED = """
SELECT contact_id::text FROM unnest($1::text[]) WITH ORDINALITY AS given (alias, position)
JOIN contact_aliases USING (alias) ORDER BY position
"""

_KNOWN_AS = """
INSERT INTO contact_aliases (alias, contact_id)
SELECT alias, $1 FROM unnest($2::text[]) AS alias ORDER BY alias
ON CONFLICT (alias) DO NOTHING
"""

_BY_PHONE = """
SELECT id, phone FROM contacts
WHERE right(phone, 8) = right($1, 8) ORDER BY last_inbound_at DESC NULLS LAST LIMIT 20
"""


async def lock(connection: Connection, contact_id: str) -> None:
    """Hold a contact to the end of the transaction, before anything else of his: a commit does."""
    await connection.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", contact_id)


def wrote(
    contact_id: str,
    address: Address,
    language: str | None,
    at: datetime | None,
    token: int | None,
) -> tuple[object, ...]:
    """The parameters of WROTE.

    `at` None: he is only spoken of, which opens no customer service window. `token` is that of the
    lease.
    """
    zone = phone_zone(address.phone) if address.phone else None
    who = (contact_id, address.phone, address.bsuid)
    return (*who, language, "", None, at, token, zone and zone.name)


async def seen(
    connection: Connection,
    contact_id: str,
    address: Address,
    language: str | None,
    at: datetime | None,
    *,
    token: int | None = None,
) -> None:
    """Store that the contact wrote, and lock its row: what changes one contact queues up.

    Raises LeaseLost when he was erased since the lease of this `token` was given out.
    """
    values = wrote(contact_id, address, language, at, token)
    refuse_erased(contact_id, await connection.fetchval(WROTE, *values))


def refuse_erased(contact_id: str, stored: object) -> None:
    """Raises LeaseLost when WROTE gave no row."""
    if stored is None:
        raise LeaseLost(f"{contact_id} was erased")


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


async def named(
    database: Database, contact_id: str, aliases: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """Whose the aliases are, the first one that is known; and whose the others are, if not his.

    `contact_id` when nobody is known by any of them. It differs after Redis, which gave the id, was
    lost; and two contacts turn out to be one person when a message has the names of both.
    """
    rows = await database.fetch(_NAMED, list(aliases))
    owners = list(dict.fromkeys(row["contact_id"] for row in rows))
    home = owners[0] if owners else contact_id
    return home, tuple(owner for owner in owners if owner != home)


async def known_as(database: Database, contact_id: str, aliases: Sequence[str]) -> None:
    """Let these name the contact; one that names another goes on to."""
    await database.execute(_KNOWN_AS, contact_id, list(aliases))


async def number(database: Database, contact_id: str) -> str | None:
    """The number to call the contact on; None for a username lead who gave none."""
    query = "SELECT coalesce(phone, callback_phone) FROM contacts WHERE id = $1"
    return await database.fetchval(query, contact_id)


async def by_phone(database: Database, phone: str) -> str | None:
    """The contact of a number in any form that people type; the last to write if several."""
    wanted = canonical_phone(phone)
    rows = await database.fetch(_BY_PHONE, wanted)
    return next((str(row["id"]) for row in rows if canonical_phone(row["phone"]) == wanted), None)
