"""A model that says what the test tells it to, and remembers what it was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.errors import ModelError
from domain.lead import FactField
from domain.moods import Mood
from domain.ports import ChatMessage
from domain.proposal import Answer, Proposal, ProposedFact, Tool, ToolCall, Usage, Written
from domain.values import Plain

Scripted = Proposal | ModelError


def answer(
    reply: str = "Entiendo. ¿Algo más?",
    *facts: tuple[FactField, str, str | None],
    confidence: int = 95,
    resolved: bool = True,
    wants_human: bool = False,
    stage_done: bool = False,
    mood: Mood = "usual",
) -> Proposal:
    """An answer; each fact is (field, quote, value)."""
    return Proposal(
        answer=Answer(
            language="es",
            facts=[ProposedFact(field=f, quote=quote, value=value) for f, quote, value in facts],
            wants_human=wants_human,
            resolved=resolved,
            stage_done=stage_done,
            mood=mood,
            confidence=confidence,
            reply=reply,
        ),
        usage=Usage(model="scripted", calls=1),
    )


def call(name: str, **arguments: object) -> Proposal:
    """A tool call; all tools but the search take facts along."""
    facts: Plain = {} if name == "search_knowledge" else {"facts": []}
    plain: Plain = {**facts, **arguments}
    return Proposal(
        call=ToolCall(id="call_1", name=name, arguments=plain),
        usage=Usage(model="scripted", calls=1),
    )


def find(**wish: object) -> Proposal:
    """A search for other times; what is not said of them is open."""
    open_: Plain = {
        "first_day": None, "last_day": None, "weekdays": [], "not_weekdays": [],
        "part_of_day": "any", "earliest": None, "latest": None, "at": None, "more": False,
    }  # fmt: skip
    return call("find_slots", **(open_ | wish))


@dataclass
class ScriptedModel:
    """The port `Model`; when the script is over it answers plainly."""

    script: list[Scripted] = field(default_factory=list[Scripted])
    requests: list[Sequence[ChatMessage]] = field(default_factory=list[Sequence[ChatMessage]])
    tools: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    async def propose(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], *, model: str | None = None
    ) -> Proposal:
        del model
        self.requests.append(messages)
        self.tools.append(tuple(tool.name for tool in tools))
        following = self.script.pop(0) if self.script else answer()
        if isinstance(following, ModelError):
            raise following
        return following

    async def write(self, messages: Sequence[ChatMessage]) -> Written:
        self.requests.append(messages)
        return Written(text="A summary.")
