"""Companies to make slots for, and an oracle that walks over the clock minute by minute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.business import (
    WEEKDAYS,
    Absence,
    Business,
    CallRules,
    HandoffTemplate,
    Holidays,
    Hours,
    Rep,
)
from domain.intervals import Interval, overlaps
from domain.slots import Slot, openings
from domain.working_time import public_holidays, starts_of

ZONES = (
    "America/New_York", "America/Bogota", "Europe/Madrid", "America/Santiago", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns", "Asia/Kathmandu",
)  # fmt: skip
REPS: tuple[str, ...] = ("ana", "luis")
Times = Mapping[str, Sequence[Interval]]


def rep(name: str, **own: object) -> Rep:
    return Rep.model_validate(
        {"id": name, "name": name, "phone": "+573001112233", "calendar": name} | own
    )


def business(
    zone: str,
    hours: Sequence[Hours],
    rules: CallRules,
    reps: Sequence[Rep] = (),
    holidays: Holidays | None = None,
) -> Business:
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
        holidays=holidays,
        reps=tuple(reps or map(rep, REPS)),
        handoff_template=HandoffTemplate(name="handoff", language="es"),
    )


def every_day(opens: time, closes: time) -> list[Hours]:
    return [Hours(day=day, opens=opens, closes=closes) for day in WEEKDAYS]


def office(zone: str = "America/Bogota", **rules: int) -> Business:
    return business(zone, every_day(time(9), time(17)), CallRules(**rules))


def free_slots(company: Business, busy: Times, now: datetime, taken: Times) -> list[Slot]:
    """Every free time as a slot."""
    length = timedelta(minutes=company.call.minutes)
    found = openings(company, starts_of(company, now), busy, taken)
    return [opening.slot(length) for opening in found]


def naive_free(
    company: Business, name: str, busy: Sequence[Interval], now: datetime, taken: Sequence[Interval]
) -> set[datetime]:
    """Every start of a call with the rep: ask each minute of the horizon whether all rules hold."""
    rules, found = company.call, set[datetime]()
    last = now.astimezone(company.zone).date() + timedelta(days=rules.horizon_days)
    step = timedelta(minutes=5)
    instant = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    while instant.astimezone(company.zone).date() <= last:
        if (
            instant >= now + timedelta(hours=rules.notice_hours)
            and _at_work(company, company.rep(name), instant)
            and not _clashes(rules, instant, (*busy, *taken))
            and not _full(company, name, instant, taken)
        ):
            found.add(instant)
        instant += step
    return found


def _at_work(company: Business, who: Rep, instant: datetime) -> bool:
    wall = instant.astimezone(company.zone)
    end = (instant + timedelta(minutes=company.call.minutes)).astimezone(company.zone)
    naive, end_wall = (at.replace(tzinfo=None, fold=0) for at in (wall, end))
    day = naive.date()
    if wall.fold or any(a.first <= day <= a.last for a in who.absences) or _rests(company, day):
        return False
    for hours in who.hours or company.hours:
        opens, closes = (datetime.combine(day, at) for at in (hours.opens, hours.closes))
        on_step = (naive - opens) % timedelta(minutes=company.call.step_minutes) == timedelta()
        length = timedelta(minutes=company.call.minutes)
        fits = opens <= naive and naive + length <= closes and end_wall <= closes
        if hours.day == WEEKDAYS[day.weekday()] and on_step and fits:
            return True
    return False


def _rests(company: Business, day: date) -> bool:
    where = company.holidays
    return bool(where) and day in public_holidays(where.country, where.subdivision, day.year)


def _clashes(rules: CallRules, start: datetime, times: Sequence[Interval]) -> bool:
    before, after = timedelta(minutes=rules.buffer_before), timedelta(minutes=rules.buffer_after)
    wanted = (start - before, start + timedelta(minutes=rules.minutes) + after)
    return any(overlaps(wanted, one) for one in times)


def _full(company: Business, name: str, instant: datetime, taken: Sequence[Interval]) -> bool:
    cap = company.rep(name).max_per_day or company.call.max_per_day
    before = timedelta(minutes=company.call.buffer_before)
    day = instant.astimezone(company.zone).date()
    booked = [s for s, _ in taken if (s + before).astimezone(company.zone).date() == day]
    return cap is not None and len(booked) >= cap


def walls(slots: Sequence[Slot], zone: str) -> list[str]:
    """The starts on a clock."""
    return [slot.start.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") for slot in slots]


five_minutes = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
hours = st.builds(Hours, day=st.sampled_from(WEEKDAYS), opens=five_minutes, closes=five_minutes)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# the weeks in which these zones change their clocks are as likely as all the others together
changes = st.sampled_from(
    [
        datetime(year, month, day, tzinfo=UTC)
        for year, month, day in [
            (2026, 10, 24), (2026, 10, 31), (2026, 4, 4), (2026, 9, 5), (2027, 3, 13),
            (2027, 3, 27), (2027, 4, 2), (2027, 9, 4), (2027, 10, 2), (2027, 10, 30),
            (2027, 11, 6), (2027, 2, 6),
        ]
    ]
)  # fmt: skip
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


@st.composite
def companies(draw: st.DrawFn, now: datetime) -> Business:
    """Any zone, hours and rules; one rep with hours, absences and a cap of his own."""
    rules = CallRules(
        minutes=draw(st.sampled_from([15, 30, 45, 60, 90])),
        step_minutes=draw(st.sampled_from([5, 10, 15, 30, 60])),
        notice_hours=draw(st.integers(0, 30)),
        horizon_days=draw(st.integers(1, 3)),
        buffer_before=draw(st.sampled_from([0, 0, 5, 15, 60])),
        buffer_after=draw(st.sampled_from([0, 0, 5, 15, 60])),
        max_per_day=draw(st.sampled_from([None, None, 1, 2])),
    )
    away = now.date() + timedelta(days=draw(st.integers(-1, 3)))
    own = rep(
        "ana",
        hours=tuple(draw(st.lists(hours, max_size=4))),
        absences=draw(st.sampled_from([(), (Absence(first=away, last=away),)])),
        max_per_day=draw(st.sampled_from([None, 1, 3])),
    )
    where = draw(st.sampled_from([None, Holidays(country="CO"), Holidays(country="US")]))
    windows = draw(st.lists(hours, min_size=1, max_size=8))
    return business(draw(st.sampled_from(ZONES)), windows, rules, [own, rep("luis")], where)
