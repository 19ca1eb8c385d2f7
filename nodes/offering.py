"""The times that a lead is shown: which ones, and the words around them.

He sees the hours of his own clock, and which place's clock that is. A row "more times" shows others
of the same kind without a model.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.messages import Button, Buttons, Menu, Outbound, Row
from domain.offers import MORE, OFFERS, SLOT
from domain.slots import Slot
from domain.wishes import ANY, Wish
from domain.wording import day_and_hour, day_name, slot_title, zone_name
from domain.working_time import days
from nodes.turn import Turn

_BUTTONS = 3
_SHOWN = 60


async def free(
    turn: Turn, wish: Wish = ANY, *, limit: int = OFFERS, shown: tuple[Slot, ...] = ()
) -> tuple[Slot, ...]:
    """Free times for this lead. Raises CalendarUnavailable."""
    return await turn.ports.scheduler.free(
        zone=turn.zone,
        wish=wish,
        limit=limit,
        rep=turn.talk.memory.rep,
        moving=turn.talk.memory.booking,
        shown=[slot.start for slot in shown],
    )


async def find(turn: Turn, wish: Wish, *, more: bool = False) -> tuple[Turn, Outbound]:
    """Show times that fit the wish, else the nearest, and say which. Raises CalendarUnavailable.

    `more`: others than those that the lead has seen; once he has seen all, they begin anew.
    """
    seen = turn.talk.shown if more else ()
    found = await free(turn, wish, shown=seen)
    if seen and not found:
        anew = replace(turn, talk=replace(turn.talk, shown=()))
        return show(anew, await free(turn, wish), wish, "seen_all")
    return show(turn, found, wish, _how(turn, found, wish, more=more))


def show(
    turn: Turn, slots: tuple[Slot, ...], wish: Wish = ANY, key: str = "offer"
) -> tuple[Turn, Outbound]:
    """The turn with these times on offer, and the message that shows them.

    Where the phone does not tell the zone, the lead is asked for his city, once.
    """
    talk = turn.talk
    asks = bool(slots) and not turn.zone_sure and not talk.asked.get("timezone")
    shown = (*talk.shown, *(slot for slot in slots if slot not in talk.shown))[-_SHOWN:]
    asked = {**talk.asked, "timezone": 1} if asks else talk.asked
    turn = replace(turn, talk=replace(talk, offered=slots, shown=shown, wish=wish, asked=asked))
    return turn, offer(turn, key, asks_zone=asks)


def offer(turn: Turn, key: str = "offer", *, asks_zone: bool = False) -> Outbound:
    """The times on offer under the sentence `key`, with a way to others."""
    slots = turn.talk.offered
    if not slots:
        return turn.say("no_slots")
    last_day = days(turn.ports.business, turn.ports.clock())[-1]
    said = turn.say(key, zone=turn.zone, last_day=day_name(last_day, turn.language)).body
    question = turn.say("ask_zone", zone=turn.zone).body if asks_zone else ""
    titles = [slot_title(slot.start, turn.zone, turn.language) for slot in slots]
    more = turn.say("more_times").body
    if len(slots) < _BUTTONS:
        buttons = [Button(id=_id(s), title=t) for s, t in zip(slots, titles, strict=True)]
        body = "\n\n".join(filter(None, (said, question)))
        return Buttons(body=body, buttons=(*buttons, Button(id=MORE, title=more)))
    zone = zone_name(turn.zone, turn.language)
    rows = [Row(id=_id(s), title=t, description=zone) for s, t in zip(slots, titles, strict=True)]
    body = "\n\n".join(filter(None, (f"{said}\n{numbered(turn)}", question)))
    button = turn.say("see_times").body
    return Menu(body=body, button=button, rows=(*rows, Row(id=MORE, title=more)))


def numbered(turn: Turn) -> str:
    """The times on offer, a line each."""
    times = turn.talk.offered
    lines = (day_and_hour(slot.start, turn.zone, turn.language) for slot in times)
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def known_slot(turn: Turn, slot_id: str) -> Slot | None:
    """A time that the lead was shown, also before the last offers."""
    return next((s for s in (*turn.talk.offered, *turn.talk.shown) if s.id == slot_id), None)


def around(turn: Turn, slot: Slot) -> Wish:
    """That very moment, on the lead's clock."""
    local = slot.start.astimezone(ZoneInfo(turn.zone))
    day, at = local.date(), local.time()
    return Wish(first_day=day, last_day=day, earliest=at, latest=at)


def _id(slot: Slot) -> str:
    return f"{SLOT}{slot.id}"


def _how(turn: Turn, slots: tuple[Slot, ...], wish: Wish, *, more: bool) -> str:
    """The sentence that is true of these times."""
    zone, now = ZoneInfo(turn.zone), turn.ports.clock()
    if all(wish.fits(slot.start.astimezone(zone)) for slot in slots):
        return "offer_that" if wish.at and len(slots) == 1 else "offer"
    if wish.last_day and wish.last_day < now.astimezone(zone).date():
        return "day_is_over"
    if wish.first_day and wish.first_day > days(turn.ports.business, now)[-1]:
        return "beyond_horizon"
    return "no_more_such" if more else "nearest"
