"""Regular work that one process does at a time; when it is due is schedule and lease in one."""

from datetime import timedelta

from crm.pool import Database

_CLAIM = """
INSERT INTO chores (name, due_at) VALUES ($1, now() + $2)
ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE chores.due_at <= now()
RETURNING true
"""

_REST = "UPDATE chores SET due_at = now() + $2 WHERE name = $1"


async def claim(database: Database, name: str, lease: timedelta) -> bool:
    """Whether it is due and nobody else is at it; it is this process's for the lease."""
    return bool(await database.fetchval(_CLAIM, name, lease))


async def rest(database: Database, name: str, pause: timedelta) -> None:
    """It is done, and due again after the pause."""
    await database.execute(_REST, name, pause)
