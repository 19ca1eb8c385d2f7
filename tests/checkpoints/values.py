"""Checkpoints and graphs that the tests of the saver share."""

from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, empty_checkpoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt
from redis.asyncio import Redis

Graph = CompiledStateGraph[MessagesState, None, MessagesState, MessagesState]


def checkpoint(number: int, **values: Any) -> Checkpoint:  # noqa: ANN401 - state holds anything
    """A checkpoint whose id sorts by its number."""
    return {
        **empty_checkpoint(),
        "id": f"{number:08}-0000-6000-8000-000000000000",
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, 1),
    }


def at(thread_id: str, parent: Checkpoint | None = None, **more: object) -> RunnableConfig:
    """The config of a put: it names the parent."""
    place = {"thread_id": thread_id, "checkpoint_ns": "", **more}
    return {"configurable": place | ({"checkpoint_id": parent["id"]} if parent else {})}


def chat(saver: BaseCheckpointSaver[Any], *, asks: bool = False) -> Graph:
    """A graph that echoes the last message; with `asks`, after a person said yes."""

    async def reply(state: MessagesState) -> dict[str, list[AnyMessage]]:
        said = str(state["messages"][-1].text)
        approved = f" ({interrupt('may I?')})" if asks else ""
        return {"messages": [AIMessage(f"you said {said}{approved}")]}

    graph = StateGraph(MessagesState).add_node("reply", reply)
    return graph.add_edge(START, "reply").add_edge("reply", END).compile(checkpointer=saver)


def says(text: str) -> MessagesState:
    return {"messages": [HumanMessage(text)]}


async def fields(redis: Redis, thread_id: str) -> int:
    """How many fields the hash of a thread has."""
    return await redis.hlen(f"lg:{{{thread_id}}}")
