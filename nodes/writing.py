"""What a stage gives back: a turn's outcome as an update of the state."""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage

from domain.lead import FactField, latest
from domain.messages import heard, words
from domain.moods import asks
from domain.stages import missing
from domain.turn import Outcome
from nodes.context import recent
from nodes.state import State, Talk
from nodes.versions import VERSION


def write(talk: Talk, outcome: Outcome) -> State:
    """The state after the turn: what the next one and a reader in Studio need."""
    facts = latest((*talk.facts.values(), *outcome.facts))
    handoff = outcome.handoff or talk.memory.handoff
    booking = None if outcome.cancelled else outcome.booking or talk.memory.booking
    return State(
        version=VERSION,
        messages=_messages(talk, outcome),
        summary=talk.memory.summary and talk.memory.summary.plain(),
        stage=outcome.stage_after,
        language=outcome.language,
        lead=[fact.plain() for fact in facts.values()],
        asked=_asked(talk, outcome),
        unresolved=outcome.unresolved,
        confidence=outcome.decision.confidence,
        handoff=handoff and handoff.plain(),
        booking=booking and booking.plain(),
        offered_slots=[slot.plain() for slot in talk.offered],
        shown_slots=[slot.plain() for slot in talk.shown],
        wish=talk.wish.model_dump(mode="json", exclude_defaults=True),
        turn_id=outcome.turn_id,
        reply=[words(message) for message in outcome.replies],
        outcome=outcome.plain(),
        last_inbound_at=talk.at.isoformat(),
    )


def _messages(talk: Talk, outcome: Outcome) -> list[BaseMessage]:
    """What was said in this turn, and the removal of what the summary has taken over.

    What is kept is written again: the state has it already, unless PostgreSQL handed it in.
    """
    window = recent(talk.messages, talk.memory.summary)
    kept = {message.id for message in window}
    covered = [m.id for m in talk.messages if m.id and m.id not in kept]
    said = [HumanMessage(content=heard(message), id=message.id) for message in talk.batch.messages]
    reply = "\n\n".join(words(message) for message in outcome.replies)
    answered = [AIMessage(content=reply, id=outcome.turn_id)] if reply else []
    return [*(RemoveMessage(id=name) for name in covered), *window, *said, *answered]


def _asked(talk: Talk, outcome: Outcome) -> dict[FactField, int]:
    """How often each fact was asked for: a reply with a question asks for the first one missing."""
    if talk.outcome or not _asks_for_a_fact(outcome):
        return dict(talk.asked)
    facts = latest((*talk.facts.values(), *outcome.facts))
    counts = dict(talk.asked)
    for field in missing(outcome.stage_after, facts, talk.asked)[:1]:
        counts[field] = counts.get(field, 0) + 1
    return counts


def _asks_for_a_fact(outcome: Outcome) -> bool:
    usual = outcome.decision.signals.get("mood") in (None, "usual")
    said = (words(message) for message in outcome.replies)
    return outcome.decision.kind == "answer" and usual and any(map(asks, said))
