"""The commit: everything that a turn changes, in one transaction, once.

The turn's row and the answered messages are unique, so a repeat meets them and is rolled back.
"""

from collections.abc import Mapping, Sequence

import asyncpg

from crm import (
    arrivals,
    contacts,
    facts,
    handoffs,
    jobs,
    media,
    messages,
    outbox,
    outbox_sql,
    summaries,
    sync,
    withheld,
)
from crm import turns_sql as sql
from crm.learning import rescore
from crm.outbox import OutboxRow
from crm.pool import Connection, Database, Pool
from crm.script import Script
from crm.sync import Event
from crm.turn_rows import outbox_rows
from domain.contact import Address
from domain.lead import BANT, Fact, FactField
from domain.turn import SAID_TO_ANYBODY, Batch, Outcome


class _CommittedBefore(Exception):
    """Rolls the transaction of a repeat back."""


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
    # what woke the agent is no message: how long the lead waited is nothing that it could better
    heard_at = None if wakes else min(message.at for message in batch.messages)
    rows = outbox_rows(batch.contact_id, address, outcome, reps, heard_at) if outcome else []
    try:
        async with pool.acquire() as connection, connection.transaction():
            await _begin(connection, batch, address, outcome, wakes=wakes, token=token)
            await _write(connection, batch, outcome, rows, needs)
    except _CommittedBefore:
        return False
    return True


async def answered(database: Database, message_ids: Sequence[str]) -> dict[str, str]:
    """Which of the messages were committed, and in which turn."""
    rows = await database.fetch(
        "SELECT message_id, turn_id FROM answered WHERE message_id = ANY($1)", list(message_ids)
    )
    return {row["message_id"]: row["turn_id"] for row in rows}


async def _begin(
    connection: Connection,
    batch: Batch,
    address: Address,
    outcome: Outcome | None,
    *,
    wakes: Sequence[str],
    token: int | None,
) -> None:
    """Lock the contact, whose commits queue up here, and take the turn and its messages.

    What follows is a statement of its own: it sees what the one before in the queue has written.
    """
    language = outcome.language if outcome else None
    who = contacts.wrote(batch.contact_id, address, language, batch.messages[-1].at, token)
    script = Script()
    script.do("contact", contacts.WROTE, *who)
    script.tell("contact", "SELECT id FROM contact")
    if outcome:
        script.do("turn", sql.TURN, *_columns(outcome))
        script.tell("turn_is_new", "SELECT true FROM turn")
    names = [*(message.id for message in batch.messages), *wakes]
    script.do("taken", sql.ANSWERED, batch.turn_id, names)
    script.tell("message_is_new", "SELECT true FROM taken LIMIT 1")
    begun = await script.run(connection)
    contacts.refuse_erased(batch.contact_id, begun["contact"])
    if not all(begun.values()):
        raise _CommittedBefore


async def _write(
    connection: Connection,
    batch: Batch,
    outcome: Outcome | None,
    rows: Sequence[OutboxRow],
    needs: Sequence[FactField],
) -> None:
    """In one statement what every turn writes; then what few do."""
    contact_id = batch.contact_id
    replies = [(row.id, row.message) for row in rows[: len(outcome.replies) if outcome else 0]]
    script = Script()
    lines = messages.lines(contact_id, batch.turn_id, batch.messages, replies)
    script.do("said", messages.ADD, *lines)
    if not (outcome and outcome.decision.kind == "limited"):
        script.do("summary", summaries.ENQUEUE_WHEN_DUE, contact_id, batch.turn_id)
    stopped = outcome is not None and outcome.decision.kind == "opt_out"
    withheld.release(script, contact_id, wanted=not stopped)
    if rows:
        script.do("queued", outbox_sql.ADD, *outbox.columns(rows))
    if outcome:
        _add_outcome(script, contact_id, outcome)
    script.tell("a_person_came", handoffs.TAKEN, contact_id)
    known = await script.run(connection)
    await media.want(connection, contact_id, batch.turn_id, batch.messages)
    await arrivals.note(connection, contact_id, batch.messages, answered=bool(replies))
    events = await _follow(connection, batch, outcome, known, needs) if outcome else []
    said_by_agent = replies and outcome and outcome.decision.kind not in SAID_TO_ANYBODY
    if said_by_agent and known["a_person_came"]:
        await handoffs.withdraw(connection, contact_id)
    if events and known["any_sink"]:
        await sync.note_all(connection, contact_id, events)


def _add_outcome(script: Script, contact_id: str, outcome: Outcome) -> None:
    stages = (outcome.stage_before, outcome.stage_after)
    script.do("lead", sql.LEAD, contact_id, outcome.stage_after, outcome.unresolved)
    script.tell("lead", "SELECT to_jsonb(lead) FROM lead")
    script.tell("any_sink", sync.ANY_SINK)
    if outcome.stage_before != outcome.stage_after:
        script.do("moved", sql.STAGE_EVENT, contact_id, outcome.turn_id, *stages)
    if outcome.facts:
        script.do("learnt", facts.ADD, *facts.columns(contact_id, outcome.turn_id, outcome.facts))
        script.tell("facts_before", facts.LATEST, contact_id)


async def _follow(
    connection: Connection,
    batch: Batch,
    outcome: Outcome,
    known: asyncpg.Record,
    needs: Sequence[FactField],
) -> list[Event]:
    """Write what follows from the outcome; gives what outside CRMs are to be told."""
    contact_id, lead = batch.contact_id, known["lead"]
    qualified = lead["qualified"]
    if outcome.facts:
        before = map(Fact.of, known["facts_before"] or ())
        qualified = await rescore(
            connection, contact_id, outcome.facts, before, lead=lead, needs=needs
        )
    events = turn_events(outcome, was_qualified=lead["was_qualified"], qualified=qualified)
    if outcome.handoff:
        signals = outcome.decision.plain()["signals"]
        turn_id = outcome.turn_id
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
            at=batch.messages[-1].at,
        )


def _columns(outcome: Outcome) -> tuple[object, ...]:
    decision, usage = outcome.decision, outcome.usage
    return (
        *(outcome.turn_id, outcome.stage_before, outcome.stage_after),
        *(decision.kind, decision.plain(), decision.confidence, decision.resolved),
        *(usage.model, usage.calls, usage.input_tokens, usage.output_tokens, usage.seconds),
        *(outcome.facts_dropped, usage.cached_tokens),
    )
