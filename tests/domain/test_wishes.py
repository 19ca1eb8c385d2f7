from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import WEEKDAYS, Weekday
from domain.offers import Request, choose, offers
from domain.slots import Opening, openings
from domain.wishes import Wish, matching, nearest
from domain.working_time import starts_of
from tests.domain.companies import ZONES, Times, intervals, office

BOGOTA, MADRID = ZoneInfo("America/Bogota"), ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
"""Monday, midnight in Bogota."""

FREE: Times = {"ana": [], "luis": []}


def free(busy: Times = FREE, **rules: int) -> list[Opening]:
    company = office("America/Bogota", **rules)
    return openings(company, starts_of(company, NOW), busy, {})


def clocks(found: list[Opening], zone: ZoneInfo = BOGOTA) -> list[str]:
    """Each start once: "Thu 26 16:00"."""
    starts = sorted({opening.start for opening in found})
    return [start.astimezone(zone).strftime("%a %d %H:%M") for start in starts]


@pytest.mark.parametrize(
    ("wish", "first", "last", "count"),
    [
        (Wish(at=time(16), first_day=date(2026, 11, 26), last_day=date(2026, 11, 26)),
         "Thu 26 16:00", "Thu 26 16:00", 1),
        (Wish(at=time(4), first_day=date(2026, 11, 26), last_day=date(2026, 11, 26)),
         "Thu 26 16:00", "Thu 26 16:00", 1),
        (Wish(first_day=date(2026, 11, 30), not_weekdays=("mon",), last_day=date(2026, 12, 6)),
         "Tue 01 09:00", "Sun 06 16:30", 96),
        (Wish(weekdays=("tue", "thu"), part_of_day="afternoon", last_day=date(2026, 11, 29)),
         "Tue 24 12:00", "Thu 26 16:30", 20),
        (Wish(part_of_day="early", last_day=date(2026, 11, 24)), "Mon 23 09:00", "Tue 24 09:30", 4),
        (Wish(earliest=time(15), latest=time(15, 30), last_day=date(2026, 11, 23)),
         "Mon 23 15:00", "Mon 23 15:30", 2),
        # the part of the day gives way to the hours that he names
        (Wish(part_of_day="morning", earliest=time(16), last_day=date(2026, 11, 23)),
         "Mon 23 16:00", "Mon 23 16:30", 2),
    ],
)  # fmt: skip
def test_a_wish_is_a_filter(wish: Wish, first: str, last: str, count: int) -> None:
    found = clocks(matching(free(), BOGOTA, wish))
    assert (found[0], found[-1], len(found)) == (first, last, count)


def test_days_and_parts_of_the_day_are_the_lead_s() -> None:
    day = date(2026, 11, 25)
    wish = Wish(first_day=day, last_day=day, part_of_day="afternoon")

    # nine in Bogota is three in the afternoon in Madrid
    assert matching(free(), MADRID, Wish(part_of_day="morning")) == []
    found = clocks(matching(free(), MADRID, wish), MADRID)
    assert (found[0], found[-1]) == ("Wed 25 15:00", "Wed 25 20:30")


def test_the_weeks_in_which_only_one_of_the_clocks_has_changed() -> None:
    company = office()
    for now, nine_in_bogota in [
        (datetime(2026, 10, 24, 5, tzinfo=UTC), "16:00"),
        (datetime(2026, 10, 25, 5, tzinfo=UTC), "15:00"),
    ]:
        day = now.date()
        found = openings(company, starts_of(company, now), FREE, {})
        of_day = matching(found, MADRID, Wish(first_day=day, last_day=day))
        assert clocks(of_day, MADRID)[0].endswith(nine_in_bogota)


def test_a_time_at_night_is_left_only_when_there_is_nothing_else_or_he_names_it() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    nights = free()
    by_day = Opening(NOW, "ana")

    assert matching(nights, tokyo) == nights
    assert matching([*nights, by_day], tokyo) == [by_day]
    late = matching([*nights, by_day], tokyo, Wish(at=time(23)))
    assert {o.start.astimezone(tokyo).hour for o in late} == {23}


THURSDAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("busy_from", "busy_to", "nearest_times"),
    [
        # 16:00 is taken
        (21, 21.5, ["Thu 26 15:30", "Thu 26 16:30", "Wed 25 16:00"]),
        # the afternoon is taken
        (17, 23, ["Wed 25 16:00", "Thu 26 11:00", "Thu 26 11:30"]),
        # the day is taken
        (13, 23, ["Wed 25 16:00", "Wed 25 15:30", "Fri 27 16:00"]),
    ],
)
def test_the_nearest_to_thursday_at_four(
    busy_from: float, busy_to: float, nearest_times: list[str]
) -> None:
    midnight = datetime(2026, 11, 26, tzinfo=UTC)
    hole = (midnight + timedelta(hours=busy_from), midnight + timedelta(hours=busy_to))
    wish = Wish(first_day=THURSDAY, last_day=THURSDAY, at=time(16))
    left = free({"ana": [hole], "luis": [hole]})

    assert matching(left, BOGOTA, wish) == []
    assert clocks(nearest(left, BOGOTA, wish, 3)) == sorted(
        nearest_times, key=lambda text: (text[4:6], text)
    )


