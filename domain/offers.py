"""Which of the free times a lead is offered, and with whom."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from domain.slots import Slot
from domain.wishes import Wish, matching, nearest

OFFERS = 3

SLOT, MORE = "slot:", "more:"
"""How the ids of a time to tap, and of the wish for others, begin."""

_NOON = 12


def offers(
    slots: Sequence[Slot],
    load: Mapping[str, float],
    *,
    zone: ZoneInfo,
    wish: Wish,
    limit: int = OFFERS,
    rep: str | None = None,
    shown: Collection[datetime] = (),
) -> tuple[Slot, ...]:
    """Up to `limit` times that fit the wish and were not shown yet; when none fits, the nearest.

    `rep`, whom the lead knows, is preferred wherever he has time.
    """
    left = [slot for slot in slots if slot.start not in shown]
    fitting = matching(left, zone, wish) or nearest(left, zone, wish, limit)
    return choose([s for s in fitting if s.rep == rep] or fitting, zone, limit, load)


def choose(
    slots: Iterable[Slot], zone: ZoneInfo, limit: int, load: Mapping[str, float]
) -> tuple[Slot, ...]:
    """Up to `limit` slots at different times, soonest first.

    The soonest is always among them; the others are on other days of the lead's `zone` where there
    are any, mornings and afternoons in turn. Each goes to the rep with the fewest of these offers,
    then with the least `load`.
    """
    by_start = {start: list(same) for start, same in groupby(sorted(slots, key=_start), key=_start)}
    given: Counter[str] = Counter()
    chosen: list[Slot] = []
    for start in _spread(list(by_start), zone, limit):
        slot = min(by_start[start], key=lambda s: (given[s.rep], load.get(s.rep, 0), s.rep))
        given[slot.rep] += 1
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
            wants_afternoon = bool(len(picked) % 2)
            in_part = (s for s in left if (s.astimezone(zone).hour >= _NOON) == wants_afternoon)
            picked.append(next(in_part, left[0]) if picked else left[0])
            left.remove(picked[-1])
            if len(picked) == limit:
                break
    return sorted(picked)
