"""Notices what reps change in their calendars: the booking follows, and the lead is told.

Each calendar is read by one process at a time. What an act of ours is under way with, or what
changed while we looked, is looked at again: the token is kept only when everything was settled.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from domain.bookings import Pauses, Written
from domain.business import Business
from domain.calendar_watch import (
    Applied,
    Call,
    Changes,
    Entry,
    WatchedCalendar,
    WatchStore,
    judged,
)
from domain.errors import CalendarUnavailable
from domain.intervals import overlaps
from domain.ports import Clock
from domain.values import Value
from tools.calendar_words import CalendarWords

log = structlog.get_logger()


class Watched(Value):
    """What one look at the calendars found. `failed`: calendars that did not answer."""

    moved: int = 0
    cancelled: int = 0
    astray: int = 0
    clashes: int = 0
    failed: int = 0

    def __add__(self, other: "Watched") -> "Watched":
        return Watched(
            **{name: getattr(self, name) + getattr(other, name) for name in Watched.model_fields}
        )


class CalendarWatch:
    """Reads every rep's calendar `every` so often, whoever calls `look` however often."""

    def __init__(
        self,
        business: Business,
        calendar: WatchedCalendar,
        store: WatchStore,
        *,
        clock: Clock,
        every: timedelta = timedelta(seconds=60),
    ) -> None:
        before, after = business.call.buffers
        self._pauses = Pauses(before=before, after=after)
        self._calendar = calendar
        self._store = store
        self._clock = clock
        self._every = every
        self._words = CalendarWords(business)
        self._reps: dict[str, list[str]] = {}
        for rep in business.reps:
            self._reps.setdefault(rep.calendar, []).append(rep.id)

    async def look(self) -> Watched:
        """Read the calendars that are due."""
        found = Watched()
        for calendar, reps in self._reps.items():
            due, token = await self._store.claim(calendar, self._every)
            if due:
                found += await self._read(calendar, reps, token)
        return found

    async def _read(self, calendar: str, reps: Sequence[str], token: str | None) -> Watched:
        try:
            changes = await self._calendar.changes(calendar, token)
            found, settled = await self._settle(calendar, reps, changes)
            if changes.others or found.moved:
                found += await self._clashes(calendar, reps)
        except CalendarUnavailable as error:
            log.warning("calendar not read", error=str(error))
            return Watched(failed=1)
        if settled:
            await self._store.keep(calendar, changes.token)
        return found

    async def _settle(
        self, calendar: str, reps: Sequence[str], changes: Changes
    ) -> tuple[Watched, bool]:
        """What the changes of our own events lead to, and whether nothing is left to look at."""
        written = {change.event_id: change.written for change in changes.ours}
        rows = await self._store.named(list(written))
        # an act under way writes the event itself; until it is done nothing can be said
        settled = all(row.status == "confirmed" for row in rows if row.place.rep in reps)
        found = Watched()
        for call in await self._store.calls(reps, self._clock()):
            id_ = call.row.event_id
            if not (id_ in written or call.astray or changes.whole):
                continue
            known = written.get(id_)
            if known and not call.astray and known.interval == call.row.place.interval:
                continue
            result, done = await self._follow(calendar, call)
            found, settled = found + result, settled and done
        return found, settled

    async def _follow(self, calendar: str, call: Call) -> tuple[Watched, bool]:
        """Look at the event once more, because our own acts go on, and let the row follow it."""
        written, now = await self._calendar.find(calendar, call.row.event_id), self._clock()
        match judged(call, written, now):
            case "moved" if written:
                applied = await self._moved(call, written, now)
                if applied == "taken":
                    return await self._astray(call)
                return Watched(moved=int(applied == "done")), applied != "stale"
            case "gone":
                applied = await self._store.call_off(call, self._words.called_off(call, now))
                return Watched(cancelled=int(applied == "done")), applied != "stale"
            case "astray":
                return await self._astray(call)
            case _:
                if call.astray:
                    await self._store.stray(call, astray=False, said=())
                return Watched(), True

    async def _moved(self, call: Call, written: Written, now: datetime) -> Applied:
        begins_anew = written.start != call.row.place.start
        said = self._words.moved(call, written, now) if begins_anew else ()
        blocked = self._pauses.around(written.interval)
        return await self._store.move(call, written, blocked, said)

    async def _astray(self, call: Call) -> tuple[Watched, bool]:
        """The row stays where it is; its rep is told once, and the event is looked at each time."""
        if call.astray:
            return Watched(), True
        applied = await self._store.stray(call, astray=True, said=self._words.astray(call))
        if applied == "done":
            log.warning("a call's event was moved where it cannot be", rep=call.row.place.rep)
        return Watched(astray=int(applied == "done")), applied == "done"

    async def _clashes(self, calendar: str, reps: Sequence[str]) -> Watched:
        """Events of the rep's own that lie over booked calls."""
        calls = await self._store.calls(reps, self._clock())
        if not calls:
            return Watched()
        first = min(call.row.place.start for call in calls)
        last = max(call.row.place.end for call in calls)
        entries = await self._calendar.entries(calendar, first, last)
        noted = [
            await self._clash(call, entry)
            for call in calls
            for entry in entries
            if overlaps(call.row.place.interval, (entry.start, entry.end))
        ]
        return Watched(clashes=sum(noted))

    async def _clash(self, call: Call, entry: Entry) -> bool:
        new = await self._store.clash(call, entry, self._words.clash(call))
        if new:
            log.warning("an event lies over a booked call", rep=call.row.place.rep)
        return new
