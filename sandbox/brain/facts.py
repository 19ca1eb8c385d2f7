"""All the facts of the unread messages."""

import re
from collections.abc import Iterator
from typing import cast

from sandbox.brain.amounts import budget
from sandbox.brain.found import Found
from sandbox.brain.needs import intent, need, states_an_aim
from sandbox.brain.people import people
from sandbox.brain.places import place
from sandbox.brain.plans import authority, timeline
from sandbox.brain.request import Brief, as_list, as_object
from sandbox.brain.topics import could_be_a_name, means_something, on_topic, tells_of_himself
from sandbox.brain.wishes import declined, wishes
from sandbox.brain.words import fold, gibberish, words

BANT = ("need", "budget", "authority", "timeline")
ASKED = {"greeting": ("name", "intent"), "qualification": BANT}
_PERSONAL = ("name", "company", "email")
_PARTS = re.compile(r"(?<=[.!?\n])\s+|, |\n")
_CORRECTS = re.compile(
    r"\b(?:actually|make (?:it|that)|wait|instead|rather|correction|i meant|mejor|en realidad|"
    r"perdon|digo|corrijo|me equivoque|cambi\w+|na verdade|melhor|espera|quis dizer|mud[aeo]\w*)\b"
)
_HANGS_ON = re.compile(r"(?:del?|of|from|at|en|in|d[aeo]s?|n[ao]|em|unos|uns|about|around)\b")
_WITHOUT_A_SUBJECT = frozenset(
    ("human", "document", "paper", "cancel", "no_call", "who", "speaks", "prices")
)


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
    for text in (text for text in brief.unread if _may_tell(text)):
        still = tuple(field for field in asked if field not in found)
        for fact in _in_message(text, brief, language, still):
            if _is_news(fact, brief, found):
                found[fact.field] = fact
    return tuple(found.values())


def _may_tell(text: str) -> bool:
    return not (gibberish(text) or "command" in wishes(text))


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
    if refusal and not _answers_all_the_same(refusal[0], text):
        yield Found(refusal[0], None, refusal[1], plain=refusal[0] != pending)
        return
    read = list(_stated(text, brief, language, asked))
    yield from read
    yield from _opinions(text, brief, asked, read)


def _answers_all_the_same(field: str, text: str) -> bool:
    """ "No" says who decides (somebody else), and "2000, I don't know if that will do" a sum."""
    if field == "budget":
        return budget(text, pending=True) is not None
    return field == "authority" and bool(_JUST_NO.fullmatch(text))


_JUST_NO = re.compile(r"\W*n[oã]o?\W*", re.IGNORECASE)


def _stated(text: str, brief: Brief, language: str, asked: tuple[str, ...]) -> Iterator[Found]:
    greets = "name" in asked and (asked[0] == "name" or brief.stage == "greeting")
    for fact in people(text, pending=greets):
        if fact.plain or could_be_a_name(brief, fact.quote):
            yield fact
    possible = (
        budget(text, pending="budget" in asked or _corrects("budget", text, brief)),
        authority(text, language, pending=asked[:1] == ("authority",)),
        timeline(text, pending=asked[:1] == ("timeline",), stage=brief.stage),
        place(text, asked="timezone" in as_object(brief.context.get("asked"))),
    )
    yield from (fact for fact in possible if fact)


def _opinions(
    text: str, brief: Brief, asked: tuple[str, ...], read: list[Found]
) -> Iterator[Found]:
    """Intent and need: free text, so anything that was read otherwise is not taken for them."""
    wished = wishes(text)
    if wished & _WITHOUT_A_SUBJECT:
        return
    yield from _other_intent(text, brief, wished)
    if brief.stage not in ASKED:
        return
    greets = "greeting" in wished and len(words(text)) <= _A_GREETINGS_WORDS
    social = greets or bool(wished & {"question", "yes", "no", "thanks", "bye"})
    expected = asked[:1] == ("need",) and "?" not in text
    stated = _statement(text) if "question" in wished and not expected else text
    rest = _rest(stated, read)
    bare = rest if means_something(brief, rest) else ""
    answers = "intent" in asked and not social and all(f.field in _PERSONAL for f in read)
    if "intent" not in brief.known and (wanted := intent(stated, bare=bare if answers else "")):
        yield wanted
    trouble = (bare or (rest if tells_of_himself(rest) else "")) if expected else ""
    if "need" not in brief.known and (problem := need(stated, bare=trouble)):
        yield problem


def _other_intent(text: str, brief: Brief, wished: frozenset[str]) -> Iterator[Found]:
    """ "Actually, I want the other one": the only way in which an intent is taken again."""
    if _corrects("intent", text, brief) and not wished & {"move", "question"}:
        wanted = intent(text, bare="")
        if wanted and on_topic(brief, str(wanted.value)):
            yield wanted


def _statement(text: str) -> str:
    """What a message states besides what it asks."""
    parts = (part for part in _PARTS.split(text) if "question" not in wishes(part))
    return next((part for part in parts if states_an_aim(part)), "")


def _corrects(field: str, text: str, brief: Brief) -> bool:
    """While a call is arranged, "mejor" moves the call, unless he names the field."""
    if brief.stage == "scheduling" and "move" in wishes(text):
        return False
    return field in brief.known and bool(_CORRECTS.search(fold(text)))


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
    return fact.plain and fact.value not in (None, before)
