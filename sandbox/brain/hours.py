"""Hours of the day in a message: one that is named, bounds, parts of the day."""

import re

Clock = tuple[int, int]
"""Hour and minute."""

_HOUR = re.compile(
    r"\b(\d{1,2})(?::|h)(\d{2})\s*(am|pm|a\.m|p\.m)?|\b(\d{1,2})\s*(am|pm|a\.m|p\.m|h(?:s|rs|"
    r"oras?)?\b|o'?clock)"
    r"|\b(?:a\s+las?|at|as|a la|la de las|the|las|around|para las|tipo|"
    r"sobre las)\s+(\d{1,2})\b(?!\s*(?:de\s+[a-z]{3}|/|st|nd|rd|th|opcion|option))"
)
_NOON_HOUR = re.compile(r"\b(?:al? mediodia|at noon|(?:ao )?meio-? ?dia)\b")
_NUMBER = r"(\d{1,2})(?::|h)?(\d{2})?\s*(am|pm|a\.m|p\.m|h(?:s|rs|oras?)?)?\b"
_FROM = re.compile(
    r"\b(?:a partir d(?:e las?|as?)|desde las?|despues de las?|pasadas las?|depois d(?:as?|o)|"
    rf"apos as?|after|from|since|not before|mas tarde de las?)\s+{_NUMBER}"
)
_UNTIL = re.compile(
    r"\b(?:antes d(?:e las?|as?)|hasta las?|ate as?|before|until|till|no later than|by)"
    rf"\s+{_NUMBER}"
)
_BETWEEN = re.compile(
    rf"\b(?:entre|between)\s+(?:las? |as? )?{_NUMBER}\s*(?:y|e|and|a)\s+(?:las? |as? )?{_NUMBER}"
)
_PARTS = {
    "early": re.compile(
        r"\b(?:tempran\w+|early|cedo|cedinho|primera hora|first thing|primeira hora|"
        r"a primera hora)\b"
    ),
    "evening": re.compile(
        r"\b(?:(?:por|de|en|a) la noche|a noche|a noite|de noite|pela noite|noche|evenings?|"
        r"tonight|after work|despues del trabajo|depois do trabalho|esta noche|hoje a noite)\b"
    ),
    "morning": re.compile(
        r"\b(?:(?:por|de|en|a|na|pela|da) la manana|la manana|(?:de|pela|da) manha|manha|"
        r"mornings?|mananas|antes de(?:l)? (?:mediodia|almuerzo))\b"
    ),
    "afternoon": re.compile(
        r"\b(?:tardes?|tardecita|afternoons?|despues de (?:comer|almorzar|mediodia)|"
        r"depois do almoco|after lunch)\b"
    ),
}
_GREETING = re.compile(
    r"\b(?:buenas (?:tardes|noches)|boa (?:tarde|noite)|good (?:morning|afternoon|evening)|"
    r"buen(?:os|as)? dias?|bom dia)\b"
)
_TWELVE, _AWAKE = 12, 7


def without_greeting(folded: str) -> str:
    """The message without "buenas tardes", which names no time."""
    return _GREETING.sub(" ", folded)


def part_of_day(folded: str) -> str:
    """The part of the day that a message names, else "any"."""
    return next((part for part, said in _PARTS.items() if said.search(folded)), "any")


def bounds(folded: str, part: str) -> tuple[Clock | None, Clock | None]:
    """The earliest and the latest hour."""
    if match := _BETWEEN.search(folded):
        last = _read(match[4], match[5], match[6] or match[3], part)
        return _read(match[1], match[2], match[3] or match[6], part), last
    since, until = _FROM.search(folded), _UNTIL.search(folded)
    return (
        _read(since[1], since[2], since[3], part) if since else None,
        _read(until[1], until[2], until[3], part) if until else None,
    )


def clock(folded: str, part: str) -> Clock | None:
    """The one hour that a message names."""
    left = _UNTIL.sub(" ", _FROM.sub(" ", _BETWEEN.sub(" ", folded)))
    if _NOON_HOUR.search(left):
        return _TWELVE, 0
    match = _HOUR.search(left)
    if match is None:
        return None
    hour = int(next(group for group in (match[1], match[4], match[6]) if group))
    minute, mark = int(match[2] or 0), (match[3] or match[5] or "")[:1]
    if hour < _TWELVE and (mark == "p" or (part in ("afternoon", "evening") and mark != "a")):
        hour += _TWELVE
    return (hour % 24, minute % 60)


def _read(hour: str, minute: str | None, mark: str | None, part: str) -> Clock:
    """ "After 4" is the afternoon: nobody calls at four in the morning."""
    number, half = int(hour), (mark or "")[:1]
    later = half == "p" or part in ("afternoon", "evening") or number < _AWAKE
    if number < _TWELVE and half != "a" and later:
        number += _TWELVE
    return number % 24, int(minute or 0) % 60
