"""Events on their way to outside CRMs: the table, and the only ways in which a row may change.

    waiting ─claim─> waiting, leased ─> gone (delivered)      (dead: given up, until it is retried)
      ^                │ failed: due later; the sink's limit: due at once, when the sink has rested
      └────────────────┘
A claim is a lease without a lock; its count is the fencing token. It takes only a contact's first
waiting row of a sink, so each sink hears of a contact in the order in which it happened.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from crm.pool import Connection, Database, transaction
from domain.sync import EventKind, Refs
from domain.values import Plain, Value

MAX_FAILURES = 30
"""About 15 hours of backoff."""

Event = tuple[EventKind, Plain]
"""What happened, and what is particular to it; nothing in it says who the lead is."""

_CONTACT_LOCK = 7_304
_ERROR_LENGTH = 300

ANY_SINK = "SELECT EXISTS (SELECT FROM sync_sinks)"

# the sort takes the lock before the first row gets its number
_NOTE = """
WITH in_order AS MATERIALIZED (SELECT pg_advisory_xact_lock($1, hashtext($2::text)))
INSERT INTO sync_outbox (sink, event_id, contact_id, kind, data)
SELECT name, event_id, $2::text::uuid, kind, data
FROM in_order, sync_sinks, unnest($3::uuid[], $4::text[], $5::jsonb[])
    WITH ORDINALITY AS event (event_id, kind, data, place)
ORDER BY place, name
"""

_REGISTER = "INSERT INTO sync_sinks (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true"

_TELL_ALL = """
INSERT INTO sync_outbox (sink, event_id, contact_id, kind, data)
SELECT $1, gen_random_uuid(), contact_id, 'lead.created', '{"known_before": true}' FROM leads
ORDER BY updated_at
"""

# a contact's first row is looked up by index: as an anti-join, a claim would read all that waits
_CLAIM = """
WITH due AS (
    SELECT seq FROM sync_outbox row
    WHERE sink = $1 AND state = 'waiting' AND due_at <= now()
        AND EXISTS (SELECT FROM sync_sinks
            WHERE name = $1 AND NOT disabled AND rests_until <= now())
        AND seq = (SELECT first.seq FROM sync_outbox first
            WHERE first.contact_id = row.contact_id AND first.sink = $1 AND first.state = 'waiting'
            ORDER BY first.seq LIMIT 1)
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE sync_outbox SET due_at = now() + $3, claims = claims + 1
    FROM due WHERE sync_outbox.seq = due.seq
    RETURNING sync_outbox.*
)
SELECT seq, claims, failures, event_id::text, claimed.contact_id::text, kind, data, at,
    coalesce(refs, '{}') AS refs
FROM claimed LEFT JOIN sync_refs
    ON sync_refs.sink = $1 AND sync_refs.contact_id = claimed.contact_id
ORDER BY seq
"""

_DELIVERED = """
WITH gone AS (
    DELETE FROM sync_outbox USING unnest($2::bigint[], $3::int[]) AS done (seq, claims)
    WHERE sync_outbox.seq = done.seq AND sync_outbox.claims = done.claims
    RETURNING contact_id, kind
), forgotten AS (
    DELETE FROM sync_refs USING gone
    WHERE sync_refs.sink = $1 AND sync_refs.contact_id = gone.contact_id
        AND gone.kind = 'lead.erased'
)
UPDATE sync_sinks SET trouble = NULL WHERE name = $1 AND trouble IS NOT NULL
"""

_KEEP_REFS = """
INSERT INTO sync_refs (sink, contact_id, refs)
SELECT $1, contact_id, refs FROM unnest($2::uuid[], $3::jsonb[]) AS new (contact_id, refs)
ON CONFLICT (sink, contact_id) DO UPDATE SET refs = excluded.refs
WHERE sync_refs.refs <> excluded.refs
"""

# what was claimed once may be on its way: it stays before `lead.erased`, which undoes it
_ERASE = """
WITH unsaid AS (
    DELETE FROM sync_outbox
    WHERE contact_id = $1 AND kind <> 'lead.erased' AND (state = 'dead' OR claims = 0)
)
DELETE FROM sync_refs WHERE contact_id = $1 AND sink NOT IN (SELECT name FROM sync_sinks)
"""

_LATER = """
UPDATE sync_outbox SET
    state = CASE WHEN $5 OR failures + 1 >= $6 THEN 'dead' ELSE 'waiting' END,
    failures = failures + 1, due_at = now() + $3, error = $4
WHERE seq = $1 AND claims = $2
"""

_GIVE_BACK = "UPDATE sync_outbox SET due_at = now(), error = $3 WHERE seq = $1 AND claims = $2"

_REST = """
UPDATE sync_sinks SET
    rests_until = greatest(rests_until, now() + $2), disabled = disabled OR $4,
    trouble = coalesce($3, trouble)
WHERE name = $1
"""

_FIGURES = """
SELECT name, disabled, trouble, greatest(rests_until, now()) - now() AS rests,
    count(seq) FILTER (WHERE state = 'waiting') AS waiting,
    count(seq) FILTER (WHERE state = 'dead') AS dead,
    coalesce(now() - min(at) FILTER (WHERE state = 'waiting'), interval '0') AS oldest
