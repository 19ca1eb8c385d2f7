"""What the nodes read and write: JSON builtins and messages only, so that msgpack keeps it small.

`Talk` is a turn as a stage sees it. PostgreSQL's memory, which the worker hands in with each turn,
wins over what the state remembers; the state alone serves Studio, where there is no PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypedDict, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    MessageLikeRepresentation,
    RemoveMessage,
    convert_to_messages,
)
from langgraph.channels import UntrackedValue

from domain.lead import Fact, FactField, Facts, latest
from domain.messages import Inbound, heard, own_words
from domain.quotation import Said
from domain.slots import Slot
from domain.stages import Asked, Stage, resume
from domain.turn import Batch, Memory, Outcome, Spoken
from domain.values import Plain
from domain.wishes import ANY, Wish
from nodes.versions import current

_NOBODY = str(UUID(int=0))

_WORDLESS = ("reaction", "system")

HARD_CAP = 24
"""No more messages than this are kept, whatever the summary covers."""


def remember(
    known: Sequence[BaseMessage], new: Sequence[MessageLikeRepresentation]
) -> list[BaseMessage]:
    """Append by id (a repeated id replaces), take out what a RemoveMessage names, keep HARD_CAP.

    Studio sends messages as JSON objects.
    """
    by_id = {message.id: message for message in known}
    for message in convert_to_messages(new):
        if isinstance(message, RemoveMessage):
            by_id.pop(message.id, None)
        else:
            name = message.id or str(uuid5(NAMESPACE_URL, f"{len(by_id)}:{message.text}"))
            by_id[name] = message if message.id else message.model_copy(update={"id": name})
    return list(by_id.values())[-HARD_CAP:]


class State(TypedDict, total=False):
    """One contact's conversation. `batch` and `memory` are a turn's input, never checkpointed."""

    version: int
    messages: Annotated[list[BaseMessage], remember]
    summary: Plain | None
    stage: Stage
    language: str | None
    lead: list[Plain]
    asked: dict[FactField, int]
    unresolved: int
    confidence: float | None
    handoff: Plain | None
    booking: Plain | None
    offered_slots: list[Plain]
    shown_slots: list[Plain]
    wish: Plain
    turn_id: str
    reply: list[str]
    outcome: Plain
    last_inbound_at: str
    batch: Annotated[dict[str, Any], UntrackedValue]
    memory: Annotated[dict[str, Any], UntrackedValue]


@dataclass(frozen=True)
class Talk:
    """A conversation in the midst of a turn. `outcome` is what the turn has decided so far.

    `offered` are the times on offer, `shown` all that he saw for this call, `wish` what he said of
    the time that he would like, `heard` this turn's facts, `mood_before` that of the turn before.
    """

    batch: Batch
    memory: Memory
    messages: tuple[BaseMessage, ...]
    asked: Asked
    offered: tuple[Slot, ...]
    outcome: Outcome | None
    shown: tuple[Slot, ...] = ()
    wish: Wish = ANY
    heard: tuple[Fact, ...] = ()
    mood_before: object = None

    @property
    def facts(self) -> Facts:
        decided = self.outcome.facts if self.outcome else ()
        return latest((*self.memory.facts, *decided, *self.heard))

    @property
    def stage(self) -> Stage:
        """Where the conversation is; given back by a person, where its facts put it."""
        stage = self.outcome.stage_after if self.outcome else self.memory.stage
        if stage == "handoff" and not (self.memory.handoff or self.outcome):
            return resume(self.facts, self.asked)
        return stage

    @property
    def words(self) -> str:
        """What the lead says in this turn; a reaction's emoji is no word of his."""
        return "\n".join(m.text for m in self.batch.messages if m.text and m.kind not in _WORDLESS)

    @property
    def said(self) -> tuple[Said, ...]:
        """The lead's own messages that can prove a fact, oldest first."""
        earlier = [(m.id or "", m.text) for m in self.messages if isinstance(m, HumanMessage)]
        now = [(message.id, heard(message)) for message in self.batch.messages]
        return tuple((name, own_words(text)) for name, text in (*earlier, *now))

    @property
    def choice(self) -> str | None:
        """The id of the button or list row that was tapped last in this turn."""
        return next((m.choice for m in reversed(self.batch.messages) if m.choice), None)

    @property
    def opens(self) -> bool:
        """Whether the agent has not yet said a word to this lead."""
        return not (self.messages or self.memory.facts or self.memory.summary)

    @property
    def at(self) -> datetime:
        """When the lead last wrote."""
        return self.batch.messages[-1].at


def read(state: State, now: datetime) -> Talk:
    """The turn as a stage sees it. `now` dates messages typed in Studio, which carry no time."""
    known = cast("State", current(state))
    memory = Memory.of(state["memory"]) if "memory" in state else _own_memory(known)
    messages = _revised(known.get("messages") or [*map(_spoken, memory.recent)], memory.revised)
    batch = Batch.of(state["batch"]) if "batch" in state else _typed(messages, now)
    outcome = Outcome.of(known["outcome"]) if "outcome" in known else None
    new = {message.id for message in batch.messages}
    return Talk(
        batch=batch,
        memory=memory,
        messages=tuple(message for message in messages if message.id not in new),
        asked=known.get("asked", {}),
        offered=tuple(map(Slot.of, known.get("offered_slots", []))),
        shown=tuple(map(Slot.of, known.get("shown_slots", []))),
        wish=Wish.of(known.get("wish", {})),
        outcome=outcome if outcome and outcome.turn_id == batch.turn_id else None,
        mood_before=outcome.decision.signals.get("mood") if outcome else None,
    )


def _revised(messages: Sequence[BaseMessage], lines: Sequence[Spoken]) -> list[BaseMessage]:
    """What the lead edited or deleted does not live on in the state; a turn writes it there too."""
    texts = {line.id: line.text for line in lines}
    return [
        message.model_copy(update={"content": texts[message.id]})
        if message.id in texts
        else message
        for message in messages
    ]


def _spoken(line: Spoken) -> BaseMessage:
    kind = HumanMessage if line.by_lead else AIMessage
    return kind(content=line.text, id=line.id)


def _typed(messages: Sequence[BaseMessage], now: datetime) -> Batch:
    """The unanswered messages at the end of a conversation that Studio drives."""
    unread: list[Inbound] = []
    for message in reversed(messages):
        if not isinstance(message, HumanMessage):
            break
        name = message.id or ""
        unread.insert(0, Inbound(id=name, wamid=name, kind="text", text=message.text, at=now))
    return Batch(
        contact_id=_NOBODY,
        turn_id=str(uuid5(NAMESPACE_URL, "/".join(message.id for message in unread))),
        messages=tuple(unread),
    )


def _own_memory(state: Mapping[str, Any]) -> Memory:
    kept = ("stage", "language", "unresolved", "summary", "booking", "handoff")
    plain = {key: state[key] for key in kept if key in state}
    return Memory.of({**plain, "facts": cast("list[Plain]", state.get("lead", []))})
