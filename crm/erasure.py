"""What is left of an erased person in each table: nothing, or counts that lead back to nobody.

Counts move to a contact with a random id, and no time of the erasure goes with them: the same
moment in his own row would lead to them. That row stays, emptied, as the proof that he was erased
and as the fence: no turn that began before writes him again (see `crm.contacts`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from crm import jobs, sync
from crm.bookings import CONTACT_LOCK, REP_LOCK, lock
from crm.pool import Connection, Database
from domain.values import Value

FORGET_AGAIN = timedelta(minutes=2)
"""A turn that runs while its lead is erased may write his state once more; none lasts as long."""

_TURN_COUNTS = """
UPDATE turns SET contact_id = $2, decision = decision || jsonb_build_object(
    'signals', coalesce((
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(decision -> 'signals')
        WHERE jsonb_typeof(value) IN ('number', 'boolean', 'null')), '{}'))
WHERE contact_id = $1
"""

_HANDOFF_COUNTS = """
UPDATE handoffs SET contact_id = $2, brief = NULL, released_at = coalesce(released_at, at),
    unclaimed_at = NULL,
    signals = coalesce((
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(signals)
        WHERE jsonb_typeof(value) IN ('number', 'boolean', 'null')), '{}')
WHERE contact_id = $1
"""

# `strays` has the sweep delete the events, for a day; one that is being written arrives by the end
# of its hold
_BOOKING_COUNTS = """
UPDATE bookings SET contact_id = $2, link = NULL,
    key = CASE WHEN id IN (SELECT id FROM booked_calls) THEN '' ELSE 'released:' END
        || 'erased:' || id,
    status = CASE WHEN status = 'held' OR ends_at > now() THEN 'cancelled' ELSE status END,
    strays = CASE WHEN status = 'cancelled' THEN strays
        ELSE array_remove(strays || rep || previous_rep, NULL) END,
    held_until = CASE WHEN status = 'held' THEN greatest(held_until, date_trunc('hour', now()))
        ELSE date_trunc('hour', now()) END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL,
    previous_blocked_from = NULL, previous_blocked_until = NULL, astray = false
WHERE contact_id = $1
"""

_ANSWERED = """
UPDATE answered SET turn_id = '', at = date_trunc('day', answered.at) FROM messages
WHERE messages.contact_id = $1 AND answered.message_id = messages.id
"""

COUNTED: Mapping[str, str] = {
    "leads": "UPDATE leads SET contact_id = $2 WHERE contact_id = $1",
    "turns": _TURN_COUNTS,
    "stage_events": "UPDATE stage_events SET contact_id = $2 WHERE contact_id = $1",
    "handoffs": _HANDOFF_COUNTS,
    "bookings": _BOOKING_COUNTS,
    "conversations": """
        UPDATE conversations SET contact_id = $2, summary = NULL WHERE contact_id = $1""",
}
"""Tables of which counts are kept, under the random id $2."""

DELETED = (
    "contact_aliases", "facts", "media", "messages", "summaries", "consents", "jobs",
    "contact_events", "followups", "outbox",
)  # fmt: skip
"""Tables of which nothing is kept, in an order that their references allow."""

IMPERSONAL: Mapping[str, str] = {
    "contacts": "the emptied row is the proof and the fence",
    "answered": "keyed hashes of message ids, which lead to no turn any more",
    "audit": "pseudonyms and counts, never changed",
    "booking_keys": "names of acts",
    "booking_reminders": "times of reminders",
    "handoff_acts": "what reps did, and when",
    "handoff_rota": "reps",
    "calendar_clashes": "times and events of reps",
    "calendar_cursors": "places in the reps' calendars",
    "chores": "times",
    "knowledge": "the company's own texts",
    "migrations": "the schema's",
    "model_uses": "models and tokens",
    "outbox_pace": "the business number's pace",
    "outbox_pauses": "templates and countries",
    "sync_outbox": "that he is to be erased, and ids and times of what is on its way before that",
    "sync_refs": "what the outside CRM calls him, until it has been told to erase him",
    "sync_sinks": "outside CRMs",
}
"""The other tables, and why they hold nothing of him."""

_EMPTY = """
UPDATE contacts SET
    phone = NULL, bsuid = NULL, profile_name = '', language = NULL, referral = NULL,
    first_inbound_at = NULL, last_inbound_at = NULL, opted_out_at = NULL,
    marketing_stopped_at = NULL, source = NULL, free_until = NULL, callback_phone = NULL,
    unreachable_at = NULL, timezone = NULL, timezone_source = NULL, silence_for = NULL,
    archived_for = NULL, joined_into = NULL, erased_at = now(), fence = greatest(fence, $2)
