"""Arranging a call: choose an offered time, look for others, cancel."""

import json
import re
from datetime import UTC, date, datetime
from typing import cast

from sandbox.brain.decision import Decision
from sandbox.brain.knowing import asks_for_price
from sandbox.brain.replying import Voice
from sandbox.brain.request import Brief, Json, as_list, as_object
from sandbox.brain.times import Wanted, matching, picks_by_place, points_at, search, wanted
from sandbox.brain.words import fold

_MOST_OFFERED = 3
_CANNOT = re.compile(
    r"\b(?:no puedo|no podre|no podria|can'?t|cannot|nao (?:posso|consigo|da)|"
    r"no me (?:va|viene|queda|sirve)|(?:doesn'?t|don'?t|do not) work)\b"
)
_MORE = re.compile(
    r"\b(?:(?:mas|otr[oa]s|more|other|mais|outr[oa]s) (?:horarios?|horas|opciones|times|slots|"
    r"options|opcoes)|otr[oa] (?:hora|horario)|another (?:time|slot)|outr[oa] (?:hora|horario)|"
    r"(?:ningun[oa]|nenhum[ao]?|none) .{0,20}\b(?:sirve|serve|viene|va|queda|works?|suits?)|"
    r"none of (?:them|these))\b"
)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def arrange(voice: Voice, wished: frozenset[str]) -> Decision | None:
    """What to do about times in a message; None when it is not about the call."""
    brief = voice.brief
    if brief.stage != "scheduling":
        return None
    if "cancel" in wished:
        return _cancel(voice)
    if brief.booking and wished & {"thanks", "bye"}:
        return None
    if "no_call" in wished and not brief.booking:
        return Decision(voice.alone(voice.say("no_call")), done=True)
    asked = wanted(brief.text, _today(brief))
    other = voice.facts or {"document", "sending"} <= wished or asks_for_price(brief.text)
    if other and not asked.says_something:
        return None
    return _choose(voice, wished, asked)


def _choose(voice: Voice, wished: frozenset[str], asked: Wanted) -> Decision | None:
    if _keeps_the_booked(voice.brief, wished, asked):
        return Decision(voice.alone(voice.say("booked")))
    meant = _meant(voice.brief, wished, asked)
    if meant is None:
        others = "move" in wished or _MORE.search(fold(voice.brief.text))
        return _others(voice, asked) if others else None
    if meant and "move" in wished and _CANNOT.search(fold(voice.brief.text)):
        return _others(voice, Wanted())
    moves = any(fact.field == "timezone" for fact in voice.facts)
    if not meant or moves or _leaves_the_hour_open(voice.brief, asked):
        return _others(voice, asked)
    if voice.brief.booking and meant[0].get("start") == voice.brief.booking.get("start"):
        return None if wished else Decision(voice.alone(voice.say("booked")))
    return _book(voice, meant[0]) if len(meant) == 1 else Decision(voice.say("which"))


def _meant(brief: Brief, wished: frozenset[str], asked: Wanted) -> list[Json] | None:
    meant = matching(brief.slots, brief.text, asked)
    if meant is None and brief.slots and not brief.booking:
        return brief.slots[:1] if "any" in wished else brief.slots if "yes" in wished else None
    return meant


def _keeps_the_booked(brief: Brief, wished: frozenset[str], asked: Wanted) -> bool:
    """ "The second" picks nothing once a call is booked and no times were just offered."""
    offered = "?" in brief.said or "move" in wished
    named = asked.days or asked.names_hours or asked.part != "any"
    return bool(brief.booking) and not (offered or named) and picks_by_place(brief.text)


def _leaves_the_hour_open(brief: Brief, asked: Wanted) -> bool:
    """ "Tuesday afternoon" may fit more times than were offered, so they are looked up."""
    open_ = asked.part != "any" or asked.earliest or asked.latest or asked.excluded
    return bool(open_) and asked.clock is None and not points_at(brief.slots, brief.text)


def _book(voice: Voice, slot: Json) -> Decision:
    if "book_call" not in voice.brief.tools:
        return Decision(voice.with_question())
    return Decision(tool="book_call", arguments={"slot_id": str(slot.get("id"))})


def _others(voice: Voice, asked: Wanted) -> Decision:
    if "find_slots" not in voice.brief.tools:
        return Decision(voice.alone(voice.say("ask_day")))
    more = bool(_MORE.search(fold(voice.brief.text)))
    today = _today(voice.brief)
    found = search(asked, voice.brief.slots, today, more=more)
    return Decision(tool="find_slots", arguments=found)


def _cancel(voice: Voice) -> Decision:
    if not voice.brief.booking:
        return Decision(voice.with_question(voice.say("not_booked")))
    if "cancel_call" not in voice.brief.tools:
        return Decision(voice.alone(voice.say("not_understood")), resolved=False)
    quote = voice.brief.unread[-1] if voice.brief.unread else ""
    return Decision(tool="cancel_call", arguments={"quote": quote})


def _today(brief: Brief) -> date:
    """The day that the request calls today, however it writes the rest of the moment."""
    written = _ISO_DAY.search(str(brief.context.get("now")))
    try:
        return date.fromisoformat(written.group()) if written else datetime.now(UTC).date()
    except ValueError:
        return datetime.now(UTC).date()


def times_found(voice: Voice) -> Decision:
    """Offer what `find_slots` gave back."""
    slots = _slots(voice.brief.result or "")[:_MOST_OFFERED]
    listed = voice.listed(slots)
    return Decision(
        voice.alone(voice.say("found", slots=listed) if listed else voice.say("no_slots"))
    )


def _slots(result: str) -> list[Json]:
    """The first list of times in a tool's result, however it is wrapped."""
    try:
        given = cast(object, json.loads(result))
    except ValueError:
        return []
    for candidate in (given, *as_object(given).values()):
        slots = [as_object(slot) for slot in as_list(candidate)]
        if found := [slot for slot in slots if "when" in slot or "start" in slot]:
            return found
    return []
