"""What a lead says of the time he would like, as a filter over free times.

Days and hours are those of his own clock. Nothing here makes up a time: what fits is picked out of
the slots, and when nothing fits the nearest are.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.business import WEEKDAYS, Weekday
from domain.slots import Opening
from domain.values import Value

PartOfDay = Literal["any", "early", "morning", "afternoon", "evening"]

_FIRST, _LAST = time(0), time(23, 59)
_PARTS: dict[PartOfDay, tuple[time, time]] = {
    "any": (_FIRST, _LAST),
    "early": (_FIRST, time(9, 59)),
    "morning": (_FIRST, time(11, 59)),
    "afternoon": (time(12), time(20, 59)),
    "evening": (time(18), _LAST),
}
"""They overlap, as people's words do: seven in the evening is "la tarde" in Madrid."""

_WAKING = (time(7), time(20, 59))
_TWELVE_HOURS = 12
_A_WEEK = 7
_A_DAY = 24 * 60
_NEAREST_PER_DAY = 2


class Wish(Value):
    """Days and hours that the lead would like; what he leaves open is empty.

    `earliest` and `latest` bound the start of the call; `at` is the one hour that he names.
    """

    first_day: date | None = None
    last_day: date | None = None
    weekdays: tuple[Weekday, ...] = ()
    not_weekdays: tuple[Weekday, ...] = ()
    part_of_day: PartOfDay = "any"
    earliest: time | None = None
    latest: time | None = None
    at: time | None = None

    def fits(self, local: datetime) -> bool:
        """Whether a call may begin at this moment of the lead's clock."""
        opens, closes = self.window
        return self.fits_day(local.date()) and opens <= _minute(local) <= closes

    def fits_day(self, day: date) -> bool:
        weekday = WEEKDAYS[day.weekday()]
        return (
            (self.first_day is None or self.first_day <= day)
            and (self.last_day is None or day <= self.last_day)
            and (not self.weekdays or weekday in self.weekdays)
            and weekday not in self.not_weekdays
        )

    @property
    def window(self) -> tuple[time, time]:
        """The first and the last start; the part of the day gives way to hours that it excludes."""
        if self.at:
            return _by_day(self.at), _by_day(self.at)
        opens, closes = _PARTS[self.part_of_day]
        earliest, latest = self.earliest or _FIRST, self.latest or _LAST
        if max(opens, earliest) <= min(closes, latest):
            return max(opens, earliest), min(closes, latest)
        return min(earliest, latest), max(earliest, latest)

    @property
    def names_hours(self) -> bool:
        return bool(self.at or self.earliest or self.latest)


ANY = Wish()


def matching(openings: Sequence[Opening], zone: ZoneInfo, wish: Wish = ANY) -> list[Opening]:
    """The openings that fit.

    Nobody is called at night: only when there is nothing else, or when he names the hour, are those
    from 21:00 to 7:00 left.
    """
    opens, closes = wish.window
    fitting: dict[datetime, bool] = {}
    days: dict[date, bool] = {}
    for start in dict.fromkeys(opening.start for opening in openings):
        local = start.astimezone(zone)
        day, at = local.date(), local.time()
        if day not in days:
            days[day] = wish.fits_day(day)
        if days[day] and opens <= at <= closes:
            fitting[start] = wish.names_hours or _WAKING[0] <= at <= _WAKING[1]
    awake = any(fitting.values())
    kept = {start for start, waking in fitting.items() if waking or not awake}
    return [opening for opening in openings if opening.start in kept]


def nearest(openings: Sequence[Opening], zone: ZoneInfo, wish: Wish, limit: int) -> list[Opening]:
    """Those that miss the wish by least, at most two times a day; a day off costs 24 hours.

    A weekday that he ruled out is taken only when there is no other.
    """
    wanted = Wish(not_weekdays=wish.not_weekdays)
    left = matching(openings, zone, wanted) or matching(openings, zone)
    local = {start: start.astimezone(zone) for start in {opening.start for opening in left}}
    off = {day: _days_off(day, wish) for day in {at.date() for at in local.values()}}
    of_day = Counter[date]()
    picked: set[datetime] = set()
    for start, at in sorted(
        local.items(), key=lambda each: (_missed(each[1], wish, off[each[1].date()]), each[0])
    ):
        of_day[at.date()] += 1
        if of_day[at.date()] <= _NEAREST_PER_DAY and len(picked) < limit:
            picked.add(start)
    return [opening for opening in left if opening.start in picked]


def _missed(local: datetime, wish: Wish, days_off: int) -> int:
    """Minutes between what he wished and this moment."""
    opens, closes = wish.window
    at = _minute(local)
    off = max(_minutes(opens) - _minutes(at), _minutes(at) - _minutes(closes), 0)
    return days_off * _A_DAY + off


def _days_off(day: date, wish: Wish) -> int:
    """How many days lie between this one and the nearest that fits."""
    first, last = wish.first_day or day, wish.last_day or day
    outside = max((first - day).days, (day - last).days, 0)
    for off in range(outside, outside + _A_WEEK):
        step = timedelta(days=off)
        if wish.fits_day(day - step) or wish.fits_day(day + step):
            return off
    return outside + _A_WEEK


def _by_day(at: time) -> time:
    """ "At four" means the afternoon: nobody calls at four in the morning."""
    return at if at >= _WAKING[0] else at.replace(hour=at.hour + _TWELVE_HOURS)


def _minute(local: datetime) -> time:
    return local.time().replace(second=0, microsecond=0)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
