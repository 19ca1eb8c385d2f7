"""The words by which messages and answers are told apart."""

import re

from domain.sentences import SENTENCES

_SERIAL = re.compile(r"\bm(\d+)\b")
_CALL = re.compile(r"\(k(\d+)\)")
_APOLOGIES = tuple(SENTENCES["apology"].values())
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


def call(text: str) -> int | None:
    """The model's call that a text comes from."""
    found = _CALL.findall(text)
    return int(found[-1]) if found else None


def apologises(text: str) -> bool:
    """Whether the product says that it could not answer."""
    return any(apology in text for apology in _APOLOGIES)


def rides_along(text: str) -> bool:
    """Whether it is the second message of a turn: times on offer."""
    return text.startswith(_RIDERS)


def label(text: str) -> str:
    """What the agent's words were, as `Call.before` has it."""
    if (number := call(text)) is not None:
        return f"k{number}"
    return "apology" if apologises(text) else "other"
