"""Which time a lead means: an offered one, or other days to look at."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.brain.days import WEEKS_END, days, ruled_out, weekdays
from sandbox.brain.hours import Clock, bounds, clock, part_of_day, without_greeting
from sandbox.brain.request import Json
from sandbox.brain.words import fold

_ORDINALS = (
    re.compile(r"\b(?:primer[oa]?|f(?:ir|ri)st|1(?:st|ro|ra|o|a)|primeir[oa])\b"),
    re.compile(r"\b(?:segund[oa](?!-| feira)|seco?nd|2(?:nd|do|da|o|a))\b"),
    re.compile(r"\b(?:tercer[oa]?|third|3(?:rd|ro|ra|o|a)|terceir[oa])\b"),
    re.compile(r"\b(?:cuart[oa]|fourth|4(?:th|to|ta|o|a)|quart[oa](?!-| feira))\b"),
)
_LAST = re.compile(r"\b(?:ultim[oa]|last)\b(?! (?:week|month))")
_NUMBERED = re.compile(
    r"^\W*(?:(?:la|el|o|a|the|opcion|option|opcao|numero|number|#)\s*)*([1-9])\W*$"
)
_PLACE = re.compile(
    r"\W*(?:(?:la|el|a|o|the|entonces|mejor|quiero|prefiero|prefiro|quero)\s+)*"
    rf"(?:{'|'.join(place.pattern for place in (*_ORDINALS, _LAST))})"
    r"(?:\s+(?:one|opcion|option|opcao|hora|por favor|please))*\W*$"
)
_OPTION = re.compile(r"\b(?:opcion|option|opcao|numero|number|slot)\s*#?([1-9])\b")
_WINDOWS: dict[str, tuple[Clock, Clock]] = {
    "early": ((0, 0), (9, 59)),
    "morning": ((0, 0), (12, 59)),
    "afternoon": ((12, 0), (20, 59)),
    "evening": ((18, 0), (23, 59)),
}


@dataclass(frozen=True)
class Wanted:
    """What a message says of a time; None, () and "any" where it says nothing."""

    days: tuple[date, date] | None = None
    weekdays: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    clock: Clock | None = None
    earliest: Clock | None = None
    latest: Clock | None = None
    part: str = "any"

    @property
    def says_something(self) -> bool:
        return self != Wanted()

    @property
    def names_a_day(self) -> bool:
        return self.days is not None or bool(self.weekdays)

    @property
    def names_hours(self) -> bool:
        return bool(self.clock or self.earliest or self.latest)


def wanted(text: str, today: date) -> Wanted:
    """Read days, hours and part of the day out of a message."""
    folded = without_greeting(fold(text))
    excluded, folded = ruled_out(folded)
    part, named = part_of_day(folded), days(folded, today)
    of_week = () if named and named[0] == named[1] else weekdays(folded)
    return Wanted(named, of_week, excluded, clock(folded, part), *bounds(folded, part), part)


def matching(slots: list[Json], text: str, asked: Wanted) -> list[Json] | None:
    """The offered slots that a message may mean; None when it names no time at all."""
    folded = fold(text)
    for slot in slots:
        if slot.get("id") and fold(str(slot["id"])) in folded:
            return [slot]
    if (position := _position(folded, len(slots), asked)) is not None:
        return [slots[position]]
    return [slot for slot in slots if _fits(slot, asked)] if asked.says_something else None


def points_at(slots: list[Json], text: str) -> bool:
    """The message picks an offered time by its place in the list or by its id."""
    folded = fold(text)
    named = any(slot.get("id") and fold(str(slot["id"])) in folded for slot in slots)
    return named or _position(folded, len(slots), Wanted()) is not None


def picks_by_place(text: str) -> bool:
    """The message is like "the second one" or "3", whatever was offered."""
    folded = fold(text)
    return bool(_PLACE.match(folded) or _NUMBERED.match(folded) or _OPTION.search(folded))


def _position(folded: str, count: int, asked: Wanted) -> int | None:
    match = _NUMBERED.match(folded) or _OPTION.search(folded)
    if match and int(match[1]) <= count:
        return int(match[1]) - 1
    if asked.names_a_day and not folded.startswith(("la ", "el ", "the ", "a ", "o ")):
        return None
    named = next((at for at, name in enumerate(_ORDINALS) if name.search(folded)), None)
    if named is not None and named < count:
        return named
    return count - 1 if count and _LAST.search(folded) else None


def _fits(slot: Json, asked: Wanted) -> bool:
    start = _start(slot)
    if start is None:
        return False
    opens, closes = _WINDOWS.get(asked.part, ((0, 0), (23, 59)))
    at = (start.hour, start.minute)
    return (
        (not asked.weekdays or start.weekday() in asked.weekdays)
        and start.weekday() not in asked.excluded
        and (asked.days is None or asked.days[0] <= start.date() <= asked.days[1])
        and (asked.clock is None or _same_clock(start, asked.clock))
        and (asked.clock is not None or opens <= at <= closes)
        and (asked.earliest or at) <= at <= (asked.latest or at)
    )


def _same_clock(start: datetime, clock: tuple[int, int]) -> bool:
    """ "A las 4" may be 16:00 when nobody calls at four in the morning."""
    return start.minute == clock[1] and start.hour in (clock[0], clock[0] + 12)


def _start(slot: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(slot.get("start")))
    except ValueError:
        return None


def search(asked: Wanted, slots: list[Json], today: date, *, more: bool) -> Json:
    """The filter for a search: days, hours, and whether he only wants others."""
    first, last = _search_days(asked, slots, today, more=more)
    return {
        "first_day": first and first.isoformat(),
        "last_day": last and last.isoformat(),
        "weekdays": [_NAMES[day] for day in asked.weekdays] if len(asked.weekdays) > 1 else [],
        "not_weekdays": [_NAMES[day] for day in asked.excluded],
        "part_of_day": asked.part,
        "earliest": _written(asked.earliest),
        "latest": _written(asked.latest),
        "at": _written(asked.clock),
        "more": more and not asked.says_something,
    }


_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _search_days(
    asked: Wanted, slots: list[Json], today: date, *, more: bool
) -> tuple[date | None, date | None]:
    if asked.days and len(asked.weekdays) == 1:
        inside = (asked.days[0] + timedelta(days=n) for n in range(WEEKS_END + 1))
        day = next((d for d in inside if d.weekday() == asked.weekdays[0]), None)
        return (day, day) if day and day <= asked.days[1] else asked.days
    if asked.days:
        return asked.days
    if len(asked.weekdays) == 1:
        day = today + timedelta(days=(asked.weekdays[0] - today.weekday()) % 7 or 7)
        return day, day
    starts = [start.date() for slot in slots if (start := _start(slot))]
    if asked.says_something or more or not starts:
        return None, None
    first = max(starts) + timedelta(days=1)
    return first, first + timedelta(days=WEEKS_END)


def _written(clock: Clock | None) -> str | None:
    if clock is None:
        return None
    hour = clock[0] + 12 if clock[0] < _AWAKE else clock[0]
    return f"{hour:02}:{clock[1]:02}"


_AWAKE = 7
