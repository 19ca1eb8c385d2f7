"""What a proposal comes to: the model proposes, the rules of `domain/` decide."""

from domain.budget import Budget
from domain.confidence import confidence
from domain.lead import Fact, latest
from domain.messages import DocumentMessage, Outbound, Text
from domain.moods import Mood, asks, left_alone, silenced, without_questions
from domain.output_check import Rule, broken_rule
from domain.proof import accept, changed
from domain.proposal import Proposal, SendDocument, Tool
from domain.stages import after, missing
from domain.triggers import Verdict, judge
from domain.turn import Decision, DecisionKind, Outcome, Signals
from domain.wording import moment
from nodes.context import confidential
from nodes.offering import offer
from nodes.turn import Turn

_KIND_WORDS = 2
"""Fewer than these ("Claro.") are no answer."""

SEND_DOCUMENT = Tool(
    name="send_document",
    description="Send a document of the business because the lead asks for it.",
    arguments=SendDocument,
)


def decide(turn: Turn, proposal: Proposal) -> Outcome:
    """The outcome of a turn that the model answered, or failed to answer."""
    talk, answer = turn.talk, proposal.answer
    turn = turn.speaking(answer.language) if answer else turn
    facts, dropped = proven(turn, proposal)
    rule = broken(turn, proposal)
    sure, signals = confidence(proposal, rule)
    mood: Mood = answer.mood if answer else "usual"
    if mood == "spam" and not (answer and answer.wants_human):
        return _spam(turn, proposal, rule)
    wants_human = bool(answer and answer.wants_human)
    resolved = _resolved(turn, proposal) and rule is None
    before = talk.memory.unresolved
    verdict, unresolved = judge(
        talk.stage,
        wants_human=wants_human,
        confidence=sure,
        resolved=resolved,
        unresolved_before=before,
        threshold=turn.knobs.confidence_threshold,
        limit=turn.knobs.unresolved_limit,
    )
    kind, replies = _words(turn, proposal, verdict, rule)
    known = latest((*talk.facts.values(), *facts))
    return turn.outcome(
        Decision(
            kind=kind,
            reason=verdict if kind == "handoff" else (rule or ""),
            confidence=sure,
            resolved=unresolved == 0,
            signals={
                **signals,
                "mood": mood,
                "wants_human": wants_human,
                "resolved": resolved,
                "unresolved_before": before,
            },
        ),
        *replies,
        stage_after=talk.stage if left_alone(mood) else after(talk.stage, known, talk.asked),
        unresolved=unresolved,
        facts=facts,
        facts_dropped=dropped,
        usage=proposal.usage,
    )


def _spam(turn: Turn, proposal: Proposal, rule: str | None) -> Outcome:
    """One answer, then silence; it is no reason for a person to come, and no fact is taken."""
    silent = silenced("spam", turn.talk.mood_before)
    replies = () if silent else (_kind_words(turn, proposal, "spam", rule),)
    kind: DecisionKind = "silent" if silent else "answer"
    signals: Signals = {"mood": "spam", "output_check": rule}
    decision = Decision(kind=kind, reason="spam", signals=signals)
    return turn.outcome(decision, *replies, usage=proposal.usage)


def _kind_words(turn: Turn, proposal: Proposal, mood: Mood, rule: str | None) -> Text:
    """What of the model's words asks for nothing; ours where nothing is left."""
    kept = "" if rule else without_questions(worded(proposal))
    if len(kept.split()) < _KIND_WORDS:
        return turn.say(f"leaves_{mood}", company=turn.ports.business.company)
    return Text(body=kept)


def proven(turn: Turn, proposal: Proposal) -> tuple[tuple[Fact, ...], int]:
    """The new facts whose quotes stand in the lead's messages, and how many were dropped."""
    business, answer = turn.ports.business, proposal.answer
    facts, dropped = accept(
        proposal.facts,
        turn.talk.said,
        turn.talk.at.astimezone(business.zone),
        currency=business.currency,
        confidence=answer.confidence / 100 if answer else None,
    )
    return changed(facts, turn.talk.facts), dropped


