"""What an event of the Calendar API stand-in is: its times, its rules, and the errors it raises.

Source: developers.google.com/workspace/calendar/api/v3/reference (events).
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

Event = dict[str, Any]


class ApiError(Exception):
    """An answer with an error in Google's shape."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "global") -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {
                "code": status,
                "message": message,
                "errors": [{"domain": domain, "reason": reason, "message": message}],
            }
        }


def not_found() -> ApiError:
    return ApiError(404, "notFound", "Not Found")


def instant(moment: object) -> datetime:
    """An event's `start` or `end`; a whole day counts from midnight UTC. Raises ApiError 400."""
    fields = cast("Event", moment) if isinstance(moment, dict) else {}
    text = str(fields.get("dateTime") or f"{fields.get('date')}T00:00:00Z")
    if zone := fields.get("timeZone"):
        return _in_zone(text, str(zone))
    return parse_time(text)


def _in_zone(text: str, zone: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
        local = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        raise ApiError(400, "invalid", f"Invalid value for a time: {text} {zone}") from None
    return local.astimezone(UTC)


def parse_time(text: object) -> datetime:
    """RFC 3339 with an offset. Raises ApiError 400."""
    try:
        parsed = datetime.fromisoformat(str(text))
    except ValueError:
        raise ApiError(400, "badRequest", f"Invalid value for a time: {text}") from None
    if parsed.tzinfo is None:
        raise ApiError(400, "required", "Missing time zone definition.")
    return parsed.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def private(event: Event) -> dict[str, str]:
    return event.get("extendedProperties", {}).get("private", {})


def checked(event: Event, *, conferences: bool, delegated: bool) -> Event:
    """The event with its Meet link if it asks for one. Raises ApiError.

    Not `delegated`: a service account that acts for nobody may neither invite nor make links.
    """
    if instant(event.get("end")) <= instant(event.get("start")):
        raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.")
    if event.get("attendees") and not delegated:
        said = "Service accounts cannot invite attendees without Domain-Wide Delegation."
        raise ApiError(403, "forbiddenForServiceAccounts", said, "calendar")
    wanted = event.get("conferenceData", {}).get("createRequest")
    if not wanted or not conferences or "status" in wanted:
        return event
    if not delegated:
        raise ApiError(400, "invalid", "Invalid conference type value.")
    return _with_meeting(event, wanted)


def _with_meeting(event: Event, wanted: Event) -> Event:
    link = _meet_link(str(wanted["requestId"]))
    entry = {"entryPointType": "video", "uri": link}
    answer = {"createRequest": {**wanted, "status": {"statusCode": "success"}}}
    return {**event, "hangoutLink": link, "conferenceData": {**answer, "entryPoints": [entry]}}


def _meet_link(request_id: str) -> str:
    digest = hashlib.sha256(request_id.encode()).digest()
    letters = "".join(chr(ord("a") + byte % 26) for byte in digest)
    return f"https://meet.google.com/{letters[:3]}-{letters[3:7]}-{letters[7:10]}"


def merged(old: Event, new: Event) -> Event:
    """JSON merge: objects deeply, everything else replaced, null removes."""
    both = {**old, **new}
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(name), dict):
            both[name] = merged(old[name], cast("Event", value))
    return {name: value for name, value in both.items() if value is not None}


def moved(old: Event, new: Event) -> bool:
    return any(instant(old.get(name)) != instant(new.get(name)) for name in ("start", "end"))
