"""What new facts make of a lead: his score, whether he is qualified, and what CRMs are told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm import contacts, facts, sync
from crm.messages import Line
from crm.pool import Connection, Database, Pool, transaction
from domain import bant
from domain.lead import Fact, FactField, latest

_SCORE = """
UPDATE leads SET
    score = coalesce($2, score), qualified = $3,
    qualified_at = coalesce(qualified_at, CASE WHEN $3 THEN now() END)
WHERE contact_id = $1
"""

_UNHEARD = """
SELECT id, direction, kind, text, at FROM messages
WHERE contact_id = $1 AND turn_id = $2 AND direction = 'in' AND deleted_at IS NULL
    AND EXISTS (SELECT FROM turns WHERE turn_id = $2 AND kind = 'handoff' AND calls = 0
        AND decision ->> 'reason' = 'asked')
    AND NOT EXISTS (SELECT FROM facts WHERE turn_id = $2)
ORDER BY seq
"""


async def rescore(
    connection: Connection,
    contact_id: str,
    new: Sequence[Fact],
    before: Iterable[Fact],
    *,
    lead: Mapping[str, Any],
    needs: Sequence[FactField],
) -> bool:
    """Whether he is qualified now; `lead` is his row, `new` is stored already."""
    await facts.keep_zone(connection, contact_id, new)
    held = latest([*before, *new])
    total, qualified = bant.score(held).total, bant.qualified(held, needs)
    if (total, qualified) != (lead["score"], lead["qualified"]):
        await connection.execute(_SCORE, contact_id, total, qualified)
    return qualified


async def unheard(database: Database, contact_id: str, turn_id: str) -> tuple[Line, ...]:
    """What he said in a turn that handed him over before any model was asked."""
    return tuple(Line(**row) for row in await database.fetch(_UNHEARD, contact_id, turn_id))


async def learn(
    pool: Pool, contact_id: str, turn_id: str, new: Sequence[Fact], needs: Sequence[FactField]
) -> bool:
    """Store what was heard later; false when it is stored, or he was erased meanwhile."""
    async with transaction(pool) as connection:
        await contacts.lock(connection, contact_id)
        if not await unheard(connection, contact_id, turn_id):
            return False
        before = await connection.fetchval(facts.LATEST, contact_id) or ()
        await connection.execute(facts.ADD, *facts.columns(contact_id, turn_id, new))
        lead = await connection.fetchrow(
            "SELECT score, qualified FROM leads WHERE contact_id = $1", contact_id
        )
        assert lead  # noqa: S101 - the turn wrote it
        known = map(Fact.of, before)
        qualified = await rescore(connection, contact_id, new, known, lead=dict(lead), needs=needs)
        changed = sorted({fact.field for fact in new})
        await sync.note(connection, contact_id, "lead.updated", {"changed": changed})
        if qualified and not lead["qualified"]:
            await sync.note(connection, contact_id, "lead.qualified")
    return True
