"""A lead who has used up his day: told once, heard in silence, free to stop or ask for a person."""

import re
from typing import cast

import pytest

from domain.handoff import asks_for_human
from domain.limits import Limit, Over
from domain.proposal import Tool
from domain.turn import Memory
from nodes.booking import BOOK_CALL, CANCEL_CALL, FIND_SLOTS
from nodes.consulting import SEARCH_KNOWLEDGE
from nodes.deciding import SEND_DOCUMENT
from tests.conversation.conftest import Lead, read
from tests.conversation.scripted import ScriptedModel


def used_up(limit: Limit = "messages", *, told: bool = False) -> Memory:
    return Memory(stage="qualification", language="es", over=Over(limit=limit, told=told))


async def test_he_is_told_once_and_no_model_is_asked(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = used_up()
    outcome = await lead.says("y otra cosa")
    assert (outcome.decision.kind, outcome.decision.reason) == ("limited", "messages")
    assert "hablar con una persona" in read(outcome)
    lead.memory = used_up(told=True)
    silent = await lead.says("¿hola?")
    assert (silent.decision.kind, silent.replies) == ("limited", ())
    assert not model.requests


async def test_stop_and_a_person_still_work(lead: Lead) -> None:
    lead.memory = used_up(told=True)
    assert (await lead.says("STOP")).decision.kind == "opt_out"
    lead.memory = used_up(told=True)
    assert (await lead.says("hablar con una persona")).decision.kind == "handoff"


@pytest.mark.parametrize(
    "word", ["hablar con una persona", "talk to a person", "falar com uma pessoa"]
)
def test_the_offered_word_gets_a_person(word: str) -> None:
    assert asks_for_human(word)


@pytest.mark.parametrize(
    "tool",
    [BOOK_CALL, CANCEL_CALL, FIND_SLOTS, SEARCH_KNOWLEDGE, SEND_DOCUMENT],
    ids=lambda t: t.name,
)
def test_no_tool_takes_a_phone_a_lead_or_a_calendar_from_the_model(tool: Tool) -> None:
    names = properties(tool.arguments.model_json_schema())
    assert names
    assert not any(re.search("phone|contact|lead_id|calendar", name) for name in names)


def properties(schema: object) -> set[str]:
    """The names of all properties in a schema, however deep."""
    if isinstance(schema, list):
        return set[str]().union(*map(properties, cast("list[object]", schema)))
    if not isinstance(schema, dict):
        return set()
    whole = cast("dict[str, object]", schema)
    own = cast("dict[str, object]", whole.get("properties", {}))
    return set(own).union(*map(properties, whole.values()))
