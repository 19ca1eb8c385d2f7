"""Rows of the outbox that were given up and that nobody knows of yet, a contact at a time."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from crm import handoffs, jobs, outbox, sync
from crm.outbox import OutboxRow, StoredRow
from crm.outbox_row import readable
from crm.pool import Connection, Database
from domain.contact import Address
from domain.messages import Outbound, Template, Text, words
from domain.turn import Handoff
from domain.undelivered import Lost, Reach
from domain.values import Value

_CONTACT = """
SELECT id::text, now() AS now, coalesce(phone, callback_phone) AS number, jsonb_build_object(
    'address', jsonb_build_object('phone', phone, 'bsuid', bsuid),
    'last_inbound_at', last_inbound_at, 'unreachable', unreachable_at IS NOT NULL,
    'opted_out', opted_out_at IS NOT NULL) AS reach
FROM contacts
WHERE id IN (SELECT contact_id FROM outbox WHERE state = 'failed' AND person_at IS NULL)
LIMIT 1 FOR UPDATE SKIP LOCKED
"""

_TAKE = """
UPDATE outbox SET person_at = now()
WHERE contact_id = $1 AND state = 'failed' AND person_at IS NULL
RETURNING turn_id, message ->> 'kind' AS kind, reaction, recipient AS to
"""

_HAS_IT = """
WITH before AS (SELECT stage FROM leads WHERE contact_id = $1), moved AS (
    UPDATE leads SET stage = 'handoff', updated_at = now() WHERE contact_id = $1
)
INSERT INTO stage_events (contact_id, turn_id, from_stage, to_stage)
SELECT $1, $2, stage, 'handoff' FROM before
"""

_SAID = """
INSERT INTO messages (id, contact_id, direction, kind, text, at)
VALUES ($1, $2, 'out', $3, $4, coalesce($5, now()))
ON CONFLICT (id) DO NOTHING
"""

_ASIDE = "UPDATE outbox SET aside = true WHERE id = $1 AND NOT aside RETURNING true"

_NEVER_CAME = """
SELECT message FROM outbox JOIN contacts ON contacts.id = outbox.contact_id
WHERE contact_id = $1 AND state IN ('withheld', 'failed') AND outbox.template IS NULL
    AND coalesce(reaction, '') NOT IN ('withdrawn', 'opted_out', 'stop_marketing')
    AND created_at > now() - interval '7 days'
ORDER BY outbox.seq DESC LIMIT 5
"""


class Case(Value):
    """A contact of whom something was given up. `id` is for what comes of it."""

    id: str
    contact_id: str
    number: str | None
    reach: Reach
    lost: tuple[Lost, ...]


async def next_case(connection: Connection) -> Case | None:
    """The next contact, locked until the transaction ends; his rows count as seen from then on."""
    contact = await connection.fetchrow(_CONTACT)
    if contact is None:
        return None
    rows = await connection.fetch(_TAKE, contact["id"])
    return Case(
        id=str(uuid5(NAMESPACE_URL, f"vendedor:undelivered/{contact['id']}/{contact['now']}")),
        contact_id=contact["id"],
        number=contact["number"],
        reach=Reach.of(contact["reach"]),
        lost=tuple(Lost.of(dict(row)) for row in rows),
    )


async def hand_over(
    connection: Connection,
    case: Case,
    handoff: Handoff,
    *,
    notice: tuple[Address, Template],
    line: Text | None,
) -> bool:
    """A person gets the conversation; he is told, and the lead if there is a `line` for him.

    False when there is an open handoff.
    """
    turn_id, contact_id = f"handoff/{handoff.id}", case.contact_id
    signals = {"given_up": len(case.lost)}
    if not await handoffs.begin(connection, contact_id, turn_id, handoff, signals):
        return False
    await connection.execute(_HAS_IT, contact_id, turn_id)
    if line:
        row = _row(contact_id, turn_id, case.reach.address, line)
        await say(connection, row, handoff.at)
    await outbox.add(connection, [_row(contact_id, turn_id, *notice)])
    await jobs.add(connection, "brief", contact_id, turn_id)
    await sync.note(connection, contact_id, *handoffs.requested(handoff.reason, handoff.rep))
    return True


async def set_aside(connection: Connection, stored: StoredRow, line: Text) -> None:
    """Let what comes after the row go ahead of it, and tell the lead once that it comes later.

    He is not told while a person has the conversation.
    """
    row = stored.row
    if await connection.fetchval(_ASIDE, row.id) and not await connection.fetchval(
        handoffs.TAKEN, row.contact_id
    ):
        later = _row(row.contact_id, f"later/{row.id}", row.recipient, line)
        await say(connection, later, None)


async def say(connection: Connection, row: OutboxRow, at: datetime | None) -> None:
    """Words of ours to the lead that belong to no turn; a row that is there stays as it is."""
    line = (row.message.kind, words(row.message), at)
    await connection.execute(_SAID, row.id, row.contact_id, *line)
    await outbox.add(connection, [row])


async def never_came(database: Database, contact_id: str) -> tuple[str, ...]:
    """The last words to the lead that did not reach him, the oldest first."""
    rows = await database.fetch(_NEVER_CAME, contact_id)
    messages = (readable(row["message"]) for row in reversed(rows))
    return tuple(words(message) for message in messages if message)


def _row(contact_id: str, about: str, recipient: Address, message: Outbound) -> OutboxRow:
    name = str(uuid5(NAMESPACE_URL, f"vendedor:{about}/{message.kind}"))
    return OutboxRow(name, contact_id, about, 0, recipient, message)
