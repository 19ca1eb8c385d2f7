"""Handoffs that wait for a person, one at a time, and what is done about each: told once, in order.

A step and the messages that belong to it are one transaction; a row that another process looks at
is passed over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from crm import outbox, sync
from crm.outbox import OutboxRow
from crm.pool import Connection, Database
from domain.business import Person
from domain.contact import Address
from domain.lead import Fact
from domain.messages import Outbound, Template, words
from domain.rota import Workload
from domain.triggers import HandoffReason
from domain.values import Language, Value

# the contact's lock comes with it, as everywhere: who waits for neither cannot wait for each other
_DUE = """
SELECT handoff.id, handoff.contact_id::text, reason, told, told_at, language, profile_name,
    coalesce(phone, callback_phone) AS number,
    jsonb_build_object('phone', phone, 'bsuid', bsuid) AS address,
    opted_out_at IS NOT NULL AS opted_out,
    EXISTS (SELECT FROM bookings WHERE contact_id = contacts.id
        AND status = 'confirmed' AND starts_at > $1) AS booked,
    (SELECT coalesce(jsonb_agg(to_jsonb(fact)), '[]') FROM (
        SELECT DISTINCT ON (field)
            field, value, quote, message_id, at, confidence, normal FROM facts
        WHERE contact_id = contacts.id ORDER BY field, at DESC, id DESC
    ) fact) AS facts
FROM handoffs handoff JOIN contacts ON contacts.id = handoff.contact_id
WHERE claimed_at IS NULL AND released_at IS NULL AND next_step_at <= $1
    AND (phone IS NOT NULL OR bsuid IS NOT NULL)
ORDER BY next_step_at LIMIT 1
FOR UPDATE OF handoff, contacts SKIP LOCKED
"""

WORKLOAD = """
SELECT rep, last_at, coalesce(open, 0) AS open FROM handoff_rota FULL JOIN (
    SELECT rep, count(*) AS open FROM handoffs WHERE released_at IS NULL GROUP BY rep
) busy USING (rep)
"""
"""What each rep has to do; who took over by himself was never in turn."""

_TOLD = """
WITH in_turn AS (
    INSERT INTO handoff_rota (rep, last_at) VALUES ($2, $3)
    ON CONFLICT (rep) DO UPDATE SET last_at = greatest(handoff_rota.last_at, excluded.last_at)
)
UPDATE handoffs SET rep = $2, told = told || $2::text, told_at = $3, next_step_at = $3
WHERE id = $1
"""

_GIVEN_BACK = """
WITH over AS (
    UPDATE handoffs SET released_at = $2, unclaimed_at = $2 WHERE id = $1 RETURNING contact_id
), offered AS (
    UPDATE leads SET unresolved = 0, stage = 'scheduling', updated_at = now()
    FROM over WHERE leads.contact_id = over.contact_id RETURNING leads.contact_id
)
INSERT INTO stage_events (contact_id, turn_id, from_stage, to_stage)
SELECT contact_id, 'handoff/' || $1, 'handoff', 'scheduling' FROM offered
"""

_SAID = """
INSERT INTO messages (id, contact_id, direction, kind, text, at) VALUES ($1, $2, 'out', $3, $4, $5)
ON CONFLICT (id) DO NOTHING
"""

_FIRST_WORDS = """
WITH fresh AS (
    SELECT id FROM handoffs WHERE first_word_at IS NOT NULL AND NOT word_counted
    LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE handoffs SET word_counted = true FROM fresh
WHERE handoffs.id = fresh.id RETURNING reason, first_word_at - at AS took
"""


class DueHandoff(Value):
    """A handoff that nobody claimed so far. `number` (digits) is for calling the lead."""

    id: str
    contact_id: str
    reason: HandoffReason
    told: tuple[str, ...]
    told_at: datetime
    address: Address
    number: str | None
    language: Language | None
    profile_name: str
    opted_out: bool
    booked: bool
    facts: tuple[Fact, ...]


async def next_due(connection: Connection, now: datetime) -> DueHandoff | None:
    """The one that has waited longest, locked until the transaction ends."""
    row = await connection.fetchrow(_DUE, now)
    return DueHandoff.of(dict(row)) if row else None


async def workload(database: Database) -> tuple[Workload, ...]:
    """What each rep has to do, as far as any handoff ever was his."""
    return tuple(Workload(**row) for row in await database.fetch(WORKLOAD))


async def wait(connection: Connection, handoff_id: str, until: datetime) -> None:
    """Look at it again then."""
    await connection.execute(
        "UPDATE handoffs SET next_step_at = $2 WHERE id = $1", handoff_id, until
    )


async def tell(
    connection: Connection,
    due: DueHandoff,
    who: Person,
    notice: Template,
    at: datetime,
) -> None:
    """The next one is told."""
    address = Address(phone=who.phone.removeprefix("+"))
    await outbox.add(connection, [_row(due, len(due.told), address, notice)])
    await connection.execute(_TOLD, due.id, who.id, at)


async def give_back(
    connection: Connection, due: DueHandoff, said: Sequence[Outbound], at: datetime
) -> None:
    """Nobody took it: the agent has the lead again, who is told so and may choose a time."""
    rows = [_row(due, len(due.told) + n, due.address, message) for n, message in enumerate(said)]
    await connection.execute(_GIVEN_BACK, due.id, at)
    for row in rows:
        line = (row.message.kind, words(row.message), at)
        await connection.execute(_SAID, row.id, due.contact_id, *line)
    await outbox.add(connection, rows)
    await sync.note(connection, due.contact_id, "handoff.released")


async def first_words(database: Database) -> list[tuple[HandoffReason, timedelta]]:
    """How long leads waited for a person's first word, each told to one caller only."""
    rows = await database.fetch(_FIRST_WORDS)
    return [(row["reason"], row["took"]) for row in rows]


def _row(due: DueHandoff, place: int, recipient: Address, message: Outbound) -> OutboxRow:
    row_id = str(uuid5(NAMESPACE_URL, f"vendedor:handoff/{due.id}/{place}"))
    return OutboxRow(row_id, due.contact_id, f"handoff/{due.id}", place, recipient, message)
