"""When people work, and when a rep takes calls: hours, absences, holidays, notice and horizon.

Hours are walls of the company's zone. A wall that a clock change skips is no start, one that it
repeats is a start the first time only.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.business import WEEKDAYS, Business, Hours, Person
from domain.intervals import Interval, merge

ByDay = Mapping[date, Sequence[datetime]]
"""The instants (UTC) at which a call may begin, by the company's day."""

Starts = Mapping[str, ByDay]
"""The same by rep."""

_LOOKED_AHEAD = 62
"""Days."""


def starts_of(business: Business, now: datetime) -> Starts:
    """When calls of each rep may begin, whatever else is in his calendar."""
    by_hours = {
        hours: _starts(business, hours, now)
        for hours in {business.hours_of(rep) for rep in business.reps}
    }
    return {
        rep.id: {
            day: starts
            for day, starts in by_hours[business.hours_of(rep)].items()
            if not _absent(rep, day)
        }
        for rep in business.reps
    }


def spans(business: Business, person: Person, since: datetime) -> Iterator[Interval]:
    """When he works from `since` on, soonest first, as far as two months ahead.

    The first one begins at `since` when he is at work then.
    """
    today = since.astimezone(business.zone).date()
    for day in (today + timedelta(days=n) for n in range(_LOOKED_AHEAD)):
        if not (_absent(person, day) or is_holiday(business, day)):
            for opens, closes in _worked(business, person, day):
                if closes > since:
                    yield max(opens, since), closes


def at_work(business: Business, person: Person, at: datetime) -> bool:
    """Whether he works at this moment."""
    first = next(spans(business, person, at), None)
    return first is not None and first[0] == at


def after_work(
    business: Business, person: Person, since: datetime, duration: timedelta
) -> datetime | None:
    """When he will have worked for so long; None when he is away for two months."""
    left = duration
    for opens, closes in spans(business, person, since):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    return None


def days(business: Business, now: datetime) -> list[date]:
    """The company's days of the horizon, today first."""
    today = now.astimezone(business.zone).date()
    return [today + timedelta(days=n) for n in range(business.call.horizon_days + 1)]


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The days on which a country, or a part of it, rests.

    Raises NotImplementedError when there is no such country (ISO 3166, two letters) or part.
    """
    import holidays  # noqa: PLC0415 - a third of a second that a short command need not wait for

    return frozenset(holidays.country_holidays(country, subdivision, years=year))


def is_holiday(business: Business, day: date) -> bool:
    """Whether the company rests on this day."""
    where = business.holidays
    return where is not None and day in public_holidays(where.country, where.subdivision, day.year)


def _starts(business: Business, hours: Sequence[Hours], now: datetime) -> ByDay:
    earliest = now + timedelta(hours=business.call.notice_hours)
    found = {
        day: sorted(
            {
                start
                for each in hours
                if each.day == WEEKDAYS[day.weekday()]
                for start in _starts_of_day(day, each, business)
                if start >= earliest
            }
        )
        for day in days(business, now)
        if not is_holiday(business, day)
    }
    return {day: starts for day, starts in found.items() if starts}


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


def _worked(business: Business, person: Person, day: date) -> list[Interval]:
    today = (each for each in business.hours_of(person) if each.day == WEEKDAYS[day.weekday()])
    return merge(
        (_instant(day, each.opens, business.zone), _instant(day, each.closes, business.zone))
        for each in today
    )


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, zone).astimezone(UTC)


def _absent(person: Person, day: date) -> bool:
    return any(absence.first <= day <= absence.last for absence in person.absences)
