"""Times at which a call can take place: starts within working time, minus what is taken.

All instants are UTC; days, for the cap, are the company's.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from domain.business import Buffers, Business
from domain.intervals import Interval, merge, without
from domain.values import Value
from domain.working_time import starts_of, working_starts

Busy = Mapping[str, Sequence[Interval]]
"""Times by rep."""

NOTHING: Busy = MappingProxyType({})


class Slot(Value):
    """One offered time: `id` names it in buttons and in the model's answer. Times carry a zone."""

    id: str
    rep: str
    start: datetime
    end: datetime


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


def free_slots(business: Business, busy: Busy, now: datetime, taken: Busy = NOTHING) -> list[Slot]:
    """Every time at which a rep in `busy` can take a call, soonest first.

    `busy` is what the calendars hold, `taken` the calls that are booked here, with their buffers. A
    rep that is missing from `busy` is unknown, not free.
    """
    length = timedelta(minutes=business.call.minutes)
    slots = [
        Slot.model_construct(id=slot_id(rep, start), rep=rep, start=start, end=start + length)
        for rep, start in _free_starts(business, busy, now, taken)
    ]
    return sorted(slots, key=lambda slot: (slot.start, slot.rep))


def _free_starts(
    business: Business, busy: Busy, now: datetime, taken: Busy
) -> Iterator[tuple[str, datetime]]:
    length = timedelta(minutes=business.call.minutes)
    before, after = business.call.buffers
    for rep, by_day in starts_of(business, now).items():
        if rep not in busy:
            continue
        calls = taken.get(rep, ())
        closed = merge((s - after, e + before) for s, e in (*busy[rep], *calls))
        booked = Counter((start + before).astimezone(business.zone).date() for start, _ in calls)
        cap = business.cap_of(rep)
        for day, starts in by_day.items():
            if cap is None or booked[day] < cap:
                yield from ((rep, start) for start in _outside(starts, length, closed))


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


def load(business: Business, taken: Busy, now: datetime) -> dict[str, float]:
    """How much is booked with each rep, for each start that his working time has."""
    return {
        rep: sum((end - start).total_seconds() for start, end in taken.get(rep, ()))
        / (working_starts(starts) or 1)
        for rep, starts in starts_of(business, now).items()
    }
