"""Folding, cutting and weighing words, always so that positions still fit the lead's own text."""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[a-z0-9][a-z0-9']*")
_CLAUSE_END = re.compile(r"[.!?;\n](?=\s|$)|\n|, |$")
_ODD = re.compile(
    r"[bcdfghjklmnpqrstvwxz]{5,}|(.)\1{3,}|qwe|asd|zxc|jkl|dfg|fgh|ghj|hjk|xcv|cvb|vbn|bnm|tyu|"
    r"yui|lkj|kjh|hgf|gfd|fds|poiu|ytr|mnb|nbv|bvc|vcx|cxz|q[bcdfghjklmnprstvwxz]|^(?:abc|xyz)$"
)
_ABBREVIATION = 3
_VOWEL = re.compile(r"[aeiouy]")
_MARKS = {"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "“": '"', "”": '"'}


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    base = unicodedata.normalize("NFD", _MARKS.get(char, char))[0].lower()
    return base if len(base) == 1 else char


def fold(text: str) -> str:
    """Lower case without accents, character by character: every position stays where it was."""
    return "".join(map(_folded, text))


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(fold(text))


def clause_from(text: str, start: int, *, longest: int = 160) -> str:
    """The lead's own words from `start` to the end of the clause."""
    end = _CLAUSE_END.search(text, start)
    return _cut(text[start : end.start() if end else len(text)], longest).strip(" \t\r,;:-")


def clause_around(text: str, position: int) -> str:
    """The whole clause that a position is in."""
    before = [match.end() for match in re.finditer(r"[.!?;\n]\s*|, ", text[:position])]
    return clause_from(text, before[-1] if before else 0)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0] or text[:longest]


def short(text: str, longest: int = 80) -> str:
    """On one line, without end marks, cut at a word."""
    return _cut(" ".join(text.split()), longest).strip(" .,;:!?¡¿-\"'")


def gibberish(text: str) -> bool:
    """No word of it looks like one that a person would write."""
    found = [word for word in words(text) if not word.isdigit()]
    odd = [word for word in found if _ODD.search(word) or not _looks_like_a_word(word)]
    return bool(found) and len(odd) * 2 > len(found)


def _looks_like_a_word(word: str) -> bool:
    return bool(_VOWEL.search(word)) or len(word) <= _ABBREVIATION


def pick(options: Sequence[T], *seed: object) -> T:
    """One of several, the same for the same seed."""
    return options[zlib.crc32(repr(seed).encode()) % len(options)]
