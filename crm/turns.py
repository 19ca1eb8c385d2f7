"""The commit: everything that a turn changes, in one transaction, once.

The turn's row and the answered messages are unique, so a repeat meets them and is rolled back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from crm import arrivals, contacts, facts, handoffs, jobs, media, messages, outbox, summaries, sync
from crm.outbox import OutboxRow
from crm.pool import Connection, Database, Pool
from crm.sync import Event
from domain import bant
from domain.contact import Address
from domain.lead import BANT, FactField
from domain.turn import Batch, Notice, Outcome

_SAID_TO_ANYBODY = ("opt_out", "opt_in")
"""What the agent answers whoever has the conversation."""


class _CommittedBefore(Exception):
    """Rolls the transaction of a repeat back."""


_TURN = """
INSERT INTO turns (turn_id, contact_id, stage_before, stage_after, kind, decision, confidence,
    resolved, model, calls, input_tokens, output_tokens, seconds, facts_dropped,
    cached_input_tokens)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (turn_id) DO NOTHING
"""

_ANSWERED = """
INSERT INTO answered (message_id, turn_id)
SELECT id, $1 FROM unnest($2::text[]) AS id ORDER BY id ON CONFLICT (message_id) DO NOTHING
"""

_LEAD = """
WITH before AS (SELECT qualified FROM leads WHERE contact_id = $1)
INSERT INTO leads (contact_id, stage, unresolved, score, qualified, qualified_at)
VALUES ($1, $2, $3, $4, coalesce($5, false), CASE WHEN $5 THEN now() END)
ON CONFLICT (contact_id) DO UPDATE SET
    stage = excluded.stage, unresolved = excluded.unresolved,
    score = coalesce($4, leads.score), qualified = coalesce($5, leads.qualified),
    qualified_at = coalesce(leads.qualified_at, excluded.qualified_at),
    updated_at = now()
RETURNING (SELECT qualified FROM before) AS was_qualified, qualified
"""

_STAGE_EVENT = """
INSERT INTO stage_events (contact_id, turn_id, from_stage, to_stage) VALUES ($1, $2, $3, $4)
"""


async def commit(
    pool: Pool,
    batch: Batch,
    address: Address,
    outcome: Outcome | None,
    *,
    reps: Mapping[str, str],
    wakes: Sequence[str] = (),
    token: int | None = None,
    needs: Sequence[FactField] = BANT,
) -> bool:
    """Write the turn; false, and nothing is changed, when it was committed before.

    `outcome` None records a batch that needs no turn. `reps` are the phones of the reps by id; a
    notice to one who left goes to the first. Replies go to `address`. `wakes` are the names of what
    had the turn begin where that was no message. `needs` is what makes a lead
    qualified. Raises LeaseLost when the contact was erased since the lease of this `token` was
    given out.
    """
    try:
        async with pool.acquire() as connection, connection.transaction():
            language = outcome.language if outcome else None
            last = _last_at(batch)
            await contacts.seen(connection, batch.contact_id, address, language, last, token=token)
            await _write(connection, batch, address, outcome, reps=reps, wakes=wakes, needs=needs)
    except _CommittedBefore:
        return False
    return True


async def answered(database: Database, message_ids: Sequence[str]) -> dict[str, str]:
    """Which of the messages were committed, and in which turn."""
    rows = await database.fetch(
        "SELECT message_id, turn_id FROM answered WHERE message_id = ANY($1)", list(message_ids)
    )
    return {row["message_id"]: row["turn_id"] for row in rows}


def row_id(turn_id: str, position: int) -> str:
    """The id of a turn's outbox row: a repeat of the turn gives the same."""
    return str(uuid5(NAMESPACE_URL, f"vendedor:{turn_id}/{position}"))


async def _write(
    connection: Connection,
    batch: Batch,
    address: Address,
    outcome: Outcome | None,
    *,
    reps: Mapping[str, str],
    wakes: Sequence[str],
    needs: Sequence[FactField],
) -> None:
    contact_id = batch.contact_id
    if outcome:
        await _insert_turn(connection, contact_id, outcome)
    await _insert_answered(connection, batch, wakes)
    rows = _outbox_rows(contact_id, address, outcome, reps) if outcome else []
    replies = [(row.id, row.message) for row in rows[: len(outcome.replies) if outcome else 0]]
    await messages.add(connection, contact_id, batch.turn_id, batch.messages, replies)
    await media.want(connection, contact_id, batch.turn_id, batch.messages)
    await arrivals.note(connection, contact_id, batch.messages, answered=bool(replies))
    events = await _write_outcome(connection, batch, outcome, needs) if outcome else []
    if rows:
        await outbox.add(connection, rows)
    if replies and outcome and outcome.decision.kind not in _SAID_TO_ANYBODY:
        await handoffs.withdraw(connection, contact_id)  # a person came while this was decided
    if not (outcome and outcome.decision.kind == "limited"):
        await summaries.enqueue_when_due(connection, contact_id, batch.turn_id)
    for kind, data in events:
        await sync.note(connection, contact_id, kind, data)


