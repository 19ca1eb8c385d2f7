"""A timeline in dates: when a lead wants to buy, as his words say it, in es, en and pt."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from domain import date_words as said
from domain.dates import (
    Dates,
    about,
    about_day,
    about_part,
    by,
    from_today,
    last_day,
    months,
    period,
)

_DECEMBER, _CHRISTMAS = 12, 25
_MID_MONTH = 20
_LONGER_THAN = re.compile(
    r"\b(?:despu[eé]s de|luego de|after|depois de|m[aá]s de|more than|over|mais de|al menos|"
    r"at least|pelo menos)\s$"
)


def timeline(text: str, today: date) -> Dates | None:
    """The dates that the words name, seen from `today`; None when they name none."""
    text = " ".join(text.lower().split())
    for pattern, read in _READERS:
        if (match := pattern.search(text)) and (dates := read(match, today)):
            return dates
    return None


def _this(match: re.Match[str], today: date) -> Dates:
    return period(match["period"], today, 0)


def _next(match: re.Match[str], today: date) -> Dates:
    return period(match["period"], today, 1)


def _within(match: re.Match[str], today: date) -> Dates:
    """In some time: about then and not later, or "after 3 months" and not earlier."""
    word = match["count"]
    count = int(word) if word.isdigit() else said.NUMBERS[word]
    days = next(days for unit, days in said.UNITS.items() if re.fullmatch(unit, match["unit"]))
    then = today + timedelta(days=count * days)
    if _LONGER_THAN.search(match.string[: match.start()]):
        return Dates(first=then, last=None)
    return Dates(first=today, last=then)


def _month(match: re.Match[str], today: date) -> Dates:
    number = _number(match["month"])
    year = int(match["year"]) if match["year"] else today.year + (number < today.month)
    return about(match.string[: match.start("month")], months(today, year, number, 1), today)


def _day_of_month(match: re.Match[str], today: date) -> Dates:
    """One day, or from one to another. "By" a day is on it at the latest."""
    month = _number(match["month"])
    number = int(match["day"])
    over = (month, number) < (today.month, today.day)
    year = int(match["year"]) if match["year"] else today.year + over
    since = int(match.groupdict().get("since") or number)
    if not 1 <= since <= number <= last_day(year, month).day:
        return months(today, year, month, 1)
    named = Dates(first=date(year, month, since), last=date(year, month, number))
    return about_day(match.string[: match.start()], named, today)


def _in_figures(match: re.Match[str], today: date) -> Dates | None:
    """ "15/1/27": the day first, unless only the other way is a date."""
    day, month = int(match["one"]), int(match["other"])
    if month > _DECEMBER:
        day, month = month, day
    year = 2000 + int(match["year"]) if match["year"] else today.year
    if month > _DECEMBER or not 1 <= day <= last_day(year, month).day:
        return None
    named = date(year, month, day)
    if not match["year"] and named < today:
        named = named.replace(year=year + 1)
    return about_day(match.string[: match.start("one")], Dates(first=named, last=named), today)


def _iso(match: re.Match[str], today: date) -> Dates:
    """A day or a month as models write it."""
    year, month, number = int(match["year"]), int(match["iso"]), int(match["day"] or 0)
    named = months(today, year, month, 1)
    if 1 <= number <= last_day(year, month).day:
        named = Dates(first=date(year, month, number), last=date(year, month, number))
    return about_day(match.string[: match.start()], named, today)


def _part_of_month(match: re.Match[str], today: date) -> Dates:
    """A third of it."""
    month = _number(match["month"])
    first = 1 if match["early"] else 11 if match["mid"] else 21

    def third(year: int) -> Dates:
        last = last_day(year, month) if first > _MID_MONTH else date(year, month, first + 9)
        return from_today(date(year, month, first), last, today)

    named = third(int(match["year"] or today.year))
    if not match["year"] and named.last and named.last < today:
        named = third(today.year + 1)
    return about_part(match.string[: match.start()], named, today)


def _several_months(match: re.Match[str], today: date) -> Dates:
    first, last = _number(match["since"]), _number(match["month"])
    over = last < first
    year = int(match["year"] or today.year) - over
    year += not match["year"] and (last < today.month or over)
    named = months(today, year, first, last - first + 1 + 12 * over)
    return about_part(match.string[: match.start()], named, today)


def _number(month: str) -> int:
    return next(n for n, names in enumerate(said.MONTHS, 1) if re.fullmatch(names, month))


def _half(match: re.Match[str], today: date) -> Dates:
    number = int(match["half"])
    year = int(match["year"]) if match["year"] else today.year + (number * 6 < today.month)
    return about(match.string[: match.start()], months(today, year, number * 6 - 5, 6), today)


def _quarter(match: re.Match[str], today: date) -> Dates:
    number = int(match["quarter"])
    over = number * 3 < today.month
    year = int(match["year"]) if match["year"] else today.year + over
    named = months(today, year, number * 3 - 2, 3)
    return by(named, today) if match["end"] else about(match.string[: match.start()], named, today)


def _part_of_year(match: re.Match[str], today: date) -> Dates:
    span = 3 if match["span"] in ("trimestre", "quarter") else 6
    which = next(n for n, names in enumerate(said.FIRST_TO_FOURTH, 1) if match["which"] in names)
    number = min(which, 12 // span)
    over = number * span < today.month
    ahead = match["ahead"]
    year = int(match["year"]) if match["year"] else today.year + (1 if ahead else over)
    named = months(today, year, (number - 1) * span + 1, span)
    return about(match.string[: match.start()], named, today)


def _christmas(match: re.Match[str], today: date) -> Dates:
    year = today.year + (today.month == _DECEMBER and today.day > _CHRISTMAS)
    day = date(year, _DECEMBER, _CHRISTMAS)
    return about(match.string[: match.start("day")], Dates(first=day, last=day), today)


def _end(match: re.Match[str], today: date) -> Dates:
    named = match.groupdict()
    word = named.get("period") or said.SHORT[match["eo"]]
    return by(period(word, today, bool(named.get("next") or named.get("coming"))), today)


def _early_next_year(_: re.Match[str], today: date) -> Dates:
    return months(today, today.year + 1, 1, 3)


def _half_a_year(_: re.Match[str], today: date) -> Dates:
    return Dates(first=today, last=today + timedelta(days=182))


def _now(_: re.Match[str], today: date) -> Dates:
    return Dates(first=today, last=None)


def _year(match: re.Match[str], today: date) -> Dates:
    return months(today, int(match["only"]), 1, 12)


_Reader = Callable[[re.Match[str], date], Dates | None]
_WORDS: tuple[tuple[str, _Reader], ...] = (
    (
        rf"\b(?P<which>{said.ORDINALS})\s"
        r"(?P<span>trimestre|quarter|semestre|half(?=$| (?:of )?(?:20|next|this)))\b"
        r"(?:\s(?:del?|do|of)?\s?(?:"
        r"(?P<year>20\d\d)|"
        r"(?P<ahead>(?:pr[oó]ximo a[nñ]o|next year|(?:a[nñ]o|ano) que (?:viene|vem)))))?",
        _part_of_year,
    ),
    (r"\b(?P<day>(?:la )?navidad|christmas|xmas|(?:o )?natal)\b", _christmas),
    (
        r"\b(?:(?P<since>\d{1,2})\s(?:y|e|and|a|al|to|-)\s(?:el\s|o\s|the\s)?)?"
        rf"(?P<day>\d{{1,2}})(?:º|°|ro|st|nd|rd|th)?\s(?:de\s|of\s)?{said.MONTH}\b",
        _day_of_month,
    ),
    (
        rf"\b(?P<month>{said.ANY_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        r"(?=$|[,.;]|\s20\d\d)(?:,?\s(?P<year>20\d\d))?",
        _day_of_month,
    ),
    (
        rf"\b(?:(?P<early>{said.EARLY})|(?P<mid>{said.MID})|(?P<late>{said.LATE}))[\s-](?:the\s)?{said.MONTH}\b",
        _part_of_month,
    ),
    (
        rf"\b(?:(?:from|desde)\s)?(?P<since>{said.ANY_MONTH})"
        rf"(?:\s(?:to|and|or|through|y|o|ó|a|e|u|ou|hasta|at[eé])\s|\s?[-–]\s?){said.MONTH}\b",
        _several_months,
    ),
    (
        rf"\b(?:{said.END_OF})\s?(?P<next>next |pr[oó]xim[oa] )?{said.PERIOD}\b(?P<coming> que v)?",
        _end,
    ),
    (r"\b(?P<period>month|quarter|year)[\s-]end\b|\beo(?P<eo>[wmqy])\b", _end),
    (rf"\b(?:early|(?:{said.EARLY})(?:l|o)?)\s(?:{said.NEXT_YEAR})\b", _early_next_year),
    (r"\bhalf a year\b|\bmedio a[nñ]o\b|\bmeio ano\b", _half_a_year),
    (
        r"\b(?P<year>20\d\d)-(?P<iso>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?![\d-])",
        _iso,
    ),
    (
        r"\b(?P<one>\d{1,2})[/.-](?P<other>\d{1,2})[/.-](?:20)?(?P<year>\d\d)\b",
        _in_figures,
    ),
    (
        r"\b(?:el|del|al|d[ií]a|o|do|on|by|before|until)\s(?:the\s)?"
        r"(?P<one>\d{1,2})/(?P<other>\d{1,2})(?P<year>)\b",
        _in_figures,
    ),
    (rf"\b(?:pr[oó]xim[oa]|next)\s{said.PERIOD}\b", _next),
    (rf"\b{said.PERIOD}\s(?:que viene|que vem|que entra|pr[oó]xim[oa]|entrante)\b", _next),
    (rf"\b(?:est[ae]|this|nest[ae])\s(?:mism[oa]\s)?{said.PERIOD}\b", _this),
    (rf"\b{said.NOT_AGO}{said.COUNT}\s(?P<unit>{said.UNIT})\b(?! ago| atr[aá]s)", _within),
    (
        rf"\b(?P<end>(?:{said.END_OF})\s?)?q(?P<quarter>[1-4])(?:\s(?:de\s|of\s)?(?P<year>20\d\d))?\b",
        _quarter,
    ),
    (r"\bh(?P<half>[12])(?:\s(?:de\s|of\s)?(?P<year>20\d\d))?\b", _half),
    (rf"\b{said.ABOUT_A_MONTH}{said.MONTH}\b", _month),
    (rf"^{said.MONTH}$", _month),
    (rf"\b{said.NOT_AT_ONCE}(?:{said.AT_ONCE})\b(?!(?: mismo)? (?:no|não|not)\b)", _now),
    (r"\b(?:en|in|em|para)\s(?P<only>20\d\d)\b", _year),
)
"""In the order in which they are tried: the more exact first."""

_READERS = tuple((re.compile(pattern), read) for pattern, read in _WORDS)
