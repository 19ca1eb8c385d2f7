"""What is kept too long: contacts of whom nobody has heard, and the traces of settled work."""

from datetime import datetime, timedelta

from crm.pool import Database

PRUNED_AFTER = timedelta(days=30)
"""Names of messages and jobs, which only tell a repeat: Meta repeats for seven days."""

_SILENT = """
SELECT id::text FROM contacts
WHERE joined_into IS NULL
    AND (last_inbound_at < $1 OR (last_inbound_at IS NULL AND erased_at IS NULL))
    AND NOT EXISTS (SELECT FROM messages WHERE contact_id = contacts.id AND at >= $1)
    AND NOT EXISTS (SELECT FROM contact_events WHERE contact_id = contacts.id AND at >= $1)
    AND NOT EXISTS (SELECT FROM bookings WHERE contact_id = contacts.id
        AND status IN ('held', 'confirmed') AND ends_at > now())
ORDER BY last_inbound_at NULLS FIRST LIMIT $2
"""

_SETTLED = (
    "DELETE FROM jobs WHERE status <> 'open' AND due_at < $1",
    "DELETE FROM answered WHERE at < $1",
)

_OLD = (
    "DELETE FROM outbox WHERE state >= 'withheld' AND updated_at < $1",
    "DELETE FROM contact_events WHERE at < $1",
    "DELETE FROM turns WHERE at < $1",
    "DELETE FROM model_uses WHERE at < $1",
)


async def silent(database: Database, since: datetime, *, limit: int) -> list[str]:
    """Contacts with whom nothing was spoken since then and who have no call ahead."""
    return [row["id"] for row in await database.fetch(_SILENT, since, limit)]


async def prune(database: Database, now: datetime, since: datetime | None) -> int:
    """Delete what only told repeats, and, before `since`, what was sent, changed and decided."""
    done = [await database.execute(statement, now - PRUNED_AFTER) for statement in _SETTLED]
    if since:
        done += [await database.execute(statement, since) for statement in _OLD]
    return sum(int(status.rsplit(" ", 1)[-1]) for status in done)
