"""Whether a model's quote stands in a lead's messages, whatever copying did to it.

What counts are his words in his order. Case, accents, spacing and punctuation are lost in copying;
a quote may be shortened in the middle ("tengo ... dólares") or run over several messages. Then
each part of it must stand in one message, and each part is a quote of its own.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Said = tuple[str, str]
"""Message id and text of one of the lead's messages."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_LONGEST = 500
_SIGN = re.compile(r"(?<![^\W\d_])[$€£]\s?$")
_GAP = re.compile(r"…|\.{3,}|\n|\s/\s|\|")


def quoted(quote: str, said: Sequence[Said]) -> tuple[Said, ...]:
    """The parts of the quote that each stand in one message, longest first; none: not his words.

    Each part comes as he wrote it. `said` is in his order; of equal messages the newest is named.
    """
    lines = [_line(name, text) for name, text in said]
    words = _words(quote[:_LONGEST])
    if not words:
        return _as_it_stands(quote, said)
    for line in reversed(lines):
        if (at := _place(words, line.words)) is not None:
            return (line.part(at, len(words)),)
    parts = _one_after_the_other(quote, lines) or _over_two(words, lines)
    return tuple(sorted(parts, key=lambda part: -len(part[1])))


def bare(text: str) -> str:
    """Without the differences that copying makes: case, accents, spacing, typographic marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = folded.translate(str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'}))
    apart = unicodedata.normalize("NFKD", " ".join(folded.split()))
    return "".join(char for char in apart if not unicodedata.combining(char))


class _Line(NamedTuple):
    """A message: its bare words, and where each stands in `text`."""

    name: str
    text: str
    words: list[str]
    spans: list[tuple[int, int]]

    def part(self, at: int, count: int) -> Said:
        """So many words from this one on, as he wrote them, with the sign of a currency."""
        start, end = self.spans[at][0], self.spans[at + count - 1][1]
        before = _SIGN.search(self.text, 0, start)
        return self.name, self.text[before.start() if before else start : end]


def _line(name: str, text: str) -> _Line:
    composed = unicodedata.normalize("NFC", text)
    found = list(_WORD.finditer(composed))
    return _Line(name, composed, [bare(m[0]) for m in found], [m.span() for m in found])


def _words(text: str) -> list[str]:
    return _line("", text).words


def _place(words: list[str], said: list[str], start: int = 0) -> int | None:
    """Where these words stand together, from `start` on."""
    count = len(words)
    places = range(start, len(said) - count + 1)
    return next((at for at in places if said[at : at + count] == words), None)


def _as_it_stands(quote: str, said: Sequence[Said]) -> tuple[Said, ...]:
    """A quote without words, as of an emoji."""
    mark = "".join(char for char in quote if unicodedata.category(char) in ("So", "Sk"))
    found = (name for name, text in reversed(said) if mark and mark in text)
    return tuple((name, mark) for name in list(found)[:1])


def _one_after_the_other(quote: str, lines: list[_Line]) -> list[Said]:
    """The parts between the gaps, each in the same message as the one before it or a later one."""
    parts = [words for part in _GAP.split(quote[:_LONGEST]) if (words := _words(part))]
    found: list[Said] = []
    row, start = 0, 0
    for words in parts if len(parts) > 1 else ():
        while row < len(lines) and _place(words, lines[row].words, start) is None:
            row, start = row + 1, 0
        if row == len(lines):
            return []
        at = _place(words, lines[row].words, start) or 0
        found.append(lines[row].part(at, len(words)))
        start = at + len(words)
    return found


def _over_two(words: list[str], lines: list[_Line]) -> list[Said]:
    """The end of a message and the beginning of the next, as one."""
    for before, after in pairwise(lines):
        for cut in range(1, len(words)):
            head, tail = words[:cut], words[cut:]
            if before.words[-cut:] == head and after.words[: len(tail)] == tail:
                first = before.part(len(before.words) - cut, cut)
                return [first, after.part(0, len(tail))]
    return []
