"""When code writes by itself: reminders of a call, and one nudge to a lead who fell silent.

A message inside the customer service window costs nothing, a template outside of it does, and no
word at all is better than one at night. Meta's documentation, "Pricing" and "Send messages".
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.contact import Address
from domain.stages import StoredStage
from domain.values import Language, Value

FollowupKind = Literal["day_before", "hour_before", "silence", "no_show"]
Way = Literal["message", "template"]

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)

MARGIN = timedelta(minutes=30)
"""The last free message leaves this long before the window closes, so that a retry is free too."""

EARLY: dict[FollowupKind, timedelta] = {
    "day_before": timedelta(hours=16),
    "hour_before": timedelta(),
    "silence": timedelta(),
    "no_show": timedelta(),
}
"""How much too early a free message may be before a template at the right moment is better."""

_OPENS, _CLOSES = time(9), time(20)
_PATIENCE = timedelta(hours=4)
_FRESH = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, and when."""

    at: datetime
    way: Way


def reminders(start: datetime, booked_at: datetime) -> dict[FollowupKind, datetime]:
    """The moments to remind of a call; none that would follow the confirmation by two hours."""
    moments: dict[FollowupKind, datetime] = {"day_before": start - DAY, "hour_before": start - HOUR}
    return {kind: at for kind, at in moments.items() if at - booked_at > _FRESH}


def silence(last_inbound: datetime, closes_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The last waking moment of the lead's window; None when all that is left of it is night."""
    at = last_awake(closes_at - MARGIN, zone)
    return at if at - last_inbound >= _PATIENCE else None


def awake(at: datetime, zone: ZoneInfo) -> bool:
    """Whether a message may disturb: from 9:00 to 20:00 on the lead's clock."""
    return _OPENS <= at.astimezone(zone).time() <= _CLOSES


def last_awake(before: datetime, zone: ZoneInfo) -> datetime:
    """The latest waking moment that is not after `before`."""
    if awake(before, zone):
        return before
    local = before.astimezone(zone)
    day = local.date() if local.time() > _CLOSES else local.date() - timedelta(days=1)
    return datetime.combine(day, _CLOSES, zone).astimezone(before.tzinfo)


def next_awake(after: datetime, zone: ZoneInfo) -> datetime:
    """The earliest waking moment that is not before `after`."""
    if awake(after, zone):
        return after
    local = after.astimezone(zone)
    day = local.date() if local.time() < _OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, _OPENS, zone).astimezone(after.tzinfo)


def cheapest(
    kind: FollowupKind,
    due: datetime,
    closes_at: datetime | None,
    zone: ZoneInfo,
    *,
    now: datetime,
    template: bool,
) -> Plan | None:
    """A free message at its moment, or a little early; else a template, if the business has one.

    `closes_at` is the end of the window as it stands; a lead who writes moves it, so ask again when
    the plan is due. What is overdue is due now. None when there is no way.
    """
    due = max(due, now)
    if closes_at and due < closes_at:
        return Plan(due, "message")
    if closes_at:
        early = last_awake(closes_at - MARGIN, zone)
        if now <= early and due - early <= EARLY[kind]:
            return Plan(early, "message")
    return Plan(due, "template") if template else None


class Standing(Value):
    """How things stand when a follow-up is due: what may be a reason not to send it."""

    stage: StoredStage | None
    opted_out: bool
    unreachable: bool
    with_a_person: bool
    has_a_call: bool
    lately: bool
    booked: bool
    starts_at: datetime | None
    last_inbound_at: datetime | None


class Followup(Value):
    """One planned message. `about` is the start of the call, or the lead's last message."""

    id: str
    contact_id: str
    kind: FollowupKind
    about: datetime
    due_at: datetime
    address: Address
    language: Language | None
    profile_name: str
    name: str | None
    timezone: str | None
    rep: str | None
    link: str | None
    standing: Standing


def obstacle(followup: Followup, now: datetime) -> str | None:
    """Why it must not be sent any more, None when nothing stands against it."""
    known = followup.standing
    of_a_call = followup.kind in ("day_before", "hour_before")
    of_silence = followup.kind == "silence"
    as_booked = known.booked and known.starts_at == followup.about
    reasons = {
        "nobody is there": not followup.address.identifiers,  # he became one with another contact
        "opted out": known.opted_out,
        "unreachable": known.unreachable,
        "the call was moved or cancelled": of_a_call and not as_booked,
        "the call has begun": of_a_call and followup.about <= now,
        "a person has the conversation": known.with_a_person and not of_a_call,
        "a call is booked": known.has_a_call and not of_a_call,
        "the lead wrote": of_silence and known.last_inbound_at != followup.about,
        "nothing is open": of_silence and known.stage not in ("qualification", "scheduling"),
        "sent lately": known.lately and not of_a_call,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
