"""The rules of reminders and nudges, over whole weeks of a fake clock and in several zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.contact import Address
from domain.followups import (
    EARLY,
    MARGIN,
    Followup,
    FollowupKind,
    Standing,
    awake,
    cheapest,
    last_awake,
    next_awake,
    obstacle,
    reminders,
    silence,
)

MADRID, BOGOTA = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Bogota")
DAY = timedelta(hours=24)
START = datetime(2026, 11, 2, 0, tzinfo=UTC)
QUARTERS = [START + timedelta(minutes=15) * n for n in range(7 * 24 * 4)]
"""Every quarter of an hour of a week."""

moments = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - hypothesis adds the zone
)  # fmt: skip
zones = st.sampled_from(["Europe/Madrid", "America/New_York", "America/Bogota", "Asia/Kathmandu"])
zones = zones.map(ZoneInfo)


@given(moments, zones)
def test_the_nearest_waking_moments_lie_on_both_sides(at: datetime, zone: ZoneInfo) -> None:
    before, after = last_awake(at, zone), next_awake(at, zone)
    assert before <= at <= after
    assert awake(before, zone)
    assert awake(after, zone)
    assert after - before <= timedelta(hours=14)


def test_a_silent_lead_is_nudged_in_his_window_by_day_and_not_at_once() -> None:
    for zone in (MADRID, BOGOTA):
        for wrote in QUARTERS:
            at = silence(wrote, wrote + DAY, zone)
            if at is None:
                continue
            assert awake(at, zone)
            assert timedelta(hours=4) <= at - wrote <= DAY - MARGIN


def test_every_hour_of_writing_leaves_a_waking_one_to_answer_in() -> None:
    assert all(silence(wrote, wrote + DAY, MADRID) for wrote in QUARTERS)


def test_the_nudge_is_the_last_sensible_moment() -> None:
    at_noon = datetime(2026, 11, 3, 12, tzinfo=MADRID)
    assert silence(at_noon, at_noon + DAY, MADRID) == at_noon + DAY - MARGIN
    at_night = datetime(2026, 11, 3, 23, tzinfo=MADRID)
    assert silence(at_night, at_night + DAY, MADRID) == datetime(2026, 11, 4, 20, tzinfo=MADRID)


def test_a_call_has_two_reminders_unless_it_was_booked_just_before() -> None:
    start = datetime(2026, 11, 5, 15, tzinfo=UTC)
    both = {"day_before": start - DAY, "hour_before": start - timedelta(hours=1)}
    assert reminders(start, start - 3 * DAY) == both
    assert set(reminders(start, start - timedelta(hours=25))) == {"hour_before"}
    assert reminders(start, start - timedelta(hours=2)) == {}


kinds = st.sampled_from(["day_before", "hour_before", "silence", "no_show"])


@given(kinds, moments, st.integers(-3000, 3000), zones, st.booleans())
def test_the_cheapest_way_is_free_whenever_it_can_be(
    kind: FollowupKind,
    due: datetime,
    minutes: int,
    zone: ZoneInfo,
    template: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    closes = due + timedelta(minutes=minutes)
    plan = cheapest(kind, due, closes, zone, now=due - 2 * DAY, template=template)
    if due < closes:
        assert plan
        assert (plan.at, plan.way) == (due, "message")
    elif plan and plan.way == "message":
        assert due - EARLY[kind] <= plan.at < closes
        assert awake(plan.at, zone)
    elif plan:
        assert template
        assert plan.at == due
    else:
        assert not template


def test_what_is_overdue_is_due_now_and_not_free_when_the_window_has_closed() -> None:
    closes = START + DAY
    late = closes + timedelta(hours=1)
    assert cheapest("silence", closes - MARGIN, closes, MADRID, now=late, template=False) is None
    in_time = closes - timedelta(minutes=5)
    plan = cheapest("silence", closes - MARGIN, closes, MADRID, now=in_time, template=False)
    assert plan
    assert (plan.at, plan.way) == (in_time, "message")


def test_a_lead_who_never_wrote_gets_a_template_or_nothing() -> None:
    assert cheapest("no_show", START, None, MADRID, now=START, template=False) is None
    plan = cheapest("no_show", START, None, MADRID, now=START, template=True)
    assert plan
    assert plan.way == "template"


def test_a_reminder_goes_out_free_in_the_evening_before_if_the_window_closes_in_the_night() -> None:
    call = datetime(2026, 11, 5, 11, tzinfo=MADRID)
    closes = datetime(2026, 11, 4, 9, tzinfo=MADRID)
    plan = cheapest("day_before", call - DAY, closes, MADRID, now=call - 3 * DAY, template=True)
    assert plan
    assert plan.way == "message"
    assert plan.at == datetime(2026, 11, 3, 20, tzinfo=MADRID)


def standing(**changes: object) -> Standing:
    usual: dict[str, object] = {
        "stage": "qualification", "opted_out": False, "unreachable": False, "with_a_person": False,
        "has_a_call": False, "lately": False, "booked": False, "starts_at": None,
        "last_inbound_at": START,
    }  # fmt: skip
    return Standing.model_validate(usual | changes)


def followup(kind: FollowupKind, known: Standing, about: datetime = START) -> Followup:
    return Followup(
        id="1", contact_id="2", kind=kind, about=about, due_at=about, address=Address(phone="1"),
        language=None, profile_name="", name=None, timezone=None, rep=None, link=None,
        standing=known,
    )  # fmt: skip


def test_a_silent_lead_with_nothing_against_it_is_nudged() -> None:
    assert obstacle(followup("silence", standing()), START + DAY) is None


def test_nobody_is_nudged_who_wrote_stopped_booked_or_talks_to_a_person() -> None:
    against: dict[str, dict[str, object]] = {
        "opted out": {"opted_out": True},
        "unreachable": {"unreachable": True},
        "a person has the conversation": {"with_a_person": True},
        "a call is booked": {"has_a_call": True},
        "the lead wrote": {"last_inbound_at": START + timedelta(hours=1)},
        "nothing is open": {"stage": "greeting"},
        "sent lately": {"lately": True},
    }
    for reason, changes in against.items():
        assert obstacle(followup("silence", standing(**changes)), START + DAY) == reason


def test_a_reminder_belongs_to_the_call_as_it_stands() -> None:
    call = START + DAY
    stands = standing(booked=True, starts_at=call, has_a_call=True, with_a_person=True)
    assert obstacle(followup("day_before", stands, call), START) is None
    assert obstacle(followup("day_before", stands, call), call) == "the call has begun"
    moved = standing(booked=True, starts_at=call + DAY)
    gone = "the call was moved or cancelled"
    assert obstacle(followup("day_before", moved, call), START) == gone
    assert obstacle(followup("hour_before", standing(), call), START) == gone
    out = standing(booked=True, starts_at=call, opted_out=True)
    assert obstacle(followup("hour_before", out, call), START) == "opted out"
