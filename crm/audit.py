"""The audit trail: who did what to whose data, append-only by a trigger.

It holds no names, numbers or words, so that erasing a person never needs to change it.
"""

from datetime import datetime
from typing import Literal

from crm.pool import Connection, Database
from domain.values import Plain, Value

HandoffAct = Literal["claim", "spoke", "give_back", "snooze", "needed", "not_needed"]
"""What a rep does with a handoff by its link."""

Action = (
    Literal["takeover", "release", "message", "erase", "export", "replay", "retention"] | HandoffAct
)


class Act(Value):
    """One line of the trail. `detail` holds counts and choices."""

    at: datetime
    actor: str
    action: Action
    contact_id: str | None
    detail: Plain


_NOTE = "INSERT INTO audit (actor, action, contact_id, detail) VALUES ($1, $2, $3, $4)"

_OF = """
SELECT at, actor, action, contact_id::text, detail FROM audit
WHERE contact_id = ANY($1::uuid[]) ORDER BY id
"""


async def note(
    database: Database,
    actor: str,
    action: Action,
    contact_id: str | None = None,
    detail: Plain | None = None,
) -> None:
    """Append a line; within the act's own transaction where it has one."""
    await database.execute(_NOTE, actor, action, contact_id, detail or {})


async def of(connection: Connection, contact_ids: list[str]) -> list[Act]:
    """What was done to these contacts' data, oldest first."""
    return [Act(**row) for row in await connection.fetch(_OF, contact_ids)]
