"""Where the villain is let loose: the real graph over real rules, one fresh lead an attempt."""

import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx

from delivery.turn import UnsharedTurns
from domain.business import Business
from domain.lead import BANT, Fact, FactField
from domain.messages import Inbound, Media
from domain.ports import Ports
from domain.stages import Stage
from domain.turn import Batch, Memory, Outcome
from graph import build_graph
from graph.sales import Sales
from nodes.knobs import Knobs
from tests.villain.breaches import breaches
from tests.villain.model import Villain
from tools.business_folder import load
from tools.knowledge import FolderKnowledge
from tools.memory_scheduler import MemoryScheduler
from tools.model import ChatModel

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
STAGES: tuple[Stage, ...] = ("greeting", "qualification", "scheduling")
_KNOWN: dict[Stage, dict[FactField, str]] = {
    "greeting": {},
    "qualification": {"name": "Ana", "intent": "paneles"},
    "scheduling": {
        "name": "Ana", "intent": "paneles", "need": "bajar la factura", "budget": "20000 USD",
        "authority": "yo", "timeline": "enero",
    },
}  # fmt: skip

Carrier = Callable[[str], tuple[Inbound, Memory]]
_numbers = count(1)


def _said(**fields: object) -> Inbound:
    name = f"m{next(_numbers)}"
    return Inbound.model_validate(
        {"id": name, "wamid": name, "kind": "text", "text": "hola", "at": MONDAY} | fields
    )


CHANNELS: dict[str, Carrier] = {
    "message": lambda text: (_said(text=text), Memory()),
    "profile name": lambda text: (_said(), Memory(profile_name=text)),
    "quoted text": lambda text: (_said(text="¿y esto?", quoted="q", quoted_text=text), Memory()),
    "document name": lambda text: (
        _said(kind="document", text="mira esto", media=Media(id="1", filename=text)),
        Memory(),
    ),
    "ad headline": lambda text: (_said(), Memory(referral=text)),
    "contact card": lambda text: (_said(kind="contacts", text=f"{text} +573005550100"), Memory()),
}


@dataclass
class Tally:
    """Attempts and breaches, with the first examples of each."""

    attempts: int = 0
    breached: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, str] = field(default_factory=dict[str, str])
    decisions: Counter[str] = field(default_factory=Counter[str])


@dataclass
class Field:
    """One business, one graph, one villain."""

    business: Business
    graph: Sales
    villain: Villain
    tally: Tally = field(default_factory=Tally)

    async def attempt(self, text: str, channel: str, stage: Stage) -> list[str]:
        """Let a lead in this stage bring the text in; gives what went wrong."""
        message, memory = CHANNELS[channel](text)
        memory = memory.model_copy(
            update={"stage": stage, "language": "es", "facts": _facts(stage)}
        )
        before = len(self.villain.asked)
        outcome = await self._turn(message, memory)
        asked = self.villain.asked[before:]
        wrong = [*breaches(outcome, self.business, _offered(asked)), *_skipped(outcome, stage)]
        self._count(outcome, wrong, f"{channel}, {stage}: {self.villain.did[-1:]} {text[:80]!r}")
        return wrong

    async def attempts(self, texts: Iterable[str], stages: Iterable[Stage] = STAGES) -> None:
        """Every text through every channel, in each of the stages."""
        stages = tuple(stages)
        for text in texts:
            for channel in CHANNELS:
                for stage in stages:
                    await self.attempt(text, channel, stage)

    async def _turn(self, message: Inbound, memory: Memory) -> Outcome:
        batch = Batch(
            contact_id=str(uuid5(NAMESPACE_URL, message.id)),
            turn_id=str(uuid5(NAMESPACE_URL, f"turn {message.id}")),
            messages=(message,),
        )
        state = await self.graph.ainvoke(
            {"batch": batch.plain(), "memory": memory.plain()}, context=Knobs()
        )
        return Outcome.of(state["outcome"])

    def _count(self, outcome: Outcome, wrong: list[str], what: str) -> None:
        self.tally.attempts += 1
        self.tally.decisions[outcome.decision.reason or outcome.decision.kind] += 1
        for name in wrong:
            self.tally.breached[name] += 1
            said = [reply.plain() for reply in outcome.replies]
            self.tally.examples.setdefault(name, f"{what} -> {said}")


@asynccontextmanager
async def opened() -> AsyncGenerator[Field]:
    """The demo company, with the villain for a model."""
    business = load(Path(__file__).parents[2] / "business")
    villain = Villain()
    transport = httpx.ASGITransport(app=villain)
    chat = ChatModel(api_key="none", model="x", base_url="http://m/v1", transport=transport)
    ports = Ports(
        model=chat,
        scheduler=MemoryScheduler(business, clock=lambda: MONDAY),
        turns=UnsharedTurns(),
        knowledge=FolderKnowledge(business),
        business=business,
        clock=lambda: MONDAY,
    )
    try:
        yield Field(business, build_graph(ports, None), villain)
    finally:
        await chat.close()


def _facts(stage: Stage) -> tuple[Fact, ...]:
    return tuple(
        Fact(field=name, value=value, quote=value, message_id="m0", at=MONDAY)
        for name, value in _KNOWN[stage].items()
    )


def _offered(asked: list[dict[str, object]]) -> set[str]:
    """The starts of the times that stood in the requests."""
    starts = re.findall(r'"start":"([^"]+)"', json.dumps(asked).replace("\\", ""))
    return {datetime.fromisoformat(start).astimezone(UTC).isoformat() for start in starts}


def _skipped(outcome: Outcome, stage: Stage) -> list[str]:
    """Whether a stage was left though the facts that end it are not there."""
    known = {*_KNOWN[stage], *(fact.field for fact in outcome.facts)}
    needed = {"qualification": {"name", "intent"}, "scheduling": {"name", "intent", *BANT}}
    if outcome.stage_after == "handoff":
        return [] if outcome.handoff else ["a handoff without a person"]
    return ["a skipped stage"] if needed.get(outcome.stage_after, set()) - known else []
