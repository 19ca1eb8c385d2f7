"""Times at which a call can take place: starts within working time, minus what is taken.

All instants are UTC; days, for the cap, are the company's.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.business import Buffers, Business
from domain.intervals import Interval, merge, without
from domain.values import Value
from domain.working_time import Starts

Busy = Mapping[str, Sequence[Interval]]
"""Times by rep."""


class Slot(Value):
    """One offered time: `id` names it in buttons and in the model's answer. Times carry a zone."""

    id: str
    rep: str
    start: datetime
    end: datetime


class Opening(NamedTuple):
    """A time at which a rep is free; there are hundreds, of which a few become slots."""

    start: datetime
    rep: str

    def slot(self, length: timedelta) -> Slot:
        return Slot(
            id=slot_id(self.rep, self.start),
            rep=self.rep,
            start=self.start,
            end=self.start + length,
        )


class Booking(Value):
    """A call that is in the calendar."""

    id: str
    rep: str
    start: datetime
    end: datetime
    link: str | None = None

    @property
    def interval(self) -> Interval:
        return self.start, self.end


def slot_id(rep: str, start: datetime) -> str:
    """Twelve characters; the same rep and instant always give the same ones."""
    return hashlib.sha256(f"{rep}@{int(start.timestamp())}".encode()).hexdigest()[:12]


def openings(business: Business, starts: Starts, busy: Busy, taken: Busy) -> list[Opening]:
    """Every time at which a rep in `busy` can take a call, soonest first.

    `busy` is what the calendars hold, `taken` the calls that are booked here, with their buffers. A
    rep that is missing from `busy` is unknown, not free.
    """
    return sorted(_openings(business, starts, busy, taken))


def _openings(business: Business, starts: Starts, busy: Busy, taken: Busy) -> Iterator[Opening]:
    length = timedelta(minutes=business.call.minutes)
    before, after = business.call.buffers
    for rep, by_day in starts.items():
        if rep not in busy:
            continue
        calls = taken.get(rep, ())
        closed = merge((s - after, e + before) for s, e in (*busy[rep], *calls))
        booked = Counter((start + before).astimezone(business.zone).date() for start, _ in calls)
        cap = business.cap_of(rep)
        for day, possible in by_day.items():
            if cap is None or booked[day] < cap:
                yield from (Opening(start, rep) for start in _outside(possible, length, closed))


def _outside(
    starts: Iterable[datetime], length: timedelta, taken: Sequence[Interval]
) -> Iterator[datetime]:
    ends = [end for _, end in taken]
    for start in starts:
        place = bisect_right(ends, start)
        if place == len(taken) or taken[place][0] >= start + length:
            yield start


def besides(times: Busy, booking: Booking | None, buffers: Buffers) -> dict[str, list[Interval]]:
    """The times as they are for the lead who moves this call: its own is free for him."""
    if booking is None:
        return {rep: list(intervals) for rep, intervals in times.items()}
    own = (booking.start - buffers[0], booking.end + buffers[1])
    return {
        rep: [piece for one in intervals for piece in without(one, own)]
        if rep == booking.rep
        else list(intervals)
        for rep, intervals in times.items()
    }


def load(starts: Starts, taken: Busy) -> dict[str, float]:
    """Seconds booked with each rep, for each start that his working time has."""
    return {
        rep: sum((end - start).total_seconds() for start, end in taken.get(rep, ()))
        / (sum(map(len, by_day.values())) or 1)
        for rep, by_day in starts.items()
    }
