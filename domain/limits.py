"""How much of a day one lead may take: messages, tokens of the model, files.

A limit protects the company's money and the other leads. Over it the agent says so once that day
and then listens in silence; STOP, and asking for a person, always work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from domain.messages import Inbound, InboundKind
from domain.values import Value

Limit = Literal["messages", "tokens", "files"]

FILES: tuple[InboundKind, ...] = ("image", "audio", "video", "document", "sticker")


@dataclass(frozen=True)
class Limits:
    """Of one contact and day."""

    messages: int = 200
    tokens: int = 300_000
    files: int = 30


class Used(Value):
    """What a contact used of his day before a turn. `told`: that a limit was reached."""

    messages: int = 0
    tokens: int = 0
    files: int = 0
    told: bool = False


class Over(Value):
    """A limit that a turn goes beyond; `told` when the lead has heard of one today."""

    limit: Limit
    told: bool


def reached(messages: Sequence[Inbound], used: Used, limits: Limits) -> Over | None:
    """The limit that keeps a turn from being answered; files alone keep no words from it."""
    limit: Limit | None = None
    if used.messages + len(messages) > limits.messages:
        limit = "messages"
    elif used.tokens >= limits.tokens:
        limit = "tokens"
    elif used.files + _files(messages) > limits.files and not any(_words(m) for m in messages):
        limit = "files"
    return Over(limit=limit, told=used.told) if limit else None


def without_excess(messages: Sequence[Inbound], used: Used, limits: Limits) -> tuple[Inbound, ...]:
    """The messages, of which those beyond the day's files say nothing of a file to fetch."""
    left = limits.files - used.files
    kept: list[Inbound] = []
    for message in messages:
        left -= message.kind in FILES
        over = message.media is not None and left < 0
        kept.append(message.model_copy(update={"media": None}) if over else message)
    return tuple(kept)


def day_of(at: datetime, zone: ZoneInfo) -> datetime:
    """When the day began in the zone (UTC)."""
    return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)


def _files(messages: Sequence[Inbound]) -> int:
    return sum(message.kind in FILES for message in messages)


def _words(message: Inbound) -> bool:
    return bool(message.text or message.choice) and message.kind != "reaction"
