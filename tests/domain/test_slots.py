import time as clock
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.business import Business, CallRules, HandoffTemplate, Hours, Rep, Weekday
from domain.slots import (
    Interval,
    Slot,
    busy_time,
    choose,
    free_slots,
    matching,
    merge,
    overlaps,
    slot_id,
    without,
)

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
ZONES = (
    "America/New_York",
    "America/Bogota",
    "Europe/Madrid",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/St_Johns",
    "Asia/Kathmandu",
)
REPS: tuple[str, ...] = ("ana", "luis")


def business(zone: str, hours: Sequence[Hours], rules: CallRules) -> Business:
    return Business(
        company="Acme",
        about="",
        tone="",
        timezone=zone,
        language="es",
        privacy_url="https://acme.example/privacy",
        currency="USD",
        hours=tuple(hours),
        call=rules,
        reps=tuple(Rep(id=rep, name=rep, phone="+573001112233", calendar=rep) for rep in REPS),
        handoff_template=HandoffTemplate(name="handoff", language="es"),
    )


def every_day(opens: time, closes: time) -> list[Hours]:
    return [Hours(day=day, opens=opens, closes=closes) for day in WEEKDAYS]


def office(zone: str = "America/Bogota", **rules: int) -> Business:
    return business(zone, every_day(time(9), time(17)), CallRules(**rules))


def naive_free(company: Business, busy: Sequence[Interval], now: datetime) -> set[datetime]:
    """Walk over every five minutes of the horizon and ask the wall clock."""
    zone, rules = company.zone, company.call
    length = timedelta(minutes=rules.minutes)
    last_day = now.astimezone(zone).date() + timedelta(days=rules.horizon_days)
    found: set[datetime] = set()
    instant = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    while instant.astimezone(zone).date() <= last_day:
        wall = instant.astimezone(zone)
        naive = wall.replace(tzinfo=None, fold=0)
        end_wall = (instant + length).astimezone(zone).replace(tzinfo=None, fold=0)
        allowed = (
            wall.fold == 0
            and instant >= now + timedelta(hours=rules.notice_hours)
            and not any(overlaps((instant, instant + length), one) for one in busy)
        )
        for hours in company.hours:
            opens = datetime.combine(naive.date(), hours.opens)
            closes = datetime.combine(naive.date(), hours.closes)
            on_step = (naive - opens) % timedelta(minutes=rules.step_minutes) == timedelta()
            fits = opens <= naive and naive + length <= closes and end_wall <= closes
            if allowed and fits and on_step and WEEKDAYS[naive.weekday()] == hours.day:
                found.add(instant)
        instant += timedelta(minutes=5)
    return found


five_minutes = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
hours = st.builds(Hours, day=st.sampled_from(WEEKDAYS), opens=five_minutes, closes=five_minutes)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# the weeks in which these zones change their clocks are as likely as all the others together
changes = st.sampled_from(
    [
        datetime(2027, month, day, tzinfo=UTC)
        for month, day in [(3, 13), (3, 27), (4, 2), (9, 4), (10, 2), (10, 30), (11, 6), (2, 6)]
    ]
)
moments = st.one_of(
    changes, st.integers(0, 2 * 365 * 24 * 60).map(lambda n: FIRST + timedelta(minutes=n))
)


