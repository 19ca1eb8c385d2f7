"""How the nodes see the world. `bootstrap` binds these to real clients, tests to fakes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.business import Business
from domain.lead import FactField
from domain.offers import OFFERS
from domain.proposal import Proposal, Tool, Written
from domain.slots import Booking, Slot
from domain.values import Language
from domain.wishes import ANY, Wish

Clock = Callable[[], datetime]
"""Now, with a zone."""

ChatMessage = dict[str, object]
"""One message in the Chat Completions shape: role, content, for tools tool_calls, tool_call_id."""


class Model(Protocol):
    """A language model."""

    async def propose(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], *, model: str | None = None
    ) -> Proposal:
        """One request: strict answer or tool call. Raises ModelError when none comes in time."""
        ...

    async def write(self, messages: Sequence[ChatMessage]) -> Written:
        """Free text, for summaries and briefs. Raises ModelError."""
        ...


class Scheduler(Protocol):
    """Free times and booked calls."""

    async def free(
        self,
        *,
        zone: str,
        wish: Wish = ANY,
        limit: int = OFFERS,
        rep: str | None = None,
        moving: Booking | None = None,
        shown: Collection[datetime] = (),
    ) -> tuple[Slot, ...]:
        """Up to `limit` free times that fit the wish, soonest first, spread over days.

        When none fits, the nearest that do not. `zone` is the lead's, `rep` whom he knows, `moving`
        the call that he would move, `shown` what he has seen. Raises CalendarUnavailable.
        """
        ...

    async def book(
        self,
        contact_id: str,
        slot: Slot,
        *,
        key: str,
        lead: dict[FactField, str],
        language: Language,
    ) -> Booking:
        """Book, or move the contact's live booking to the slot.

        The same `key` again gives the same booking. Raises SlotTaken, CalendarUnavailable.
        """
        ...

    async def cancel(self, contact_id: str, *, key: str) -> Booking | None:
        """Cancel the live booking; None when there is none. Raises CalendarUnavailable."""
        ...


class Turns(Protocol):
    """The turns that are running; a graph run belongs to one of them."""

    def sealed(self, turn_id: str) -> Proposal | None:
        """What an earlier try of this turn froze, so that the model is not asked twice."""
        ...

    async def seal(self, turn_id: str, proposal: Proposal) -> None:
        """Freeze the turn: from here on nothing cancels it, and outside effects may follow.

        Raises Superseded when a newer message is unread, LeaseLost when another worker has it.
        """
        ...


class Knowledge(Protocol):
    """The business's own texts."""

    async def search(self, query: str) -> str:
        """The sections that fit the query best, in Markdown; "" when none does."""
        ...


@dataclass(frozen=True)
class Ports:
    """All that the graph needs of the world. `deadline`: seconds for the model, a whole turn."""

    model: Model
    scheduler: Scheduler
    turns: Turns
    knowledge: Knowledge
    business: Business
    clock: Clock
    deadline: float = 12.0
