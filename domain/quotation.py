"""Whether a model's quote stands in a lead's messages, whatever copying did to it.

What counts are his words in his order. Case, accents, spacing and punctuation are lost in copying;
a quote may be shortened in the middle ("tengo ... dólares") or run over several messages. Then
each part of it must stand in one message, and each part is a quote of its own.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

Said = tuple[str, str]
"""Message id and text of one of the lead's messages."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_LONGEST = 500
_GAP = re.compile(r"…|\.{3,}|\n|\s/\s|\|")


def quoted(quote: str, said: Sequence[Said]) -> tuple[Said, ...]:
    """The parts of the quote that each stand in one message, longest first; none: not his words.

    `said` is in the order in which he wrote it; of equal messages the newest is named.
    """
    quote = quote.strip()
    if not _words(quote).strip():
        return _as_it_stands(quote, said)
    for whole in (quote, _GAP.sub(" ", quote)):
        if name := next((name for name, text in reversed(said) if _stands(whole, text)), None):
            return ((name, quote),)
    parts = _one_after_the_other(quote, said) or _over_two(quote, said)
    return tuple(sorted(parts, key=lambda part: -len(part[1])))


def bare(text: str) -> str:
    """Without the differences that copying makes: case, accents, spacing, typographic marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = folded.translate(str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'}))
    apart = unicodedata.normalize("NFKD", " ".join(folded.split()))
    return "".join(char for char in apart if not unicodedata.combining(char))


def _words(text: str) -> str:
    """His words with one space around each: a part of them is never a part of one word."""
    return "".join(f" {word}" for word in _WORD.findall(bare(text))) + " "


def _stands(quote: str, text: str) -> bool:
    return _words(quote) in _words(text)


def _as_it_stands(quote: str, said: Sequence[Said]) -> tuple[Said, ...]:
    """A quote without words, as of an emoji."""
    mark = "".join(char for char in quote if unicodedata.category(char) in ("So", "Sk"))
    found = (name for name, text in reversed(said) if mark and mark in text)
    return tuple((name, quote) for name in list(found)[:1])


def _one_after_the_other(quote: str, said: Sequence[Said]) -> list[Said]:
    """The parts between the gaps, each in the same message as the one before it or a later one."""
    parts = [part.strip() for part in _GAP.split(quote) if _words(part).strip()]
    found: list[Said] = []
    left = [(name, _words(text)) for name, text in said]
    for part in parts if len(parts) > 1 else ():
        words = _words(part)
        while left and words not in left[0][1]:
            left.pop(0)
        if not left:
            return []
        name, text = left[0]
        left[0] = (name, " " + text.split(words, 1)[1])
        found.append((name, part))
    return found


def _over_two(quote: str, said: Sequence[Said]) -> list[Said]:
    """The end of a message and the beginning of the next, as one."""
    pieces = quote[:_LONGEST].split()
    cuts = [(" ".join(pieces[:at]), " ".join(pieces[at:])) for at in range(1, len(pieces))]
    halves = [(head, tail, _words(head), _words(tail)) for head, tail in cuts]
    written = [(name, _words(text)) for name, text in said]
    for (first, before), (second, after) in pairwise(written):
        for head, tail, ends, begins in halves:
            if before.endswith(ends) and after.startswith(begins):
                return [(first, head), (second, tail)]
    return []
