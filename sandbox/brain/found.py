"""A fact that the rules found in a message."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """`quote` stands word for word in the message; `value` None: the lead declines to say it.

    `plain` means that the lead stated it himself, rather than that it answers a pending question.
    """

    field: str
    value: str | None
    quote: str
    plain: bool = True
