"""Conversations that are over: one row each, written when the lead was silent for the window.

Read from PostgreSQL alone; what Redis still holds of a conversation ends by itself.
"""

from crm import sync
from crm.pool import Pool
from domain.window import WINDOW

_OVER = """
SELECT id::text FROM contacts
WHERE last_inbound_at < now() - $1::interval
    AND archived_for IS DISTINCT FROM last_inbound_at
ORDER BY last_inbound_at LIMIT $2
FOR UPDATE SKIP LOCKED
"""

# what was said since the last time it was archived; a lead who was erased meanwhile began anew
_ARCHIVE = """
WITH over AS (
    SELECT contacts.id, contacts.last_inbound_at, coalesce(archived_for, '-infinity') AS since
    FROM contacts WHERE id = ANY($1::uuid[])
), said AS (
    SELECT over.id, min(at) AS started_at, max(at) AS ended_at, count(*) AS messages
    FROM over JOIN messages ON contact_id = over.id AND at > since GROUP BY over.id
), archived AS (
    INSERT INTO conversations
        (contact_id, started_at, ended_at, stage, outcome, messages, summary)
    SELECT said.id, started_at, ended_at, coalesce(leads.stage, 'greeting'),
        CASE
            WHEN EXISTS (SELECT FROM bookings WHERE contact_id = said.id
                AND status = 'confirmed' AND created_at >= started_at) THEN 'booked'
            WHEN EXISTS (SELECT FROM handoffs WHERE contact_id = said.id
                AND at >= started_at) THEN 'handed_over'
            WHEN EXISTS (SELECT FROM consents WHERE contact_id = said.id
                AND kind = 'opt_out' AND at >= started_at) THEN 'opted_out'
            ELSE 'open' END,
        said.messages, summaries.text
    FROM said LEFT JOIN leads ON leads.contact_id = said.id
    LEFT JOIN summaries ON summaries.contact_id = said.id
    ON CONFLICT (contact_id, started_at) DO NOTHING
    RETURNING contact_id::text, outcome
), seen AS (
    UPDATE contacts SET archived_for = over.last_inbound_at FROM over WHERE contacts.id = over.id
)
SELECT contact_id, outcome FROM archived ORDER BY contact_id
"""


async def archive(pool: Pool, *, limit: int = 100) -> int:
    """Archive conversations whose window has closed, the oldest first; gives how many it looked at.

    Two processes at once take different ones.
    """
    async with pool.acquire() as connection, connection.transaction():
        over = [row["id"] for row in await connection.fetch(_OVER, WINDOW, limit)]
        for row in await connection.fetch(_ARCHIVE, over) if over else ():
            data = {"outcome": row["outcome"]}
            await sync.note(connection, row["contact_id"], "conversation.archived", data)
    return len(over)
