"""Days in a message: dates, weekdays, today and tomorrow, weeks, and days that are ruled out."""

import re
from datetime import date, timedelta

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
_TOMORROW = re.compile(r"\b(?:(?<!la )(?<!pasado )manana(?!s)|amanha|tomorrow)\b")
_AFTER_TOMORROW = re.compile(r"\b(?:pasado manana|depois de amanha|day after tomorrow)\b")
_TODAY = re.compile(r"\b(?:hoy|hoje|today|tonight)\b")
_IN_DAYS = re.compile(
    r"\b(?:en|dentro de|in|em|daqui a)\s+(\d{1,2}|dos|two|dois|tres|three)\s+(?:dias|days)\b"
)
_FEW = {"dos": 2, "two": 2, "dois": 2, "tres": 3, "three": 3}
_WEEKEND = re.compile(r"\b(?:fin(?:es)? de semana|finde|weekends?|fi[mn](?:al)? de semana)\b")
_DAY_NAMES = "|".join(name.pattern for name in _WEEKDAYS)
_RULED_OUT = re.compile(
    r"\b(?:(?:but|pero|mas|except|excepto|exceto|menos|salvo|not|no|nao|any day but|tirando)\s+)+"
    rf"(?:(?:on|el|los|na|nas|a|as|o|de|em|for|the)\s+)*(?:{_DAY_NAMES})s?"
    rf"(?:(?:\s*,\s*|\s+(?:y|e|ni|and|or|nem|o|ou)\s+)(?:(?:on|el|los|na|a|the)\s+)*(?:{_DAY_NAMES})s?)*"
)
_NEXT_WEEK = re.compile(
    r"\b(?:(?:la )?(?:proxima|siguiente|otra) semana|next week|semana (?:que viene|que vem|proxima|"
    r"siguiente|seguinte))\b"
)
_THIS_WEEK = re.compile(r"\b(?:esta|this|nesta|desta) (?:semana|week)\b")
WEEKS_END = 6


def days(folded: str, today: date) -> tuple[date, date] | None:
    """First and last day that a message names."""
    if _NEXT_WEEK.search(folded):
        monday = today + timedelta(days=7 - today.weekday())
        return monday, monday + timedelta(days=WEEKS_END)
    if _THIS_WEEK.search(folded):
        return today, today + timedelta(days=WEEKS_END - today.weekday())
    ahead = _ahead(folded)
    day = _named_date(folded, today)
    if day is None and ahead is not None:
        day = today + timedelta(days=ahead)
    return (day, day) if day else None


def _ahead(folded: str) -> int | None:
    """How many days from today."""
    if _AFTER_TOMORROW.search(folded):
        return 2
    if match := _IN_DAYS.search(folded):
        return _FEW.get(match[1]) or int(match[1])
    if _TOMORROW.search(folded):
        return 1
    return 0 if _TODAY.search(folded) else None


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


def weekdays(folded: str) -> tuple[int, ...]:
    """The days of the week that a message names, Monday first."""
    named = tuple(day for day, name in enumerate(_WEEKDAYS) if name.search(folded))
    return named or ((5, 6) if _WEEKEND.search(folded) else ())


def ruled_out(folded: str) -> tuple[tuple[int, ...], str]:
    """The days of the week that he does not want, and the message without them."""
    out = " ".join(match[0] for match in _RULED_OUT.finditer(folded))
    return weekdays(out) if out else (), _RULED_OUT.sub(" ", folded)
