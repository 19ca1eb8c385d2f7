"""Facts are taken only with proof: the quote must stand in one of the lead's own messages."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.budget import Budget, budget
from domain.dates import Dates
from domain.lead import Fact, FactField, Facts
from domain.money import numbers
from domain.proposal import ProposedFact
from domain.quotation import Said, bare, quoted
from domain.timeline import timeline
from domain.zones import known, zone_said

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_DICTATED = tuple(
    (re.compile(rf"\s*\b(?:{words})\b\s*"), mark)
    for words, mark in (
        ("(?:guion|barra|raya) baj[oa]|subguion|underscore|underline|sublinhado", "_"),
        ("guion(?: medio)?|dash|hyphen|hifen|traco", "-"),
        ("punto|ponto|dot", "."),
        ("arroba|at", "@"),
    )
)
"""How the marks of an address are said; the words without accents, as `bare` leaves them."""
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’-](?!\Z)|\.(?= |\Z)){0,59}")
_NUMBER = re.compile(
    r"\b(?:mil\w*|miles|cien\w*|cem|\w+ient[oa]s|\w+entos|hundred|thousand|million\w*|k|grand|"
    r"un|una|um|uma|one|dos|dois|duas|two|tres|three|cuatro|quatro|four|cinco|five|seis|six|siete|"
    r"sete|seven|ocho|oito|eight|nueve|nove|nine|diez|dez|ten|once|onze|eleven|doce|doze|twelve|"
    r"quince|quinze|fifteen|veint\w+|vinte|twenty|\w+enta|\w+inta|\w+ty|nada|zero|cero)\b"
)
_MILLION = 1_000_000
_MILLIONS = re.compile(r"\b(?:mill\w+|milh\w+|palos?|lakhs?|lacs?|crores?)|\d\s?mn?\b")
_SCALES = (1, 1000)
_LONGEST = 200


def accept(
    proposed: Iterable[ProposedFact],
    said: Sequence[Said],
    at: datetime,
    *,
    currency: str,
    confidence: float | None = None,
) -> tuple[tuple[Fact, ...], int]:
    """The proposed facts whose quotes stand in `said` (newest first), and how many do not.

    `at` carries the zone in which "tomorrow" is meant; `currency` is the business's own.
    """
    checked = [_proven(fact, said, at) for fact in proposed]
    facts = tuple(
        fact.model_copy(update={"confidence": confidence, "normal": normal(fact, currency)})
        for fact in checked
        if fact
    )
    return facts, len(checked) - len(facts)


def normal(fact: Fact, currency: str) -> Budget | Dates | None:
    """What the value says in numbers or dates; the quote where the value says nothing of it."""
    if fact.value is None:
        return None
    today = fact.at.date()
    if fact.field == "budget":
        return _sum(budget(fact.value, currency), budget(fact.quote, currency))
    if fact.field == "timeline":
        return timeline(fact.value, today) or timeline(fact.quote, today)
    return None


def _sum(meant: Budget | None, told: Budget | None) -> Budget | None:
    """What the value means, in the currency that he named where the value names none."""
    if meant and told and meant.currency is None:
        return meant.model_copy(update={"currency": told.currency})
    return meant or told


def changed(facts: Iterable[Fact], known: Facts) -> tuple[Fact, ...]:
    """Those that say something other than what is known: the ones worth a row of history."""
    return tuple(
        fact for fact in facts if fact.field not in known or known[fact.field].value != fact.value
    )


def _proven(fact: ProposedFact, said: Sequence[Said], at: datetime) -> Fact | None:
    if not _plausible(fact.field, fact.value):
        return None
    found, whole = quoted(fact.quote, said), dict(said)
    shown = ((name, words) for name, words in found if _shown(fact, words, whole[name]))
    source = next(shown, None)
    if source is None:
        return None
    message, quote = source
    value = fact.value.strip()[:_LONGEST] if fact.value else None
    if value and fact.field == "timezone":
        value = _zone(value, quote)
        if value is None:
            return None
    return Fact(field=fact.field, value=value, quote=quote[:500], message_id=message, at=at)


def _plausible(field: FactField, value: str | None) -> bool:
    if value is None:
        return True
    return bool(value.strip()) and (field != "email" or bool(_EMAIL.fullmatch(value.strip())))


def _shown(fact: ProposedFact, quote: str, message: str) -> bool:
    """Whether the quote can mean the value: a name stands in it, an amount needs a number."""
    if fact.value is None:
        return True
    said, value = bare(quote), bare(fact.value)
    if fact.field == "name":
        return bool(_NAME.fullmatch(fact.value.strip())) and all(w in said for w in value.split())
    if fact.field == "email":
        return _email_shown(said, value)
    return fact.field != "budget" or _amount_shown(said, value, bare(message))


def _email_shown(quote: str, value: str) -> bool:
    """Whether its name and its domain stand in the quote, also where he dictates the marks."""
    said = quote
    for words, mark in _DICTATED:
        said = words.sub(mark, said)
    name, _, domain = value.partition("@")
    return all(part in quote or part in said for part in (name, domain.split(".")[0]))


def _amount_shown(quote: str, value: str, message: str) -> bool:
    """Whether an amount of the value stands in the quote, in digits (20 is 20,000) or words.

    That it is one of millions may be said elsewhere in the message.
    """
    meant, said = numbers(value), numbers(quote)
    if not meant or not said:
        large = max(meant, default=0) >= _MILLION
        return not meant or bool((_MILLIONS if large else _NUMBER).search(quote))
    scales = (*_SCALES, _MILLION) if _MILLIONS.search(message) else _SCALES
    return any(amount == short * scale for amount in meant for short in said for scale in scales)


def _zone(value: str, quote: str) -> str | None:
    """The zone's name: the place that the lead himself named wins over what was made of it."""
    return zone_said(quote) or (value if known(value) else zone_said(value))
