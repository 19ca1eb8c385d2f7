"""Conversations with the graph, over the rule-based model and a calendar in memory."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from delivery.turn import UnsharedTurns
from domain.business import Business
from domain.lead import FACT_FIELDS, Fact
from domain.messages import Inbound, InboundKind, words
from domain.ports import Ports
from domain.stages import Stage
from domain.turn import Batch, Memory, Outcome
from graph import build_graph
from graph.sales import Sales
from nodes.knobs import Knobs
from sandbox import model_api
from tests.conversation.scripted import ScriptedModel
from tools.business_folder import load
from tools.knowledge import FolderKnowledge
from tools.memory_scheduler import MemoryScheduler
from tools.model import ChatModel

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def business() -> Business:
    return load(Path(__file__).parents[2] / "business")


@pytest.fixture
async def rules() -> AsyncGenerator[ChatModel]:
    """The real adapter, over the sandbox's endpoint."""
    transport = httpx.ASGITransport(app=model_api.create_app())
    chat = ChatModel(api_key="none", model="rules", base_url="http://m/v1", transport=transport)
    yield chat
    await chat.close()


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def ports(business: Business, model: ScriptedModel) -> Ports:
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
        messages = tuple(self.message(text, kind, choice) for text in texts)
        outcome = await self.turn(*messages)
        self._remember(outcome)
        return outcome

    async def taps(self, choice: str, title: str) -> Outcome:
        return await self.says(title, kind="choice", choice=choice)

    async def turn(self, *messages: Inbound) -> Outcome:
        """Run the graph without remembering what came of it, as when the commit was lost."""
        turn_id = str(uuid5(NAMESPACE_URL, "/".join(message.id for message in messages)))
        batch = Batch(contact_id=self.contact_id, turn_id=turn_id, messages=messages)
        state = await self.graph.ainvoke(
            {"batch": batch.plain(), "memory": self.memory.plain()},
            {"configurable": {"thread_id": self.contact_id}},
            context=self.knobs,
            durability="exit",
        )
        return Outcome.of(state["outcome"])

    def message(self, text: str, kind: InboundKind = "text", choice: str | None = None) -> Inbound:
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
    """A lead of the scripted model."""
    return Lead(build_graph(ports, InMemorySaver()))


@pytest.fixture
def talker(ports: Ports, rules: ChatModel) -> Lead:
    """A lead of the rule-based model."""
    return Lead(build_graph(replace(ports, model=rules), InMemorySaver()))


def known(stage: Stage, **values: str | None) -> Memory:
    """What PostgreSQL knows of a lead in this stage."""
    facts = tuple(
        Fact(field=name, value=value, quote=value or "no", message_id="m0", at=MONDAY)
        for name, value in values.items()
        if name in FACT_FIELDS
    )
    return Memory(stage=stage, language="es", facts=facts)


QUALIFIED = {
    "name": "Ana", "intent": "paneles", "need": "bajar la factura", "budget": "20000 USD",
    "authority": "yo", "timeline": "enero",
}  # fmt: skip
