"""Where a lead says that he is, as a time zone."""

import re

from domain.zones import zone_said
from sandbox.brain.found import Found
from sandbox.brain.words import clause_from, fold, words

_IS_IN = re.compile(
    r"\b(?:(?:estoy|vivo|estamos|vivimos|ando|resido|me encuentro|escribo) (?:en|desde|por)|"
    r"hora de|horario d[eo]|desde|(?:i'm|im|i am|we're|we are)(?: based| located)? in|"
    r"(?:i|we) live in|based in|located in|(?:moro|moramos|estou|estamos|fico|vivo) (?:em|no|na)|"
    r"time in|fuso d[eo])\s+"
)
_TIME = re.compile(r"\b([a-z]+(?: [a-z]+)?) time\b")
_SHORT = 5


def place(text: str, *, asked: bool) -> Found | None:
    """The zone of the place; a bare "Madrid" counts when he was asked for it."""
    folded = fold(text)
    if match := _IS_IN.search(folded):
        quote = clause_from(text, match.start())
        if zone := zone_said(quote):
            return Found("timezone", zone, quote)
    if (match := _TIME.search(folded)) and (zone := zone_said(match[1])):
        return Found("timezone", zone, text[match.start() : match.end()])
    bare = text.strip()
    if asked and len(words(text)) <= _SHORT and (zone := zone_said(bare)):
        return Found("timezone", zone, bare.splitlines()[0], plain=True)
    return None