def test_a_day_beyond_the_horizon_gives_the_last_ones_and_a_past_one_the_first() -> None:
    beyond = nearest(free(), BOGOTA, Wish(first_day=date(2027, 3, 1), last_day=date(2027, 3, 5)), 2)
    past = nearest(free(), BOGOTA, Wish(first_day=date(2026, 1, 1), last_day=date(2026, 1, 2)), 2)

    assert clocks(beyond)[0].startswith("Mon 07")
    assert clocks(past)[0].startswith("Mon 23")


def test_a_weekday_that_he_ruled_out_is_not_the_nearest() -> None:
    monday = date(2026, 11, 30)
    wish = Wish(first_day=monday, last_day=monday, not_weekdays=("mon",))
    assert not [c for c in clocks(nearest(free(), BOGOTA, wish, 9)) if c.startswith("Mon")]


times = st.none() | st.integers(0, 47).map(lambda n: time(n // 2, n % 2 * 30))
dates = st.none() | st.integers(-5, 25).map(lambda n: NOW.date() + timedelta(days=n))
weekdays: st.SearchStrategy[tuple[Weekday, ...]] = st.lists(
    st.sampled_from(WEEKDAYS), max_size=3
).map(tuple)
wishes = st.builds(
    Wish,
    first_day=dates,
    last_day=dates,
    weekdays=weekdays,
    not_weekdays=weekdays,
    part_of_day=st.sampled_from(["any", "early", "morning", "afternoon", "evening"]),
    earliest=times,
    latest=times,
    at=times,
)


@given(wish=wishes, zone=st.sampled_from(ZONES).map(ZoneInfo), limit=st.integers(1, 9))
def test_what_is_offered_was_free_and_fits_or_nothing_does(
    wish: Wish, zone: ZoneInfo, limit: int
) -> None:
    company = office(horizon_days=9)
    all_free = {o.start for o in openings(company, starts_of(company, NOW), FREE, {})}
    fitting = {start for start in all_free if wish.fits(start.astimezone(zone))}

    found = offers(company, NOW, FREE, {}, Request(zone, wish, limit))

    starts = [slot.start for slot in found]
    assert starts
    assert starts == sorted(set(starts))
    assert set(starts) <= (fitting or all_free)
    assert len(starts) <= limit


@given(st.data())
def test_the_choice_is_within_the_limit_and_holds_the_soonest(data: st.DataObject) -> None:
    zone = ZoneInfo(data.draw(st.sampled_from(ZONES)))
    found = free({rep: data.draw(intervals(NOW)) for rep in FREE}, horizon_days=4)
    found = sorted(data.draw(st.lists(st.sampled_from(found), unique=True)))
    limit = data.draw(st.integers(1, 10))

    chosen = choose(found, zone, limit, {})

    starts = [opening.start for opening in chosen]
    assert set(chosen) <= set(found)
    assert starts == sorted(set(starts))
    assert len(chosen) == min(limit, len({opening.start for opening in found}))
    assert starts[:1] == sorted(opening.start for opening in found)[:1]
    days = {opening.start.astimezone(zone).date() for opening in found}
    assert len({start.astimezone(zone).date() for start in starts}) == min(limit, len(days))


def test_offers_go_round_among_the_reps_least_booked_first() -> None:
    chosen = choose(free(), BOGOTA, 3, {"ana": 0.5})

    assert [opening.rep for opening in chosen] == ["luis", "ana", "luis"]
    assert clocks(chosen) == ["Mon 23 09:00", "Tue 24 12:00", "Wed 25 09:00"]


def test_the_rep_whom_the_lead_knows_is_kept_wherever_he_has_time() -> None:
    company = office()
    for rep in FREE:
        found = offers(company, NOW, FREE, {}, Request(BOGOTA, rep=rep))
        assert {slot.rep for slot in found} == {rep}
    away: Times = {"ana": [(NOW, NOW + timedelta(days=30))], "luis": []}
    found = offers(company, NOW, away, {}, Request(BOGOTA, rep="ana"))
    assert {slot.rep for slot in found} == {"luis"}
    four = Wish(at=time(16), first_day=THURSDAY, last_day=THURSDAY)
    midnight = datetime(2026, 11, 26, tzinfo=UTC)
    at_four: Times = {"ana": [(midnight, midnight + timedelta(days=1))], "luis": []}
    [found] = offers(company, NOW, at_four, {}, Request(BOGOTA, four, rep="ana"))
    assert found.rep == "luis"
