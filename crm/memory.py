"""What PostgreSQL knows of a contact at the start of a turn, in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.contacts import SEEN
from crm.handoff_steps import WORKLOAD
from crm.pool import Database, storable
from domain.contact import Address
from domain.errors import LeaseLost
from domain.limits import FILES, Used
from domain.turn import Memory
from domain.zones import phone_zone

_KNOWN = f"""
SELECT contact.language, contact.profile_name, contact.opted_out_at IS NOT NULL AS opted_out,
    contact.referral,
    CASE WHEN contact.phone IS NOT NULL OR contact.callback_phone IS NOT NULL THEN 'known'
        WHEN EXISTS (SELECT FROM messages WHERE contact_id = contact.id
            AND direction = 'out' AND kind = 'contact_request') THEN 'asked'
        ELSE 'unknown' END AS phone,
    coalesce(contact.phone, contact.callback_phone) AS number,
    CASE contact.timezone_source WHEN 'said' THEN contact.timezone END AS timezone,
    (SELECT rep FROM (
        SELECT rep, created_at AS at FROM bookings
        WHERE contact_id = contact.id AND status <> 'held' AND key NOT LIKE 'released:%'
        UNION ALL
        SELECT rep, claimed_at FROM handoffs
        WHERE contact_id = contact.id AND claimed_at IS NOT NULL
        ORDER BY at DESC LIMIT 1
    ) spoke) AS rep,
    (SELECT jsonb_agg(to_jsonb(load)) FROM ({WORKLOAD}) load) AS workload,
    lead.stage, lead.unresolved,
    (SELECT jsonb_agg(to_jsonb(fact)) FROM (
        SELECT DISTINCT ON (field)
            field, value, quote, message_id, at, confidence, normal FROM facts
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
        SELECT coalesce(nullif(text, ''), '[' || kind || ']') AS text, seq FROM messages
        WHERE contact_id = contact.id AND direction = 'rep' AND deleted_at IS NULL
            AND seq > coalesce(spoke.upto, 0)
        ORDER BY seq DESC LIMIT 20
    ) said) END AS rep_said,
    (SELECT array_agg(text ORDER BY seq) FROM (
        SELECT text, seq FROM messages
        WHERE contact_id = contact.id AND direction = 'out' AND turn_id IS NULL
            AND seq > coalesce(spoke.upto, 0)
        ORDER BY seq DESC LIMIT 5
    ) told) AS told,
    (SELECT jsonb_agg(to_jsonb(line) - 'seq' ORDER BY seq) FROM (
        SELECT id, direction = 'in' AS by_lead, text, seq
        FROM messages WHERE contact_id = contact.id
            AND (edited_at IS NOT NULL OR deleted_at IS NOT NULL)
        ORDER BY seq DESC LIMIT 24
    ) line) AS revised,
    (SELECT jsonb_agg(to_jsonb(line) - 'seq' ORDER BY seq) FROM (
        SELECT id, direction = 'in' AS by_lead,
            coalesce(nullif(text, ''), '[' || kind || ']') AS text, seq
        FROM messages WHERE contact_id = contact.id AND direction <> 'rep'
        ORDER BY seq DESC LIMIT 6
    ) line) AS recent
