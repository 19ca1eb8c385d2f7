"""What scheduling does in the world: find times, book, move, cancel; and the words for it."""

from collections.abc import Awaitable, Callable
from datetime import date

from domain.errors import CalendarUnavailable, SlotTaken
from domain.lead import FactField
from domain.messages import Button, Buttons, Outbound
from domain.ports import PartOfDay
from domain.proposal import BookCall, CancelCall, FindSlots, Proposal, Tool, ToolCall
from domain.slots import Booking, Slot, slot_id
from domain.triggers import judge
from domain.turn import Decision, Outcome
from domain.wording import moment, slot_title
from nodes.deciding import proven
from nodes.turn import Turn

OFFERS = 3
_A_DAYS_SLOTS = 300

FIND_SLOTS = Tool(
    name="find_slots",
    description="Look for free times other than the ones offered.",
    arguments=FindSlots,
)
BOOK_CALL = Tool(
    name="book_call",
    description="Book the call at an offered time, or move the booked call to it.",
    arguments=BookCall,
)
CANCEL_CALL = Tool(
    name="cancel_call",
    description="Cancel the booked call because the lead asks for it.",
    arguments=CancelCall,
)
TOOLS = (FIND_SLOTS, BOOK_CALL, CANCEL_CALL)
ACTS = frozenset(tool.name for tool in TOOLS)

Deed = tuple[Turn, tuple[Outbound, ...], Booking | None]
"""The turn with its offers, what to say, and the call that is now booked or cancelled."""


async def act(turn: Turn, proposal: Proposal, call: ToolCall) -> tuple[Turn, Outcome]:
    """Do what the model asked for, if the rules allow it, and say what really happened."""
    deeds: dict[str, Callable[[], Awaitable[Deed]]] = {
        FIND_SLOTS.name: lambda: _find(turn, FindSlots.model_validate(call.arguments)),
        BOOK_CALL.name: lambda: _book(turn, BookCall.model_validate(call.arguments)),
        CANCEL_CALL.name: lambda: _cancel(turn),
    }
    try:
        turn, replies, booking = await deeds[call.name]()
    except CalendarUnavailable:
        return turn, _unavailable(turn, proposal)
    facts, dropped = proven(turn, proposal)
    return turn, turn.outcome(
        Decision(kind="answer", reason=call.name),
        *replies,
        unresolved=0,
        facts=facts,
        facts_dropped=dropped,
        booking=booking if call.name == BOOK_CALL.name else None,
        cancelled=bool(booking) and call.name == CANCEL_CALL.name,
        usage=proposal.usage,
    )


async def free(
    turn: Turn,
    first_day: date | None = None,
    last_day: date | None = None,
    part_of_day: PartOfDay = "any",
    limit: int = OFFERS,
) -> tuple[Slot, ...]:
    """Free times to offer. Raises CalendarUnavailable."""
    return await turn.ports.scheduler.free(
        zone=turn.ports.business.timezone,
        first_day=first_day,
        last_day=last_day,
        part_of_day=part_of_day,
        limit=limit,
    )


def offer(turn: Turn, key: str = "offer") -> Outbound:
    """The times on offer as buttons, under the sentence `key`."""
    if not turn.talk.offered:
        return turn.say("no_slots")
    zone = turn.ports.business.timezone
    buttons = [
        Button(id=f"slot:{slot.id}", title=slot_title(slot.start, zone, turn.language))
        for slot in turn.talk.offered
    ]
    return Buttons(body=turn.say(key, zone=zone).body, buttons=tuple(buttons))


async def _find(turn: Turn, wanted: FindSlots) -> Deed:
    slots = await free(turn, _day(wanted.first_day), _day(wanted.last_day), wanted.part_of_day)
    if slots:
        turn = turn.offering(slots)
        return turn, (offer(turn),), None
    return turn, (turn.say("no_slots_then"), offer(turn)), None


async def _book(turn: Turn, wanted: BookCall) -> Deed:
    before = turn.talk.memory.booking
    if before and wanted.slot_id == slot_id(before.rep, before.start):
        return turn, (turn.say("booked", **_told(turn, before)),), before
    slot = next((slot for slot in turn.talk.offered if slot.id == wanted.slot_id), None)
    if slot is None:
        return turn, (offer(turn, "offer_again"),), None
    if slot.start <= turn.ports.clock():
        return await _lost(turn, slot)
    try:
        booking = await _reserve(turn, slot)
    except SlotTaken:
        return await _lost(turn, slot)
    # a repeat after a crash finds the booking that its first try made
    key = "moved" if before and before.start != booking.start else "booked"
    return turn.offering(()), (turn.say(key, **_told(turn, booking)),), booking


async def _reserve(turn: Turn, slot: Slot) -> Booking:
    """The lead chose a time, not a person: another rep may have it. Raises SlotTaken."""
    try:
        return await _reserve_with(turn, slot)
    except SlotTaken:
        other = await _free_then(turn, slot)
        if other is None:
            raise
        return await _reserve_with(turn, other)


async def _reserve_with(turn: Turn, slot: Slot) -> Booking:
    facts: dict[FactField, str] = {
        field: fact.value for field, fact in turn.talk.facts.items() if fact.value
    }
    return await turn.ports.scheduler.book(
        turn.talk.batch.contact_id, slot, key=turn.id, lead=facts, language=turn.language
    )


async def _free_then(turn: Turn, slot: Slot) -> Slot | None:
    """The same time with another rep."""
    day = slot.start.astimezone(turn.ports.business.zone).date()
    others = await free(turn, day, day, limit=_A_DAYS_SLOTS)
    return next((o for o in others if o.start == slot.start and o.rep != slot.rep), None)


async def _lost(turn: Turn, slot: Slot) -> Deed:
    others = await free(turn, limit=OFFERS + 1)
    turn = turn.offering(tuple(o for o in others if o.start != slot.start)[:OFFERS])
    return turn, (offer(turn, "slot_taken"),), None


async def _cancel(turn: Turn) -> Deed:
    booking = await turn.ports.scheduler.cancel(turn.talk.batch.contact_id, key=turn.id)
    if booking is None:
        return turn, (turn.say("nothing_to_cancel"),), None
    return turn, (turn.say("cancelled", **_told(turn, booking)),), booking


def _told(turn: Turn, booking: Booking) -> dict[str, str]:
    business = turn.ports.business
    return {
        "when": moment(booking.start, business.timezone, turn.language),
        "rep": business.rep_name(booking.rep),
        "link": booking.link or "",
    }


def _day(text: str) -> date | None:
    """The model's ISO date; None when it is none, which widens the search instead of failing."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _unavailable(turn: Turn, proposal: Proposal) -> Outcome:
    """The calendar failed: the lead is told so, and the turn counts as unresolved."""
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
    return turn.outcome(
        Decision(
            kind="handoff" if over else "apology",
            reason=verdict if over else "calendar",
            resolved=False,
        ),
        *(() if over else (turn.say("calendar_unavailable"),)),
        unresolved=unresolved,
        usage=proposal.usage,
    )
