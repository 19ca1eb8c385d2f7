"""How long the free times of two weeks take, beside an oracle that walks over the clock.

`python -m benchmarks.slots`; exits with 1 when the oracle finds other times, or over the goal.
"""

import sys
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.business import CallRules, Holidays
from domain.intervals import Interval
from domain.offers import Request, offers
from tests.domain.companies import business, every_day, free_slots, naive_free, rep

GOAL_MS = 10.0
ROUNDS = 50
NOW = datetime(2026, 10, 19, 12, 7, tzinfo=UTC)
"""Madrid changes its clocks within the two weeks that follow, Bogota never does."""

REPS: tuple[str, ...] = ("ana", "luis", "eva", "iris", "teo")
T = TypeVar("T")


def fastest(call: Callable[[], T], rounds: int) -> tuple[float, T]:
    """Milliseconds of processor time, and the result."""
    best, result = float("inf"), call()
    for _ in range(rounds):
        started = clock.thread_time()
        result = call()
        best = min(best, (clock.thread_time() - started) * 1000)
    return best, result


def main() -> int:
    rules = CallRules(buffer_before=5, buffer_after=10, max_per_day=6)
    company = business(
        "America/Bogota",
        every_day(time(9), time(17)),
        rules,
        [rep(name) for name in REPS],
        Holidays(country="CO"),
    )
    hour = timedelta(hours=1)
    calls: list[Interval] = [(NOW + hour * n, NOW + hour * (n + 1)) for n in range(0, 330, 7)]
    busy = dict.fromkeys(REPS, calls)
    request = Request(ZoneInfo("Europe/Madrid"))

    took, found = fastest(lambda: offers(company, NOW, busy, {}, request), ROUNDS)
    started = clock.thread_time()
    naive = {(name, start) for name in REPS for start in naive_free(company, name, calls, NOW, [])}
    naive_took = (clock.thread_time() - started) * 1000

    slots = {(slot.rep, slot.start) for slot in free_slots(company, busy, NOW, {})}
    agree = slots == naive and {(slot.rep, slot.start) for slot in found} <= naive
    print(f"14 days, {len(REPS)} reps, {len(slots)} free times, {len(found)} offered")
    print(f"engine {took:.1f} ms (goal {GOAL_MS:.0f}), naive oracle {naive_took:.0f} ms")
    print("the same times" if agree else "DIFFERENT times")
    return 0 if agree and took < GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
