"""One turn inside a stage: what it has at hand, and the shape of what it comes to."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from langgraph.runtime import Runtime

from domain.bubbles import at_most_two
from domain.language import agreed, home_language, language_of
from domain.lead import Fact
from domain.messages import Outbound, Text
from domain.ports import Ports
from domain.slots import Slot
from domain.turn import Decision, Outcome
from domain.values import Language
from domain.wishes import ANY
from domain.wording import say
from nodes.knobs import Knobs
from nodes.state import State, Talk, read


class Node(Protocol):
    """What LangGraph calls: the state in, an update of it out."""

    def __call__(self, state: State, *, runtime: Runtime[Knobs]) -> Awaitable[State]: ...


@dataclass(frozen=True)
class Turn:
    """A conversation, the world, and the developer's knobs. `spoken` is the lead's language, once
    the model has heard it.
    """

    ports: Ports
    talk: Talk
    knobs: Knobs
    spoken: Language | None = None

    @classmethod
    def begin(cls, ports: Ports, state: State, runtime: Runtime[Knobs]) -> "Turn":
        return cls(ports, read(state, ports.clock()), runtime.context or Knobs())

    def prefetched(self, slots: tuple[Slot, ...]) -> "Turn":
        """The same turn with these times at hand, of which the lead has not seen any yet."""
        return replace(self, talk=replace(self.talk, offered=slots))

    def offering_nothing(self) -> "Turn":
        """The same turn with nothing left to choose from."""
        return replace(self, talk=replace(self.talk, offered=(), shown=(), wish=ANY))

    def hearing(self, facts: tuple[Fact, ...]) -> "Turn":
        """The same turn with what the lead says in it, for the words and deeds that follow."""
        return replace(self, talk=replace(self.talk, heard=facts))

    def speaking(self, language: Language) -> "Turn":
        """The same turn, once the model has said which language the lead writes in."""
        known = self.talk.memory.language is not None
        settled = agreed(self.talk.words, self.language, language, known=known)
        return replace(self, spoken=settled)

    @property
    def zone(self) -> str:
        """The lead's time zone: what he says, else his phone's, else the company's."""
        said = self.talk.facts.get("timezone")
        return (said and said.value) or self.talk.memory.timezone or self.ports.business.timezone

    @property
    def zone_sure(self) -> bool:
        """Whether there is no need to ask him; one who declined is not asked again."""
        return "timezone" in self.talk.facts or self.talk.memory.timezone_sure

    @property
    def id(self) -> str:
        return self.talk.batch.turn_id

    @cached_property
    def language(self) -> Language:
        """The lead's own language; the knob of a developer wins."""
        memory, decided = self.talk.memory, self.talk.outcome
        settled = self.knobs.language or self.spoken or (decided and decided.language)
        default = home_language(memory.timezone) or self.ports.business.language
        return settled or language_of(self.talk.words, memory.language, default)

    def say(self, key: str, **values: str) -> Text:
        """A sentence that code writes, in the lead's language."""
        return Text(body=say(self.language, key, **values))

    def outcome(self, decision: Decision, *replies: Outbound, **changes: Any) -> Outcome:  # noqa: ANN401 - fields of Outcome
        """What the turn comes to. The first words to a lead say that an assistant writes them."""
        talk = self.talk
        base = talk.outcome or Outcome(
            turn_id=self.id,
            stage_before=talk.stage,
            stage_after=talk.stage,
            language=self.language,
            unresolved=talk.memory.unresolved,
            decision=decision,
        )
        replies = self._introduced(replies, offer_person=decision.kind != "handoff")
        replies = at_most_two(replies)
        return base.model_copy(update=changes | {"decision": decision, "replies": replies})

    def _introduced(
        self, replies: tuple[Outbound, ...], *, offer_person: bool
    ) -> tuple[Outbound, ...]:
        if not self.talk.opens or not replies or not isinstance(replies[0], Text):
            return replies
        business = self.ports.business
        person = self.say("person_offered").body if offer_person else ""
        notice = self.say(
            "notice", company=business.company, privacy=business.privacy_url, person=person
        )
        return (Text(body=f"{notice.body}\n\n{replies[0].body}"), *replies[1:])
