"""The words by which messages and answers are told apart."""

import re
from dataclasses import dataclass

from domain.sentences import SENTENCES

APOLOGY = "apology"

_SERIAL = re.compile(r"\bm(\d+)\b")
_APOLOGIES = "|".join(map(re.escape, SENTENCES["apology"].values()))
_TURN_ENDS = re.compile(rf"\((k\d+)\)|{_APOLOGIES}")
_RIDERS = tuple(
    text.partition("{")[0] for key in ("offer", "no_slots") for text in SENTENCES[key].values()
)
"""What follows a reply in a message of its own, up to its first value."""


def said(serial: int) -> str:
    """A lead's message: nothing in it that the product's rules would act on."""
    return f"m{serial} me interesa"


def replied(number: int, serials: tuple[int, ...]) -> str:
    """The model's answer."""
    return f"Recibido: {', '.join(f'm{serial}' for serial in serials)} (k{number})"


def serials(text: str) -> tuple[int, ...]:
    """The numbers of the messages that a text names, in its order."""
    return tuple(int(number) for number in _SERIAL.findall(text))


@dataclass(frozen=True)
class Shown:
    """What one turn said: "k7" with the messages that its answer names, or an apology."""

    label: str
    serials: tuple[int, ...]


def turns(text: str) -> list[Shown]:
    """The turns in a message, in its order: several when what waited was sent as one.

    Words that come from no turn are one with the label "other", unless they only ride along.
    """
    found: list[Shown] = []
    start = 0
    for end in _TURN_ENDS.finditer(text):
        found.append(Shown(end[1] or APOLOGY, serials(text[start : end.end()])))
        start = end.end()
    stray = serials(text[start:])
    if stray or not (found or rides_along(text)):
        found.append(Shown("other", stray))
    return found


def apologises(text: str) -> bool:
    """Whether the product says that it could not answer."""
    return any(shown.label == APOLOGY for shown in turns(text))


def rides_along(text: str) -> bool:
    """Whether it is the second message of a turn: times on offer."""
    return text.startswith(_RIDERS)


def label(text: str) -> str:
    """What the agent's last words were, as `Call.before` has it."""
    return next((shown.label for shown in reversed(turns(text))), "other")
