"""Calls are booked as a saga: hold, look again, write the event, confirm.

The store decides who has a time; the calendar may refuse it. The event's id is made from the
booking, so every step may be repeated. What a crash leaves half done, the sweep settles.
"""

import contextlib
from collections.abc import Collection
from datetime import datetime, timedelta

from domain.bookings import (
    BookingRow,
    BookingStore,
    Calendar,
    CalendarEvent,
    Pauses,
    Written,
    event_id,
)
from domain.business import Business
from domain.errors import CalendarUnavailable, SlotTaken
from domain.intervals import overlaps, without
from domain.lead import FactField
from domain.offers import OFFERS
from domain.ports import Clock
from domain.slots import Booking, Slot
from domain.values import Language, Value
from domain.wishes import ANY, Wish
from tools.call_event import call_event
from tools.free_times import FreeTimes

_SWEEP_LIMIT = 50


class Swept(Value):
    """What a sweep settled. `failed`: the calendar did not answer, so next time again."""

    confirmed: int = 0
    released: int = 0
    removed: int = 0
    failed: int = 0


class CallScheduler:
    """The port domain.ports.Scheduler over a calendar and a store of bookings."""

    def __init__(
        self,
        business: Business,
        calendar: Calendar,
        store: BookingStore,
        *,
        clock: Clock,
        hold: timedelta = timedelta(minutes=2),
        fresh: timedelta = timedelta(seconds=3),
    ) -> None:
        self._business = business
        self._calendar = calendar
        self._store = store
        self._clock = clock
        self._hold = hold
        before, after = business.call.buffers
        self._pauses = Pauses(before=before, after=after)
        self._calendars = {rep.id: rep.calendar for rep in business.reps}
        self._times = FreeTimes(business, calendar, store, clock=clock, fresh=fresh)

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
        """Up to `limit` free times that fit, or the nearest. Raises CalendarUnavailable."""
        return await self._times.free(
            zone=zone, wish=wish, limit=limit, rep=rep, moving=moving, shown=shown
        )

    async def book(
        self,
        contact_id: str,
        slot: Slot,
        *,
        key: str,
        lead: dict[FactField, str],
        language: Language,
    ) -> Booking:
        """Book the slot, or move the contact's live booking to it.

        The same `key` again gives the same booking. Raises SlotTaken, CalendarUnavailable.
        """
        bookable = slot.rep in self._calendars and slot.start > self._clock()
        if not bookable and await self._store.by_key(key) is None:
            raise SlotTaken(f"{slot.start.isoformat()} cannot be booked any more")
        row = await self._store.hold(
            contact_id, slot, key=key, lasting=self._hold, pauses=self._pauses
        )
        if row.status != "held" or row.key != key:
            return row.booking
        self._times.forget()
        event = call_event(row, self._business.company, lead, language)
        return (await self._finished(row, event)).booking

    async def cancel(self, contact_id: str, *, key: str) -> Booking | None:
        """Cancel the live booking; None when there is none.

        An event that the calendar does not let go now is removed by the sweep.
        """
        if done := await self._store.by_key(key):
            return done.booking
        row = await self._store.live(contact_id)
        if row is None:
            return None
        # the row first: an event that is gone while its row stands looks like the rep's doing
        cancelled = await self._store.cancel(row, key=key)
        self._times.forget()
        await self._removed(cancelled.id, cancelled.place.rep)
        return cancelled.booking

    async def sweep(self) -> Swept:
        """Settle the holds whose time is over and remove events that belong to nobody.

        To be called once a minute, by any number of workers.
        """
        expired = await self._store.expired(_SWEEP_LIMIT)
        confirmed = [await self._settled(row) for row in expired]
        strays = await self._store.strays(_SWEEP_LIMIT)
        removed = [await self._removed(booking_id, rep) for booking_id, rep in strays]
        return Swept(
            confirmed=confirmed.count(True),
            released=confirmed.count(False),
            removed=removed.count(True),
            failed=confirmed.count(None) + removed.count(False),
        )

    async def _finished(self, row: BookingRow, event: CalendarEvent) -> BookingRow:
        try:
            link = await self._write(row, event)
        except SlotTaken:
            await self._store.release(row, stray=False)
            raise
        except CalendarUnavailable as error:
            link = await self._rescue(row, error)
        confirmed = await self._store.confirm(row, link) or await self._store.by_key(row.key)
        if confirmed is None or confirmed.status != "confirmed":
            raise CalendarUnavailable("the hold ran out before the calendar answered")
        if row.previous and row.previous.rep != row.place.rep:
            await self._removed(row.id, row.previous.rep)
        return confirmed

    async def _write(self, row: BookingRow, event: CalendarEvent) -> str | None:
        if not await self._still_free(row):
            written = await self._find(row)
            if not _stands(row, written):
                raise SlotTaken(f"{row.place.start.isoformat()} with {row.place.rep} is busy")
            return written.link if written else None
        calendar = self._calendars[row.place.rep]
        if _moves_within(row):
            return await self._calendar.move(calendar, event)
        return await self._calendar.insert(calendar, event)

    async def _still_free(self, row: BookingRow) -> bool:
        calendar, wanted = self._calendars[row.place.rep], self._pauses.around(row.place.interval)
        busy = (await self._calendar.busy([calendar], *wanted))[calendar]
        own = row.previous.interval if row.previous and _moves_within(row) else None
        pieces = without(wanted, own) if own else [wanted]
        return not any(overlaps(piece, other) for piece in pieces for other in busy)

    async def _rescue(self, row: BookingRow, error: CalendarUnavailable) -> str | None:
        """The link of an event that was written though its answer was lost; else `error` again.

        A move goes back where it was. If its event was moved after all, the watch will see that and
        tell the lead, who hears now that nothing is certain.
        """
        try:
            written = await self._find(row)
        except CalendarUnavailable:
            written = None
        if written and _stands(row, written):
            return written.link
        await self._store.release(row, stray=True)
        raise error

    async def _settled(self, row: BookingRow) -> bool | None:
        """Whether an expired hold was confirmed; None when it is left for the next sweep."""
        try:
            written = await self._find(row)
        except CalendarUnavailable:
            return None
        if written and _stands(row, written):
            return True if await self._store.confirm(row, written.link) else None
        return False if await self._store.release(row, stray=True, expired=True) else None

    async def _removed(self, booking_id: str, rep: str) -> bool:
        with contextlib.suppress(CalendarUnavailable):
            await self._remove(rep, booking_id)
            await self._store.cleared(booking_id, rep)
            return True
        return False

    async def _remove(self, rep: str, booking_id: str) -> None:
        if calendar := self._calendars.get(rep):
            await self._calendar.delete(calendar, event_id(booking_id))

    async def _find(self, row: BookingRow) -> Written | None:
        calendar = self._calendars.get(row.place.rep)
        return await self._calendar.find(calendar, row.event_id) if calendar else None


def _moves_within(row: BookingRow) -> bool:
    return row.previous is not None and row.previous.rep == row.place.rep


def _stands(row: BookingRow, written: Written | None) -> bool:
    return written is not None and written.interval == row.place.interval
