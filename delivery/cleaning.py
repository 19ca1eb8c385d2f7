"""Words from outside, made safe to store, to log and to show a model."""

import re
import unicodedata

TEXT_LIMIT = 4096
NAME_LIMIT = 60

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_LATIN = "[A-Za-zÀ-ÖØ-öø-ÿ'.-]+"
_CLEAN_NAME = re.compile(f"{_LATIN}(?: {_LATIN})*")
"""A name of which `clean_name` leaves every character."""
_ADDRESS = re.compile(r"\S*(?:://|@|\w\w\.\w\w|\w\.\w\w+/)\S*")
_BLANKS = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories: control, format (bidi overrides, tags), surrogate, private, unassigned."""


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text without control and format characters, at most `limit` characters; lines stay."""
    if not text.isprintable():
        # a bound before the character loop, as a body may hold megabytes
        lines = _LINE_ENDS.sub("\n", text[: 4 * limit]).replace("\t", " ")
        text = "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in _UNSEEN)
    return text.strip()[:limit].rstrip()


def clean_name(name: str) -> str:
    """A profile name as at most 60 letters, spaces and ' - . only, "" when none is left.

    Whoever writes to us chooses it, so it must not be able to carry instructions or links: a word
    that is an address goes whole, and what becomes one without its marks.
    """
    if len(name) <= NAME_LIMIT and _CLEAN_NAME.fullmatch(name) and not _ADDRESS.search(name):
        return name
    folded = _ADDRESS.sub("", unicodedata.normalize("NFKC", name[: 4 * NAME_LIMIT]))
    kept = "".join(c if c.isalpha() or c in "'-." else " " if c.isspace() else "" for c in folded)
    return _BLANKS.sub(" ", _ADDRESS.sub("", kept)).strip()[:NAME_LIMIT].rstrip()
