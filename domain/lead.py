"""What is known about a lead: facts with proof, and the BANT score over them.

BANT: budget, authority, need, timeline (IBM's qualification frame).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

from domain.values import Value

FactField = Literal[
    "name", "company", "email", "intent", "budget", "authority", "need", "timeline", "timezone"
]
FACT_FIELDS: tuple[FactField, ...] = get_args(FactField)
BANT: tuple[FactField, ...] = ("budget", "authority", "need", "timeline")


class Fact(Value):
    """One thing the lead said of himself. `value` None means that he declined to say it.

    `quote` stands word for word in the message `message_id`.
    """

    field: FactField
    value: str | None
    quote: str
    message_id: str
    at: datetime


Facts = Mapping[FactField, Fact]


def latest(facts: Iterable[Fact]) -> dict[FactField, Fact]:
    """The fact that holds of each field: the last one said."""
    return {fact.field: fact for fact in sorted(facts, key=lambda fact: fact.at)}
