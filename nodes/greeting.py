"""Greeting: welcome the lead, learn who he is and what he wants.

Done when name and intent are known.
"""

from langgraph.runtime import Runtime

from domain.ports import Ports
from nodes.consulting import consult, reading
from nodes.context import instructions
from nodes.deciding import SEND_DOCUMENT, decide
from nodes.knobs import Knobs
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write


def greeting(ports: Ports) -> Node:
    """The node, over its ports."""
    system = instructions("greeting", ports.business)
    tools = (SEND_DOCUMENT, *reading(ports.business))

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        proposal = await consult(turn, system, tools)
        await ports.turns.seal(turn.id, proposal)
        return write(turn.talk, decide(turn, proposal))

    return node
