"""When a lead's words pick exactly one of the times that he was just shown: then no model is asked.

Made to be right when it says yes: every word must be known here, so that a question, a condition or
anything else that only a model understands never books a call.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from domain.values import Language

_ORDINALS = (
    "primera primero primer first 1st 1ra 1a primeira primeiro",
    "segunda segundo second 2nd 2da 2a",
    "tercera tercero tercer third 3rd 3ra 3a terceira terceiro",
)
_WEEKDAYS = (
    "lunes monday mon segunda-feira",
    "martes tuesday tue terca terca-feira",
    "miercoles wednesday wed quarta quarta-feira",
    "jueves thursday thu quinta quinta-feira",
    "viernes friday fri sexta sexta-feira",
    "sabado saturday sat",
    "domingo sunday sun",
)
_COURTESY = """
    la el los las a o as the one opcion option opcao numero number hora horario time de da do at on
    para please por favor perfecto perfect perfeito gracias thanks obrigado obrigada si sim yes ok
    vale quiero prefiero elijo quero prefiro escolho i'll i want take choose book reserva
    reservame agenda agendame that está bien esta tudo bem mejor fica
"""
_NUMBERED = {word: place for place, words in enumerate(_ORDINALS) for word in words.split()}
_OF_WEEK = {word: day for day, words in enumerate(_WEEKDAYS) for word in words.split()}
_KNOWN = frozenset(_COURTESY.split())
_MONDAY_TOO = "segunda"
_HOUR = re.compile(r"(\d{1,2})(?:(?::|h)(\d{2})|h)?(am|pm)?")
_BEFORE_AN_HOUR = frozenset(("las", "as", "at", "para"))
_BEFORE_EITHER = frozenset(("la", "a"))
"""As in "la 3", which is the third, and in "a la 1", which is the hour."""
_MIDDAY, _HALF_DAY, _LAST_HOUR = 12, 12, 23


def picked(text: str, starts: Sequence[datetime], language: Language) -> int | None:
    """The place of the one start that the words pick; None when they say anything else.

    `starts` are those he was shown, in order, on his own clock.
    """
    words = _plain(text).split()
    rest = [word for word in words if word not in _KNOWN]
    if not rest:
        return None
    if len(rest) == 1 and rest[0] in _NUMBERED:
        # "a primera hora" is early in the morning
        return None if "hora" in words else _numbered(rest[0], starts, language)
    if len(rest) == 1 and rest[0].isdigit() and not set(words) & _BEFORE_AN_HOUR:
        one = int(rest[0]) == 1 and set(words) & _BEFORE_EITHER
        return None if one else _in_list(int(rest[0]), starts)
    days = [_OF_WEEK[word] for word in rest if word in _OF_WEEK]
    hours = [match for word in rest if (match := _HOUR.fullmatch(word))]
    if len(hours) != 1 or len(days) > 1 or len(days) + 1 != len(rest):
        return None
    fitting = [
        place
        for place, start in enumerate(starts)
        if start.weekday() in (days or [start.weekday()]) and _strikes(hours[0], start)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _numbered(word: str, starts: Sequence[datetime], language: Language) -> int | None:
    """In Portuguese "segunda" is Monday, too: both must be the same, or none be a Monday."""
    place = _NUMBERED[word]
    mondays = [at for at, start in enumerate(starts) if start.weekday() == 0]
    if language == "pt" and word == _MONDAY_TOO and mondays not in ([], [place]):
        return None
    return place if place < len(starts) else None


def _in_list(number: int, starts: Sequence[datetime]) -> int | None:
    """A bare number is a place in the list, unless it could be an hour or a day of one of them."""
    meant = {number, number + _HALF_DAY}
    if any(start.hour in meant or start.day == number for start in starts):
        return None
    return number - 1 if 0 < number <= len(starts) else None


def _strikes(said: re.Match[str], start: datetime) -> bool:
    hour, minute, half = int(said[1]), int(said[2] or 0), said[3]
    if hour > _LAST_HOUR or start.minute != minute:
        return False
    if half:
        return start.hour == hour % _MIDDAY + (_HALF_DAY if half == "pm" else 0)
    return start.hour == hour or (0 < hour < _MIDDAY and start.hour == hour + _HALF_DAY)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    letters = re.sub(r"(\d)\s*(?:([ap])\.?\s?m\b\.?)", r"\1\2m", letters)
    letters = re.sub(r"(\d)\s*(?:hs|hrs|horas?)\b", r"\1h", letters)
    return re.sub(r"(?<![.!,])[.!,]+(?=\s|$)", " ", letters)
