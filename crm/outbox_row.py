"""What the outbox's rows are: a message, its progress, and what is known of its recipient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from domain.contact import Address
from domain.messages import Outbound, outbound
from domain.values import Language, Plain

State = Literal[
    "requested", "sending", "in_doubt", "withheld",
    "accepted", "sent", "failed", "delivered", "read", "merged",
]  # fmt: skip
UNFINISHED: frozenset[State] = frozenset({"requested", "sending", "in_doubt"})


@dataclass(frozen=True)
class OutboxRow:
    """A message to send; `id` is a UUID and the tracker of every attempt to send it.

    `heard_at`, of a turn's first reply: when the first message arrived that it answers.
    """

    id: str
    contact_id: str
    turn_id: str
    position: int
    recipient: Address
    message: Outbound
    heard_at: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What stands on record of a row's contact. `turn_kind`: how the row's turn was decided."""

    phone: str | None = None
    bsuid: str | None = None
    language: Language | None = None
    last_inbound_at: datetime | None = None
    opted_out_at: datetime | None = None
    unreachable_at: datetime | None = None
    marketing_stopped_at: datetime | None = None
    turn_kind: str | None = None


@dataclass(frozen=True)
class StoredRow:
    """A row with its progress. `again`: an earlier attempt may have been taken; nothing denied it.

    `error_code` and `wamid_id` (keyed hash) are those of the last attempt that is known of. `age`
    counts from when the message was asked for.
    """

    row: OutboxRow
    state: State
    tries: int
    error_code: int | None = None
    wamid_id: str | None = None
    again: bool = False
    age: timedelta = timedelta()
    known: Known = Known()


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed. `code` is Meta's, `reaction` what the error policy asks for.

    `wamid_id` names the attempt when a receipt told of it.
    """

    code: int
    error: str
    reaction: str
    wamid_id: str | None = None


@dataclass(frozen=True)
class Rates:
    """Meta's: `per_second` of the number (80; 20 beside the phone app), seconds of a pair.

    A recipient may get `pair_burst` at once, borrowed from what follows. Pages "Throughput" and
    "About the platform".
    """

    per_second: float = 80.0
    pair_seconds: float = 6.0
    pair_burst: int = 45

    @property
    def burst(self) -> int:
        """A tenth of a second's sends: no second then has many more than Meta allows."""
        return max(1, round(self.per_second / 10))


META_RATES = Rates()


@dataclass(frozen=True)
class Claimed:
    """Rows to send, and how many more were due that the number's pace held back."""

    rows: tuple[StoredRow, ...] = ()
    held_back: int = 0


@dataclass(frozen=True)
class Survey:
    """How the outbox stands: rows that fell in doubt just now, the oldest unfinished one's age
    (0 without one), and how many pauses are running."""

    lapsed: int
    oldest_seconds: float
    paused: int


@dataclass(frozen=True)
class GivenUp:
    """A message that did not go, for a person to look at."""

    id: str
    contact_id: str
    turn_id: str
    reaction: str | None
    error_code: int | None
    error: str | None
    at: datetime


def readable(plain: Plain) -> Outbound | None:
    """The message of a row; None when it does not fit what this release knows."""
    try:
        return outbound(plain)
    except ValidationError:
        return None
