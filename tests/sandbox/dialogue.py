"""A conversation with the rules through nothing but requests, as the nodes write them."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from domain.proposal import (
    Answer,
    BookCall,
    CancelCall,
    FindSlots,
    ProposedFact,
    SearchKnowledge,
    SendDocument,
    Tool,
)
from domain.stages import Stage, after, missing
from sandbox.brain import Reply, complete
from sandbox.model_request import check
from tools.chat_completions import ANSWER_FORMAT, tool_format

NOW = "Monday 2026-11-23 10:00 CET"
SLOTS = [
    {"id": "s-tue", "when": "martes 24 de noviembre, 10:00", "start": "2026-11-24T10:00:00+01:00"},
    {"id": "s-wed", "when": "miércoles 25, 16:00", "start": "2026-11-25T16:00:00+01:00"},
    {"id": "s-thu", "when": "jueves 26, 12:30", "start": "2026-11-26T12:30:00+01:00"},
]
STABLE = """You sell for Acme Studio.

# The company
Acme Studio crea chatbots de WhatsApp para pymes.

## Knowledge

### Qué hacemos
Acme Studio crea chatbots de WhatsApp para pymes. Los instalamos en dos semanas.

### Integraciones
Nos integramos con HubSpot, Salesforce y Google Calendar. También hay una API abierta.

### Horario de atención
Atendemos de lunes a viernes de 9:00 a 18:00, hora de Madrid.

### Garantía (warranty, guarantee)
Dos años sobre todo el trabajo.

EN: Two years on all our work.

### Contrato y permanencia
No hay permanencia: puedes cancelar cuando quieras.

## Prices

| Item | Amount | Unit |
| --- | --- | --- |
| Plan Inicial | 49 EUR | per month |
| Plan Pro | 199 EUR | per month |

## Documents

- catalogo: Catálogo de servicios - what we offer, in Spanish
- casos: Case studies - results of three clients
"""
TOOLS = {
    "search_knowledge": Tool(
        name="search_knowledge", description="x", arguments=SearchKnowledge, reads=True
    ),
    "send_document": Tool(name="send_document", description="x", arguments=SendDocument),
    "find_slots": Tool(name="find_slots", description="x", arguments=FindSlots, reads=True),
    "book_call": Tool(name="book_call", description="x", arguments=BookCall),
    "cancel_call": Tool(name="cancel_call", description="x", arguments=CancelCall),
}
FORMATS = {name: tool_format(tool) for name, tool in TOOLS.items()}
STAGE_TOOLS: dict[str, tuple[str, ...]] = {
    "greeting": ("send_document",),
    "qualification": ("send_document",),
    "scheduling": ("find_slots", "book_call", "cancel_call", "send_document"),
    "handoff": (),
}


class Dialogue:
    """Keeps what the application would keep: facts, stage, questions asked, the last words."""

    def __init__(self, *, stage: Stage = "greeting", language: str | None = None) -> None:
        self.stage: Stage = stage
        self.language = language
        self.known: dict[str, str | None] = {}
        self.asked: dict[str, int] = {}
        self.booking: dict[str, str] | None = None
        self.history: list[dict[str, Any]] = []
        self.answer: Answer | None = None

    def request(self, *texts: str) -> dict[str, Any]:
        context = {
            "stage": self.stage,
            "language": self.language,
            "known": self.known,
            "missing": missing(self.stage, self.known, self.asked),  # type: ignore[arg-type] - keys suffice
            "offered_slots": SLOTS if self.stage == "scheduling" else [],
            "booking": self.booking,
            "asked": self.asked,
            "summary": None,
            "now": NOW,
            "profile_name": "Ana",
            "company": "Acme Studio",
        }
        system = [
            {"role": "system", "content": STABLE},
            {"role": "system", "content": f"Now.\n<context>{json.dumps(context)}</context>"},
        ]
        unread = [{"role": "user", "content": text} for text in texts]
        body: dict[str, Any] = {
            "model": "vendedor-rules",
            "messages": [*system, *self.history[-6:], *unread],
            "response_format": ANSWER_FORMAT,
        }
        if names := STAGE_TOOLS[self.stage]:
            body["tools"] = [FORMATS[name] for name in names]
            body["parallel_tool_calls"] = False
        return body

    def say(self, *texts: str) -> Reply:
        reply = complete(check(self.request(*texts)))
        self.answer = Answer.model_validate_json(reply.content) if reply.content else None
        facts = self.answer.facts if self.answer else self._called(reply).facts
        for fact in facts:
            assert any(fact.quote and fact.quote in text for text in texts), (fact, texts)
            self.known[fact.field] = fact.value
        words = self.answer.reply if self.answer else f"[{reply.tool}]"
        self._turn_ends(texts, words)
        return reply

    def _called(self, reply: Reply) -> "_HasFacts":
        assert reply.tool is not None
        arguments = TOOLS[reply.tool].arguments.model_validate(reply.arguments)
        if isinstance(arguments, BookCall):
            slot = next(slot for slot in SLOTS if slot["id"] == arguments.slot_id)
            self.booking = {"when": slot["when"], "start": slot["start"]}
        if isinstance(arguments, CancelCall):
            self.booking = None
        return arguments if isinstance(arguments, _HasFacts) else _NoFacts()

    def _turn_ends(self, texts: tuple[str, ...], words: str) -> None:
        if self.answer:
            self.language = self.answer.language
        for _ in range(2):  # several stages may pass in one turn
            self.stage = after(self.stage, self.known, self.asked)  # type: ignore[arg-type] - keys suffice
        for field in missing(self.stage, self.known, self.asked)[:1]:  # type: ignore[arg-type] - keys suffice
            self.asked[field] = self.asked.get(field, 0) + 1
        self.history += [{"role": "user", "content": text} for text in texts]
        self.history.append({"role": "assistant", "content": words})


@runtime_checkable
class _HasFacts(Protocol):
    @property
    def facts(self) -> Sequence[ProposedFact]: ...


class _NoFacts:
    facts: Sequence[ProposedFact] = ()
