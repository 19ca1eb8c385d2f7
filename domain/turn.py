"""One turn: what goes into the graph, and what comes out of it to be committed."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.lead import Fact
from domain.limits import Over
from domain.messages import Inbound, Outbound, Template
from domain.proposal import Usage
from domain.rota import Workload
from domain.slots import Booking
from domain.stages import StoredStage
from domain.triggers import HandoffReason
from domain.values import Language, Value

DecisionKind = Literal[
    "answer", "clarify", "handoff", "silent", "opt_out", "opt_in", "apology", "unreadable", "noted",
    "limited",
]  # fmt: skip

SAID_TO_ANYBODY: tuple[DecisionKind, ...] = ("opt_out", "opt_in")
"""What the agent answers whoever has the conversation."""


Signals = dict[str, float | bool | str | None]
"""What a decision was made from, by name."""


PhoneKnown = Literal["known", "asked", "unknown"]
"""A username lead has no number; he is asked for it once."""


class Summary(Value):
    """The conversation up to and including message `upto`, in a few sentences."""

    text: str
    upto: str


class Handoff(Value):
    """A conversation that a person has. `claimed` once the rep took it."""

    id: str
    reason: HandoffReason
    rep: str
    at: datetime


class Spoken(Value):
    """A message of the conversation, as the record has it."""

    id: str
    by_lead: bool
    text: str


class Memory(Value):
    """What PostgreSQL knows of a contact when a turn starts; the source when Redis forgot.

    `recent` are the last messages that lead and agent exchanged, oldest first; only a turn whose
    state holds none reads them. `revised` are the last ones that were edited or deleted, whatever
    the state says of them. `referral` is the headline of the ad that brought the lead.
    `phone` is the lead's number: not itself, only whether there is one to call him on. `rep` is
    whom he had to do with last, `workload` what each rep has to do. `timezone_sure` is false where
    the phone's country has several.
    Since the agent last spoke: `rep_said` is what a person wrote, `told` what was sent outside of
    turns (a reminder, a call that was moved). `over` is a limit of the day that this turn reaches.
    """

    stage: StoredStage = "greeting"
    language: Language | None = None
    profile_name: str = ""
    facts: tuple[Fact, ...] = ()
    unresolved: int = 0
    summary: Summary | None = None
    booking: Booking | None = None
    handoff: Handoff | None = None
    rep: str | None = None
    workload: tuple[Workload, ...] = ()
    timezone: str | None = None
    timezone_sure: bool = False
    rep_said: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    referral: str | None = None
    phone: PhoneKnown = "known"
    recent: tuple[Spoken, ...] = ()
    revised: tuple[Spoken, ...] = ()
    opted_out: bool = False
    over: Over | None = None


class Decision(Value):
    """What the rules decided about a turn, and from which signals."""

    kind: DecisionKind
    reason: str = ""
    confidence: float | None = None
    resolved: bool = True
    signals: Signals = Field(default_factory=dict)


class Notice(Value):
    """A message to a rep."""

    rep: str
    message: Template


class Outcome(Value):
    """Everything that a turn changes; the commit writes exactly this, once.

    `booking` is a call booked or moved in this turn; `cancelled` says that the booked one is off.
    """

    turn_id: str
    stage_before: StoredStage
    stage_after: StoredStage
    language: Language
    decision: Decision
    unresolved: int = 0
    facts: tuple[Fact, ...] = ()
    facts_dropped: int = 0
    replies: tuple[Outbound, ...] = ()
    notices: tuple[Notice, ...] = ()
    handoff: Handoff | None = None
    booking: Booking | None = None
    cancelled: bool = False
    usage: Usage = Usage()


class Batch(Value):
    """All unread messages of one contact, oldest first, as one turn."""

    contact_id: str
    turn_id: str
    messages: tuple[Inbound, ...]
