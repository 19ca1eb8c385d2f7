"""Guard: what is answered in any state without a model.

STOP and START words, messages without words, and a lead who has used up his day.
"""

from collections.abc import Mapping

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from domain.limits import Over
from domain.messages import InboundKind, Outbound
from domain.moods import REPEATED, same_again
from domain.offers import MORE, SLOT
from domain.optout import only_thanks, wants_in, wants_out
from domain.ports import Ports
from domain.proposal import Proposal
from domain.triggers import judge
from domain.turn import Decision, Outcome
from nodes.knobs import Knobs
from nodes.offering import offer
from nodes.state import State, Talk
from nodes.turn import Node, Turn
from nodes.writing import write

_UNOPENED: Mapping[InboundKind, str] = {
    "audio": "got_audio",
    "image": "got_image",
    "video": "got_video",
    "document": "got_document",
}
_NEEDS_NO_OPENING: frozenset[InboundKind] = frozenset({"sticker", "reaction", "system"})


def guard(ports: Ports) -> Node:
    """The node, over its ports."""

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        await ports.turns.seal(turn.id, Proposal())
        return write(turn.talk, _answer(turn))

    return node


def guarded(talk: Talk) -> bool:
    """Whether a turn is the guard's."""
    wordless = not (talk.words or talk.choice)
    idle = _closes(talk) or _stale(talk) or _same_again(talk)
    return _opts_out(talk) or _opts_in(talk) or idle or wordless


def _answer(turn: Turn) -> Outcome:
    company = turn.ports.business.company
    if _opts_out(turn.talk):
        return turn.outcome(Decision(kind="opt_out"), turn.say("opted_out", company=company))
    if _opts_in(turn.talk):
        return turn.outcome(Decision(kind="opt_in"), turn.say("opted_in", company=company))
    if over := turn.talk.memory.over:
        return _used_up(turn, over)
    wordless = not (turn.talk.words or turn.talk.choice)
    if wordless and (unopened := _unopened(turn.talk)):
        return _cannot_open(turn, unopened)
    return _noted(turn)


def _noted(turn: Turn) -> Outcome:
    """What needs no more than a kind line, or none."""
    if _closes(turn.talk):
        return turn.outcome(Decision(kind="noted", reason="opted out"))
    if _same_again(turn.talk):
        return turn.outcome(Decision(kind="silent", reason=REPEATED))
    if _stale(turn.talk):
        return turn.outcome(Decision(kind="noted", reason="stale"), turn.say("stale_choice"))
    if any(message.own_phone for message in turn.talk.batch.messages):
        return turn.outcome(Decision(kind="noted", reason="own phone"), *_thanks(turn))
    return turn.outcome(Decision(kind="noted", reason="sticker"), turn.say("got_sticker"))


def _same_again(talk: Talk) -> bool:
    if talk.choice:
        return False
    earlier = [message.text for message in talk.messages if isinstance(message, HumanMessage)]
    return same_again(talk.words, earlier)


def _used_up(turn: Turn, over: Over) -> Outcome:
    """Said once a day; then what he writes is recorded in silence."""
    said = "files_used_up" if over.limit == "files" else "day_used_up"
    replies = () if over.told else (turn.say(said),)
    return turn.outcome(Decision(kind="limited", reason=over.limit), *replies)


def _opts_out(talk: Talk) -> bool:
    """In words, or by a template's button, whose payload says it where its label does not."""
    return any(wants_out(m.text) or wants_out(m.choice or "") for m in talk.batch.messages)


def _opts_in(talk: Talk) -> bool:
    return talk.memory.opted_out and any(wants_in(m.text) for m in talk.batch.messages)


def _closes(talk: Talk) -> bool:
    """Thanks of a lead who wants no more messages: the last word is his."""
    return talk.memory.opted_out and bool(talk.words) and only_thanks(talk.words)


def _stale(talk: Talk) -> bool:
    """A tap that nobody waits for: a time outside of scheduling, or an id without words."""
    if talk.choice is None:
        return False
    of_a_time = talk.choice.startswith((SLOT, MORE))
    return talk.stage != "scheduling" if of_a_time else not talk.words


def _unopened(talk: Talk) -> list[InboundKind]:
    """The kinds of this turn's messages that a person could open and the agent cannot."""
    return [
        message.kind
        for message in talk.batch.messages
        if message.kind not in _NEEDS_NO_OPENING and not message.own_phone
    ]


def _cannot_open(turn: Turn, kinds: list[InboundKind]) -> Outcome:
    """The truth about it; a lead who goes on sending such messages gets a person to open them."""
    verdict, unresolved = judge(
        turn.talk.stage,
        wants_human=False,
        confidence=None,
        resolved=False,
        unresolved_before=turn.talk.memory.unresolved,
        threshold=turn.knobs.confidence_threshold,
        limit=turn.knobs.unresolved_limit,
    )
    over = verdict == "unresolved"
    key = _UNOPENED.get(kinds[0], "cannot_open") if len(set(kinds)) == 1 else "cannot_open"
    return turn.outcome(
        Decision(
            kind="handoff" if over else "unreadable",
            reason=verdict if over else kinds[-1],
            resolved=False,
        ),
        *(() if over else (turn.say(key),)),
        unresolved=unresolved,
    )


def _thanks(turn: Turn) -> tuple[Outbound, ...]:
    """Thanks for his number, and the times again that he was about to choose from."""
    waiting = turn.talk.stage == "scheduling" and turn.talk.offered
    again = (offer(turn),) if waiting and not turn.talk.memory.booking else ()
    return (turn.say("got_phone"), *again)
