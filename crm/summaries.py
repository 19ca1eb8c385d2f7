"""The running summary of a conversation, and the message that it reaches to."""

from crm.messages import Line
from crm.pool import Database, Pool
from domain.turn import Summary

SUMMARISE_AFTER = 6
"""So many messages must wait before the summary is written anew."""

_UNCOVERED = """
FROM messages WHERE contact_id = $1 AND seq > coalesce((
    SELECT upto.seq FROM summaries JOIN messages upto ON upto.id = summaries.upto
    WHERE summaries.contact_id = $1), 0)
"""

_WAITING = f"SELECT id, direction, kind, text, at {_UNCOVERED} ORDER BY seq LIMIT $2"

ENQUEUE_WHEN_DUE = f"""
INSERT INTO jobs (kind, contact_id, turn_id)
SELECT 'summary', $1, $2
WHERE (SELECT count(*) FROM (SELECT 1 {_UNCOVERED} LIMIT {SUMMARISE_AFTER}) waiting)
        + (SELECT count(*) FROM said) >= {SUMMARISE_AFTER}
    AND NOT EXISTS (
        SELECT FROM jobs WHERE contact_id = $1 AND kind = 'summary' AND status = 'open')
ON CONFLICT (kind, turn_id) DO NOTHING
"""  # noqa: S608 - constants
"""Adds a job "summary" when enough messages wait and none is open; of contact and turn.

For a script in which `said` adds messages, which count as well.
"""

_SAVE = """
INSERT INTO summaries (contact_id, text, upto)
SELECT $1, $2, id FROM messages WHERE id = $3 AND contact_id = $1
ON CONFLICT (contact_id) DO UPDATE SET text = excluded.text, upto = excluded.upto, at = now()
WHERE (SELECT seq FROM messages WHERE id = excluded.upto)
    > (SELECT seq FROM messages WHERE id = summaries.upto)
"""


async def get(database: Database, contact_id: str) -> Summary | None:
    row = await database.fetchrow(
        "SELECT text, upto FROM summaries WHERE contact_id = $1", contact_id
    )
    return Summary(**row) if row else None


async def waiting(database: Database, contact_id: str, *, limit: int = 100) -> tuple[Line, ...]:
    """The messages that the summary does not cover yet, oldest first."""
    return tuple(Line(**row) for row in await database.fetch(_WAITING, contact_id, limit))


async def save(pool: Pool, contact_id: str, summary: Summary) -> bool:
    """Store it; false when the stored one reaches as far, or `upto` is no message of his."""
    done = await pool.execute(_SAVE, contact_id, summary.text, summary.upto)
    return done.endswith(" 1")
