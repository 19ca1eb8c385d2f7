"""Conversations with the graph, over the rule-based model and a calendar in memory."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx2
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from delivery.turn import UnsharedTurns
from domain.business import Business
from domain.messages import Inbound, InboundKind, words
from domain.ports import Ports
from domain.turn import Batch, Memory, Outcome
from graph import build_graph
from graph.sales import Sales
from nodes.knobs import Knobs
from sandbox import model_api
from tools.business_folder import load
from tools.knowledge import FolderKnowledge
from tools.memory_scheduler import MemoryScheduler
from tools.model import ChatModel

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def business() -> Business:
    return load(Path(__file__).parents[2] / "business")


@pytest.fixture
async def model() -> AsyncGenerator[ChatModel]:
    transport = httpx2.ASGITransport(app=model_api.create_app())
    chat = ChatModel(api_key="none", model="rules", base_url="http://m/v1", transport=transport)
    yield chat
    await chat.close()


@pytest.fixture
def ports(business: Business, model: ChatModel) -> Ports:
    return Ports(
        model=model,
        scheduler=MemoryScheduler(business, clock=lambda: MONDAY),
        turns=UnsharedTurns(),
        knowledge=FolderKnowledge(business),
        business=business,
        clock=lambda: MONDAY,
    )


@dataclass
class Lead:
    """Writes to the graph as the worker does, with the memory that PostgreSQL would hand in."""

    graph: Sales
    memory: Memory = field(default_factory=Memory)
    knobs: Knobs = field(default_factory=Knobs)
    contact_id: str = str(uuid5(NAMESPACE_URL, "lead"))
    count: int = 0

    async def says(
        self, *texts: str, kind: InboundKind = "text", choice: str | None = None
    ) -> Outcome:
        """Write these messages as one turn."""
        messages = tuple(self._message(text, kind, choice) for text in texts)
        outcome = await self.turn(messages)
        self._remember(outcome)
        return outcome

    async def turn(self, messages: tuple[Inbound, ...]) -> Outcome:
        turn_id = str(uuid5(NAMESPACE_URL, "/".join(message.id for message in messages)))
        batch = Batch(contact_id=self.contact_id, turn_id=turn_id, messages=messages)
        state = await self.graph.ainvoke(
            {"batch": batch.plain(), "memory": self.memory.plain()},
            {"configurable": {"thread_id": self.contact_id}},
            context=self.knobs,
            durability="exit",
        )
        return Outcome.of(state["outcome"])

    def _message(self, text: str, kind: InboundKind, choice: str | None) -> Inbound:
        self.count += 1
        name = f"m{self.count}"
        at = MONDAY + timedelta(seconds=self.count)
        return Inbound(id=name, wamid=name, kind=kind, text=text, at=at, choice=choice)

    def _remember(self, outcome: Outcome) -> None:
        known = self.memory
        self.memory = known.model_copy(
            update={
                "stage": outcome.stage_after,
                "language": outcome.language,
                "facts": (*known.facts, *outcome.facts),
                "unresolved": outcome.unresolved,
                "booking": None if outcome.cancelled else outcome.booking or known.booking,
                "handoff": outcome.handoff or known.handoff,
                "opted_out": outcome.decision.kind == "opt_out",
            }
        )


def read(outcome: Outcome) -> str:
    """All that the lead reads of a turn."""
    return "\n".join(map(words, outcome.replies))


@pytest.fixture
def lead(ports: Ports) -> Lead:
    return Lead(build_graph(ports, InMemorySaver()))
