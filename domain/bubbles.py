"""How many bubbles a lead gets: what belongs together goes as one message.

An interactive message, a document and a text each count as one. Words go before what they
introduce, so the order that the lead reads is never changed.
"""

from collections.abc import Sequence

from domain.messages import (
    Buttons,
    ContactRequest,
    DocumentMessage,
    Menu,
    Outbound,
    Text,
)

MOST = 2
"""Bubbles of one turn."""

_LIMITS: dict[type[Outbound], int] = {
    Text: 4096,
    Buttons: 1024,
    ContactRequest: 1024,
    Menu: 4096,
    DocumentMessage: 1024,
}


def joined(words: Outbound, following: Outbound) -> Outbound | None:
    """A text and what follows it as one message; None when they do not go together or not fit."""
    if not isinstance(words, Text):
        return None
    match following:
        case Text(body=body) | Buttons(body=body) | ContactRequest(body=body) | Menu(body=body):
            field = "body"
        case DocumentMessage(caption=body):
            field = "caption"
        case _:
            return None
    said = f"{words.body}\n\n{body}".rstrip()
    if len(said) > _LIMITS[type(following)]:
        return None
    return following.model_copy(update={field: said})


def merged(messages: Sequence[Outbound]) -> tuple[Outbound, int]:
    """As many of the first ones as go into one message, and how many that are."""
    whole = messages[0]
    for taken, following in enumerate(messages[1:], 1):
        both = joined(whole, following)
        if both is None:
            return whole, taken
        whole = both
    return whole, len(messages)


def at_most_two(messages: Sequence[Outbound]) -> tuple[Outbound, ...]:
    """The same words in two messages; more only where two would lose something.

    The last that can be joined are joined first, so that the first answer comes alone.
    """
    kept = list(messages)
    while len(kept) > MOST:
        pairs = ((i, joined(kept[i], kept[i + 1])) for i in reversed(range(len(kept) - 1)))
        found = next(((i, both) for i, both in pairs if both), None)
        if found is None:
            break
        i, both = found
        kept[i : i + 2] = [both]
    return tuple(kept)
