"""The report's figures and their arithmetic. docs/report.md defines each."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.values import Value

PRICED = "November 2026, developers.openai.com/api/docs/pricing"
"""From when the prices below are, and where to look for newer ones."""


class Price(Value):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    cached: float = Field(ge=0)
    output: float = Field(ge=0)


PRICES: dict[str, Price] = {
    "gpt-4o": Price(input=2.5, cached=1.25, output=10),
    "gpt-4.1-mini": Price(input=0.4, cached=0.1, output=1.6),
    "gpt-5.4-mini": Price(input=0.75, cached=0.075, output=4.5),
    "gpt-5.6-luna": Price(input=0.2, cached=0.02, output=1.2),
    "gpt-6-luna": Price(input=0.1, cached=0.01, output=0.5),
}


class Spread(Value):
    """Middle and slow end of a figure; None when nothing was measured."""

    count: int = 0
    p50: float | None = None
    p95: float | None = None


class Step(Value):
    """A step of the funnel; `seconds` is the median time since the step before."""

    name: str
    count: int
    seconds: float | None = None


class Spent(Value):
    """The tokens of one model for one purpose; cached ones are a part of the input."""

    model: str
    purpose: Literal["answer", "summary", "brief", "discarded"]
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int


class Reason(Value):
    """Handoffs of one reason, and in how many conversations."""

    reason: str
    handoffs: int
    conversations: int


class Report(Value):
    """Counts of the period; times in seconds."""

    since: datetime
    until: datetime
    funnel: tuple[Step, ...]
    no_shows: int
    without_human: int
    conversations: int
    qualified: int
    bookings: int
    messages_before_booking: Spread
    reply: Spread
    handoffs: tuple[Reason, ...]
    first_word: Spread
    without_word: int
    spent: tuple[Spent, ...]


_SPAN = re.compile(r"(\d{1,5})([dh])")
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def begin(since: str, now: datetime, zone: ZoneInfo) -> datetime:
    """When a period begins: 30d, 12h, or a date of the business's zone. Raises ValueError."""
    if span := _SPAN.fullmatch(since):
        hours = int(span[1]) * (24 if span[2] == "d" else 1)
        return now - timedelta(hours=hours)
    day = datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=zone)
    if day > now:
        raise ValueError("lies in the future")
    return day


def percent(part: int, whole: int) -> float | None:
    """0 to 100; None of nothing."""
    return 100 * part / whole if whole else None


def money(spent: Spent, prices: Mapping[str, Price]) -> float | None:
    """US dollars; None when the model's price is not known. A dated name has its family's price."""
    price = prices.get(spent.model) or prices.get(_DATED.sub("", spent.model))
    if price is None:
        return None
    fresh = spent.input_tokens - spent.cached_tokens
    parts = (
        fresh * price.input,
        spent.cached_tokens * price.cached,
        spent.output_tokens * price.output,
    )
    return sum(parts) / 1_000_000


def total(spent: Iterable[Spent], prices: Mapping[str, Price]) -> float | None:
    """US dollars of all of it; None when one price is not known."""
    each = [money(part, prices) for part in spent]
    known = [amount for amount in each if amount is not None]
    return math.fsum(known) if len(known) == len(each) else None


def per(amount: float | None, count: int) -> float | None:
    """The share of each; None when either is not there."""
    return amount / count if amount is not None and count else None
