"""What is known about a lead: facts with proof, and the BANT score over them.

BANT: budget, authority, need, timeline (IBM's qualification frame).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

from domain.budget import Budget
from domain.dates import Dates
from domain.values import Value

FactField = Literal[
    "name", "company", "email", "intent", "budget", "authority", "need", "timeline", "timezone"
]
FACT_FIELDS: tuple[FactField, ...] = get_args(FactField)
BANT: tuple[FactField, ...] = ("budget", "authority", "need", "timeline")


class Fact(Value):
    """One thing the lead said of himself. `value` None means that he declined to say it.

    `quote` stands word for word in the message `message_id`. `normal` is what code reads out of a
    budget or a timeline; None where it finds no amount or date. `confidence` (0 to 1) is the
    model's own figure for the answer that brought the fact.
    """

    field: FactField
    value: str | None
    quote: str
    message_id: str
    at: datetime
    confidence: float | None = None
    normal: Budget | Dates | None = None


Facts = Mapping[FactField, Fact]


def latest(facts: Iterable[Fact]) -> dict[FactField, Fact]:
    """The fact that holds of each field: the last one said."""
    return {fact.field: fact for fact in sorted(facts, key=lambda fact: fact.at)}
