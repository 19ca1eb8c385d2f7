"""What a rep does to a booked call in his calendar, and what follows for the lead.

The calendar is the rep's: where he puts the event, there the call is. Only where that would break
another promise (onto another call, into the past) the row stays, and he is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from domain.bookings import BookingRow, Written
from domain.contact import Address
from domain.messages import Outbound
from domain.slots import Interval
from domain.values import Language, Value

Verdict = Literal["as booked", "moved", "astray", "gone", "over"]
Applied = Literal["done", "taken", "stale"]
"""`taken`: another call is there. `stale`: the booking has changed meanwhile, so look again."""


_A_DAY = timedelta(hours=12)
"""An event as long as this is no call any more: the rep made it a whole day."""


class Change(Value):
    """An event of ours that was written; `written` is None when it is gone."""

    event_id: str
    written: Written | None


class Changes(Value):
    """What happened in a calendar since a token.

    `others`: events that are not ours changed. `whole`: the token was none or too old, so
    everything that stands there is listed, and what was deleted is not.
    """

    ours: tuple[Change, ...]
    others: bool
    whole: bool
    token: str


class Entry(Value):
    """An event of the rep's own that makes him busy."""

    event_id: str
    start: datetime
    end: datetime


class Call(Value):
    """A confirmed call, and what must be known to tell its lead."""

    row: BookingRow
    astray: bool
    address: Address
    language: Language | None
    timezone: str | None
    last_inbound_at: datetime | None
    opted_out: bool
    unreachable: bool


class Saying(Value):
    """A message that goes out with a change. `spoken`: it is a part of the lead's conversation."""

    to: Address
    message: Outbound
    spoken: bool


class WatchedCalendar(Protocol):
    """A calendar that others write to. Everything raises CalendarUnavailable."""

    async def changes(self, calendar: str, token: str | None) -> Changes:
        """What happened since the token."""
        ...

    async def entries(self, calendar: str, start: datetime, end: datetime) -> list[Entry]:
        """The rep's own busy events, each time of a recurring one."""
        ...

    async def find(self, calendar: str, event_id: str) -> Written | None:
        """The event; None when there is none or it was deleted."""
        ...


class WatchStore(Protocol):
    """What is booked, as far as the watch reads and changes it."""

    async def claim(self, calendar: str, every: timedelta) -> tuple[bool, str | None]:
        """Whether it is this process's turn to read the calendar, and the token to read from."""
        ...

    async def keep(self, calendar: str, token: str) -> None:
        """Everything up to the token was dealt with."""
        ...

    async def calls(self, reps: Sequence[str], now: datetime) -> list[Call]:
        """The reps' confirmed calls that are not over."""
        ...

    async def named(self, event_ids: Sequence[str]) -> list[BookingRow]:
        """The live bookings with these events."""
        ...

    async def move(
        self, call: Call, to: Written, blocked: Interval, said: Sequence[Saying]
    ) -> Applied:
        """The booking follows its event, and what is said goes out with it."""
        ...

    async def call_off(self, call: Call, said: Sequence[Saying]) -> Applied:
        """The booking ends, and what is said goes out with it."""
        ...

    async def stray(self, call: Call, *, astray: bool, said: Sequence[Saying]) -> Applied:
        """Note that the event stands where the row cannot follow, or does no more."""
        ...

    async def clash(self, call: Call, entry: Entry, said: Sequence[Saying]) -> bool:
        """Note an event over a booked call; false, with nothing said, when it was known."""
        ...


def judged(call: Call, written: Written | None, now: datetime) -> Verdict:
    """What became of a call whose event stands as `written`."""
    place = call.row.place
    if written is not None and written.interval == place.interval:
        return "as booked"
    if place.end <= now:
        return "over"
    if written is None:
        return "gone"
    all_day = written.end - written.start >= _A_DAY
    return "astray" if all_day or written.start <= now else "moved"
