"""What a rep does with a handoff by its link, each thing once, and whether it was needed."""

from datetime import datetime
from typing import Literal, get_args

from crm import audit, contacts, handoffs, sync
from crm.audit import HandoffAct as Act
from crm.pool import Connection, Database, transaction
from domain.escalation import SNOOZE

ACTS: tuple[Act, ...] = get_args(Act)

__all__ = ["ACTS", "Act", "Done", "act", "acts", "label"]

Done = Literal["done", "repeated", "refused"]
"""Refused: the handoff is over, or another person has it."""

# one that went back unclaimed may still be taken, unless another one is open
_CLAIM = """
UPDATE handoffs SET rep = $2, claimed_at = $3, released_at = NULL, unclaimed_at = NULL
FROM (SELECT released_at IS NOT NULL AS given_back FROM handoffs WHERE id = $1) before
WHERE id = $1 AND claimed_at IS NULL
    AND (released_at IS NULL OR unclaimed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM handoffs other
        WHERE other.contact_id = handoffs.contact_id AND other.released_at IS NULL))
RETURNING reason, given_back
"""

_SPOKE = """
UPDATE handoffs SET first_word_at = greatest($3, at)
WHERE id = $1 AND rep = $2 AND first_word_at IS NULL AND released_at IS NULL
RETURNING true
"""

_IS_HIS = "SELECT true FROM handoffs WHERE id = $1 AND rep = $2 AND released_at IS NULL"

_SNOOZE = """
UPDATE handoffs SET told_at = greatest(told_at, $3::timestamptz + $4::interval)
WHERE id = $1 AND rep = $2 AND claimed_at IS NULL AND released_at IS NULL
RETURNING true
"""

_LABEL = "UPDATE handoffs SET needed = $2 WHERE id = $1 RETURNING contact_id::text"

_KNOWN = "SELECT contact_id::text FROM handoffs WHERE id = $1"
_BEFORE = "SELECT true FROM handoff_acts WHERE handoff_id = $1 AND rep = $2 AND act = $3"
_NOTE = "INSERT INTO handoff_acts (handoff_id, rep, act, at) VALUES ($1, $2, $3, $4)"


async def act(database: Database, handoff_id: str, rep: str, wanted: Act, at: datetime) -> Done:
    """Do it, once, with a line in the audit trail; what was refused may be tried again.

    Raises LookupError when there is no such handoff.
    """
    async with transaction(database) as connection:
        contact_id = await connection.fetchval(_KNOWN, handoff_id)
        if contact_id is None:
            raise LookupError("no such handoff")
        await contacts.lock(connection, contact_id)
        if await connection.fetchval(_BEFORE, handoff_id, rep, wanted):
            return "repeated"
        if not await _do(connection, contact_id, handoff_id, rep, wanted, at):
            return "refused"
        await connection.execute(_NOTE, handoff_id, rep, wanted, at)
        await audit.note(connection, f"link:{rep}", wanted, contact_id)
    return "done"


async def label(database: Database, handoff_id: str, *, needed: bool, actor: str) -> bool:
    """Keep whether the handoff was needed, and who says so; false when there is no such handoff."""
    async with transaction(database) as connection:
        contact_id = await connection.fetchval(_LABEL, handoff_id, needed)
        if contact_id:
            await audit.note(connection, actor, "needed" if needed else "not_needed", contact_id)
    return contact_id is not None


async def acts(database: Database, handoff_id: str, rep: str) -> frozenset[Act]:
    """What the rep did with it so far."""
    rows = await database.fetch(
        "SELECT act FROM handoff_acts WHERE handoff_id = $1 AND rep = $2", handoff_id, rep
    )
    return frozenset(row["act"] for row in rows)


async def _do(  # noqa: PLR0917 - what `act` knows
    connection: Connection, contact_id: str, handoff_id: str, rep: str, wanted: Act, at: datetime
) -> bool:
    match wanted:
        case "claim":
            return await _claim(connection, contact_id, handoff_id, rep, at)
        case "spoke":
            await _claim(connection, contact_id, handoff_id, rep, at)
            return bool(await connection.fetchval(_SPOKE, handoff_id, rep, at))
        case "give_back":
            his = await connection.fetchval(_IS_HIS, handoff_id, rep)
            return bool(his) and await handoffs.release(connection, contact_id)
        case "snooze":
            return bool(await connection.fetchval(_SNOOZE, handoff_id, rep, at, SNOOZE))
        case "needed" | "not_needed":
            return bool(await connection.fetchval(_LABEL, handoff_id, wanted == "needed"))


async def _claim(
    connection: Connection, contact_id: str, handoff_id: str, rep: str, at: datetime
) -> bool:
    claimed = await connection.fetchrow(_CLAIM, handoff_id, rep, at)
    if claimed is None:
        return False
    await handoffs.withdraw(connection, contact_id)
    if claimed["given_back"]:
        await sync.note(connection, contact_id, *handoffs.requested(claimed["reason"], rep))
    return True
