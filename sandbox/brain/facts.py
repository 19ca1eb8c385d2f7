"""All the facts of the unread messages."""

import re
from collections.abc import Iterator
from typing import cast

from sandbox.brain.amounts import budget
from sandbox.brain.found import Found
from sandbox.brain.needs import intent, need
from sandbox.brain.people import people
from sandbox.brain.plans import authority, timeline
from sandbox.brain.request import Brief, as_list, as_object
from sandbox.brain.topics import could_be_a_name, means_something
from sandbox.brain.wishes import declined, wishes
from sandbox.brain.words import fold, gibberish, words

BANT = ("need", "budget", "authority", "timeline")
ASKED = {"greeting": ("name", "intent"), "qualification": BANT}
_OPINIONS = ("intent", "need")
_PERSONAL = ("name", "company", "email")
_HANGS_ON = re.compile(r"(?:del?|of|from|at|en|in|d[aeo]s?|n[ao]|em|unos|uns|about|around)\b")
_WITHOUT_A_SUBJECT = frozenset(("human", "document", "cancel", "no_call", "who"))


def missing(brief: Brief) -> tuple[str, ...]:
    """What the stage still asks for, as the request says, else as the known facts show."""
    given = brief.context.get("missing")
    if isinstance(given, list):
        return tuple(str(field) for field in as_list(cast(object, given)))
    return tuple(field for field in ASKED.get(brief.stage, ()) if field not in brief.known)


def facts(brief: Brief, language: str) -> tuple[Found, ...]:
    """What is new or corrected: the last word on each field."""
    asked = _asked(brief)
    found: dict[str, Found] = {}
    for text in (text for text in brief.unread if not gibberish(text)):
        still = tuple(field for field in asked if field not in found)
        for fact in _in_message(text, brief, language, still):
            if _is_news(fact, brief, found):
                found[fact.field] = fact
    return tuple(found.values())


def _asked(brief: Brief) -> tuple[str, ...]:
    """The open questions, the one that was asked last first.

    Before the agent has spoken, only what the first message is about answers anything.
    """
    times = as_object(brief.context.get("asked"))
    if brief.turns <= len(brief.unread) + _INSTRUCTIONS and not times:
        return tuple(field for field in missing(brief) if field == "intent")
    let_go = tuple(
        field
        for field in reversed(times)
        if field not in brief.known and field not in missing(brief)
    )
    first, rest = missing(brief)[:1], missing(brief)[1:]
    pending = first if first and times.get(first[0]) else ()
    together = rest[:1] if first == ("name",) else ()
    return (*pending, *let_go, *(() if pending else first), *together)


_INSTRUCTIONS = 2
_A_GREETINGS_WORDS = 4


def _in_message(text: str, brief: Brief, language: str, asked: tuple[str, ...]) -> Iterator[Found]:
    pending = asked[0] if asked else None
    refusal = declined(text, pending)
    if refusal and not (refusal[0] == "authority" and _JUST_NO.fullmatch(text)):
        yield Found(refusal[0], None, refusal[1], plain=refusal[0] != pending)
        return
    read = list(_stated(text, brief, language, asked))
    yield from read
    yield from _opinions(text, brief, asked, read)


_JUST_NO = re.compile(r"\W*n[oã]o?\W*", re.IGNORECASE)


def _stated(text: str, brief: Brief, language: str, asked: tuple[str, ...]) -> Iterator[Found]:
    for fact in people(text, pending="name" in asked):
        if fact.plain or could_be_a_name(brief, fact.quote):
            yield fact
    possible = (
        budget(text, pending="budget" in asked),
        authority(text, language, pending=asked[:1] == ("authority",)),
        timeline(text, pending=asked[:1] == ("timeline",), stage=brief.stage),
    )
    yield from (fact for fact in possible if fact)


def _opinions(
    text: str, brief: Brief, asked: tuple[str, ...], read: list[Found]
) -> Iterator[Found]:
    """Intent and need: free text, so anything that was read otherwise is not taken for them."""
    wished = wishes(text)
    if wished & _WITHOUT_A_SUBJECT or brief.stage not in ASKED:
        return
    greets = "greeting" in wished and len(words(text)) <= _A_GREETINGS_WORDS
    social = greets or bool(wished & {"question", "yes", "no", "thanks", "bye"})
    rest = _rest(text, read)
    bare = rest if means_something(brief, rest) else ""
    answers = "intent" in asked and not social and all(f.field in _PERSONAL for f in read)
    if "intent" not in brief.known and (wanted := intent(text, bare=bare if answers else "")):
        yield wanted
    expected = asked[:1] == ("need",) and "?" not in text
    if "need" not in brief.known and (expected or "question" not in wished):
        problem = need(text, bare=bare if expected else "")
        yield from (problem,) if problem else ()


def _rest(text: str, read: list[Found]) -> str:
    """The longest part of a message that was not read as something else already."""
    parts = [text]
    for fact in read:
        parts = [part for whole in parts for part in whole.split(fact.quote)]
    rest = max(parts, key=len).strip(" \t\r\n.,;:-!")
    return rest if not (read and _HANGS_ON.match(fold(rest))) else ""


def _is_news(fact: Found, brief: Brief, found: dict[str, Found]) -> bool:
    if fact.field in found and not fact.plain:
        return False
    if fact.field not in brief.known:
        return True
    before = brief.known[fact.field]
    return fact.plain and fact.field not in _OPINIONS and fact.value not in (None, before)
