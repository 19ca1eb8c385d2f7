"""Who gets a lead, and who is told next when nobody claims, over weeks of a clock of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.business import Business, CallRules, Holidays
from domain.escalation import GiveBack, Tell, Unclaimed, Wait, next_step
from domain.rota import Workload, assign
from domain.working_time import after_work, at_work
from tests.domain.companies import business, every_day, rep

MINUTES = timedelta(minutes=10)
BOSS: dict[str, Any] = {"name": "Eva", "phone": "+573009998877"}
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)

moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def hours(*days: str, opens: str = "09:00", closes: str = "17:00") -> list[dict[str, str]]:
    return [{"day": day, "opens": opens, "closes": closes} for day in days]


def company(*, boss: bool = True, holidays: Holidays | None = None) -> Business:
    """Ana works on weekdays until one, Luis in the afternoons, Sol as the company does."""
    week = ("mon", "tue", "wed", "thu", "fri")
    made = business(
        "America/Bogota",
        every_day(time(8), time(18)),
        CallRules(),
        (
            rep("ana", hours=hours(*week, opens="08:00", closes="13:00"), phone="+573001110001"),
            rep("luis", hours=hours(*week, opens="13:00", closes="18:00"), phone="+573001110002"),
            rep("sol", hours=hours(*week), phone="+573001110003"),
        ),
        holidays,
    )
    return Business.of(made.plain() | ({"manager": BOSS} if boss else {}))


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    """On Bogotá's clock, days after a Monday."""
    return MONDAY + timedelta(days=day, hours=hour + 5, minutes=minute)


def step(told: Sequence[str], since: datetime, now: datetime, made: Business | None = None) -> str:
    """The step in one word, or when to look again."""
    found = next_step(Unclaimed(told, since), made or company(), (), patience=MINUTES, now=now)
    match found:
        case Tell(who=who):
            return who.id
        case Wait(until=until):
            return (until - timedelta(hours=5)).strftime("%a %H:%M")
        case GiveBack():
            return "back"


@pytest.mark.parametrize(
    ("told", "since", "now", "wanted"),
    [
        (["ana"], at(9), at(9), "Mon 09:10"),
        (["ana"], at(9), at(9, 9), "Mon 09:10"),
        (["ana"], at(9), at(9, 10), "sol"),
        (["ana"], at(12, 55), at(12, 59), "Tue 08:05"),
        (["ana"], at(20), at(21), "Tue 08:10"),
        (["luis"], at(17, 55), at(8, 0, 1), "Tue 13:05"),
        (["luis"], at(17, 55, 4), at(18, 30, 4), "Mon 13:05"),
        (["ana", "sol"], at(9, 10), at(9, 20), "manager"),
        (["sol"], at(16, 50), at(17), "luis"),
        (["luis"], at(17, 40), at(17, 50), "manager"),
        (["sol", "luis"], at(17, 50), at(18), "Tue 08:00"),
        (["ana", "sol", "manager"], at(9, 20), at(9, 25), "Mon 09:30"),
        (["ana", "sol", "manager"], at(9, 20), at(9, 30), "back"),
        (["who left"], at(9), at(9), "ana"),
    ],
)
def test_the_next_step(told: list[str], since: datetime, now: datetime, wanted: str) -> None:
    assert step(told, since, now) == wanted


def test_without_a_manager_it_goes_back_after_the_second_rep() -> None:
    assert step(["ana", "sol"], at(9, 10), at(9, 20), company(boss=False)) == "back"


def test_a_manager_who_is_one_of_the_reps_told_is_not_told_twice() -> None:
    made = company().plain()
    made["manager"]["phone"] = "+573001110003"
    assert step(["ana", "sol"], at(9, 10), at(9, 20), Business.of(made)) == "back"


def test_the_clock_stands_still_on_a_holiday() -> None:
    made = company(holidays=Holidays(country="CO"))
    eighth = at(12, 55, 7)  # Monday, 7 December; the 8th is a holiday
    assert step(["ana"], eighth, eighth, made) == "Wed 08:05"


@settings(deadline=None, max_examples=50)  # the clock walks: a busy machine needs its time
@given(moments)
def test_every_handoff_ends_and_nobody_is_told_twice_or_while_he_is_away(begun: datetime) -> None:
    made = company()
    told, since, now = [assign(made, (), None, begun).id], begun, begun
    found = next_step(Unclaimed(told, since), made, (), patience=MINUTES, now=now)
    for _ in range(20):
        if isinstance(found, Wait):
            assert found.until > now
            now = found.until
        elif isinstance(found, Tell):
            assert at_work(made, found.who, now)
            assert found.who.id not in told
            told, since = [*told, found.who.id], now
        else:
            break
        found = next_step(Unclaimed(told, since), made, (), patience=MINUTES, now=now)
    assert isinstance(found, GiveBack)
    assert told[-1] == "manager"
    assert now - begun < timedelta(days=5)


@settings(deadline=None, max_examples=30)
@given(moments, st.integers(1, 650))
def test_working_minutes_are_counted_one_by_one(since: datetime, minutes: int) -> None:
    made = company()
    since = since.replace(second=0, microsecond=0)
    found = after_work(made, made.reps[0], since, timedelta(minutes=minutes))
    assert found
    instant, left = since, minutes
    while left:
        left -= at_work(made, made.reps[0], instant)
        instant += timedelta(minutes=1)
    assert found == instant


@pytest.mark.parametrize(
    ("now", "known", "wanted"),
    [
        (at(9), None, "ana"),
        (at(9), "luis", "luis"),
        (at(14), "ana", "luis"),
        (at(7), None, "ana"),
        (at(19), "luis", "luis"),
        (at(10, 0, 5), "sol", "sol"),
        (at(9), "who left", "ana"),
    ],
)
def test_whose_lead_it_is(now: datetime, known: str | None, wanted: str) -> None:
    assert assign(company(), (), known, now).id == wanted


def test_the_reps_at_work_take_turns() -> None:
    busy = Workload(rep="ana", open=2, last_at=at(8))
    early, late = (Workload(rep="sol", last_at=at(8)), Workload(rep="luis", last_at=at(8, 1)))
    assert assign(company(), (busy,), None, at(9)).id == "sol"
    assert assign(company(), (early, late), None, at(14)).id == "sol"
    assert assign(company(), (early, late), None, at(17, 30)).id == "luis"
    assert (
        assign(company(), (late, early.model_copy(update={"open": 1})), None, at(14)).id == "luis"
    )


def test_reps_who_are_all_away_for_long_still_get_it() -> None:
    made = company().plain()
    for one in made["reps"]:
        one["absences"] = [{"first": "2026-01-01", "last": "2028-01-01"}]
    assert assign(Business.of(made), (), None, at(9)).id == "ana"
