"""Which time a lead means: an offered one, or other days to look at."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
_WEEKDAYS = (
    re.compile(r"\b(?:lunes|monday|mon|segunda(?:-| )?feira|segunda)\b"),
    re.compile(r"\b(?:martes|tuesday|tues?|terca(?:-| )?(?:feira)?)\b"),
    re.compile(r"\b(?:miercoles|wednesday|wed|quarta(?:-| )?(?:feira)?)\b"),
    re.compile(r"\b(?:jueves|thursday|thu(?:rs)?|quinta(?:-| )?(?:feira)?)\b"),
    re.compile(r"\b(?:viernes|friday|fri|sexta(?:-| )?(?:feira)?)\b"),
    re.compile(r"\b(?:sabado|saturday|sat)\b"),
    re.compile(r"\b(?:domingo|sunday|sun)\b"),
)
_MONTHS = (
    "ene|jan", "feb|fev", "mar", "abr|apr", "may|mai", "jun", "jul", "ago|aug", "sep|"
    "set", "oct|out",
    "nov", "dic|dec|dez",
)  # fmt: skip
_DAY_AND_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:de\s+|of\s+)?({'|'.join(_MONTHS)})[a-z]*"
    rf"|\b({'|'.join(_MONTHS)})[a-z]*\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
)
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})\b")
_DAY = re.compile(
    r"\b(?:el|dia|the|o|no dia|del)\s+(?:dia\s+)?(\d{1,2})(?:st|nd|rd|th)?\b(?!\s*(?::|h\b|am|"
    r"pm|hs))"
)
_HOUR = re.compile(
    r"\b(\d{1,2})(?::|h)(\d{2})\s*(am|pm|a\.m|p\.m)?|\b(\d{1,2})\s*(am|pm|a\.m|p\.m|h(?:s|rs|"
    r"oras?)?\b|o'?clock)"
    r"|\b(?:a\s+las?|at|as|a la|la de las|the|las|around|"
    r"sobre las)\s+(\d{1,2})\b(?!\s*(?:de\s+[a-z]{3}|/|st|nd|rd|th))"
)
_MORNING = re.compile(
    r"\b(?:(?:por|de|en|a|na|pela|da) la manana|la manana|(?:de|pela|da) manha|manha|"
    r"mornings?|temprano|early|cedo|"
    r"mananas|antes de(?:l)? (?:mediodia|almuerzo))\b"
)
_AFTERNOON = re.compile(
    r"\b(?:tardes?|afternoons?|despues de (?:comer|almorzar|mediodia)|evenings?|depois do almoco)\b"
)
_GREETING = re.compile(
    r"\b(?:buenas tardes|boa tarde|good (?:morning|afternoon|evening)|buenos dias|bom dia)\b"
)
_TOMORROW = re.compile(r"\b(?:(?<!la )(?<!pasado )manana(?!s)|amanha|tomorrow)\b")
_AFTER_TOMORROW = re.compile(r"\b(?:pasado manana|depois de amanha|day after tomorrow)\b")
_TODAY = re.compile(r"\b(?:hoy|hoje|today)\b")
_NEXT_WEEK = re.compile(
    r"\b(?:(?:la )?(?:proxima|siguiente) semana|next week|semana (?:que viene|que vem|proxima|"
    r"siguiente|seguinte))\b"
)
_THIS_WEEK = re.compile(r"\b(?:esta|this|nesta|desta) (?:semana|week)\b")
_WEEKS_END = 6
_NOON = 13
_TWELVE = 12


@dataclass(frozen=True)
class Wanted:
    """What a message says of a time; None and "any" where it says nothing."""

    days: tuple[date, date] | None = None
    weekday: int | None = None
    clock: tuple[int, int] | None = None
    part: str = "any"

    @property
    def says_something(self) -> bool:
        return self != Wanted()

    @property
    def names_a_day(self) -> bool:
        return self.days is not None or self.weekday is not None


def wanted(text: str, today: date) -> Wanted:
    """Read days, hour and part of the day out of a message."""
    folded = _GREETING.sub(" ", fold(text))
    part = (
        "morning"
        if _MORNING.search(folded)
        else "afternoon"
        if _AFTERNOON.search(folded)
        else "any"
    )
    clock = _clock(folded, part)
    days = _days(folded, today)
    weekday = next((day for day, name in enumerate(_WEEKDAYS) if name.search(folded)), None)
    return Wanted(days, None if days and days[0] == days[1] else weekday, clock, part)


def _clock(folded: str, part: str) -> tuple[int, int] | None:
    match = _HOUR.search(folded)
    if match is None:
        return None
    hour = int(next(group for group in (match[1], match[4], match[6]) if group))
    minute, mark = int(match[2] or 0), (match[3] or match[5] or "")[:1]
    if hour < _TWELVE and (mark == "p" or (part == "afternoon" and mark != "a")):
        hour += 12
    return (hour % 24, minute % 60)


def _days(folded: str, today: date) -> tuple[date, date] | None:
    if _AFTER_TOMORROW.search(folded):
        return _single(today + timedelta(days=2))
    if _NEXT_WEEK.search(folded):
        monday = today + timedelta(days=7 - today.weekday())
        return monday, monday + timedelta(days=_WEEKS_END)
    if _THIS_WEEK.search(folded):
        return today, today + timedelta(days=_WEEKS_END - today.weekday())
    if day := _named_date(folded, today):
        return _single(day)
    if _TOMORROW.search(folded):
        return _single(today + timedelta(days=1))
    return _single(today) if _TODAY.search(folded) else None


def _single(day: date) -> tuple[date, date]:
    return day, day


def _named_date(folded: str, today: date) -> date | None:
    if match := _DAY_AND_MONTH.search(folded):
        name = match[2] or match[3]
        month = next(number for number, names in enumerate(_MONTHS, 1) if name in names.split("|"))
        return _coming(today, int(match[1] or match[4]), month)
    if match := _NUMERIC_DATE.search(folded):
        return _coming(today, int(match[1]), int(match[2]))
    if match := _DAY.search(folded):
        return _coming(today, int(match[1]), None)
    return None


def _coming(today: date, day: int, month: int | None) -> date | None:
    """The next such date, within a year."""
    for ahead in range(366):
        candidate = today + timedelta(days=ahead)
        if candidate.day == day and month in (None, candidate.month):
            return candidate
    return None


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
    return (
        (asked.weekday is None or start.weekday() == asked.weekday)
        and (asked.days is None or asked.days[0] <= start.date() <= asked.days[1])
        and (asked.clock is None or _same_clock(start, asked.clock))
        and (asked.part == "any" or (start.hour < _NOON) == (asked.part == "morning"))
    )


def _same_clock(start: datetime, clock: tuple[int, int]) -> bool:
    """ "A las 4" may be 16:00 when nobody calls at four in the morning."""
    return start.minute == clock[1] and start.hour in (clock[0], clock[0] + 12)


def _start(slot: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(slot.get("start")))
    except ValueError:
        return None


def search_days(asked: Wanted, slots: list[Json], today: date) -> tuple[date, date]:
    """First and last day to look for other times."""
    if asked.days:
        return asked.days
    if asked.weekday is not None:
        day = today + timedelta(days=(asked.weekday - today.weekday()) % 7 or 7)
        return day, day
    starts = [start.date() for slot in slots if (start := _start(slot))]
    first = max(starts) + timedelta(days=1) if starts and asked.part == "any" else today
    return first, first + timedelta(days=_WEEKS_END)
