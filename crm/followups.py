"""Reminders and nudges as rows: planned once for what they are about, settled once.

The planner reads what changed since it looked (a call booked or moved, a lead gone silent), so
that nobody who changes a booking has to think of its reminders.
"""

from datetime import datetime

from crm.pool import Connection, Database
from domain.contact import Address
from domain.followups import Followup, FollowupKind, Standing
from domain.messages import Outbound, words
from domain.values import Value

_CALLS = """
WITH unplanned AS (
    SELECT id, contact_id, booking.starts_at FROM bookings booking
    LEFT JOIN booking_reminders planned ON booking_id = id
    WHERE status = 'confirmed' AND booking.starts_at > $1
        AND planned.starts_at IS DISTINCT FROM booking.starts_at
    ORDER BY booking.starts_at LIMIT $2
), seen AS (
    INSERT INTO booking_reminders (booking_id, starts_at) SELECT id, starts_at FROM unplanned
    ON CONFLICT (booking_id) DO UPDATE SET starts_at = excluded.starts_at
)
SELECT id::text, contact_id::text, starts_at FROM unplanned
"""

_SILENT = """
WITH silent AS (
    SELECT id FROM contacts
    WHERE silence_for IS DISTINCT FROM last_inbound_at AND last_inbound_at < $1
    ORDER BY last_inbound_at LIMIT $2 FOR UPDATE SKIP LOCKED
), seen AS (
    UPDATE contacts SET silence_for = last_inbound_at FROM silent
    WHERE contacts.id = silent.id RETURNING contacts.*
)
SELECT seen.id::text, last_inbound_at, timezone FROM seen JOIN leads ON contact_id = seen.id
WHERE stage IN ('qualification', 'scheduling') AND opted_out_at IS NULL
    AND coalesce((SELECT decision->'signals'->>'mood' FROM turns WHERE contact_id = seen.id
        ORDER BY at DESC LIMIT 1), 'usual') = 'usual'
"""

_PLAN = """
INSERT INTO followups (contact_id, booking_id, kind, about, due_at, act_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (contact_id, kind, about) DO NOTHING
"""

_DUE = """
SELECT followup.id::text, followup.contact_id::text, kind, about, due_at,
    contact.phone, contact.bsuid, contact.language, contact.profile_name, contact.timezone,
    contact.last_inbound_at, lead.stage, booking.starts_at, booking.rep, booking.link,
    contact.opted_out_at IS NOT NULL OR kind IN ('silence', 'no_show')
        AND contact.marketing_stopped_at IS NOT NULL AS opted_out,
    contact.unreachable_at IS NOT NULL AS unreachable,
    coalesce(booking.status = 'confirmed', false) AS booked,
    EXISTS (SELECT FROM handoffs WHERE contact_id = contact.id AND released_at IS NULL)
        AS with_a_person,
    EXISTS (SELECT FROM bookings other WHERE other.contact_id = contact.id
        AND other.status = 'confirmed' AND other.starts_at
            > CASE kind WHEN 'silence' THEN contact.last_inbound_at ELSE $1 END) AS has_a_call,
    EXISTS (SELECT FROM followups other WHERE other.contact_id = contact.id
        AND other.kind = followup.kind AND state = 'sent' AND settled_at > $1 - interval '7 days'
    ) AS lately,
    (SELECT value FROM facts WHERE contact_id = contact.id AND field = 'name'
        ORDER BY at DESC, id DESC LIMIT 1) AS name
FROM (
    SELECT * FROM followups WHERE state = 'planned' AND act_at <= $1
    ORDER BY act_at LIMIT 1 FOR UPDATE SKIP LOCKED
) followup
JOIN contacts contact ON contact.id = followup.contact_id
LEFT JOIN leads lead ON lead.contact_id = contact.id
LEFT JOIN bookings booking ON booking.id = followup.booking_id
"""

_SETTLE = "UPDATE followups SET state = $2, reason = $3, settled_at = $4 WHERE id = $1"

_SPOKEN = """
INSERT INTO messages (id, contact_id, direction, kind, text, at) VALUES ($1, $2, 'out', $3, $4, $5)
ON CONFLICT (id) DO NOTHING
"""

_LAST_CALL = """
SELECT id::text, contact_id::text, starts_at FROM bookings
WHERE contact_id = $1 AND status = 'confirmed' AND starts_at < $2
ORDER BY starts_at DESC LIMIT 1
"""


class Call(Value):
    """A booked call, as its follow-ups need it."""

    id: str
    contact_id: str
    starts_at: datetime


class Silent(Value):
    """A lead who has not written since `last_inbound_at`; `timezone` is an IANA name."""

    id: str
    last_inbound_at: datetime
    timezone: str | None


async def unplanned_calls(connection: Connection, now: datetime, *, limit: int) -> list[Call]:
    """Booked calls without reminders for their start; in the same transaction they get them."""
    return [Call(**row) for row in await connection.fetch(_CALLS, now, limit)]


async def unplanned_silences(
    connection: Connection, since: datetime, *, limit: int
) -> list[Silent]:
    """Leads in qualification or scheduling who have been silent since then or longer."""
    return [Silent(**row) for row in await connection.fetch(_SILENT, since, limit)]


async def plan(
    database: Database,
    contact_id: str,
    kind: FollowupKind,
    *,
    about: datetime,
    due_at: datetime,
    now: datetime,
    booking_id: str | None = None,
) -> bool:
    """Plan one, to be looked at at once; false when there is one about the same already."""
    done = await database.execute(_PLAN, contact_id, booking_id, kind, about, due_at, now)
    return done.endswith(" 1")


async def next_due(connection: Connection, now: datetime) -> Followup | None:
    """The one that has waited longest, locked until the transaction ends."""
    row = await connection.fetchrow(_DUE, now)
    if row is None:
        return None
    known = dict(row)
    address = Address(phone=known.pop("phone"), bsuid=known.pop("bsuid"))
    standing = Standing(**{name: known.pop(name) for name in Standing.model_fields})
    return Followup(**known, address=address, standing=standing)


async def postpone(connection: Connection, followup_id: str, at: datetime) -> None:
    """Look at it again then."""
    await connection.execute("UPDATE followups SET act_at = $2 WHERE id = $1", followup_id, at)


async def drop(connection: Connection, followup_id: str, reason: str, at: datetime) -> None:
    """It will not be sent."""
    await connection.execute(_SETTLE, followup_id, "dropped", reason, at)


async def sent(
    connection: Connection, followup: Followup, row_id: str, message: Outbound, at: datetime
) -> None:
    """Its message stands in the outbox under `row_id`; the conversation has it too."""
    await connection.execute(_SETTLE, followup.id, "sent", message.kind, at)
    said = (message.kind, words(message), at)
    await connection.execute(_SPOKEN, row_id, followup.contact_id, *said)


async def last_call(connection: Connection, contact_id: str, now: datetime) -> Call | None:
    """The contact's last call whose time has come; None when there is none."""
    row = await connection.fetchrow(_LAST_CALL, contact_id, now)
    return Call(**row) if row else None