async def _insert_turn(connection: Connection, contact_id: str, outcome: Outcome) -> None:
    decision, usage = outcome.decision, outcome.usage
    done = await connection.execute(
        _TURN,
        outcome.turn_id,
        contact_id,
        outcome.stage_before,
        outcome.stage_after,
        decision.kind,
        decision.plain(),
        decision.confidence,
        decision.resolved,
        usage.model,
        usage.calls,
        usage.input_tokens,
        usage.output_tokens,
        usage.seconds,
        outcome.facts_dropped,
        usage.cached_tokens,
    )
    _refuse_repeat(done)


async def _insert_answered(connection: Connection, batch: Batch, wakes: Sequence[str]) -> None:
    ids = [*(message.id for message in batch.messages), *wakes]
    _refuse_repeat(await connection.execute(_ANSWERED, batch.turn_id, ids))


def _refuse_repeat(status: str) -> None:
    if status == "INSERT 0 0":
        raise _CommittedBefore


async def _write_outcome(
    connection: Connection, batch: Batch, outcome: Outcome, needs: Sequence[FactField]
) -> list[Event]:
    """Gives what outside CRMs are to be told."""
    contact_id, turn_id = batch.contact_id, outcome.turn_id
    total, qualified = await _new_score(connection, contact_id, outcome, needs)
    values = (outcome.stage_after, outcome.unresolved, total, qualified)
    lead = await connection.fetchrow(_LEAD, contact_id, *values)
    assert lead is not None  # noqa: S101 - RETURNING
    events = turn_events(outcome, was_qualified=lead["was_qualified"], qualified=lead["qualified"])
    if outcome.stage_before != outcome.stage_after:
        stages = (outcome.stage_before, outcome.stage_after)
        await connection.execute(_STAGE_EVENT, contact_id, turn_id, *stages)
    if outcome.handoff:
        signals = outcome.decision.plain()["signals"]
        if await handoffs.begin(connection, contact_id, turn_id, outcome.handoff, signals):
            await jobs.add(connection, "brief", contact_id, turn_id)
            events.append(handoffs.requested(outcome.handoff.reason, outcome.handoff.rep))
    await _record_consent(connection, batch, outcome)
    return events


def turn_events(outcome: Outcome, *, was_qualified: bool | None, qualified: bool) -> list[Event]:
    """What a turn says of the lead to outside CRMs; `was_qualified` None: there was no lead."""
    events: list[Event] = []
    changed = sorted({fact.field for fact in outcome.facts})
    if outcome.stage_before != outcome.stage_after:
        changed.append("stage")
    if was_qualified is None:
        events.append(("lead.created", {}))
    elif changed:
        events.append(("lead.updated", {"changed": changed}))
    if qualified and not was_qualified:
        events.append(("lead.qualified", {}))
    if outcome.decision.kind == "opt_out":
        events.append(("lead.opted_out", {}))
    elif outcome.decision.kind == "opt_in":
        events.append(("lead.opted_in", {}))
    return events


async def _new_score(
    connection: Connection, contact_id: str, outcome: Outcome, needs: Sequence[FactField]
) -> tuple[int | None, bool | None]:
    """Total and qualified; None without new facts, which leaves both as they are."""
    if not outcome.facts:
        return None, None
    await facts.add(connection, contact_id, outcome.turn_id, outcome.facts)
    known = await facts.latest(connection, contact_id)
    return bant.score(known).total, bant.qualified(known, needs)


async def _record_consent(connection: Connection, batch: Batch, outcome: Outcome) -> None:
    kind = outcome.decision.kind
    if kind in ("opt_out", "opt_in"):
        proof = batch.messages[-1].id
        await contacts.consent(
            connection,
            batch.contact_id,
            kind,
            message_id=proof,
            turn_id=outcome.turn_id,
            at=_last_at(batch),
        )


def _outbox_rows(
    contact_id: str, address: Address, outcome: Outcome, reps: Mapping[str, str]
) -> list[OutboxRow]:
    """Replies first, then notices, numbered through."""
    sent = [
        *((address, reply) for reply in outcome.replies),
        *((_rep_address(notice, reps), notice.message) for notice in outcome.notices),
    ]
    return [
        OutboxRow(
            id=row_id(outcome.turn_id, position),
            contact_id=contact_id,
            turn_id=outcome.turn_id,
            position=position,
            recipient=recipient,
            message=message,
        )
        for position, (recipient, message) in enumerate(sent)
    ]


def _rep_address(notice: Notice, reps: Mapping[str, str]) -> Address:
    phone = reps.get(notice.rep, next(iter(reps.values())))
    return Address(phone=phone.removeprefix("+"))


def _last_at(batch: Batch) -> datetime:
    return batch.messages[-1].at
