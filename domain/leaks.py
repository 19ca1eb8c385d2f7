"""Whether a reply repeats the instructions that the model works by, also disguised ones."""

import re
from unicodedata import normalize

RUN = 40
"""Letters in a row that nobody writes by chance."""

_CODED = re.compile(r"[A-Za-z0-9+/=_-]{48,}")

Windows = frozenset[str]


def windows(text: str) -> Windows:
    """Every run of so many letters of a text."""
    letters = _letters(text)
    return frozenset(letters[i : i + RUN] for i in range(len(letters) - RUN + 1))


def repeats(reply: str, secret: Windows) -> bool:
    """Whether the reply holds a run of the secret, forwards or backwards, however it is spaced."""
    letters = _letters(reply)
    return any(
        said[i : i + RUN] in secret
        for said in (letters, letters[::-1])
        for i in range(len(said) - RUN + 1)
    )


def coded(reply: str) -> bool:
    """Whether it holds a run without spaces that is no word of a language: base64 or the like."""
    return bool(_CODED.search(re.sub(r"[a-z]+://\S+", " ", reply)))


def _letters(text: str) -> str:
    return "".join(char for char in normalize("NFKC", text).casefold() if char.isalpha())
