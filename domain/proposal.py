"""What the model may propose in a turn: one structured answer, or one tool call.

These classes are the JSON schema that the model sees. Booleans and facts come first and `reply`
last, so that the words follow from the decisions. Facts are sparse: only what is new.

The schema asks for every property and for no other (`tools/chat_completions.py`). An endpoint that
does not hold a model to it may leave out what has a default here, and add what nobody reads; so may
an earlier release, by which a turn was sealed before a deploy.
"""

from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from domain.business import Weekday
from domain.lead import FactField
from domain.moods import Mood
from domain.values import Language, Plain, Value
from domain.wishes import PartOfDay


class ModelOutput(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class ProposedFact(ModelOutput):
    field: FactField
    quote: Annotated[str, Field(description="copied word for word from the lead's message")]
    value: Annotated[
        str | None,
        Field(
            description="the same in short; null when the lead declines to say it. "
            "For timezone the IANA name of where he himself is, like Europe/Madrid"
        ),
    ]


def _facts(given: object) -> object:
    """Without what is no fact of ours: it is no reason to lose the answer."""
    if not isinstance(given, list):
        return given or []
    return [fact for fact in cast(list[object], given) if _is_fact(fact)]


def _is_fact(given: object) -> bool:
    try:
        ProposedFact.model_validate(given)
    except ValidationError:
        return False
    return True


ProposedFacts = Annotated[list[ProposedFact], BeforeValidator(_facts)]
_FACTS = TypeAdapter(ProposedFacts)


class Answer(ModelOutput):
    """The model's answer of one turn."""

    language: Annotated[Language, Field(description="the language the lead writes in, or asks for")]
    facts: Annotated[ProposedFacts, Field(description="only what is new or corrected")] = []
    wants_human: Annotated[bool, Field(description="the lead asks to speak with a person")] = False
    resolved: Annotated[
        bool, Field(description="false when the message is not understood or cannot be answered")
    ]
    stage_done: Annotated[bool, Field(description="the goal of the stage is reached")] = False
    mood: Annotated[Mood, Field(description="usual, unless he plainly says otherwise")] = "usual"
    confidence: Annotated[int, Field(ge=0, le=100, description="that reply and facts are right")]
    reply: Annotated[str, Field(description="what to say to the lead, at most two short sentences")]


_ALSO = (
    "answer to what else he asks, null when he asks nothing else; "
    "nothing about the call, which the system confirms"
)


_CLOCK = "HH:MM on his own clock, of 24 hours; null when he names none"


class FindSlots(ModelOutput):
    """Look for free times other than the ones offered. Fill in only what the lead says."""

    facts: ProposedFacts = []
    first_day: Annotated[str | None, Field(description="ISO date; null when any day will do")] = (
        None
    )
    last_day: Annotated[str | None, Field(description="ISO date; the same for one single day")] = (
        None
    )
    weekdays: Annotated[list[Weekday], Field(description="only these; empty for any")] = []
    not_weekdays: Annotated[list[Weekday], Field(description="those that he rules out")] = []
    part_of_day: PartOfDay = "any"
    earliest: Annotated[str | None, Field(description=f"from when on: {_CLOCK}")] = None
    latest: Annotated[str | None, Field(description=f"until when: {_CLOCK}")] = None
    at: Annotated[str | None, Field(description=f"the one hour that he asks for: {_CLOCK}")] = None
    more: Annotated[bool, Field(description="he wants others than those that he has seen")] = False
    reply: Annotated[str | None, Field(description=_ALSO)] = None


class BookCall(ModelOutput):
    """Book the call at an offered time, or move the booked call to it."""

    facts: ProposedFacts = []
    slot_id: Annotated[str, Field(description="id of one of the offered times")]
    reply: Annotated[str | None, Field(description=_ALSO)] = None


class CancelCall(ModelOutput):
    """Cancel the booked call because the lead asks for it."""

    facts: ProposedFacts = []
    quote: Annotated[str, Field(description="the lead's words that ask for it")]
    reply: Annotated[str | None, Field(description=_ALSO)] = None


class SendDocument(ModelOutput):
    """Send a document of the business because the lead asks for it."""

    facts: ProposedFacts = []
    document_id: str
    reply: Annotated[str, Field(description="what to say along with it")]


class SearchKnowledge(ModelOutput):
    """Look up the business's knowledge when the answer is not in these instructions."""

    query: str


class Tool(Value):
    """A function that the model may call. `reads`: its result goes back to the model once."""

    name: str
    description: str
    arguments: type[ModelOutput]
    reads: bool = False


class ToolCall(Value):
    id: str
    name: str
    arguments: Plain


class Usage(Value):
    """What the proposal cost. `calls` counts requests that were answered.

    `cached_tokens` are the part of the input that the provider had in its cache.
    """

    model: str = ""
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def plus(self, other: "Usage") -> "Usage":
        """Both together, under the name of the later model."""
        return Usage(
            model=other.model or self.model,
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            seconds=self.seconds + other.seconds,
        )


class Written(Value):
    """Free text, and what it cost."""

    text: str
    usage: Usage = Usage()


class Proposal(Value):
    """An answer or a tool call; neither when no model answered in time, or none was asked.

    `resolved_probability` (0 to 1) is the model's own certainty of `answer.resolved`, from its
    logprob, where the model gives one. `refused`: it declined to answer.
    """

    answer: Answer | None = None
    call: ToolCall | None = None
    usage: Usage = Usage()
    resolved_probability: float | None = None
    refused: bool = False

    @property
    def facts(self) -> list[ProposedFact]:
        """The facts beside the words, or in the call's arguments."""
        if self.answer:
            return self.answer.facts
        return _FACTS.validate_python(self.call.arguments.get("facts", []) if self.call else [])

    def hearing(self, earlier: "Proposal") -> "Proposal":
        """The same with the facts that only an earlier draft of it has."""
        named = {fact.field for fact in self.facts}
        facts = [*self.facts, *(fact for fact in earlier.facts if fact.field not in named)]
        if self.answer:
            return self.model_copy(
                update={"answer": self.answer.model_copy(update={"facts": facts})}
            )
        if self.call is None or "facts" not in self.call.arguments:
            return self
        arguments = self.call.arguments | {"facts": [fact.model_dump() for fact in facts]}
        return self.model_copy(
            update={"call": self.call.model_copy(update={"arguments": arguments})}
        )

    @property
    def empty(self) -> bool:
        """Nothing is proposed; it may have cost something all the same."""
        return self.answer is None and self.call is None
