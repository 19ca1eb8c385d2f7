"""Scheduling: get a call with a colleague into the calendar.

Done when a call is booked, or the lead declines. The model never names a time: it points at one
that was offered, and every word about a booking is rendered from what really happened.
"""

from langgraph.runtime import Runtime

from domain.errors import CalendarUnavailable
from domain.messages import Buttons, ContactRequest
from domain.ports import Ports
from domain.proposal import Proposal, ToolCall
from domain.turn import Outcome
from domain.values import Plain
from nodes.booking import ACTS, BOOK_CALL, TOOLS, act, free, offer
from nodes.consulting import consult, reading
from nodes.context import instructions
from nodes.deciding import SEND_DOCUMENT, decide
from nodes.knobs import Knobs
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write

_TAPPED = "slot:"


def scheduling(ports: Ports) -> Node:
    """The node, over its ports."""
    system = instructions("scheduling", ports.business)
    tools = (*TOOLS, SEND_DOCUMENT, *reading(ports.business))

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        if answered := turn.talk.outcome:
            turn, outcome = await _entered(turn, answered)
            return write(turn.talk, _asking_for_phone(turn, outcome))
        turn = await _with_offers(turn)
        proposal = _tapped(turn) or await consult(turn, system, tools)
        await ports.turns.seal(turn.id, proposal)
        if proposal.call and proposal.call.name in ACTS:
            turn, outcome = await act(turn, proposal, proposal.call)
        else:
            outcome = decide(turn, proposal)
        return write(turn.talk, _asking_for_phone(turn, outcome))

    return node


async def _entered(turn: Turn, answered: Outcome) -> tuple[Turn, Outcome]:
    """The last stage's answer stands; the free times go out under it."""
    turn = await _with_offers(turn)
    replies = (*answered.replies[:1], offer(turn))
    return turn, answered.model_copy(update={"replies": replies})


def _asking_for_phone(turn: Turn, outcome: Outcome) -> Outcome:
    """A lead without a number is asked for it once, above the times; he books without it, too."""
    asks = turn.talk.memory.phone == "unknown" and outcome.decision.kind == "answer"
    if not asks or outcome.cancelled:
        return outcome
    request = ContactRequest(body=turn.say("ask_phone").body)
    offers = isinstance(outcome.replies[-1], Buttons)
    place = len(outcome.replies) - offers
    replies = (*outcome.replies[:place], request, *outcome.replies[place:])
    return outcome.model_copy(update={"replies": replies})


async def _with_offers(turn: Turn) -> Turn:
    """The times that the lead has seen, or new ones when those are over or forgotten.

    With a call booked nothing is on offer until other times are asked for.
    """
    now = turn.ports.clock()
    if turn.talk.memory.booking or any(slot.start > now for slot in turn.talk.offered):
        return turn
    try:
        return turn.offering(await free(turn))
    except CalendarUnavailable:
        return turn.offering(())


def _tapped(turn: Turn) -> Proposal | None:
    """A tapped time needs no model."""
    choice = turn.talk.choice or ""
    if not choice.startswith(_TAPPED):
        return None
    arguments: Plain = {"facts": [], "slot_id": choice.removeprefix(_TAPPED)}
    return Proposal(call=ToolCall(id="tapped", name=BOOK_CALL.name, arguments=arguments))
