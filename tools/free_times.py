"""The times to offer: computed slots, minus what the calendars and the store of bookings hold."""

import asyncio
from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.bookings import BookingStore, Calendar
from domain.business import Business
from domain.intervals import Interval
from domain.offers import OFFERS, Request, offers
from domain.ports import Clock
from domain.slots import Booking, Slot
from domain.wishes import ANY, Wish


class FreeTimes:
    """Free times of the business's reps. Calendars are read again once older than `fresh`."""

    def __init__(
        self,
        business: Business,
        calendar: Calendar,
        store: BookingStore,
        *,
        clock: Clock,
        fresh: timedelta,
    ) -> None:
        self._business = business
        self._store = store
        self._clock = clock
        self._busy = _FreshBusy(business, calendar, fresh)

    def forget(self) -> None:
        """Read the calendars again at the next search."""
        self._busy.forget()

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
        now, business = self._clock(), self._business
        busy = await self._busy.at(now)
        taken = await self._store.taken(_since(business, now), _until(business, now))
        request = Request(ZoneInfo(zone), wish, limit, rep, moving, shown)
        return offers(business, now, busy, taken, request)


class _FreshBusy:
    """All reps' busy times in one request, read again once they are older than `fresh`."""

    def __init__(self, business: Business, calendar: Calendar, fresh: timedelta) -> None:
        self._business = business
        self._calendar = calendar
        self._fresh = fresh
        self._reading = asyncio.Lock()
        self._read: tuple[datetime, dict[str, list[Interval]]] | None = None

    def forget(self) -> None:
        self._read = None

    async def at(self, now: datetime) -> dict[str, list[Interval]]:
        async with self._reading:
            if self._read and now - self._read[0] <= self._fresh:
                return self._read[1]
            reps = self._business.reps
            names = list(dict.fromkeys(rep.calendar for rep in reps))
            busy = await self._calendar.busy(names, now, _until(self._business, now))
            read = {rep.id: busy[rep.calendar] for rep in reps}
            self._read = now, read
            return read


def _since(business: Business, now: datetime) -> datetime:
    # today's earlier calls count for the day's cap
    return datetime.combine(now.astimezone(business.zone), time(), business.zone)


def _until(business: Business, now: datetime) -> datetime:
    # the last day of the horizon in any zone, and the call that begins at its end
    return now + timedelta(days=business.call.horizon_days + 2)