WHERE id = $1
"""

# one that went on in another was no lead of his own
_NOBODY = """
INSERT INTO contacts (id, first_inbound_at, erased_at)
SELECT $2, CASE WHEN joined_into IS NULL THEN first_inbound_at END, '-infinity'
FROM contacts WHERE id = $1
"""

_SAME_PERSON = """
WITH RECURSIVE up AS (
    SELECT id, joined_into FROM contacts WHERE id = $1
    UNION
    SELECT whole.id, whole.joined_into FROM contacts whole JOIN up ON whole.id = up.joined_into
), down AS (
    SELECT id FROM up
    UNION SELECT part.id FROM contacts part JOIN down ON part.joined_into = down.id
)
SELECT id::text FROM down ORDER BY id
"""

_LOCK = """
SELECT phone, bsuid FROM contacts WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""

# a send that is being settled adds a row, which a DELETE that waits for its own does not see
_SETTLED = "SELECT FROM outbox WHERE contact_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"

_ALIASES = "SELECT alias FROM contact_aliases WHERE contact_id = ANY($1::uuid[])"

_REPS = """
SELECT DISTINCT unnest(ARRAY[rep, previous_rep]) AS rep FROM bookings
WHERE contact_id = ANY($1::uuid[]) ORDER BY rep
"""


_ACTIVE = """
SELECT EXISTS (SELECT FROM messages WHERE contact_id = ANY($1::uuid[]) AND at >= $2)
    OR EXISTS (SELECT FROM contacts WHERE id = ANY($1::uuid[]) AND last_inbound_at >= $2)
    OR EXISTS (SELECT FROM bookings WHERE contact_id = ANY($1::uuid[])
        AND status IN ('held', 'confirmed') AND ends_at > now())
"""


class Person(Value):
    """Everything that one person is known by; `contact_ids` are those that became one, sorted."""

    contact_ids: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


async def erased_at(database: Database, contact_id: str) -> datetime | None:
    """When the contact was last erased."""
    return await database.fetchval("SELECT erased_at FROM contacts WHERE id = $1", contact_id)


async def same_person(connection: Connection, contact_id: str) -> list[str]:
    """The ids of all contacts that turned out to be this one person."""
    return [row["id"] for row in await connection.fetch(_SAME_PERSON, contact_id)]


async def locked(connection: Connection, contact_id: str) -> Person:
    """The person, whom nobody else writes until the transaction ends; he may be unknown so far."""
    await connection.execute(
        "INSERT INTO contacts (id) VALUES ($1) ON CONFLICT DO NOTHING", contact_id
    )
    ids = await same_person(connection, contact_id)
    for each in ids:
        await lock(connection, CONTACT_LOCK, each)
    for row in await connection.fetch(_REPS, ids):
        if row["rep"]:
            await lock(connection, REP_LOCK, row["rep"])
    rows = await connection.fetch(_LOCK, ids)
    await connection.execute(_SETTLED, ids)
    aliases = [row["alias"] for row in await connection.fetch(_ALIASES, ids)]
    known = {row[name] for row in rows for name in ("phone", "bsuid")}
    return Person(
        contact_ids=tuple(ids),
        aliases=tuple(aliases),
        identifiers=tuple(sorted(name for name in known if name)),
    )


async def active(connection: Connection, person: Person, since: datetime) -> bool:
    """Whether anything was said in either direction since then, or a call is ahead."""
    return bool(await connection.fetchval(_ACTIVE, list(person.contact_ids), since))


async def empty(connection: Connection, contact_id: str, *, fence: int) -> dict[str, int]:
    """Erase a locked contact, and give how many rows of each table that concerned.

    No lease whose token is `fence` or lower writes him again.
    """
    done: dict[str, int] = {}
    nobody = str(uuid4())
    await connection.execute(_NOBODY, contact_id, nobody)
    await connection.execute(_ANSWERED, contact_id)
    for table, statement in COUNTED.items():
        done[table] = _count(await connection.execute(statement, contact_id, nobody))
    for table in DELETED:
        statement = f"DELETE FROM {table} WHERE contact_id = $1"  # noqa: S608 - a constant
        done[table] = _count(await connection.execute(statement, contact_id))
    await connection.execute(_EMPTY, contact_id, fence)
    # the jobs of an erasure before are nothing of his
    return {table: count for table, count in done.items() if count and table != "jobs"}


async def follow_up(connection: Connection, person: Person, fence: int) -> None:
    """Leave word for the outside CRMs, and for the worker to forget the states once more."""
    due_at = await connection.fetchval("SELECT now() + $1::interval", FORGET_AGAIN)
    for each in person.contact_ids:
        name = f"erased:{each}:{fence}"
        await jobs.add(connection, "forget", each, name, due_at=due_at)
    for each in person.contact_ids:
        await sync.erase(connection, each)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])
