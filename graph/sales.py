"""The sales conversation as a graph: stages are nodes, edges carry the rules.

Every turn enters at START, is answered by one stage, and may pass into the next stage or into a
handoff before it ends. Nothing waits inside the graph: the next message is the next turn.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from domain.ports import Clock, Ports
from domain.stages import Stage
from graph.routing import Entry, Exit, entry, leaving, leaving_guard
from nodes.greeting import greeting
from nodes.guard import guard
from nodes.handoff import handoff
from nodes.knobs import Knobs
from nodes.qualification import qualification
from nodes.scheduling import scheduling
from nodes.state import State, read

Sales = CompiledStateGraph[State, Knobs, State, State]


def build_graph(ports: Ports, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Sales:
    """The compiled graph over its ports; Studio brings its own checkpointer."""
    graph = StateGraph(State, context_schema=Knobs)

    graph.add_node("guard", guard(ports))
    graph.add_node("greeting", greeting(ports))
    graph.add_node("qualification", qualification(ports))
    graph.add_node("scheduling", scheduling(ports))
    graph.add_node("handoff", handoff(ports))

    graph.add_conditional_edges(
        START,
        _entering(ports.clock),
        {
            "guard": "guard",
            "greeting": "greeting",
            "qualification": "qualification",
            "scheduling": "scheduling",
            "handoff": "handoff",
            "end": END,
        },
    )
    graph.add_conditional_edges(
        "greeting",
        _leaving("greeting", ports.clock),
        {"qualification": "qualification", "handoff": "handoff", "end": END},
    )
    graph.add_conditional_edges(
        "qualification",
        _leaving("qualification", ports.clock),
        {"scheduling": "scheduling", "handoff": "handoff", "end": END},
    )
    graph.add_conditional_edges(
        "scheduling",
        _leaving("scheduling", ports.clock),
        {"handoff": "handoff", "end": END},
    )
    graph.add_conditional_edges(
        "guard", _leaving_guard(ports.clock), {"handoff": "handoff", "end": END}
    )
    graph.add_edge("handoff", END)

    return graph.compile(checkpointer=checkpointer, name="sales")


def _entering(clock: Clock) -> Callable[[State], Awaitable[Entry]]:
    async def router(state: State) -> Entry:  # async: a sync one costs a thread hop
        return entry(read(state, clock()))

    return router


def _leaving(stage: Stage, clock: Clock) -> Callable[[State], Awaitable[Exit]]:
    async def router(state: State) -> Exit:
        return leaving(stage, read(state, clock()))

    return router


def _leaving_guard(clock: Clock) -> Callable[[State], Awaitable[Exit]]:
    async def router(state: State) -> Exit:
        return leaving_guard(read(state, clock()))

    return router
