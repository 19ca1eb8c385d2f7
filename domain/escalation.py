"""What happens to a handoff that nobody claims: who is told next, and when.

Whoever was told last has so many minutes of his own working hours; outside of them the clock stands
still. After him one other rep who is at work is told, then the manager, and then the conversation
goes back to the agent, which tells the lead so and offers him a call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.business import Business, Person
from domain.rota import Workload, next_at_work
from domain.working_time import after_work, spans

REPS_TOLD = 2
"""Before the manager is."""

SNOOZE = timedelta(minutes=15)
LOOK_AGAIN = timedelta(hours=12)
"""At somebody who is away for long: the business file may change."""


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A handoff that waits for a person. `told`: who was told so far, the last of them at `since`.

    Who snoozed has a later `since`.
    """

    told: Sequence[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell this person."""

    who: Person


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Nobody is left to be told."""


Step = Wait | Tell | GiveBack


def next_step(
    case: Unclaimed,
    business: Business,
    workload: Sequence[Workload],
    *,
    patience: timedelta,
    now: datetime,
) -> Step:
    """What to do now."""
    last = business.people.get(case.told[-1]) if case.told else None
    if last:  # else he left the company, and nobody is waited for
        until = after_work(business, last, case.since, patience)
        if until is None or until > now:
            return Wait(until or now + LOOK_AGAIN)
    if len(case.told) < REPS_TOLD and (rep := next_at_work(business, workload, case.told, now)):
        return Tell(rep)
    return _manager(case, business, now)


def _manager(case: Unclaimed, business: Business, now: datetime) -> Step:
    manager = business.manager
    if manager is None or manager.id in case.told or _same_phone(case, business, manager):
        return GiveBack()
    first = next(spans(business, manager, now), None)
    if first is None:
        return GiveBack()
    return Tell(manager) if first[0] == now else Wait(first[0])


def _same_phone(case: Unclaimed, business: Business, manager: Person) -> bool:
    """The manager may be one of the reps, who was told already."""
    known = business.people
    return any(known[told].phone == manager.phone for told in case.told if told in known)