def worded(proposal: Proposal) -> str:
    """What the lead would read of it; "" of a call without words."""
    if proposal.answer:
        return proposal.answer.reply
    return str(proposal.call.arguments.get("reply") or "") if proposal.call else ""


def _resolved(turn: Turn, proposal: Proposal) -> bool:
    if proposal.answer:
        return proposal.answer.resolved
    return _document(turn, proposal) is not None


def _document(turn: Turn, proposal: Proposal) -> DocumentMessage | None:
    if proposal.call is None or proposal.call.name != SEND_DOCUMENT.name:
        return None
    wanted = turn.ports.business.document(str(proposal.call.arguments["document_id"]))
    return wanted and DocumentMessage(document=wanted.id, filename=wanted.filename)


def broken(turn: Turn, proposal: Proposal) -> Rule | None:
    """The rule that the words break. What the lead says of himself may be repeated to him."""
    new, _ = proven(turn, proposal)
    said = "\n".join((turn.talk.words, *map(_told, (*turn.talk.facts.values(), *new))))
    business, booking = turn.ports.business, turn.talk.memory.booking
    booked = booking and moment(booking.start, turn.zone, turn.language)
    reply = worded(proposal)
    return broken_rule(reply, business, turn.language, said, confidential(), booked=booked)


def halts(turn: Turn, proposal: Proposal) -> bool:
    """Whether its words ask for nothing, as if all were known, while the stage is not done."""
    answer, talk = proposal.answer, turn.talk
    if answer is None or not answer.stage_done:
        return False
    if answer.mood != "usual" or asks(answer.reply):
        return False
    new, _ = proven(turn, proposal)
    return bool(missing(talk.stage, latest((*talk.facts.values(), *new)), talk.asked))


def _told(fact: Fact) -> str:
    """A fact in his words, in the model's, and for a budget in figures."""
    sums = (fact.normal.low, fact.normal.high) if isinstance(fact.normal, Budget) else ()
    return "\n".join((fact.quote, fact.value or "", *(f"{sum_:f}" for sum_ in sums if sum_)))


def _words(
    turn: Turn, proposal: Proposal, verdict: Verdict, rule: str | None
) -> tuple[DecisionKind, tuple[Outbound, ...]]:
    """Which words follow from the verdict; a handoff's are the handoff stage's own."""
    if verdict in ("asked", "low_confidence", "unresolved"):
        return "handoff", ()
    if proposal.empty:
        return _unanswered(turn, proposal)
    if verdict == "clarify" and not rule:
        return "clarify", (turn.say("clarify"),)
    if moody := _by_mood(turn, proposal, rule):
        return "answer", (moody,)
    document = _document(turn, proposal)
    if rule or (proposal.call and not document):
        return "clarify", (_instead(turn, rule),)
    said = (Text(body=words),) if (words := worded(proposal).strip()) else ()
    return "answer", (*said, document) if document else said


def _unanswered(turn: Turn, proposal: Proposal) -> tuple[DecisionKind, tuple[Outbound, ...]]:
    """What a model declined, it declines again; one that failed may answer in a while."""
    if proposal.refused:
        return "clarify", (turn.say("handoff_offer"),)
    return "apology", (turn.say("apology"),)


def _instead(turn: Turn, rule: str | None) -> Outbound:
    """A person is offered; where a booking was claimed, the times again, which really book."""
    if rule == "call" and turn.talk.stage == "scheduling" and turn.talk.offered:
        return offer(turn)
    return turn.say("handoff_offer")


def _by_mood(turn: Turn, proposal: Proposal, rule: str | None) -> Text | None:
    """What a lead in another mood than the usual reads."""
    mood: Mood = proposal.answer.mood if proposal.answer else "usual"
    if left_alone(mood):
        return _kind_words(turn, proposal, mood, rule)
    return _sorry(turn, proposal, rule) if mood == "angry" else None


def _sorry(turn: Turn, proposal: Proposal, rule: str | None) -> Text:
    """An apology, and a person offered; a first reply offers one above it."""
    words = turn.say("sorry").body if rule else worded(proposal)
    offer = "" if turn.talk.opens else turn.say("person_offered").body
    return Text(body=f"{words}\n\n{offer}".rstrip())