FROM contact
LEFT JOIN leads lead ON lead.contact_id = contact.id
LEFT JOIN handoffs open ON open.contact_id = contact.id AND open.released_at IS NULL
LEFT JOIN LATERAL (
    SELECT max(seq) AS upto FROM messages
    WHERE contact_id = contact.id AND direction = 'out' AND turn_id IS NOT NULL
) spoke ON true
"""  # noqa: S608 - constants

_SEEN = SEEN.format(condition="(SELECT id FROM home) = $1", lease="$10", zone="NULL")

_RECALL = f"""
WITH named AS (
    SELECT contact_id, position FROM unnest($8::text[]) WITH ORDINALITY AS given (alias, position)
    JOIN contact_aliases USING (alias)
), home AS (
    SELECT coalesce((SELECT contact_id FROM named ORDER BY position LIMIT 1), $1::uuid) AS id
), contact AS ({_SEEN}), known_as AS (
    INSERT INTO contact_aliases (alias, contact_id)
    SELECT alias, $1 FROM unnest($8::text[]) AS alias WHERE EXISTS (SELECT FROM contact)
    ORDER BY alias ON CONFLICT (alias) DO NOTHING
), known AS ({_KNOWN})
SELECT home.id::text AS home,
    (SELECT contact.fence FROM contact) AS fence,
    (SELECT contacts.fence FROM contacts WHERE id = $1) AS fence_before,
    (SELECT jsonb_build_object(
        'messages', count(*), 'files', count(*) FILTER (WHERE kind = ANY($12::text[])),
        'tokens', (SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM turns
            WHERE contact_id = $1 AND at >= $11),
        'told', EXISTS (SELECT FROM turns
            WHERE contact_id = $1 AND at >= $11 AND kind = 'limited'))
        FROM messages WHERE contact_id = $1 AND direction = 'in' AND at >= $11) AS used,
    (SELECT array_agg(DISTINCT contact_id::text) FROM named WHERE contact_id <> home.id) AS others,
    (SELECT jsonb_object_agg(target, text) FROM (
        SELECT DISTINCT ON (target) target, text FROM contact_events
        WHERE target = ANY($9::text[]) AND contact_id = $1 AND kind IN ('edit', 'deletion')
        ORDER BY target, kind = 'deletion' DESC, at DESC, stored_at DESC
    ) revised) AS revised_here,
    known.*
FROM home LEFT JOIN known ON true
"""  # noqa: S608 - constants

_PEEK = f"WITH contact AS (SELECT * FROM contacts WHERE id = $1) {_KNOWN}"  # noqa: S608 - constants


@dataclass(frozen=True)
class Recalled:
    """What is known when a turn starts.

    `home` is the contact whom the aliases name. Is it another one, then nothing was stored, and
    there is no memory. `others` are contacts of whom an alias turns out to be this one's.
    `now_say`: which of the turn's messages were edited or deleted (None), before they arrived too.
    `used`: of his day, before this turn.
    """

    home: str
    others: tuple[str, ...]
    memory: Memory
    now_say: Mapping[str, str | None]
    used: Used = field(default_factory=Used)


async def recall(  # noqa: PLR0917 - a turn starts from exactly these, in this order
    database: Database,
    contact_id: str,
    address: Address,
    profile_name: str,
    aliases: Sequence[str],
    referral: str | None,
    at: datetime,
    message_ids: Sequence[str] = (),
    *,
    token: int | None = None,
    today: datetime | None = None,
) -> Recalled:
    """Store who wrote at `at`, and give everything known of him, in one round trip.

    `token` is that of the lease: raises LeaseLost when he was erased since it was given out. His
    day begins at `today`.
    """
    who = (
        address.phone,
        address.bsuid,
        None,
        storable(profile_name),
        referral and storable(referral),
    )
    named = (list(aliases), list(message_ids), token, today, list(FILES))
    [row] = await database.fetch(_RECALL, contact_id, *who, at, *named)
    known = dict(row)
    home, others = known.pop("home"), tuple(known.pop("others") or ())
    fences = known.pop("fence"), known.pop("fence_before")
    if home == contact_id:
        _refuse_erased(*fences)
    now_say: dict[str, str | None] = known.pop("revised_here") or {}
    used = Used.of(known.pop("used"))
    memory = _memory(known) if home == contact_id else Memory()
    return Recalled(home, others, memory, now_say, used)


def _refuse_erased(fence: int | None, before: int | None) -> None:
    """Erased before the statement, or while it waited: then it read what was there before."""
    if fence is None or (before is not None and before != fence):
        raise LeaseLost("the contact was erased")


async def peek(database: Database, contact_id: str) -> Memory | None:
    """The same without storing anything; None when there is no such contact."""
    row = await database.fetchrow(_PEEK, contact_id)
    return _memory(dict(row)) if row else None


def _memory(row: Mapping[str, Any]) -> Memory:
    known = {name: value for name, value in row.items() if value is not None}
    number = known.pop("number", None)
    if "timezone" in known:
        known["timezone_sure"] = True
    elif number and (zone := phone_zone(number)):
        known |= {"timezone": zone.name, "timezone_sure": zone.sure}
    return Memory.of(known)
