"""Which of the free times a lead is offered, and with whom."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.business import Business
from domain.slots import Booking, Busy, Opening, Slot, besides, load, openings
from domain.wishes import ANY, Wish, matching, nearest
from domain.working_time import starts_of

OFFERS = 3

SLOT, MORE = "slot:", "more:"
"""How the ids of a time to tap, and of the wish for others, begin."""

_NOON = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What times to look for, and for whom.

    `rep` is whom the lead knows, `moving` the call that he would move, `shown` what he has seen.
    """

    zone: ZoneInfo
    wish: Wish = ANY
    limit: int = OFFERS
    rep: str | None = None
    moving: Booking | None = None
    shown: Collection[datetime] = ()


def offers(
    business: Business, now: datetime, busy: Busy, taken: Busy, request: Request
) -> tuple[Slot, ...]:
    """Times that fit the wish and were not shown yet; when none fits, the nearest.

    `busy` is what the calendars hold, `taken` the calls that are booked here, with their buffers.
    The rep whom the lead knows is preferred wherever he has time.
    """
    moving, zone, buffers = request.moving, request.zone, business.call.buffers
    taken = besides(taken, moving, buffers)
    starts = starts_of(business, now)
    seen = {*request.shown, *((moving.start,) if moving else ())}
    found = openings(business, starts, besides(busy, moving, buffers), taken)
    left = [opening for opening in found if opening.start not in seen] if seen else found
    fitting = matching(left, zone, request.wish) or nearest(left, zone, request.wish, request.limit)
    own = [opening for opening in fitting if opening.rep == request.rep]
    chosen = choose(own or fitting, zone, request.limit, load(starts, taken))
    length = timedelta(minutes=business.call.minutes)
    return tuple(opening.slot(length) for opening in chosen)


def choose(
    found: Sequence[Opening], zone: ZoneInfo, limit: int, load: Mapping[str, float]
) -> list[Opening]:
    """Up to `limit` openings at different times, soonest first.

    The soonest is always among them; the others are on other days of the lead's `zone` where there
    are any, mornings and afternoons in turn. Each goes to the rep with the fewest of these offers,
    then with the least `load`.
    """
    given: Counter[str] = Counter()
    chosen: list[Opening] = []
    for start in _spread(sorted({opening.start for opening in found}), zone, limit):
        free = (opening for opening in found if opening.start == start)
        opening = min(free, key=lambda o: (given[o.rep], load.get(o.rep, 0), o.rep))
        given[opening.rep] += 1
        chosen.append(opening)
    return chosen


def _spread(starts: Sequence[datetime], zone: ZoneInfo, limit: int) -> list[datetime]:
    days: dict[date, list[datetime]] = {}
    for start in starts:
        days.setdefault(start.astimezone(zone).date(), []).append(start)
    picked: list[datetime] = []
    while len(picked) < limit and any(days.values()):
        for left in filter(None, list(days.values())):
            wants_afternoon = bool(len(picked) % 2)
            in_part = (s for s in left if (s.astimezone(zone).hour >= _NOON) == wants_afternoon)
            picked.append(next(in_part, left[0]) if picked else left[0])
            left.remove(picked[-1])
            if len(picked) == limit:
                break
    return sorted(picked)
