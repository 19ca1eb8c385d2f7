"""Two contacts that turn out to be one person: the record of one goes on in the other's."""

from collections.abc import Sequence

from crm.pool import Connection

# in one order, so that two joins cannot wait for each other
_LOCK = "SELECT FROM contacts WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"

_MOVED = tuple(
    f"UPDATE {table} SET contact_id = $1 WHERE contact_id = ANY($2::uuid[])"  # noqa: S608 - constants
    for table in (
        "contact_aliases", "messages", "facts", "consents", "contact_events", "media", "outbox",
    )
)  # fmt: skip

_HANDOFF = """
UPDATE handoffs SET contact_id = $1 WHERE id = (
    SELECT id FROM handoffs WHERE contact_id = ANY($2::uuid[]) AND released_at IS NULL
    ORDER BY at LIMIT 1)
AND NOT EXISTS (SELECT FROM handoffs WHERE contact_id = $1 AND released_at IS NULL)
"""

_BOOKING = """
UPDATE bookings SET contact_id = $1 WHERE id = (
    SELECT id FROM bookings WHERE contact_id = ANY($2::uuid[]) AND status IN ('held', 'confirmed')
    ORDER BY starts_at LIMIT 1)
AND NOT EXISTS (
    SELECT FROM bookings WHERE contact_id = $1 AND status IN ('held', 'confirmed'))
"""

_TAKE = """
UPDATE contacts SET
    phone = coalesce(contacts.phone, was.phone), bsuid = coalesce(contacts.bsuid, was.bsuid),
    profile_name = coalesce(nullif(contacts.profile_name, ''), was.profile_name),
    first_inbound_at = least(contacts.first_inbound_at, was.first_inbound_at),
    last_inbound_at = greatest(contacts.last_inbound_at, was.last_inbound_at),
    opted_out_at = coalesce(contacts.opted_out_at, was.opted_out_at),
    referral = coalesce(contacts.referral, was.referral),
    source = coalesce(contacts.source, was.source),
    free_until = greatest(contacts.free_until, was.free_until),
    callback_phone = coalesce(contacts.callback_phone, was.callback_phone),
    marketing_stopped_at = coalesce(contacts.marketing_stopped_at, was.marketing_stopped_at)
FROM contacts was WHERE contacts.id = $1 AND was.id = $2
"""

_EMPTIED = """
UPDATE contacts SET
    phone = NULL, bsuid = NULL, callback_phone = NULL, profile_name = '', joined_into = $2
WHERE id = $1
"""


async def join(connection: Connection, contact_id: str, others: Sequence[str]) -> None:
    """Give `contact_id` what was said to and by the others, and what is open with them.

    Turns, scores and stage events stay with the other, which keeps no name of its own: they count
    what happened. Of two open handoffs or booked calls the other's stays where it is.
    """
    if not others:
        return
    await connection.execute(_LOCK, [contact_id, *others])
    for statement in (*_MOVED, _HANDOFF, _BOOKING):
        await connection.execute(statement, contact_id, list(others))
    for other in others:
        await connection.execute(_TAKE, contact_id, other)
        await connection.execute(_EMPTIED, other, contact_id)
