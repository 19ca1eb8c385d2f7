"""The BANT score: plain arithmetic over what the lead said, so that anybody can check it.

BANT is IBM's qualification frame: budget, authority, need, timeline.
"""

from collections.abc import Sequence

from domain.lead import BANT, FactField, Facts
from domain.values import Value

POINTS = 25
"""For each of the four that is known; together they make 100."""


class Score(Value):
    """0 to 100. A part is None while unknown and 0 when the lead declined to say it.

    `total` is None as long as every part is.
    """

    total: int | None
    parts: dict[FactField, int | None]
    reasons: tuple[str, ...]


def score(facts: Facts) -> Score:
    """The score of a lead; facts outside BANT count nothing."""
    parts: dict[FactField, int | None] = {field: _points(facts, field) for field in BANT}
    counted = [points for points in parts.values() if points is not None]
    return Score(
        total=sum(counted) if counted else None,
        parts=parts,
        reasons=tuple(_reason(facts, field) for field in BANT),
    )


def qualified(facts: Facts, required: Sequence[FactField] = BANT) -> bool:
    """Whether every required fact is known; a declined one is not."""
    return all(_points(facts, field) for field in required)


def _points(facts: Facts, field: FactField) -> int | None:
    if field not in facts:
        return None
    return POINTS if facts[field].value is not None else 0


def _reason(facts: Facts, field: FactField) -> str:
    if field not in facts:
        return f"{field}: not known yet"
    value = facts[field].value
    return f"{field}: declined, +0" if value is None else f"{field}: {value}, +{POINTS}"
