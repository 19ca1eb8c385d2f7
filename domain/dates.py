"""Stretches of days: of a month, a quarter, a year; and before, by or after one."""

import re
from calendar import monthrange
from datetime import date, timedelta

from domain.values import Value

_WORDS_APART = r"\s[\w\s]{0,8}$"
_BEFORE = re.compile(r"\b(?:antes d[eo]l?|before|by)" + _WORDS_APART)
_AT_LATEST = re.compile(
    r"\b(?:hasta|at[eé]|until|no later than|(?:a m[aá]s|(?:no|o) mais) tardar|no m[aá]ximo)"
    + _WORDS_APART
)
_NOT_BEFORE = re.compile(r"\b(?:not?|n[aã]o) (?:antes d[eo]l?|before)" + _WORDS_APART)
_BY = re.compile(r"\bby\s(?:the\s)?$")
_AFTER = re.compile(
    r"\b(?:despu[eé]s del?|luego del?|a partir d[eo]l?|desde|after|from|starting|depois d[eo])"
    + _WORDS_APART
)


class Dates(Value):
    """From `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


def period(word: str, today: date, ahead: int) -> Dates:
    """The week, month, quarter or year of today, or so many after it."""
    if word in ("semana", "week"):
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
        return from_today(first, first + timedelta(days=6), today)
    if word in ("trimestre", "quarter"):
        quarter = (today.month - 1) // 3 + ahead
        return months(today, today.year + quarter // 4, quarter % 4 * 3 + 1, 3)
    if word in ("mes", "mês", "month"):
        month = today.month - 1 + ahead
        return months(today, today.year + month // 12, month % 12 + 1, 1)
    return months(today, today.year + ahead, 1, 12)


def months(today: date, year: int, month: int, count: int) -> Dates:
    """So many months from this one on."""
    final = month + count - 1
    last = last_day(year + (final - 1) // 12, (final - 1) % 12 + 1)
    return from_today(date(year, month, 1), last, today)


def from_today(first: date, last: date, today: date) -> Dates:
    """A period under way begins now."""
    return Dates(first=max(first, today) if last >= today else first, last=last)


def last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def about(before: str, named: Dates, today: date) -> Dates:
    """What the words before a period make of it: "before March" ends the day before it."""
    if _NOT_BEFORE.search(before):
        return Dates(first=named.first, last=None)
    if _AT_LATEST.search(before):
        return by(named, today)
    if _BEFORE.search(before) and named.first:
        return Dates(first=today, last=max(today, named.first - timedelta(days=1)))
    if _AFTER.search(before) and named.last:
        return Dates(first=named.first, last=None)
    return named


def about_day(before: str, named: Dates, today: date) -> Dates:
    """The same for a day: "by" one is on it at the latest."""
    return by(named, today) if _BY.search(before) else about(before, named, today)


def about_part(before: str, named: Dates, today: date) -> Dates:
    """The same for a part of a month, or several months: "before" it is in it at the latest."""
    if _BEFORE.search(before) and not _NOT_BEFORE.search(before):
        return by(named, today)
    return about(before, named, today)


def by(named: Dates, today: date) -> Dates:
    """From now to its end."""
    return Dates(first=today, last=named.last and max(today, named.last))
