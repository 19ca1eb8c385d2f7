"""A budget in numbers: the range that a lead's words name, and its currency."""

import re
from decimal import Decimal

from domain.money import Money, money, numbers
from domain.values import Value

_UP_TO = re.compile(
    r"\b(?:hasta|m[aá]ximo|m[aá]x|topes?|tops|como mucho|a lo sumo|quando muito|"
    r"(?<!no )(?<!não )menos de|por debajo de|"
    r"up to|at most|max(?:imum)?|under|(?<!no )(?<!not )less than|below|"
    r"not? (?:more|over|above)(?: than)?|\w+n['’]?t (?:\w+ )?(?:over|above|more than)|"
    r"no (?:\w+ )?m[aá]s de|no (?:llego|paso) (?:a|de)|(?:subir|llegar|estirar\w*) a|stretch to|"
    r"at[eé]|menos que|abaixo de|n[aã]o (?:\w+ )?mais (?:de|que)|n[aã]o (?:passo|chego) (?:de|a)"
    r")\b",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:desde|m[ií]nimo|al menos|por lo menos|(?:m[aá]s|n[aã]?o menos) de|a partir d[eo]|"
    r"at least|not? less than|over|more than|from|minimum|starting at|above|"
    r"pelo menos|mais (?:de|que)|acima de)\b|(?<=[\dk])\s?\+(?!\s?\d)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"\b(?:entre|between)\b\D{0,20}\d.{0,30}?\s(?:y|e|and|a)\s\D{0,12}\d"
    r"|\b(?:from|desde|de)\b\D{0,20}\d.{0,30}?\s(?:a|to|hasta|at[eé])\s\D{0,12}\d"
    r"|(?<![\d.,])\d[\d.,]*\S{0,4}(?:\s[^\W\d]+){0,2}?\s(?:a|to|[oó]|or|ou|-)\s\D{0,4}\d",
    re.IGNORECASE,
)
_DASH = re.compile(r"(?<=[\dkK])\s?[-–]\s?(?=\D{0,3}\d)")
_YEARS = range(2024, 2040)
_M = re.compile(r"(?<=\d)\s?(?:[mM]|mn)\b(?!²)")
"""MN is Mexico's national currency."""
_THOUSAND = 1000
_SHARED = (1_000_000, _THOUSAND)


class Budget(Value):
    """From `low` to `high`, both included; None is open. `currency` is ISO 4217, None unsaid.

    A sign that stands for several currencies ("$", "pesos") is the business's own where it can be.
    """

    low: Decimal | None
    high: Decimal | None
    currency: str | None


def budget(text: str, currency: str) -> Budget | None:
    """The budget in the text, None when it names no amount. `currency` is the business's own."""
    text = _M.sub(" million", _DASH.sub(" - ", text))
    said = list(money(text))
    found = _range(text, said) or _then_at_most(text)
    found = found or [sum_.amount for sum_ in said[:1]] or _bare(text)
    if not found:
        return None
    low, high = _bounds(text, found)
    return Budget(low=low, high=high, currency=_currency(said, currency))


def _bare(text: str) -> list[Decimal]:
    """The first number, which is no year where it can be."""
    found = numbers(text)
    return [number for number in found if number not in _YEARS][:1] or found[:1]


def _range(text: str, said: list[Money]) -> list[Decimal]:
    """Both ends of "between 3 and 5"; [] where that is not the money which is named elsewhere."""
    ends = _RANGE.search(text)
    found = numbers(text[ends.start() :])[:2] if ends else []
    return found if not said or any(sum_.amount in found for sum_ in said) else []


def _then_at_most(text: str) -> list[Decimal]:
    """Both amounts of "6000 EUR, máximo 7000"; [] of words that name one, or none."""
    limit = _UP_TO.search(text)
    if limit is None:
        return []
    head = text[: limit.start()]
    first = [sum_.amount for sum_ in money(head)] or [n for n in numbers(head) if n >= _THOUSAND]
    last = numbers(text[limit.end() :])
    return [first[0], last[0]] if first and last and first[0] < last[0] else []


def _bounds(text: str, found: list[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    if len(found) > 1:
        low, high = sorted(found)
        # "entre 3 y 5 mil", "6 a 8 millones": what is said once holds for both
        return next((low * scale for scale in _SHARED if low * scale <= high), low), high
    (amount,) = found
    if _UP_TO.search(text):
        return None, amount
    return (amount, None) if _FROM.search(text) else (amount, amount)


def _currency(said: list[Money], own: str) -> str | None:
    codes = next((found.currencies for found in said if found.currencies), frozenset[str]())
    if len(codes) == 1:
        return next(iter(codes))
    return own if own in codes else None
