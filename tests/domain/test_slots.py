import time as clock
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.business import Absence, Business, CallRules, Holidays, Hours
from domain.intervals import Interval, merge, without
from domain.offers import Request, offers
from domain.slots import Booking, besides, load, slot_id
from domain.working_time import starts_of
from tests.domain.companies import (
    REPS,
    Times,
    business,
    companies,
    every_day,
    free_slots,
    intervals,
    moments,
    naive_free,
    office,
    rep,
    walls,
)

HALF = timedelta(minutes=30)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_free_slots_agree_with_a_naive_walk_over_the_clock(data: st.DataObject) -> None:
    now = data.draw(moments).replace(microsecond=0)
    company = data.draw(companies(now))
    busy = {name: data.draw(intervals(now)) for name in REPS}
    taken = {name: data.draw(intervals(now)) for name in REPS}

    slots = free_slots(company, busy, now, taken)

    assert slots == sorted(slots, key=lambda slot: (slot.start, slot.rep))
    assert len({slot.id for slot in slots}) == len(slots)
    for name in REPS:
        found = [slot.start for slot in slots if slot.rep == name]
        assert len(found) == len(set(found))
        assert set(found) == naive_free(company, name, busy[name], now, taken[name])


@pytest.mark.parametrize("zone", ["America/Bogota", "Europe/Madrid", "America/New_York"])
def test_a_year_of_days_agrees_with_the_naive_walk(zone: str) -> None:
    company = business(
        zone,
        every_day(time(0, 30), time(4)),
        CallRules(minutes=45, step_minutes=15, notice_hours=3, horizon_days=1, buffer_after=10),
        holidays=Holidays(country="CO"),
    )
    now = datetime(2026, 7, 1, 1, tzinfo=UTC)
    for day in range(0, 366, 4):
        at = now + timedelta(days=day, minutes=17 * day)
        busy = [(at + timedelta(hours=7), at + timedelta(hours=8))]
        found = {slot.start for slot in free_slots(company, {"ana": busy}, at, {})}
        assert found == naive_free(company, "ana", busy, at, [])


def clocks_of(zone: str, now: datetime) -> list[str]:
    rules = CallRules(minutes=30, step_minutes=30, notice_hours=0, horizon_days=1)
    company = business(zone, every_day(time(0), time(4)), rules)
    slots = free_slots(company, {"ana": []}, now, {})
    today = now.astimezone(ZoneInfo(zone)).date()
    of_day = [slot for slot in slots if slot.start.astimezone(ZoneInfo(zone)).date() == today]
    starts = [slot.start for slot in of_day]
    assert len(starts) == len(set(starts))
    assert all(one.end - one.start == HALF for one in of_day)
    return [wall[3:] for wall in walls(of_day, zone)]


ALL = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(8)]


@pytest.mark.parametrize(
    ("zone", "midnight", "starts"),
    [
        # the wall from 2:00 to 3:00 comes twice: each once
        ("Europe/Madrid", datetime(2026, 10, 24, 22, tzinfo=UTC), ALL),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), ALL),
        # 2:00 to 3:00 does not exist
        ("America/New_York", datetime(2027, 3, 14, 5, tzinfo=UTC), [*ALL[:4], *ALL[6:]]),
        ("Europe/Madrid", datetime(2027, 3, 27, 23, tzinfo=UTC), [*ALL[:4], *ALL[6:]]),
        # midnight does not exist
        ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC), ALL[2:]),
        ("America/Bogota", datetime(2026, 10, 25, 5, tzinfo=UTC), ALL),
        ("America/Sao_Paulo", datetime(2026, 11, 1, 3, tzinfo=UTC), ALL),
    ],
)
def test_a_wall_that_is_skipped_is_no_slot_and_one_that_is_repeated_is_one(
    zone: str, midnight: datetime, starts: list[str]
) -> None:
    assert clocks_of(zone, midnight) == starts


def test_a_call_does_not_run_over_the_closing_hour_that_the_clock_change_brings_nearer() -> None:
    rules = CallRules(minutes=90, step_minutes=30, notice_hours=0, horizon_days=1)
    company = business("America/New_York", every_day(time(1), time(3, 30)), rules)
    slots = free_slots(company, {"ana": []}, datetime(2027, 3, 14, 5, tzinfo=UTC), {})
    # 1:00 and ninety minutes is 3:30; 1:30 would end at 4:00
    assert walls(slots, "America/New_York")[0] == "14 01:00"
    assert walls(slots, "America/New_York")[1].startswith("15")


def test_a_rep_whose_calendar_is_unknown_is_not_free() -> None:
    slots = free_slots(office(), {"luis": []}, datetime(2026, 11, 23, 12, tzinfo=UTC), {})

    assert {slot.rep for slot in slots} == {"luis"}


def test_a_buffer_keeps_other_appointments_away_on_both_sides() -> None:
    now = datetime(2026, 11, 24, 5, tzinfo=UTC)
    noon = datetime(2026, 11, 24, 17, tzinfo=UTC)
    busy: Times = {"ana": [(noon, noon + HALF)]}
    company = office(buffer_before=15, buffer_after=30, horizon_days=1)

    found = [
        w for w in walls(free_slots(company, busy, now, {}), "America/Bogota") if w[:2] == "24"
    ]

    assert [w[3:] for w in found if "10:30" < w[3:] < "14:00"] == ["11:00", "13:00", "13:30"]