FROM sync_sinks LEFT JOIN sync_outbox ON sink = name GROUP BY name ORDER BY name
"""

_DEAD = """
SELECT sink, event_id::text, contact_id::text, kind, at, failures, error FROM sync_outbox
WHERE state = 'dead' ORDER BY seq LIMIT $1
"""

_RETRY = """
WITH again AS (
    UPDATE sync_outbox SET state = 'waiting', due_at = now(), failures = 0
    WHERE state = 'dead' AND ($1::text IS NULL OR sink = $1)
        AND ($2::uuid[] IS NULL OR event_id = ANY($2))
    RETURNING seq
)
SELECT count(*) FROM again
"""

_RESUME = """
UPDATE sync_sinks SET disabled = false, rests_until = '-infinity', trouble = NULL WHERE name = $1
"""


class Claimed(Value):
    """A row that this process may send until its lease ends; `claims` is the fencing token."""

    seq: int
    claims: int
    failures: int
    event_id: str
    contact_id: str
    kind: EventKind
    data: Plain
    at: datetime
    refs: Refs


class SinkFigures(Value):
    """How a sink stands; `rests` and `oldest` are times."""

    name: str
    disabled: bool
    trouble: str | None
    rests: timedelta
    waiting: int
    dead: int
    oldest: timedelta


class DeadEvent(Value):
    """An event that was given up, with the last reason."""

    sink: str
    event_id: str
    contact_id: str
    kind: str
    at: datetime
    failures: int
    error: str | None


async def note(
    connection: Connection, contact_id: str, kind: EventKind, data: Plain | None = None
) -> None:
    """Tell every sink of the event once the transaction is committed; see `note_all`."""
    await note_all(connection, contact_id, [(kind, data or {})])


async def note_all(connection: Connection, contact_id: str, events: Sequence[Event]) -> None:
    """Tell every sink of events once the transaction is committed; without sinks, nothing.

    To be called last in a transaction: it takes a lock, so that a contact's rows are numbered in
    the order of their commits.
    """
    ids = [uuid4() for _ in events]
    kinds, data = [kind for kind, _ in events], [data for _, data in events]
    await connection.execute(_NOTE, _CONTACT_LOCK, contact_id, ids, kinds, data)


async def erase(connection: Connection, contact_id: str) -> None:
    """Tell every sink to erase the contact, and nothing else of him that nobody was told yet."""
    await connection.execute(_ERASE, contact_id)
    await note(connection, contact_id, "lead.erased")


async def register(database: Database, sink: str) -> bool:
    """From now on events are written for the sink; a new one is told of every known lead."""
    async with transaction(database) as connection:
        new = bool(await connection.fetchval(_REGISTER, sink))
        if new:
            await connection.execute(_TELL_ALL, sink)
    return new


async def forget(database: Database, sink: str) -> bool:
    """No more events for the sink, and what waits is dropped; false when there is none."""
    done = await database.execute("DELETE FROM sync_sinks WHERE name = $1", sink)
    return done.endswith(" 1")


async def claim(database: Database, sink: str, *, limit: int, lease: timedelta) -> list[Claimed]:
    """Take rows that may go now, each the first that waits of its contact."""
    return [Claimed(**row) for row in await database.fetch(_CLAIM, sink, limit, lease)]


async def delivered(database: Database, sink: str, rows: Sequence[Claimed]) -> None:
    """They arrived, so the sink is well; one that has erased a contact calls him nothing more."""
    seqs, claims = [row.seq for row in rows], [row.claims for row in rows]
    await database.execute(_DELIVERED, sink, seqs, claims)


async def keep_refs(database: Database, sink: str, refs: Mapping[str, Refs]) -> None:
    """What the sink calls the things of these contacts, by contact."""
    await database.execute(_KEEP_REFS, sink, list(refs), list(refs.values()))


async def failed(
    database: Database, row: Claimed, error: str, *, wait: timedelta, dead: bool = False
) -> None:
    """Try again after `wait`; given up when `dead`, or after MAX_FAILURES."""
    values = (row.seq, row.claims, wait, error[:_ERROR_LENGTH], dead, MAX_FAILURES)
    await database.execute(_LATER, *values)


async def give_back(database: Database, row: Claimed, error: str) -> None:
    """Due at once, and no failure of its own: the sink takes nothing at the moment."""
    await database.execute(_GIVE_BACK, row.seq, row.claims, error[:_ERROR_LENGTH])


async def rest(
    database: Database,
    sink: str,
    wait: timedelta,
    *,
    trouble: str | None = None,
    disable: bool = False,
) -> None:
    """Claim nothing of the sink for a while, or, disabled, until it is resumed."""
    await database.execute(_REST, sink, wait, trouble and trouble[:_ERROR_LENGTH], disable)


async def figures(database: Database) -> list[SinkFigures]:
    """How every sink stands."""
    return [SinkFigures(**row) for row in await database.fetch(_FIGURES)]


async def dead(database: Database, limit: int = 100) -> list[DeadEvent]:
    """What was given up, the oldest first."""
    return [DeadEvent(**row) for row in await database.fetch(_DEAD, limit)]


async def retry(
    database: Database, *, sink: str | None = None, events: Sequence[str] | None = None
) -> int:
    """Let what was given up wait again, in its old place; gives how many."""
    return await database.fetchval(_RETRY, sink, events)


async def resume(database: Database, sink: str) -> bool:
    """Turn a disabled or resting sink on; false when there is none."""
    return (await database.execute(_RESUME, sink)).endswith(" 1")
