"""The beginnings of words, by which texts in our languages are found."""

import re
import unicodedata

_SHORTEST = 3
_STEM = 5


def stems(text: str) -> list[str]:
    """Word beginnings without accents, in order: plural and conjugation differ at the end."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    words = (word.removesuffix("s") for word in re.findall(r"[^\W_]+", letters))
    return [word[:_STEM] for word in words if len(word) >= _SHORTEST]