def test_two_calls_of_ours_have_both_their_buffers_between_them() -> None:
    now = datetime(2026, 11, 24, 5, tzinfo=UTC)
    start = datetime(2026, 11, 24, 17, tzinfo=UTC)
    company = office(buffer_before=15, buffer_after=30, horizon_days=1, step_minutes=15)
    before, after = company.call.buffers
    taken: Times = {"ana": [(start - before, start + HALF + after)]}

    later = [s.start for s in free_slots(company, {"ana": []}, now, taken) if s.start > start]

    assert min(later) == start + HALF + after + before


def test_holidays_absences_and_the_daily_cap_close_days() -> None:
    # the eighth of December is a holiday in Colombia
    now = datetime(2026, 12, 7, 5, tzinfo=UTC)
    away = Absence(first=date(2026, 12, 9), last=date(2026, 12, 10))
    company = business(
        "America/Bogota",
        every_day(time(9), time(10)),
        CallRules(horizon_days=5, notice_hours=0),
        [rep("ana", absences=(away,)), rep("luis", max_per_day=1)],
        Holidays(country="CO"),
    )
    call = datetime(2026, 12, 9, 14, tzinfo=UTC)

    slots = free_slots(company, {"ana": [], "luis": []}, now, {"luis": [(call, call + HALF)]})

    days = {(slot.rep, slot.start.astimezone(company.zone).day) for slot in slots}
    assert {day for who, day in days if who == "ana"} == {7, 11, 12}
    assert {day for who, day in days if who == "luis"} == {7, 10, 11, 12}


def test_a_reps_own_hours_hold_instead_of_the_companys() -> None:
    own = (Hours(day="tue", opens=time(20), closes=time(21)),)
    company = business(
        "America/Bogota", every_day(time(9), time(10)), CallRules(horizon_days=2),
        [rep("ana", hours=own), rep("luis")],
    )  # fmt: skip
    slots = free_slots(company, {"ana": [], "luis": []}, datetime(2026, 11, 23, 5, tzinfo=UTC), {})

    assert walls([s for s in slots if s.rep == "ana"], "America/Bogota") == ["24 20:00", "24 20:30"]
    assert len([s for s in slots if s.rep == "luis"]) == 6


def test_ids_are_short_stable_and_different() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    slots = free_slots(office(step_minutes=5), {"ana": [], "luis": []}, now, {})

    assert len({slot.id for slot in slots}) == len(slots)
    assert all(len(slot.id) <= 16 for slot in slots)
    assert slots[0].id == slot_id(slots[0].rep, slots[0].start.astimezone(ZoneInfo("Asia/Tokyo")))


def test_fourteen_days_of_five_reps_take_under_ten_milliseconds() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    calls = [(now + hour * n, now + hour * (n + 1)) for n in range(0, 300, 7)]
    reps = [rep(name) for name in ("ana", "luis", "eva", "iris", "teo")]
    busy: Times = dict.fromkeys((each.id for each in reps), calls)
    madrid = ZoneInfo("Europe/Madrid")
    company = business("America/Bogota", every_day(time(9), time(17)), CallRules(), reps)

    def once() -> float:
        # processor time: other work on the machine is not ours
        started = clock.thread_time()
        assert len(offers(company, now, busy, busy, Request(madrid))) == 3
        return clock.thread_time() - started

    assert min(once() for _ in range(20)) < 0.010


@pytest.fixture
def booked() -> tuple[Business, Booking]:
    start = datetime(2026, 11, 24, 15, tzinfo=UTC)
    booking = Booking(id="b", rep="ana", start=start, end=start + HALF)
    return office(buffer_before=15, buffer_after=15), booking


def test_the_lead_who_moves_his_call_may_move_it_over_its_own_time(
    booked: tuple[Business, Booking],
) -> None:
    company, booking = booked
    now = datetime(2026, 11, 24, 5, tzinfo=UTC)
    before, after = company.call.buffers
    taken: Times = {"ana": [(booking.start - before, booking.end + after)]}
    busy: Times = {"ana": [booking.interval], "luis": [booking.interval]}

    def free(moving: Booking | None) -> set[tuple[str, datetime]]:
        slots = free_slots(
            company,
            besides(busy, moving, company.call.buffers),
            now,
            besides(taken, moving, company.call.buffers),
        )
        return {(slot.rep, slot.start) for slot in slots}

    assert ("ana", booking.start) not in free(None)
    assert {("ana", booking.start), ("ana", booking.start + HALF)} <= free(booking)
    assert ("luis", booking.start) not in free(booking)


def test_the_load_is_what_is_booked_for_the_time_that_a_rep_works() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    part = (Hours(day="tue", opens=time(9), closes=time(11)),)
    company = business(
        "America/Bogota", every_day(time(9), time(17)), CallRules(),
        [rep("ana", hours=part), rep("luis")],
    )  # fmt: skip
    call = (now + timedelta(days=1), now + timedelta(days=1) + HALF)

    loads = load(starts_of(company, now), {"ana": [call], "luis": [call]})

    assert loads["ana"] > loads["luis"] > 0


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
    hole: tuple[int, int], left: Sequence[tuple[int, int]]
) -> None:
    def minutes(pair: tuple[int, int]) -> Interval:
        base = datetime(2026, 11, 23, tzinfo=UTC)
        return base + timedelta(minutes=pair[0]), base + timedelta(minutes=pair[1])

    assert without(minutes((0, 10)), minutes(hole)) == [minutes(pair) for pair in left]
