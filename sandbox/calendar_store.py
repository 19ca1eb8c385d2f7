"""The events of the Calendar API stand-in, under the rules that Google's own API keeps.

Source: developers.google.com/workspace/calendar/api/v3/reference (events, freebusy).
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

Event = dict[str, Any]

_ID = re.compile(r"[a-v0-9]{5,1024}")
_MAX_CALENDARS = 50


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


class Calendars:
    """Events by calendar and id, in memory. A deleted event stays, cancelled, and keeps its id."""

    def __init__(self, calendars: Iterable[str]) -> None:
        self._events: dict[str, dict[str, Event]] = {calendar: {} for calendar in calendars}

    @property
    def names(self) -> list[str]:
        return list(self._events)

    def insert(self, calendar: str, body: Event, *, conferences: bool) -> Event:
        """Raises ApiError 400 for a bad id or bad times, 404, 409 for an id that was ever used."""
        events = self._of(calendar)
        event_id = str(body.get("id") or _made_id(calendar, len(events)))
        if not _ID.fullmatch(event_id):
            raise ApiError(400, "invalid", "Invalid resource id value.")
        if event_id in events:
            raise ApiError(409, "duplicate", "The requested identifier already exists.")
        event = {"status": "confirmed", **body, "id": event_id, "kind": "calendar#event"}
        events[event_id] = _checked(event, conferences=conferences)
        return events[event_id]

    def get(self, calendar: str, event_id: str) -> Event:
        """A deleted event too, as `cancelled`. Raises ApiError 404."""
        try:
            return self._of(calendar)[event_id]
        except KeyError:
            raise _not_found() from None

    def patch(self, calendar: str, event_id: str, body: Event, *, conferences: bool) -> Event:
        """Merge `body` in; `status` confirmed revives a deleted one. Raises ApiError."""
        merged = _merged(self.get(calendar, event_id), {**body, "id": event_id})
        event = _checked(merged, conferences=conferences)
        self._of(calendar)[event_id] = event
        return event

    def delete(self, calendar: str, event_id: str) -> None:
        """Raises ApiError 404, 410 when it was deleted before."""
        event = self.get(calendar, event_id)
        if event["status"] == "cancelled":
            raise ApiError(410, "deleted", "Resource has been deleted")
        self._of(calendar)[event_id] = {**event, "status": "cancelled"}

    def list(
        self,
        calendar: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        private: Iterable[tuple[str, str]] = (),
        deleted: bool = False,
    ) -> list[Event]:
        """The events that touch start..end and carry all the private properties, in time order."""
        found = [
            event
            for event in self._of(calendar).values()
            if (deleted or event["status"] != "cancelled")
            and (start is None or instant(event["end"]) > start)
            and (end is None or instant(event["start"]) < end)
            and _private(event).items() >= dict(private).items()
        ]
        return sorted(found, key=lambda event: instant(event["start"]))

    def busy(self, calendars: Iterable[str], start: datetime, end: datetime) -> dict[str, Any]:
        """What freeBusy answers by calendar; one that is unknown is an error inside of a 200."""
        wanted = list(calendars)
        if len(wanted) > _MAX_CALENDARS:
            raise ApiError(400, "tooManyCalendarsRequested", "Too many calendars requested.")
        if end <= start:
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.")
        return {calendar: self._busy(calendar, start, end) for calendar in wanted}

    def _busy(self, calendar: str, start: datetime, end: datetime) -> dict[str, Any]:
        if calendar not in self._events:
            return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        opaque = [
            (max(start, instant(event["start"])), min(end, instant(event["end"])))
            for event in self.list(calendar, start=start, end=end)
            if event.get("transparency") != "transparent"
        ]
        return {"busy": [{"start": rfc3339(begin), "end": rfc3339(stop)} for begin, stop in opaque]}

    def _of(self, calendar: str) -> dict[str, Event]:
        try:
            return self._events[calendar]
        except KeyError:
            raise _not_found() from None


def instant(moment: object) -> datetime:
    """An event's `start` or `end`; a whole day counts from midnight UTC. Raises ApiError 400."""
    fields = cast("Event", moment) if isinstance(moment, dict) else {}
    return parse_time(fields.get("dateTime") or f"{fields.get('date')}T00:00:00Z")


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


def _not_found() -> ApiError:
    return ApiError(404, "notFound", "Not Found")


def _private(event: Event) -> dict[str, str]:
    return event.get("extendedProperties", {}).get("private", {})


def _made_id(calendar: str, count: int) -> str:
    return hashlib.sha256(f"{calendar}/{count}".encode()).hexdigest()[:26]


def _checked(event: Event, *, conferences: bool) -> Event:
    if instant(event.get("end")) <= instant(event.get("start")):
        raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.")
    wanted = event.get("conferenceData", {}).get("createRequest")
    if not wanted or not conferences:
        return event
    link = _meet_link(str(wanted["requestId"]))
    entry = {"entryPointType": "video", "uri": link}
    answer = {"createRequest": {**wanted, "status": {"statusCode": "success"}}}
    return {**event, "hangoutLink": link, "conferenceData": {**answer, "entryPoints": [entry]}}


def _meet_link(request_id: str) -> str:
    digest = hashlib.sha256(request_id.encode()).digest()
    letters = "".join(chr(ord("a") + byte % 26) for byte in digest)
    return f"https://meet.google.com/{letters[:3]}-{letters[3:7]}-{letters[7:10]}"


def _merged(old: Event, new: Event) -> Event:
    """JSON merge: objects deeply, everything else replaced, null removes."""
    merged = {**old, **new}
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(name), dict):
            merged[name] = _merged(old[name], cast("Event", value))
    return {name: value for name, value in merged.items() if value is not None}
