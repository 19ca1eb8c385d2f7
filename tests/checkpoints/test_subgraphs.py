"""Subgraphs keep their state under namespaces of the same key, and leave nothing behind."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from redis.asyncio import Redis

from checkpoints import RedisSaver

from .values import Graph, at, fields, says

_DURABILITIES = pytest.mark.parametrize("durability", ["exit", "async", "sync"])


def _nested(saver: RedisSaver, *names: str, own: bool | None = None) -> Graph:
    """A graph of subgraphs side by side, each asking for a permission when told to."""
    graph = StateGraph(MessagesState)
    for name in names:

        async def reply(state: MessagesState, name: str = name) -> dict[str, Any]:
            asks = state["messages"][-1].text == "ask"
            return {"messages": [AIMessage(interrupt(name) if asks else "fine")]}

        inner = StateGraph(MessagesState).add_node("reply", reply)
        inner.add_edge(START, "reply").add_edge("reply", END)
        graph.add_node(name, inner.compile(checkpointer=own))
        graph.add_edge(START, name).add_edge(name, END)
    return graph.compile(checkpointer=saver)


def _answer(value: object) -> Command[Any]:
    return Command(resume=value)


@_DURABILITIES
@pytest.mark.parametrize("own", [None, True])
async def test_a_thread_with_subgraphs_does_not_grow(
    redis: Redis, durability: str, *, own: bool | None
) -> None:
    graph, sizes = _nested(RedisSaver(redis), "sub", own=own), list[int]()
    for _ in range(6):
        for entry in (says("no"), says("ask"), _answer("yes"), says("no")):
            await graph.ainvoke(entry, at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
        sizes.append(await fields(redis, "t"))
    # root and subgraph: two each, and two more for a write that came after the last checkpoint
    assert max(sizes) <= 8


@_DURABILITIES
async def test_interrupts_side_by_side_are_answered_one_by_one(
    redis: Redis, durability: str
) -> None:
    graph = _nested(RedisSaver(redis), "left", "right")
    for _ in range(2):
        asked = await graph.ainvoke(says("ask"), at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
        assert {each.value for each in asked["__interrupt__"]} == {"left", "right"}
        for each in asked["__interrupt__"]:
            answer = _answer({each.id: f"yes {each.value}"})
            await graph.ainvoke(answer, at("t"), durability=durability)  # pyright: ignore[reportArgumentType] - one of the three
        left, right = (await graph.aget_state(at("t"))).values["messages"][-2:]
        assert (left.text, right.text) == ("yes left", "yes right")
