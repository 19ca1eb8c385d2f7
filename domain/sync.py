"""What outside CRMs are told: the events, the lead as they see him, and the port of a sink."""

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from domain.bant import Score
from domain.lead import Fact
from domain.values import Plain, Value

PAYLOAD_VERSION = 1
"""Of `payload`: raised when a field changes its meaning or goes, not when one is added."""

EventKind = Literal[
    "lead.created", "lead.updated", "lead.qualified", "lead.opted_out", "lead.opted_in",
    "lead.erased", "conversation.archived", "handoff.requested", "handoff.released",
    "booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.no_show",
]  # fmt: skip

Refs = dict[str, str]
"""What a sink calls things of a contact, such as {"contact": "501"}."""


class LeadRecord(Value):
    """A lead as he is known at the moment of sending. `rep` has or had him last, by id."""

    phone: str | None = Field(default=None, repr=False)
    bsuid: str | None = None
    profile_name: str = ""
    language: str | None = None
    opted_out: bool = False
    stage: str | None = None
    qualified: bool = False
    facts: tuple[Fact, ...] = ()
    score: Score
    rep: str | None = None

    @property
    def whatsapp_id(self) -> str | None:
        """E.164 with its plus, or the business-scoped id of one who shows no number."""
        return f"+{self.phone}" if self.phone else self.bsuid

    def fact(self, field: str) -> str | None:
        """The value of a fact; None when it is unknown or was declined."""
        return next((fact.value for fact in self.facts if fact.field == field), None)


class SyncEvent(Value):
    """One event for one sink. `id` is the same on every attempt: the receiver's idempotency key.

    `data` is particular to the kind: a booking's times, a handoff's reason. `lead` None: erased.
    `repeated`: an earlier attempt may have arrived.
    """

    id: str
    contact_id: str
    kind: EventKind
    at: datetime
    data: Plain
    lead: LeadRecord | None
    repeated: bool = False


class Sink(Protocol):
    """An outside CRM. `at_once` is how many deliveries it takes at the same time."""

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    async def deliver(self, event: SyncEvent, refs: Refs) -> None:
        """Tell it, and fill into `refs` what it calls the contact's things, failing later or not.

        Raises SinkFailed, SinkBusy, SinkTroubled, SinkGone or EventRefused.
        """
        ...


def payload(event: SyncEvent) -> Plain:
    """The event as a webhook's body: type, timestamp and data, as Standard Webhooks has it."""
    lead = event.lead
    return {
        "type": event.kind,
        "version": PAYLOAD_VERSION,
        "timestamp": event.at.isoformat(),
        "data": {
            "contact_id": event.contact_id,
            "lead": lead.plain() if lead else None,
            "links": {"whatsapp": f"https://wa.me/{lead.phone}"} if lead and lead.phone else {},
            **event.data,
        },
    }


def backoff_seconds(failures: int, chance: float) -> float:
    """How long a row waits after its `failures`-th failure; `chance` (0 to 1) spreads the waits."""
    return min(3600, 2 ** min(failures, 12)) * (0.5 + chance / 2)
