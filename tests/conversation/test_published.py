"""Meta's published messages: each has a stated behaviour, and no broken one an exception."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from delivery.inbound import inbound
from delivery.payload import split
from domain.contact import Pseudonyms
from domain.messages import Inbound, needs_turn
from domain.turn import DecisionKind
from tests.conversation.conftest import MONDAY, Lead, known
from tests.conversation.scripted import ScriptedModel
from tests.delivery.webhooks import body, change, contact, item

NAMES = Pseudonyms(b"secret")

BEHAVIOUR: dict[str, DecisionKind | None] = {
    "text": "answer",
    "image": "unreadable",
    "media_with_url": "unreadable",
    "video": "answer",
    "document": "answer",
    "audio": "unreadable",
    "voice": "unreadable",
    "static_sticker": "noted",
    "animated_sticker": "noted",
    "reaction": None,
    "unreaction_empty": None,
    "unreaction_no_emoji": None,
    "current_location": "answer",
    "chosen_location": "answer",
    "contacts": "answer",
    "order": "answer",
    "unsupported": "unreadable",
    "unsupported_with_type": "unreadable",
    "reply": "answer",
    "forwarded": "answer",
    "forwarded_many_times": "answer",
    "interactive_message_with_err": "unreadable",
    "referral": "answer",
}
"""What becomes of a turn that holds the message alone; None: it is recorded, and needs no turn."""

JUNK: tuple[Any, ...] = (None, "", "x", 7, 1.5, True, [], {}, [[]], {"x": None})


UNPUBLISHED = {
    "media_with_url": item("image", {"id": "1", "url": "https://lookaside.fbsbx.com/x"}),
    "unreaction_no_emoji": item("reaction", {"message_id": "wamid.0"}),
    "chosen_location": item("location", {"latitude": 1.5, "longitude": 2.5, "name": "Bar"}),
    "forwarded_many_times": item(context={"forwarded": True, "frequently_forwarded": True}),
    "interactive_message_with_err": item("interactive", {}, errors=[{"code": 131051}]),
    "referral": item(referral={"source_type": "ad", "source_id": "1", "headline": "Mitad"}),
}
"""Kinds of the same source that the corpus leaves out, made here in its shapes."""


def published(corpora: Path) -> dict[str, dict[str, Any]]:
    """The messages by the name of their case."""
    cases: dict[str, Any] = orjson.loads((corpora / "webhooks" / "message.json").read_bytes())
    items = {n: c["entry"][0]["changes"][0]["value"]["messages"][0] for n, c in cases.items()}
    return {**UNPUBLISHED, **items}


def read(said: dict[str, Any]) -> list[Inbound]:
    raw = body(change(messages=[said], contacts=[contact()]))
    return [inbound(message, NAMES, now=MONDAY) for message in split(raw).messages]


async def behaviour(lead: Lead, message: Inbound) -> DecisionKind | None:
    if not needs_turn(message):
        return None
    return (await lead.turn(message)).decision.kind


async def test_every_published_message_is_met_as_stated(
    lead: Lead, model: ScriptedModel, corpora: Path
) -> None:
    found: dict[str, DecisionKind | None] = {}
    for number, (name, said) in enumerate(published(corpora).items()):
        lead.memory = known("qualification", name="Ana")
        lead.contact_id = f"00000000-0000-5000-8000-{number:012d}"
        asked = len(model.requests)
        [message] = read(said)
        found[name] = await behaviour(lead, message)
        assert (len(model.requests) > asked) == (found[name] == "answer"), name
    assert found == BEHAVIOUR


def broken(value: object) -> Iterator[Any]:
    """The value with each of its parts removed, or of another type."""
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        for key, part in parts.items():
            yield {name: other for name, other in parts.items() if name != key}
            yield from ({**parts, key: junk} for junk in JUNK)
            yield from ({**parts, key: other} for other in broken(part))
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        for place, part in enumerate(items):
            yield [*items[:place], *items[place + 1 :]]
            yield from ([*items[:place], other, *items[place + 1 :]] for other in broken(part))


@pytest.mark.parametrize("name", BEHAVIOUR)
def test_no_broken_message_raises(corpora: Path, name: str) -> None:
    variants = list(broken(published(corpora)[name]))
    for said in variants:
        for message in read(said):
            assert Inbound.of(message.plain()) == message
    assert len(variants) > 40
