"""What a lead is in the mood for, where it is not the usual, and what follows from it.

The model proposes the mood; what the agent does about it is decided here.
"""

import re
from collections.abc import Sequence
from typing import Literal

Mood = Literal["usual", "later", "not_interested", "wrong_number", "angry", "spam"]

_LEFT_ALONE: frozenset[Mood] = frozenset({"later", "not_interested", "wrong_number", "spam"})
"""Gets a kind word and no question."""

REPEATED = "repeated"
"""The reason of a silence that needed no model."""

_SENTENCE = re.compile(r"(?<=[.!?\n])(?=\s)")

_SAME = 3
_LONG = 40


def left_alone(mood: Mood) -> bool:
    """Whether the agent asks nothing, shows no times and waits until the lead writes again."""
    return mood in _LEFT_ALONE


def asks(reply: str) -> bool:
    """Whether the words want something of the lead."""
    return "?" in reply


def without_questions(reply: str) -> str:
    """The sentences that want nothing of the lead; "" when there are none."""
    kept = (line for line in _SENTENCE.split(reply) if not asks(line))
    return "".join(kept).strip()


def silenced(mood: Mood, before: object) -> bool:
    """Whether this is spam after spam, which is no longer answered; any other word is."""
    return mood == "spam" and before == "spam"


def same_again(said: str, before: Sequence[str]) -> bool:
    """Whether a long message comes for the fourth time in a row, as an answering machine's would.

    `before` is what the lead wrote earlier, oldest first.
    """
    text = _plain(said)
    last = [_plain(earlier) for earlier in before[-_SAME:]]
    return len(text) >= _LONG and last == [text] * _SAME


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
