"""What scheduling does in the world: find times, book, move, cancel; and the words for it."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, time

from domain.errors import CalendarUnavailable, SlotTaken
from domain.lead import FactField
from domain.messages import Outbound, Text
from domain.proposal import BookCall, CancelCall, FindSlots, Proposal, Tool, ToolCall
from domain.quotation import quoted
from domain.slots import Booking, Slot, slot_id
from domain.triggers import judge
from domain.turn import Decision, Outcome
from domain.wishes import ANY, Wish
from domain.wording import calendar_link, moment
from nodes.deciding import broken, proven, worded
from nodes.offering import around, find, free, known_slot, offer, show
from nodes.turn import Turn

FIND_SLOTS = Tool(
    name="find_slots",
    description="Look for free times other than the ones offered: other days or hours, or more.",
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

ANYTHING = FindSlots(
    facts=[], first_day=None, last_day=None, weekdays=[], not_weekdays=[], part_of_day="any",
    earliest=None, latest=None, at=None, more=False, reply=None,
)  # fmt: skip

_HOUR = re.compile(
    r"(?:\d{4}-\d\d-\d\dt)?(?P<hour>\d{1,2})(?:[:h.](?P<minute>\d\d))?(?::\d\d)?h?s?\s*"
    r"(?:(?P<half>[ap])\.?\s?m\b|$|[+z-])"
)
_HALF_DAY = 12

Deed = tuple[Turn, tuple[Outbound, ...], Booking | None]
"""The turn with its offers, what to say, and the call that is now booked or cancelled."""


async def act(turn: Turn, proposal: Proposal, call: ToolCall) -> tuple[Turn, Outcome]:
    """Do what the model asked for, if the rules allow it, and say what really happened."""
    facts, dropped = proven(turn, proposal)
    before, turn = turn.zone, turn.hearing(facts)
    if call.name == BOOK_CALL.name and turn.zone != before:
        # the hour he said is one of a clock on which he has not seen the times yet
        call = ToolCall(id=call.id, name=FIND_SLOTS.name, arguments=ANYTHING.model_dump())
    deeds: dict[str, Callable[[], Awaitable[Deed]]] = {
        FIND_SLOTS.name: lambda: _find(turn, FindSlots.model_validate(call.arguments)),
        BOOK_CALL.name: lambda: _book(turn, BookCall.model_validate(call.arguments)),
        CANCEL_CALL.name: lambda: _cancel(turn, CancelCall.model_validate(call.arguments)),
    }
    try:
        there, replies, booking = await deeds[call.name]()
    except CalendarUnavailable:
        return turn, _unavailable(turn, proposal)
    return there, there.outcome(
        Decision(kind="answer", reason=call.name),
        *_beside(turn, proposal),
        *replies,
        unresolved=0,
        facts=facts,
        facts_dropped=dropped,
        booking=booking if call.name == BOOK_CALL.name else None,
        cancelled=bool(booking) and call.name == CANCEL_CALL.name,
        usage=proposal.usage,
    )


def _beside(turn: Turn, proposal: Proposal) -> tuple[Text, ...]:
    """The answer to what else he asked, where it may be sent."""
    words = worded(proposal)
    return (Text(body=words),) if words and not broken(turn, proposal) else ()


async def _find(turn: Turn, wanted: FindSlots) -> Deed:
    wish = wish_of(wanted)
    if wanted.more and wish == ANY:
        wish = turn.talk.wish
    turn, shown = await find(turn, wish, more=wanted.more)
    return turn, (shown,), None


def wish_of(wanted: FindSlots) -> Wish:
    """The model's words as a filter; what cannot be read widens the search instead of failing."""
    first, last = _day(wanted.first_day), _day(wanted.last_day)
    if first and last and last < first:
        first, last = last, first
    return Wish(
        first_day=first,
        last_day=last,
        weekdays=tuple(wanted.weekdays),
        not_weekdays=tuple(wanted.not_weekdays),
        part_of_day=wanted.part_of_day,
        earliest=_hour(wanted.earliest),
        latest=_hour(wanted.latest),
        at=_hour(wanted.at),
    )


async def _book(turn: Turn, wanted: BookCall) -> Deed:
    before = turn.talk.memory.booking
    if before and wanted.slot_id == slot_id(before.rep, before.start):
        return turn, (turn.say("booked", **_told(turn, before)),), before
    slot = known_slot(turn, wanted.slot_id)
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
    return turn.offering_nothing(), (turn.say(key, **_told(turn, booking)),), booking


async def _reserve(turn: Turn, slot: Slot) -> Booking:
    """The lead chose a time, not a person: any other rep may have it. Raises SlotTaken."""
    asked = {slot.rep}
    while True:
        try:
            return await _reserve_with(turn, slot)
        except SlotTaken:
            others = await free(turn, around(turn, slot))
            same = (o for o in others if o.start == slot.start and o.rep not in asked)
            if (other := next(same, None)) is None:
                raise
            asked.add(other.rep)
            slot = other


async def _reserve_with(turn: Turn, slot: Slot) -> Booking:
    facts: dict[FactField, str] = {
        field: fact.value for field, fact in turn.talk.facts.items() if fact.value
    }
    return await turn.ports.scheduler.book(
        turn.talk.batch.contact_id, slot, key=turn.id, lead=facts, language=turn.language
    )


async def _lost(turn: Turn, slot: Slot) -> Deed:
    """The nearest others."""
    others = await free(turn, around(turn, slot), shown=(slot,))
    turn, shown = show(turn, others, key="slot_taken")
    return turn, (shown,), None


async def _cancel(turn: Turn, wanted: CancelCall) -> Deed:
    """He is asked first where the words that ask for it are not his."""
    booked = turn.talk.memory.booking
    if booked and not quoted(wanted.quote, turn.talk.said):
        return turn, (turn.say("cancel_it", **_told(turn, booked)),), None
    booking = await turn.ports.scheduler.cancel(turn.talk.batch.contact_id, key=turn.id)
    if booking is None:
        return turn, (turn.say("nothing_to_cancel"),), None
    return turn, (turn.say("cancelled", **_told(turn, booking)),), booking


def _told(turn: Turn, booking: Booking) -> dict[str, str]:
    email = turn.talk.facts.get("email")
    invited = bool(email and email.value)
    company = turn.ports.business.company
    return {
        # an invitation brings the call into his calendar by itself
        "calendar": "" if invited else calendar_link(booking, company),
        "when": moment(booking.start, turn.zone, turn.language),
        "rep": turn.ports.business.rep_name(booking.rep),
        "link": booking.link or "",
    }


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _hour(text: str | None) -> time | None:
    """HH:MM, and what a model writes in its place: "16", "4pm", "16h30", "4:30 p. m."."""
    found = _HOUR.match((text or "").strip().lower())
    if not found:
        return None
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half:
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    try:
        return time(hour, minute)
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
