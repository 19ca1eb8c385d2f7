"""The times to offer: computed slots, minus what the calendars and the store of bookings hold."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.bookings import BookingStore, Calendar
from domain.business import Business
from domain.ports import Clock
from domain.slots import Interval, PartOfDay, Slot, busy_time, choose, free_slots, matching


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
        first_day: date | None = None,
        last_day: date | None = None,
        part_of_day: PartOfDay = "any",
        limit: int = 3,
    ) -> tuple[Slot, ...]:
        """Up to `limit` free times, soonest first, spread over days. Raises CalendarUnavailable."""
        now, lead_zone = self._clock(), ZoneInfo(zone)
        read = await self._busy.at(now)
        taken = await self._store.taken(now, _until(self._business, now))
        busy = {rep: [*intervals, *taken.get(rep, [])] for rep, intervals in read.items()}
        fitting = matching(
            free_slots(self._business, busy, now),
            lead_zone,
            first_day=first_day,
            last_day=last_day,
            part_of_day=part_of_day,
        )
        return choose(fitting, lead_zone, limit, busy_time(busy))


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


def _until(business: Business, now: datetime) -> datetime:
    # the last day of the horizon in any zone, and the call that begins at its end
    return now + timedelta(days=business.call.horizon_days + 2)
