"""A booked call as it is kept, and the two who keep it: the bookings' store and the calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from domain.intervals import Interval
from domain.slots import Booking, Slot
from domain.values import Value

BookingStatus = Literal["held", "confirmed", "cancelled"]


class Pauses(Value):
    """What the rules want free before and after a call."""

    before: timedelta = timedelta()
    after: timedelta = timedelta()

    def around(self, call: Interval) -> Interval:
        """The call with its pauses: what nobody else may be given."""
        return call[0] - self.before, call[1] + self.after


NO_PAUSES = Pauses()


class Place(Value):
    """Whose time, and when."""

    rep: str
    start: datetime
    end: datetime

    @property
    def interval(self) -> Interval:
        return self.start, self.end


class BookingRow(Value):
    """One booking of a contact, from the first hold to the end, through every move.

    `key` is that of the last act on it. `previous` is where it was confirmed before the move that
    now holds it; None when it was not.
    """

    id: str
    contact_id: str
    place: Place
    status: BookingStatus
    key: str
    link: str | None = None
    previous: Place | None = None

    @property
    def event_id(self) -> str:
        """The event's id in the calendar: made here, so that writing it twice makes one event."""
        return event_id(self.id)

    @property
    def booking(self) -> Booking:
        place = self.place
        return Booking(id=self.id, rep=place.rep, start=place.start, end=place.end, link=self.link)


def event_id(booking_id: str) -> str:
    """Google takes 5 to 1024 of the characters a to v and 0 to 9."""
    return f"call{UUID(booking_id).hex}"


class CalendarEvent(Value):
    """A call as the calendar shows it. `guest` is an email address to invite."""

    id: str
    start: datetime
    end: datetime
    title: str
    notes: str = ""
    guest: str | None = None


class Written(Value):
    """An event as it stands in the calendar."""

    start: datetime
    end: datetime
    link: str | None = None

    @property
    def interval(self) -> Interval:
        return self.start, self.end


class Calendar(Protocol):
    """The reps' calendars. Everything raises CalendarUnavailable; every write may be repeated."""

    async def busy(
        self, calendars: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, list[Interval]]:
        """The busy times of each calendar; one that cannot be read raises."""
        ...

    async def insert(self, calendar: str, event: CalendarEvent) -> str | None:
        """Write the event and give its meeting link."""
        ...

    async def move(self, calendar: str, event: CalendarEvent) -> str | None:
        """Give the event its new times, writing it when it is gone; gives its meeting link."""
        ...

    async def find(self, calendar: str, event_id: str) -> Written | None:
        """The event; None when there is none or it was deleted."""
        ...

    async def delete(self, calendar: str, event_id: str) -> None:
        """Remove the event if it is there."""
        ...


class BookingStore(Protocol):
    """The authority on who has which time. Two live bookings of a rep never overlap."""

    async def by_key(self, key: str) -> BookingRow | None:
        """The booking that the act with this key was on."""
        ...

    async def live(self, contact_id: str) -> BookingRow | None:
        """The contact's held or confirmed booking."""
        ...

    async def taken(self, start: datetime, end: datetime) -> dict[str, list[Interval]]:
        """Held and confirmed times of the reps, with the pauses around them."""
        ...

    async def hold(
        self,
        contact_id: str,
        slot: Slot,
        *,
        key: str,
        lasting: timedelta,
        pauses: Pauses = NO_PAUSES,
    ) -> BookingRow:
        """Take the slot for a while, moving the contact's live booking there if he has one.

        A key that was used gives its booking as it is, a hold renewed. Raises SlotTaken.
        """
        ...

    async def confirm(self, row: BookingRow, link: str | None) -> BookingRow | None:
        """Make the hold final; None when it is not this act's any more."""
        ...

    async def release(self, row: BookingRow, *, stray: bool, expired: bool = False) -> bool:
        """Give the hold up: a move goes back, a new booking is cancelled and its key forgotten.

        `stray`: an event may have been written and is to be removed. `expired`: only when the
        hold's time is over. False when nothing was done; the sweep tries again.
        """
        ...

    async def cancel(self, row: BookingRow, *, key: str) -> BookingRow:
        """End the booking; its event, which is to be removed, is a stray until it is cleared."""
        ...

    async def expired(self, limit: int) -> list[BookingRow]:
        """Holds whose time is over, the oldest first."""
        ...

    async def strays(self, limit: int) -> list[tuple[str, str]]:
        """Booking and rep of events that may be left in a calendar and belong to nobody."""
        ...

    async def cleared(self, booking_id: str, rep: str) -> None:
        """The stray is gone."""
        ...
