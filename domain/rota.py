"""Whose turn it is to get a lead.

A returning lead keeps his rep. Anybody else goes to who is at work, in turn; when nobody is, to who
begins next.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from domain.business import Business, Rep
from domain.values import Value
from domain.working_time import at_work, spans


class Workload(Value):
    """What a rep has to do: his open handoffs, and when he last got one."""

    rep: str
    open: int = 0
    last_at: datetime | None = None


def assign(
    business: Business, workload: Sequence[Workload], known: str | None, now: datetime
) -> Rep:
    """The rep for a lead who had to do with `known` before (None: with nobody).

    The rep whom the lead knows is waited for within the day on which the first of all is at work,
    and no longer.
    """
    begins = {rep.id: _begins(business, rep, now) for rep in business.reps}
    soonest = min(filter(None, begins.values()), default=None)
    own = begins.get(known or "")
    if soonest and own and _day(business, own) == _day(business, soonest):
        return business.rep(known or "")
    first = [rep for rep in business.reps if begins[rep.id] == soonest]
    return in_turn(first, workload)


def next_at_work(
    business: Business, workload: Sequence[Workload], told: Collection[str], now: datetime
) -> Rep | None:
    """A rep who is at work and was not told yet; None when there is none."""
    present = (rep for rep in business.reps if at_work(business, rep, now))
    others = [rep for rep in present if rep.id not in told]
    return in_turn(others, workload) if others else None


def in_turn(reps: Sequence[Rep], workload: Sequence[Workload]) -> Rep:
    """Who has the fewest open handoffs; among those, who got none for longest."""
    known = {load.rep: load for load in workload}

    def burden(rep: Rep) -> tuple[int, float]:
        load = known.get(rep.id)
        return (load.open, load.last_at.timestamp() if load.last_at else 0) if load else (0, 0)

    return min(reps, key=burden)


def _begins(business: Business, rep: Rep, now: datetime) -> datetime | None:
    """When he is at work next, now if he is; None when he is away for long."""
    first = next(spans(business, rep, now), None)
    return first and first[0]


def _day(business: Business, at: datetime) -> int:
    return at.astimezone(business.zone).toordinal()
