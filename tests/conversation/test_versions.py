"""State written by an earlier release goes on; `tests/data` holds a real sample of each version."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, messages_from_dict
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from redis.asyncio import Redis

from checkpoints import RedisSaver
from domain.lead import FactField
from domain.ports import Ports
from domain.stages import RENAMED
from domain.turn import Memory, Outcome
from graph import build_graph
from graph.sales import Sales
from nodes import versions
from nodes.versions import STEPS, VERSION, Stored, current
from tests.conversation.conftest import Lead, known
from tools.model import ChatModel

DATA = Path(__file__).parents[1] / "data"
EVERY = range(1, VERSION + 1)
FOUND_OUT: set[FactField] = {"name", "intent", "need", "budget", "authority", "timeline"}


def sample(version: int) -> dict[str, Any]:
    """A state as the saver gave it back then: a call is booked, and other times are on offer."""
    values = json.loads((DATA / f"state_v{version}.json").read_text())
    return values | {"messages": messages_from_dict(values["messages"])}


async def stored(redis: Redis, state: Mapping[str, Any], thread_id: str) -> RedisSaver:
    """A saver that holds this state."""
    saver = RedisSaver(redis)
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = dict(state)
    checkpoint["channel_versions"] = dict.fromkeys(state, 1)
    config: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    versions_of = checkpoint["channel_versions"]
    await saver.aput(config, checkpoint, {"source": "loop", "step": 1}, versions_of)
    return saver


async def says(graph: Sales, thread_id: str, text: str) -> dict[str, Any]:
    """Write as in Studio, where the state alone remembers."""
    return await graph.ainvoke(
        {"messages": [HumanMessage(text, id="next")]},
        {"configurable": {"thread_id": thread_id}},
        durability="exit",
    )


def test_every_version_has_a_sample_and_a_step_to_the_next() -> None:
    assert {file.name for file in DATA.glob("state_v*.json")} == {
        f"state_v{version}.json" for version in EVERY
    }
    assert sorted(STEPS) == [*EVERY][:-1]


@pytest.mark.parametrize("version", EVERY)
async def test_a_conversation_of_an_earlier_version_goes_on(
    redis: Redis, ports: Ports, rules: ChatModel, version: int
) -> None:
    state = sample(version)
    saver = await stored(redis, state, "t")
    graph = build_graph(replace(ports, model=rules), saver)

    after = await says(graph, "t", "gracias")

    assert after["version"] == VERSION
    assert after["stage"] == "scheduling"
    assert {fact["field"] for fact in after["lead"]} >= FOUND_OUT
    assert after["booking"] == state["booking"]
    assert [m.id for m in after["messages"]][:2] == [m.id for m in state["messages"]][:2]
    assert after["messages"][-1].text


async def test_todays_sample_has_todays_shape(redis: Redis, ports: Ports, rules: ChatModel) -> None:
    """Fails when the shape changes and VERSION does not."""
    graph = build_graph(replace(ports, model=rules), RedisSaver(redis))
    after = await says(graph, "t", "hola")
    written = sample(VERSION)
    assert set(after) == set(written)
    assert set(after["outcome"]) == set(written["outcome"])
    assert Outcome.of(written["outcome"]).plain() == written["outcome"]


async def test_a_state_of_a_newer_release_is_left_to_postgresql(
    redis: Redis, ports: Ports, rules: ChatModel
) -> None:
    newer = sample(VERSION)
    newer |= {"version": VERSION + 1, "stage": "closing", "lead": "not a list"}
    lead = Lead(build_graph(ports, None), known("qualification", name="Eva", intent="paneles"))
    lead.count = len(newer["messages"])
    saver = await stored(redis, newer, lead.contact_id)
    lead.graph = build_graph(replace(ports, model=rules), saver)

    outcome = await lead.says("queremos bajar la factura de luz")

    assert outcome.stage_after == "qualification"
    assert [fact.field for fact in outcome.facts] == ["need"]
    state = (await lead.graph.aget_state({"configurable": {"thread_id": lead.contact_id}})).values
    assert state["version"] == VERSION
    assert [m.text for m in state["messages"]][:2] == [m.text for m in newer["messages"]][:2]


def test_the_steps_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(state: Stored) -> Stored:
        return {**state, "version": 2, "name": state["nombre"]}

    def shouted(state: Stored) -> Stored:
        return {**state, "version": 3, "name": state["name"].upper()}

    monkeypatch.setattr(versions, "VERSION", 3)
    monkeypatch.setitem(STEPS, 1, named)
    monkeypatch.setitem(STEPS, 2, shouted)
    old = {"version": 1, "nombre": "ana"}
    assert current(old)["name"] == "ANA"
    assert current({"version": 2, "name": "ana"})["name"] == "ANA"
    assert current({"version": 3, "name": "ana"})["name"] == "ana"
    assert old == {"version": 1, "nombre": "ana"}


def test_a_thread_without_a_version_is_new() -> None:
    assert current({"messages": []}) == {"messages": []}


async def test_a_renamed_stage_is_found_under_its_old_name(
    redis: Redis, ports: Ports, rules: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sample(VERSION)
    old["stage"] = "appointment"
    old["outcome"] |= {"stage_before": "appointment", "stage_after": "appointment"}
    monkeypatch.setitem(RENAMED, "appointment", "scheduling")
    saver = await stored(redis, old, "t")

    after = await says(build_graph(replace(ports, model=rules), saver), "t", "gracias")

    assert after["stage"] == "scheduling"
    assert Memory.of({"stage": "appointment"}).stage == "scheduling"
