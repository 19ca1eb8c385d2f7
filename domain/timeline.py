"""A timeline in dates: when a lead wants to buy, as his words say it, in es, en and pt."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from domain.values import Value

_NUMBERS = {
    **dict.fromkeys(("un", "una", "uno", "um", "uma", "a", "an", "one"), 1),
    **dict.fromkeys(("dos", "dois", "duas", "two", "couple of", "par de"), 2),
    **dict.fromkeys(("tres", "três", "three"), 3),
    **dict.fromkeys(("cuatro", "quatro", "four"), 4),
    **dict.fromkeys(("cinco", "five"), 5),
    **dict.fromkeys(("seis", "six"), 6),
}  # fmt: skip
_MONTHS = (
    "enero|janeiro|january|jan", "febrero|fevereiro|february|feb", "marzo|março|marco|march|mar",
    "abril|april|abr", "mayo|maio|may", "junio|junho|june|jun", "julio|julho|july|jul",
    "agosto|august|ago|aug", "septiembre|setiembre|setembro|september|sept?|set",
    "octubre|outubro|october|oct|out", "noviembre|novembro|november|nov",
    "diciembre|dezembro|december|dic|dez|dec",
)  # fmt: skip
_UNITS = {
    r"d[ií]as?|days?|dias?": 1, r"semanas?|weeks?": 7, r"quincenas?|quinzenas?|fortnights?": 15,
    r"mes(?:es)?|m[eê]s|months?": 30, r"trimestres?|quarters?": 91, r"a[nñ]os?|anos?|years?": 365,
}  # fmt: skip
_UNIT = "|".join(_UNITS)
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_PERIOD = r"(?P<period>semana|week|m[eê]s|month|trimestre|quarter|a[nñ]o|ano|year)"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})(?:\s(?:de|of|del)?\s?(?P<year>20\d\d))?"
_FIRST_TO_FOURTH = (
    ("primer", "primeiro", "first", "1er", "1º"),
    ("segundo", "second", "2do", "2º"),
    ("tercer", "terceiro", "third", "3er", "3º"),
    ("cuarto", "quarto", "último", "fourth", "4to", "4º"),
)
_DECEMBER, _CHRISTMAS = 12, 25
_BEFORE = re.compile(r"\b(?:antes d[eo]l?|before|by)\s[\w\s]{0,8}$")
_AT_LATEST = re.compile(
    r"\b(?:hasta|at[eé]|until|no later than|(?:a m[aá]s|(?:no|o) mais) tardar|no m[aá]ximo)"
    r"\s[\w\s]{0,8}$"
)
_BY = re.compile(r"\bby\s(?:the\s)?$")
_NOT_BEFORE = re.compile(r"\b(?:not?|n[aã]o) (?:antes d[eo]l?|before)\s[\w\s]{0,8}$")
_LONGER_THAN = re.compile(
    r"\b(?:despu[eé]s de|luego de|after|depois de|m[aá]s de|more than|over|mais de|al menos|"
    r"at least|pelo menos)\s$"
)
_AFTER = re.compile(
    r"\b(?:despu[eé]s del?|luego del?|a partir d[eo]l?|desde|after|from|starting|depois d[eo])"
    r"\s[\w\s]{0,8}$"
)


class Dates(Value):
    """From `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


def timeline(text: str, today: date) -> Dates | None:
    """The dates that the words name, seen from `today`; None when they name none."""
    text = " ".join(text.lower().split())
    for pattern, read in _READERS:
        if match := pattern.search(text):
            return read(match, today)
    return None


def _this(match: re.Match[str], today: date) -> Dates:
    return _period(match["period"], today, 0)


def _next(match: re.Match[str], today: date) -> Dates:
    return _period(match["period"], today, 1)


def _period(word: str, today: date, ahead: int) -> Dates:
    if word in ("semana", "week"):
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
        return _from_today(first, first + timedelta(days=6), today)
    if word in ("trimestre", "quarter"):
        quarter = (today.month - 1) // 3 + ahead
        return _months(today, today.year + quarter // 4, quarter % 4 * 3 + 1, 3)
    if word in ("mes", "mês", "month"):
        month = today.month - 1 + ahead
        return _months(today, today.year + month // 12, month % 12 + 1, 1)
    return _months(today, today.year + ahead, 1, 12)


def _within(match: re.Match[str], today: date) -> Dates:
    """In some time: about then and not later, or "after 3 months" and not earlier."""
    word = match["count"]
    count = int(word) if word.isdigit() else _NUMBERS[word]
    days = next(days for unit, days in _UNITS.items() if re.fullmatch(unit, match["unit"]))
    then = today + timedelta(days=count * days)
    if _LONGER_THAN.search(match.string[: match.start()]):
        return Dates(first=then, last=None)
    return Dates(first=today, last=then)


def _number(month: str) -> int:
    return next(n for n, names in enumerate(_MONTHS, 1) if re.fullmatch(names, month))


def _month(match: re.Match[str], today: date) -> Dates:
    number = _number(match["month"])
    year = int(match["year"]) if match["year"] else today.year + (number < today.month)
    return _about(match.string[: match.start("month")], _months(today, year, number, 1), today)


def _months_between(match: re.Match[str], today: date) -> Dates:
    """ "January or February", "from March to May"."""
    first, last = (_number(match[name]) for name in ("since", "month"))
    year = int(match["year"] or today.year) - (first > last)
    year += not match["year"] and (last < today.month or first > last)
    return _months(today, year, first, (last - first) % 12 + 1)


def _day_of_month(match: re.Match[str], today: date) -> Dates:
    """One day, or from one to another. "By" a day is on it at the latest."""
    month = _number(match["month"])
    number = int(match["day"])
    over = (month, number) < (today.month, today.day)
    year = int(match["year"]) if match["year"] else today.year + over
    since = int(match.groupdict().get("since") or number)
    if not 1 <= since <= number <= _last_day(year, month).day:
        return _months(today, year, month, 1)
    named = Dates(first=date(year, month, since), last=date(year, month, number))
    before = match.string[: match.start()]
    return _by(named, today) if _BY.search(before) else _about(before, named, today)


def _quarter(match: re.Match[str], today: date) -> Dates:
    number = int(match["quarter"])
    over = number * 3 < today.month
    year = int(match["year"]) if match["year"] else today.year + over
    before = match.string[: match.start()]
    return _about(before, _months(today, year, number * 3 - 2, 3), today)


def _part_of_year(match: re.Match[str], today: date) -> Dates:
    months = 3 if match["span"] in ("trimestre", "quarter") else 6
    which = next(n for n, names in enumerate(_FIRST_TO_FOURTH, 1) if match["which"] in names)
    number = min(which, 12 // months)
    over = number * months < today.month
    ahead = match["ahead"]
    year = int(match["year"]) if match["year"] else today.year + (1 if ahead else over)
    named = _months(today, year, (number - 1) * months + 1, months)
    return _about(match.string[: match.start()], named, today)


def _christmas(match: re.Match[str], today: date) -> Dates:
    year = today.year + (today.month == _DECEMBER and today.day > _CHRISTMAS)
    day = date(year, _DECEMBER, _CHRISTMAS)
    return _about(match.string[: match.start("day")], Dates(first=day, last=day), today)


def _end(match: re.Match[str], today: date) -> Dates:
    return Dates(first=today, last=_period(match["period"], today, 0).last)


def _now(_: re.Match[str], today: date) -> Dates:
    return Dates(first=today, last=None)


def _year(match: re.Match[str], today: date) -> Dates:
    return _months(today, int(match["only"]), 1, 12)


def _about(before: str, named: Dates, today: date) -> Dates:
    """ "before March" ends the day before it; "after" and "from March" begin with it."""
    if _NOT_BEFORE.search(before):
        return Dates(first=named.first, last=None)
    if _AT_LATEST.search(before):
        return _by(named, today)
    if _BEFORE.search(before) and named.first:
        return Dates(first=today, last=max(today, named.first - timedelta(days=1)))
    if _AFTER.search(before) and named.last:
        return Dates(first=named.first, last=None)
    return named


def _by(named: Dates, today: date) -> Dates:
    return Dates(first=today, last=named.last and max(today, named.last))


def _months(today: date, year: int, month: int, count: int) -> Dates:
    final = month + count - 1
    last = _last_day(year + (final - 1) // 12, (final - 1) % 12 + 1)
    return _from_today(date(year, month, 1), last, today)


def _from_today(first: date, last: date, today: date) -> Dates:
    """A period under way begins now."""
    return Dates(first=max(first, today) if last >= today else first, last=last)


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


_ABOUT_A_MONTH = (
    r"(?:en|in|em|para|antes de|before|by|hasta|de|desde|a partir de|after|depois de|"
    r"despu[eé]s de|until|at[eé]|for|from|than|tardar|m[aá]ximo|of|mid|"
    r"early|late)[\s-](?:mediados de\s|late\s|early\s)?"
)
_NOT_AT_ONCE = r"(?<!\bno )(?<!\bnot )(?<!\bno es )(?<!\bnada )(?<!\bnão )(?<!\bnão é )(?<!n't )"
_AT_ONCE = (
    r"ya mismo|ya|ahora|hoy|inmediat\w*|cuanto antes|lo antes posible|urgente\w*|"
    r"asap|now|today|right away|immediately|as soon as possible|urgent\w*|"
    r"j[aá]|agora|hoje|imediat\w*|o quanto antes|o mais r[aá]pido poss[ií]vel"
)
_END_OF = r"fin(?:al(?:es)?)? de(?:l| este)?|end of (?:the |this )?|fim d[oe](?:ste)?"

_ORDINALS = "|".join(word for words in _FIRST_TO_FOURTH for word in words)

_Reader = Callable[[re.Match[str], date], Dates]
_WORDS: tuple[tuple[str, _Reader], ...] = (
    (
        rf"\b(?P<which>{_ORDINALS})\s"
        r"(?P<span>trimestre|quarter|semestre|half(?=$| (?:of )?(?:20|next|this)))\b"
        r"(?:\s(?:del?|do|of)?\s?(?:"
        r"(?P<year>20\d\d)|"
        r"(?P<ahead>(?:pr[oó]ximo a[nñ]o|next year|(?:a[nñ]o|ano) que (?:viene|vem)))))?",
        _part_of_year,
    ),
    (r"\b(?P<day>(?:la )?navidad|christmas|xmas|(?:o )?natal)\b", _christmas),
    (
        r"\b(?:(?P<since>\d{1,2})\s(?:y|e|and|a|al|to|-)\s(?:el\s|o\s|the\s)?)?"
        rf"(?P<day>\d{{1,2}})(?:º|°|ro|st|nd|rd|th)?\s(?:de\s|of\s)?{_MONTH}\b",
        _day_of_month,
    ),
    (
        rf"\b(?P<month>{'|'.join(_MONTHS)})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        r"(?=$|[,.;]|\s20\d\d)(?:,?\s(?P<year>20\d\d))?",
        _day_of_month,
    ),
    (
        rf"\b(?P<since>{'|'.join(_MONTHS)})\s(?:[aoyeuó]|ou|or|to|and|hasta|até)\s{_MONTH}\b",
        _months_between,
    ),
    (rf"\b(?:{_END_OF})\s?{_PERIOD}\b", _end),
    (rf"\b(?:pr[oó]xim[oa]|next)\s{_PERIOD}\b", _next),
    (rf"\b{_PERIOD}\s(?:que viene|que vem|pr[oó]xim[oa]|entrante)\b", _next),
    (rf"\b(?:est[ae]|this|nest[ae])\s(?:mism[oa]\s)?{_PERIOD}\b", _this),
    (rf"\b{_COUNT}\s(?P<unit>{_UNIT})\b", _within),
    (r"\bq(?P<quarter>[1-4])(?:\s(?:de\s)?(?P<year>20\d\d))?\b", _quarter),
    (rf"\b{_ABOUT_A_MONTH}{_MONTH}\b", _month),
    (rf"^{_MONTH}$", _month),
    (rf"\b{_NOT_AT_ONCE}(?:{_AT_ONCE})\b(?!(?: mismo)? (?:no|não|not)\b)", _now),
    (r"\b(?:en|in|em|para)\s(?P<only>20\d\d)\b", _year),
)
"""In the order in which they are tried: the more exact first."""

_READERS = tuple((re.compile(pattern), read) for pattern, read in _WORDS)
