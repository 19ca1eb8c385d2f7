"""Times at which a call can take place: free slots out of working hours and busy times.

Hours are walls of the company's zone, days and parts of a day are the lead's, all else is UTC.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from domain.business import Business, Hours, Weekday
from domain.values import Value

Interval = tuple[datetime, datetime]
"""From the first instant up to, not including, the second; both with a zone."""

PartOfDay = Literal["any", "morning", "afternoon"]

_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_NOON = 12
_WAKING = range(7, 21)
_NONE = timedelta()


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


def slot_id(rep: str, start: datetime) -> str:
    """Twelve characters; the same rep and instant always give the same ones."""
    return hashlib.sha256(f"{rep}@{int(start.timestamp())}".encode()).hexdigest()[:12]


def free_slots(
    business: Business, busy: Mapping[str, Sequence[Interval]], now: datetime
) -> list[Slot]:
    """Every time at which a rep in `busy` can take a call, soonest first.

    A rep that is missing from `busy` is unknown, not free. Walls that a clock change skips are no
    slots, walls that it repeats are slots the first time only.
    """
    length = timedelta(minutes=business.call.minutes)
    starts = call_starts(business, now)
    return sorted(
        (
            Slot(id=slot_id(rep, start), rep=rep, start=start, end=start + length)
            for rep, intervals in busy.items()
            for start in _outside(starts, length, merge(intervals))
        ),
        key=lambda slot: (slot.start, slot.rep),
    )


def call_starts(business: Business, now: datetime) -> list[datetime]:
    """The instants (UTC) at which the working hours and the call rules let a call begin."""
    rules = business.call
    today = now.astimezone(business.zone).date()
    earliest = now + timedelta(hours=rules.notice_hours)
    days = (today + timedelta(days=n) for n in range(rules.horizon_days + 1))
    return sorted(
        {
            start
            for day in days
            for hours in business.hours
            if hours.day == _WEEKDAYS[day.weekday()]
            for start in _starts_of_day(day, hours, business)
            if start >= earliest
        }
    )


def _starts_of_day(day: date, hours: Hours, business: Business) -> Iterator[datetime]:
    length = timedelta(minutes=business.call.minutes)
    wall, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
    while wall + length <= closes:
        start = wall.replace(tzinfo=business.zone).astimezone(UTC)
        # a wall in the gap of a clock change comes back as another one
        exists = _wall(start, business.zone) == wall
        if exists and _wall(start + length, business.zone) <= closes:
            yield start
        wall += timedelta(minutes=business.call.step_minutes)


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same times without overlaps, in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def without(wanted: Interval, hole: Interval) -> list[Interval]:
    """What is left of `wanted` outside `hole`: up to two pieces."""
    pieces = ((wanted[0], min(wanted[1], hole[0])), (max(wanted[0], hole[1]), wanted[1]))
    return [(start, end) for start, end in pieces if start < end]


def overlaps(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _outside(
    starts: Iterable[datetime], length: timedelta, busy: Sequence[Interval]
) -> Iterator[datetime]:
    ends = [end for _, end in busy]
    for start in starts:
        place = bisect_right(ends, start)
        if place == len(busy) or busy[place][0] >= start + length:
            yield start


def matching(
    slots: Iterable[Slot],
    zone: ZoneInfo,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    part_of_day: PartOfDay = "any",
) -> list[Slot]:
    """The slots on those days and in that part of the day, as the lead's clock in `zone` shows.

    Nobody is called at night: only when there is nothing else are slots left from 21:00 to 7:00.
    """
    fitting: list[Slot] = []
    waking: list[Slot] = []
    for slot in slots:
        local = slot.start.astimezone(zone)
        if _within(local.date(), first_day, last_day) and part_of_day in ("any", _part(local)):
            fitting.append(slot)
            if local.hour in _WAKING:
                waking.append(slot)
    return waking or fitting


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _part(local: datetime) -> PartOfDay:
    return "morning" if local.hour < _NOON else "afternoon"


def choose(
    slots: Iterable[Slot], zone: ZoneInfo, limit: int, load: Mapping[str, timedelta]
) -> tuple[Slot, ...]:
    """Up to `limit` slots at different times, soonest first.

    The soonest is always among them; the others are on other days of the lead's `zone` where there
    are any, mornings and afternoons in turn. Each goes to the rep with the fewest of these offers,
    then with the least `load`.
    """
    by_start = {start: list(same) for start, same in groupby(sorted(slots, key=_start), key=_start)}
    offers: Counter[str] = Counter()
    chosen: list[Slot] = []
    for start in _spread(list(by_start), zone, limit):
        slot = min(by_start[start], key=lambda s: (offers[s.rep], load.get(s.rep, _NONE), s.rep))
        offers[slot.rep] += 1
        chosen.append(slot)
    return tuple(chosen)


def _start(slot: Slot) -> datetime:
    return slot.start


def _spread(starts: Sequence[datetime], zone: ZoneInfo, limit: int) -> list[datetime]:
    days: dict[date, list[datetime]] = {}
    for start in starts:
        days.setdefault(start.astimezone(zone).date(), []).append(start)
    picked: list[datetime] = []
    while len(picked) < limit and any(days.values()):
        for left in filter(None, list(days.values())):
            wanted: PartOfDay = "afternoon" if len(picked) % 2 else "morning"
            pick = next((s for s in left if _part(s.astimezone(zone)) == wanted), left[0])
            picked.append(pick if picked else left[0])
            left.remove(picked[-1])
            if len(picked) == limit:
                break
    return sorted(picked)


def busy_time(busy: Mapping[str, Sequence[Interval]]) -> dict[str, timedelta]:
    """How long each rep is busy in all."""
    return {
        rep: sum((end - start for start, end in merge(intervals)), _NONE)
        for rep, intervals in busy.items()
    }