@st.composite
def intervals(draw: st.DrawFn, now: datetime) -> list[Interval]:
    starts = draw(st.lists(st.integers(-60, 60 * 24 * 4), max_size=8))
    lengths = draw(st.lists(st.integers(1, 600), min_size=len(starts), max_size=len(starts)))
    return [
        (now + timedelta(minutes=start), now + timedelta(minutes=start + length))
        for start, length in zip(starts, lengths, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_free_slots_agree_with_a_naive_walk_over_the_clock(data: st.DataObject) -> None:
    now = data.draw(moments).replace(microsecond=0)
    rules = CallRules(
        minutes=data.draw(st.sampled_from([15, 30, 45, 60, 90])),
        step_minutes=data.draw(st.sampled_from([5, 10, 15, 30, 60])),
        notice_hours=data.draw(st.integers(0, 30)),
        horizon_days=data.draw(st.integers(1, 3)),
    )
    windows = data.draw(st.lists(hours, min_size=1, max_size=8))
    company = business(data.draw(st.sampled_from(ZONES)), windows, rules)
    busy = {rep: data.draw(intervals(now)) for rep in REPS}

    slots = free_slots(company, busy, now)

    assert slots == sorted(slots, key=lambda slot: (slot.start, slot.rep))
    for rep in REPS:
        found = [slot.start for slot in slots if slot.rep == rep]
        assert len(found) == len(set(found))
        assert set(found) == naive_free(company, busy[rep], now)


def walls(slots: Sequence[Slot], zone: str) -> list[str]:
    return [slot.start.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") for slot in slots]


def test_a_wall_that_the_clock_change_skips_is_no_slot() -> None:
    company = business(
        "America/New_York",
        every_day(time(1), time(4)),
        CallRules(minutes=30, step_minutes=30, notice_hours=0, horizon_days=1),
    )
    now = datetime(2027, 3, 14, 5, tzinfo=UTC)

    slots = free_slots(company, {"ana": []}, now)

    assert walls(slots, "America/New_York")[:4] == ["14 01:00", "14 01:30", "14 03:00", "14 03:30"]
    assert slots[2].start - slots[1].start == timedelta(minutes=30)


def test_a_wall_that_the_clock_change_repeats_is_a_slot_once() -> None:
    company = business(
        "America/New_York",
        every_day(time(1), time(3)),
        CallRules(minutes=30, step_minutes=30, notice_hours=0, horizon_days=1),
    )
    now = datetime(2026, 11, 1, 4, tzinfo=UTC)

    slots = free_slots(company, {"ana": []}, now)

    assert walls(slots, "America/New_York")[:4] == ["01 01:00", "01 01:30", "01 02:00", "01 02:30"]
    assert slots[2].start - slots[1].start == timedelta(minutes=90)


def test_a_rep_whose_calendar_is_unknown_is_not_free() -> None:
    slots = free_slots(office(), {"luis": []}, datetime(2026, 11, 23, 12, tzinfo=UTC))

    assert {slot.rep for slot in slots} == {"luis"}


def test_ids_are_short_stable_and_different() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    slots = free_slots(office(step_minutes=5), {"ana": [], "luis": []}, now)

    assert len({slot.id for slot in slots}) == len(slots)
    assert all(len(slot.id) <= 16 for slot in slots)
    assert slots[0].id == slot_id(slots[0].rep, slots[0].start.astimezone(ZoneInfo("Asia/Tokyo")))


def test_fourteen_days_of_two_reps_take_under_ten_milliseconds() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    calls = [(now + hour * n, now + hour * (n + 1)) for n in range(0, 300, 7)]
    busy: dict[str, list[Interval]] = dict.fromkeys(REPS, calls)
    company = office(horizon_days=14)

    def once() -> float:
        # processor time: other work on the machine is not ours
        started = clock.thread_time()
        choose(matching(free_slots(company, busy, now), company.zone), company.zone, 3, {})
        return clock.thread_time() - started

    assert min(once() for _ in range(10)) < 0.010


def test_days_and_parts_of_the_day_are_the_lead_s() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    slots = free_slots(office(), {"ana": []}, datetime(2026, 11, 23, 5, tzinfo=UTC))

    # nine in Bogota is three in the afternoon in Madrid
    assert matching(slots, madrid, part_of_day="morning") == []
    found = matching(
        slots,
        madrid,
        first_day=date(2026, 11, 25),
        last_day=date(2026, 11, 25),
        part_of_day="afternoon",
    )

    assert walls(found, "Europe/Madrid")[0] == "25 15:00"
    assert walls(found, "Europe/Madrid")[-1] == "25 20:30"


def test_a_time_at_night_is_left_only_when_there_is_nothing_else() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    now = datetime(2026, 11, 23, 5, tzinfo=UTC)
    nights = free_slots(office(), {"ana": []}, now)
    by_day = Slot(id="by-day", rep="ana", start=now, end=now + timedelta(minutes=30))

    assert matching(nights, tokyo) == nights
    assert matching([*nights, by_day], tokyo) == [by_day]


@given(st.data())
def test_the_choice_is_within_the_limit_and_holds_the_soonest(data: st.DataObject) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    zone = ZoneInfo(data.draw(st.sampled_from(ZONES)))
    busy = {rep: data.draw(intervals(now)) for rep in REPS}
    slots = free_slots(office(horizon_days=4), busy, now)
    slots = data.draw(st.lists(st.sampled_from(slots), unique_by=lambda slot: slot.id))
    limit = data.draw(st.integers(1, 10))

    chosen = choose(slots, zone, limit, busy_time(busy))

    starts = [slot.start for slot in chosen]
    assert set(chosen) <= set(slots)
    assert starts == sorted(set(starts))
    assert len(chosen) == min(limit, len({slot.start for slot in slots}))
    assert starts[:1] == sorted(slot.start for slot in slots)[:1]
    days = {slot.start.astimezone(zone).date() for slot in slots}
    assert len({start.astimezone(zone).date() for start in starts}) == min(limit, len(days))


def test_offers_go_round_among_the_reps_least_busy_first() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    busy: dict[str, list[Interval]] = {"ana": [(now, now + timedelta(minutes=5))], "luis": []}
    company = office()

    chosen = choose(free_slots(company, busy, now), company.zone, 3, busy_time(busy))

    assert [slot.rep for slot in chosen] == ["luis", "ana", "luis"]
    assert walls(chosen, "America/Bogota") == ["23 09:00", "24 12:00", "25 09:00"]


@given(st.data())
def test_merged_intervals_cover_the_same_minutes(data: st.DataObject) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    given_intervals = data.draw(intervals(now))

    merged = merge(given_intervals)

    for minute in range(-60, 60 * 24 * 4 + 600, 7):
        instant = now + timedelta(minutes=minute)
        covered = any(start <= instant < end for start, end in given_intervals)
        assert covered == any(start <= instant < end for start, end in merged)
    assert all(one[1] < other[0] for one, other in pairwise(merged))


@pytest.mark.parametrize(
    ("hole", "left"),
    [((0, 10), []), ((5, 20), [(0, 5)]), ((-5, 5), [(5, 10)]), ((3, 4), [(0, 3), (4, 10)]),
     ((10, 20), [(0, 10)])],
)  # fmt: skip
def test_a_hole_leaves_the_pieces_around_it(
    hole: tuple[int, int], left: list[tuple[int, int]]
) -> None:
    def minutes(pair: tuple[int, int]) -> Interval:
        base = datetime(2026, 11, 23, tzinfo=UTC)
        return base + timedelta(minutes=pair[0]), base + timedelta(minutes=pair[1])

    assert without(minutes((0, 10)), minutes(hole)) == [minutes(pair) for pair in left]
