"""Our calls as Google's event bodies, and back."""

from datetime import UTC, datetime
from typing import Any

from googleapiclient.errors import HttpError

from domain.bookings import CalendarEvent, Written
from domain.errors import CalendarUnavailable
from domain.slots import Interval
from tools.google_errors import reason

Body = dict[str, Any]


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


def written(event: Body) -> Written:
    """The event as it stands; a whole day counts from midnight UTC."""
    start, end = _instant(event.get("start", {})), _instant(event.get("end", {}))
    return Written(start=start, end=end, link=link(event))


def _instant(moment: Body) -> datetime:
    text = moment.get("dateTime") or f"{moment.get('date')}T00:00:00+00:00"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError):
        raise CalendarUnavailable("the calendar's answer holds a time that is none") from None
