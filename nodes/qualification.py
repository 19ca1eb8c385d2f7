"""Qualification: find out budget, authority, need and timeline (BANT) in conversation.

Done when each of the four is known or declined.
"""

from langgraph.runtime import Runtime

from domain.lead import latest
from domain.ports import Ports
from domain.stages import after
from domain.turn import Outcome
from nodes.consulting import consult, reading
from nodes.context import instructions
from nodes.deciding import SEND_DOCUMENT, decide
from nodes.knobs import Knobs
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write


def qualification(ports: Ports) -> Node:
    """The node, over its ports."""
    system = instructions("qualification", ports.business)
    tools = (SEND_DOCUMENT, *reading(ports.business))

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        if answered := turn.talk.outcome:
            return write(turn.talk, _entered(turn, answered))
        proposal = await consult(turn, system, tools)
        await ports.turns.seal(turn.id, proposal)
        return write(turn.talk, decide(turn, proposal))

    return node


def _entered(turn: Turn, answered: Outcome) -> Outcome:
    """The greeting's answer stands; a lead who said everything at once is qualified already."""
    facts = latest((*turn.talk.facts.values(), *answered.facts))
    stage = after("qualification", facts, turn.talk.asked)
    return answered.model_copy(update={"stage_after": stage})
