"""Facts are taken only with proof: the quote must stand in one of the lead's own messages."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.budget import Budget, budget
from domain.lead import Fact, FactField, Facts
from domain.proposal import ProposedFact
from domain.timeline import Dates, timeline
from domain.zones import known, zone_said

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_LONGEST = 200

Said = tuple[str, str]
"""Message id and text of one of the lead's messages."""


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
        return budget(fact.value, currency) or budget(fact.quote, currency)
    if fact.field == "timeline":
        return timeline(fact.value, today) or timeline(fact.quote, today)
    return None


def changed(facts: Iterable[Fact], known: Facts) -> tuple[Fact, ...]:
    """Those that say something other than what is known: the ones worth a row of history."""
    return tuple(
        fact for fact in facts if fact.field not in known or known[fact.field].value != fact.value
    )


def _proven(fact: ProposedFact, said: Sequence[Said], at: datetime) -> Fact | None:
    quote = _plain(fact.quote)
    source = next((name for name, text in reversed(said) if quote and quote in _plain(text)), None)
    if source is None or not _plausible(fact.field, fact.value):
        return None
    value = fact.value.strip()[:_LONGEST] if fact.value else None
    if value and fact.field == "timezone":
        value = _zone(value, fact.quote)
        if value is None:
            return None
    return Fact(field=fact.field, value=value, quote=fact.quote[:500], message_id=source, at=at)


def _plausible(field: FactField, value: str | None) -> bool:
    if value is None:
        return True
    return bool(value.strip()) and (field != "email" or bool(_EMAIL.fullmatch(value.strip())))


def _zone(value: str, quote: str) -> str | None:
    """The zone's name: the place that the lead himself named wins over what was made of it."""
    return zone_said(quote) or (value if known(value) else zone_said(value))


def _plain(text: str) -> str:
    """Without the differences that copying makes: case, spacing, typographic marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = folded.translate(str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'}))
    return " ".join(folded.split())
