"""What the stand-ins saw: one line of JSON each, appended as it happens, on one monotonic clock.

CLOCK_MONOTONIC is the machine's, so the times of different processes compare.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter

from domain.values import Value


class Said(Value):
    """A lead wrote message number `serial`, which stands in its text as "m17"."""

    kind: Literal["said"] = "said"
    serial: int
    lead: str


class Post(Value):
    """One try to deliver one webhook body. `status` 0: no answer came.

    `serials` in the order of the body; `receipts` are the trackers of our own messages.
    """

    kind: Literal["post"] = "post"
    serials: tuple[int, ...]
    receipts: tuple[str, ...]
    copy_of_another: bool
    start: float
    end: float
    status: int

    @property
    def accepted(self) -> bool:
        return self.status == 200  # noqa: PLR2004 - HTTP's OK


Answered = Literal["ok", "refused", "cut", "gone"]
"""`cut`: we lost the answer on purpose; `gone`: the caller had hung up before it."""


class Send(Value):
    """One request to send a message. `taken` is when it was accepted, None when it never was."""

    kind: Literal["send"] = "send"
    tracker: str
    to: str
    text: str
    worker: str
    start: float
    end: float
    taken: float | None
    answered: Answered
    fault: str


class Call(Value):
    """One turn's request to the model, answered with the words "(k7)" for call 7.

    `serials` are the messages after the agent's own last words, `before` says what those were:
    "" nothing, "k6" call 6's answer, "apology", or "other".
    """

    kind: Literal["call"] = "call"
    number: int
    serials: tuple[int, ...]
    before: str
    worker: str
    start: float
    end: float
    answered: Answered
    fault: str


class Outage(Value):
    """A process was killed, or ended `by_itself` after it had been ready."""

    kind: Literal["outage"] = "outage"
    process: str
    killed: float
    ready: float
    by_itself: bool


Event = Said | Post | Send | Call | Outage
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])

E = TypeVar("E", bound=Event)


class Record:
    """An append-only file of events."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab", buffering=0)

    def add(self, event: Event) -> None:
        self._file.write(event.model_dump_json().encode() + b"\n")

    def close(self) -> None:
        self._file.close()


def read(folder: Path) -> list[Event]:
    """Every event in the folder's records."""
    return [event for file in sorted(folder.glob("*.jsonl")) for event in _lines(file)]


def of(events: list[Event], kind: type[E]) -> list[E]:
    """The events of one kind, in the order in which they began or happened."""
    return [event for event in events if isinstance(event, kind)]


def _lines(file: Path) -> Iterator[Event]:
    for line in file.read_bytes().splitlines():
        yield _EVENT.validate_json(line)
