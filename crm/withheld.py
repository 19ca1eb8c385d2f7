"""Messages that Meta's closed window kept from the lead: they wait for his next one, in order.

What he writes releases them, in the transaction that commits it, so that they are sent once and
before its answer. What is too old by then, or unwanted, or the agent's where a person has the
conversation, is taken back, and leaves the record of the conversation.
"""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from crm import outbox
from crm.outbox import Failure, OutboxRow, StoredRow
from crm.pool import Connection
from crm.script import Script
from domain.messages import Template
from domain.window import WINDOW

_CLOCKS_DIFFER = timedelta(minutes=1)
"""Meta's and ours; a message this much older than the refusal may be one that opens the window."""

_WROTE = """
SELECT last_inbound_at > coalesce($2::timestamptz, '-infinity') FROM contacts WHERE id = $1
"""

_WITHHOLD = """
WITH mine AS (
    UPDATE outbox SET
        state = 'withheld', error_code = $4, error = $5, wamid_id = coalesce($6, wamid_id),
        updated_at = now()
    WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3
    RETURNING id, recipient
), behind AS (
    UPDATE outbox SET state = 'withheld', updated_at = now() FROM mine
    WHERE outbox.recipient = mine.recipient AND outbox.id <> mine.id
        AND state = 'requested' AND template IS NULL AND NOT starts_with(turn_id, 'followup/')
)
SELECT true FROM mine
"""

_ASKED = """
SELECT EXISTS (
    SELECT FROM outbox
    WHERE contact_id = $1 AND starts_with(template, $2 || '/') AND state <> 'failed'
        AND created_at > coalesce($3::timestamptz - $4::interval, '-infinity'))
"""

# an unsent request to write is settled by his having written
_RELEASE = """
UPDATE outbox SET
    state = CASE WHEN known.good THEN 'requested' ELSE 'failed' END::outbox_state,
    reaction = CASE WHEN NOT known.good THEN 'withdrawn' END,
    due_at = now(), since = now(), updated_at = now()
FROM (
    SELECT waiting.id, $4 AND state = 'withheld' AND created_at > now() - $2::interval AND (
        NOT EXISTS (SELECT FROM handoffs
            WHERE contact_id = $1 AND released_at IS NULL AND claimed_at IS NOT NULL)
        OR EXISTS (SELECT FROM messages
            WHERE messages.id = waiting.id::text AND direction = 'rep')) AS good
    FROM outbox AS waiting JOIN contacts ON contacts.id = waiting.contact_id
    WHERE waiting.contact_id = $1 AND last_inbound_at > waiting.updated_at - $3::interval
        AND (state = 'withheld'
            OR state = 'requested' AND tries = 0 AND starts_with(turn_id, 'reopen/'))
) AS known
WHERE outbox.id = known.id AND outbox.state IN ('withheld', 'requested')
RETURNING outbox.id, known.good
"""

_UNSAY = "DELETE FROM messages USING released WHERE messages.id = released.id::text AND NOT good"


async def wrote_meanwhile(connection: Connection, stored: StoredRow) -> bool:
    """Whether a message of the lead came since the row was taken, and opened the window."""
    known = stored.row.contact_id, stored.known.last_inbound_at
    return bool(await connection.fetchval(_WROTE, *known))


async def withhold(connection: Connection, stored: StoredRow, failure: Failure) -> bool:
    """Keep the row, and what waits behind it, for the lead's next message.

    False if it moved on.
    """
    fence, why = (stored.row.id, stored.state, stored.tries), (failure.code, failure.error)
    return bool(await connection.fetchval(_WITHHOLD, *fence, *why, failure.wamid_id))


async def ask(connection: Connection, stored: StoredRow, template: Template) -> bool:
    """Ask the lead to write, once until he has; false when he was asked."""
    contact_id, since = stored.row.contact_id, stored.known.last_inbound_at
    asked = (contact_id, template.name, since, _CLOCKS_DIFFER)
    if await connection.fetchval(_ASKED, *asked):
        return False
    await outbox.add(connection, [_request(stored, template, since)])
    return True


def release(script: Script, contact_id: str, *, wanted: bool) -> None:
    """Have a commit of the lead's own message set free what waits for it.

    All of it is taken back when it is not `wanted`: he said stop.
    """
    script.do("released", _RELEASE, contact_id, WINDOW, _CLOCKS_DIFFER, wanted)
    script.do("unsaid", _UNSAY)


def _request(stored: StoredRow, template: Template, since: datetime | None) -> OutboxRow:
    row = stored.row
    name = str(uuid5(NAMESPACE_URL, f"vendedor:reopen/{row.contact_id}/{since}"))
    return OutboxRow(name, row.contact_id, f"reopen/{row.id}", 0, row.recipient, template)
