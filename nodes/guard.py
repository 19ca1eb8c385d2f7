"""Guard: what is answered in any state without a model: STOP and START words, wordless messages."""

from langgraph.runtime import Runtime

from domain.optout import wants_in, wants_out
from domain.ports import Ports
from domain.proposal import Proposal
from domain.turn import Decision, Outcome
from nodes.knobs import Knobs
from nodes.state import State, Talk
from nodes.turn import Node, Turn
from nodes.writing import write


def guard(ports: Ports) -> Node:
    """The node, over its ports."""

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        await ports.turns.seal(turn.id, Proposal())
        return write(turn.talk, _answer(turn))

    return node


def guarded(talk: Talk) -> bool:
    """Whether a turn is the guard's. A choice that was tapped always carries its meaning."""
    return _opts_out(talk) or _opts_in(talk) or not (talk.words or talk.choice)


def _answer(turn: Turn) -> Outcome:
    company = turn.ports.business.company
    if _opts_out(turn.talk):
        return turn.outcome(Decision(kind="opt_out"), turn.say("opted_out", company=company))
    if _opts_in(turn.talk):
        return turn.outcome(Decision(kind="opt_in"), turn.say("opted_in", company=company))
    return turn.outcome(
        Decision(kind="unreadable", reason=turn.talk.batch.messages[-1].kind),
        turn.say("cannot_open"),
    )


def _opts_out(talk: Talk) -> bool:
    return any(wants_out(message.text) for message in talk.batch.messages)


def _opts_in(talk: Talk) -> bool:
    return talk.memory.opted_out and any(wants_in(m.text) for m in talk.batch.messages)
