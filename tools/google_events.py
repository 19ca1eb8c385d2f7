"""Our calls as Google's event bodies, and back."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from googleapiclient.errors import HttpError

from domain.bookings import CalendarEvent, Written
from domain.calendar_watch import Change, Entry
from domain.errors import CalendarUnavailable
from domain.slots import Interval
from tools.google_errors import reason

Body = dict[str, Any]

_OURS = re.compile(r"call[0-9a-f]{32}")


def event_body(event: CalendarEvent) -> Body:
    meet = {"requestId": event.id, "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    body: Body = {
        "id": event.id,
        "summary": event.title,
        "description": event.notes,
        "start": {"dateTime": event.start.isoformat()},
        "end": {"dateTime": event.end.isoformat()},
        "conferenceData": {"createRequest": meet},
        "extendedProperties": {"private": {"vendedor": "call"}},
    }
    return {**body, "attendees": [{"email": event.guest}]} if event.guest else body


def updates(body: Body, *, notify: bool) -> str:
    return "all" if notify and "attendees" in body else "none"


def lesser(body: Body, error: HttpError) -> Body | None:
    """The event without what these credentials may not add; None when that is not the trouble."""
    said = f"{reason(error)} {error.reason}".lower()
    for field, word in (("attendees", "serviceaccount"), ("attendees", "attendee"),
                        ("conferenceData", "conference")):  # fmt: skip
        if field in body and word in said:
            return {name: value for name, value in body.items() if name != field}
    return None


def link(event: Body) -> str | None:
    return event.get("hangoutLink")


def intervals(name: str, entry: Body | None) -> list[Interval]:
    if entry is None or entry.get("errors"):
        reasons = [error.get("reason", "") for error in (entry or {}).get("errors", [])]
        raise CalendarUnavailable(f"calendar {name} cannot be read: {', '.join(reasons)}")
    return [
        (_instant({"dateTime": one.get("start")}), _instant({"dateTime": one.get("end")}))
        for one in entry.get("busy", [])
    ]


def ours(event: Body) -> bool:
    """Whether we wrote it. By its id: a rep's copy carries our mark too, a deleted one no mark."""
    return _OURS.fullmatch(str(event.get("id"))) is not None


def change(event: Body) -> Change:
    """An event of ours as a list of changes shows it."""
    gone = event.get("status") == "cancelled"
    return Change(event_id=event["id"], written=None if gone else written(event))


def entry(event: Body, zone: str) -> Entry | None:
    """Somebody else's event; None for one that keeps nobody busy. Days are those of `zone`."""
    declined = any(
        guest.get("self") and guest.get("responseStatus") == "declined"
        for guest in event.get("attendees", [])
    )
    if declined or event.get("transparency") == "transparent" or event.get("status") == "cancelled":
        return None
    start, end = _instant(event.get("start", {}), zone), _instant(event.get("end", {}), zone)
    return Entry(event_id=str(event.get("id")), start=start, end=end)


def written(event: Body) -> Written:
    """The event as it stands; a whole day counts from midnight UTC."""
    start, end = _instant(event.get("start", {})), _instant(event.get("end", {}))
    return Written(start=start, end=end, link=link(event))


def _instant(moment: Body, zone: str = "UTC") -> datetime:
    text = moment.get("dateTime") or f"{moment.get('date')}T00:00:00"
    try:
        parsed = datetime.fromisoformat(text)
        local = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    except (TypeError, ValueError, KeyError, OSError):
        raise CalendarUnavailable("the calendar's answer holds a time that is none") from None
