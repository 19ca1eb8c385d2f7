"""Scheduling: get a call with a colleague into the calendar.

Done when a call is booked, or the lead declines. The model never names a time: it points at one
that was offered, and every word about a booking is rendered from what really happened.
"""

from zoneinfo import ZoneInfo

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from domain.bubbles import at_most_two
from domain.choice import picked
from domain.errors import CalendarUnavailable
from domain.messages import Buttons, ContactRequest, Menu
from domain.offers import MORE, SLOT
from domain.ports import Ports
from domain.proposal import Proposal, ToolCall
from domain.slots import Slot
from domain.turn import Outcome
from domain.values import Plain
from domain.wording import slot_title
from nodes.booking import ACTS, ANYTHING, BOOK_CALL, FIND_SLOTS, TOOLS, act
from nodes.consulting import consult, reading
from nodes.context import instructions
from nodes.deciding import SEND_DOCUMENT, decide
from nodes.knobs import Knobs
from nodes.offering import free, show
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write

_MORE = ANYTHING.model_copy(update={"more": True})


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
        proposal = _tapped(turn) or _picked(turn) or await consult(turn, system, tools)
        await ports.turns.seal(turn.id, proposal)
        if proposal.call and proposal.call.name in ACTS:
            turn, outcome = await act(turn, proposal, proposal.call)
        else:
            turn, outcome = await _on_his_clock(turn, decide(turn, proposal))
        return write(turn.talk, _asking_for_phone(turn, outcome))

    return node


async def _entered(turn: Turn, answered: Outcome) -> tuple[Turn, Outcome]:
    """The last stage's answer stands; the free times go out under it."""
    turn, shown = show(*(await _fresh(turn)))
    replies = (*answered.replies[:1], shown)
    return turn, answered.model_copy(update={"replies": replies})


def _asking_for_phone(turn: Turn, outcome: Outcome) -> Outcome:
    """A lead without a number is asked for it once, above the times; he books without it, too."""
    asks = turn.talk.memory.phone == "unknown" and outcome.decision.kind == "answer"
    if not asks or outcome.cancelled:
        return outcome
    request = ContactRequest(body=turn.say("ask_phone").body)
    offers = isinstance(outcome.replies[-1], Buttons | Menu)
    place = len(outcome.replies) - offers
    replies = (*outcome.replies[:place], request, *outcome.replies[place:])
    return outcome.model_copy(update={"replies": at_most_two(replies)})


async def _with_offers(turn: Turn) -> Turn:
    """The times that the lead has seen, or new ones when those are over or forgotten.

    With a call booked nothing is on offer until other times are asked for.
    """
    now = turn.ports.clock()
    if turn.talk.memory.booking or any(slot.start > now for slot in turn.talk.offered):
        return turn
    turn, slots = await _fresh(turn)
    return turn.prefetched(slots)


async def _fresh(turn: Turn) -> tuple[Turn, tuple[Slot, ...]]:
    """The free times of now; none when the calendar does not answer."""
    try:
        return turn, await free(turn)
    except CalendarUnavailable:
        return turn, ()


async def _on_his_clock(turn: Turn, outcome: Outcome) -> tuple[Turn, Outcome]:
    """A lead who says that he is elsewhere sees times of day of that place."""
    there = turn.hearing(outcome.facts)
    answered = outcome.decision.kind == "answer" and bool(turn.talk.offered)
    if there.zone == turn.zone or not answered or turn.talk.memory.booking:
        return turn, outcome
    there, shown = show(*(await _fresh(there)))
    return there, outcome.model_copy(update={"replies": (*outcome.replies, shown)})


def _tapped(turn: Turn) -> Proposal | None:
    """A tapped row needs no model."""
    choice = turn.talk.choice or ""
    if choice == MORE:
        return _act("tapped", FIND_SLOTS.name, _MORE.model_dump())
    if choice.startswith(SLOT):
        return _book("tapped", choice.removeprefix(SLOT))
    return None


def _picked(turn: Turn) -> Proposal | None:
    """Words that pick one of the times that he was shown right before need none either."""
    talk, last = turn.talk, turn.talk.messages[-1:]
    message = talk.batch.messages[0]
    if len(talk.batch.messages) > 1 or message.kind != "text" or message.quoted:
        return None
    titles = [slot_title(slot.start, turn.zone, turn.language) for slot in talk.offered]
    shown = bool(last) and isinstance(last[0], AIMessage)
    if not shown or not all(title in last[0].text for title in titles):
        return None
    zone = ZoneInfo(turn.zone)
    starts = [slot.start.astimezone(zone) for slot in talk.offered]
    place = picked(message.text, starts, turn.language)
    return None if place is None else _book("picked", talk.offered[place].id)


def _book(how: str, slot_id: str) -> Proposal:
    return _act(how, BOOK_CALL.name, {"facts": [], "slot_id": slot_id})


def _act(how: str, name: str, arguments: Plain) -> Proposal:
    return Proposal(call=ToolCall(id=how, name=name, arguments=arguments))
