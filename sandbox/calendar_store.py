"""The events of the Calendar API stand-in, under the rules that Google's own API keeps.

Source: developers.google.com/workspace/calendar/api/v3/reference (events, freebusy), and the guide
"Synchronize resources efficiently".
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.calendar_events import (
    ApiError,
    Event,
    checked,
    instant,
    merged,
    moved,
    not_found,
    parse_time,
    private,
    rfc3339,
)
from sandbox.calendar_recurrence import instances, of_instance

_ID = re.compile(r"[a-v0-9]{5,1024}")
_MAX_CALENDARS = 50
_FAR = timedelta(days=366)
_KEPT_BY_PUT = ("id", "kind", "created", "sequence", "conferenceData", "hangoutLink",
                "recurringEventId", "originalStartTime")  # fmt: skip


@dataclass
class _Calendar:
    """`revision` counts changes; `changed` says at which one an event was last written."""

    events: dict[str, Event] = field(default_factory=dict[str, Event])
    changed: dict[str, int] = field(default_factory=dict[str, int])
    revision: int = 0
    epoch: int = 0


class Calendars:
    """Events by calendar and id, in memory. A deleted event stays, cancelled, and keeps its id.

    `delegated` False: as a service account without delegation, which may not invite.
    """

    def __init__(self, calendars: Iterable[str]) -> None:
        self._calendars = {calendar: _Calendar() for calendar in calendars}
        self.delegated = True

    @property
    def names(self) -> list[str]:
        return list(self._calendars)

    def insert(self, calendar: str, body: Event, *, conferences: bool) -> Event:
        """Raises ApiError 400 for a bad id or bad times, 404, 409 for an id that was ever used."""
        events = self._of(calendar).events
        event_id = str(body.get("id") or _made_id(calendar, len(events)))
        if not _ID.fullmatch(event_id):
            raise ApiError(400, "invalid", "Invalid resource id value.")
        if event_id in events:
            raise ApiError(409, "duplicate", "The requested identifier already exists.")
        event = {"status": "confirmed", "sequence": 0, **body, "id": event_id}
        event |= {"kind": "calendar#event", "created": rfc3339(datetime.now(UTC))}
        list(self._single(event, parse_time("1970-01-01T00:00:00Z")))  # a rule that none knows
        return self._keep(calendar, event, conferences=conferences)

    def get(self, calendar: str, event_id: str) -> Event:
        """A deleted event too, as `cancelled`. Raises ApiError 404."""
        known = self._of(calendar).events.get(event_id) or self._unmoved(calendar, event_id)
        if known is None:
            raise not_found()
        return known

    def patch(self, calendar: str, event_id: str, body: Event, *, conferences: bool) -> Event:
        """Merge `body` in; `status` confirmed revives a deleted one. Raises ApiError."""
        old = self.get(calendar, event_id)
        return self._change(calendar, old, merged(old, body), conferences=conferences)

    def put(self, calendar: str, event_id: str, body: Event, *, conferences: bool) -> Event:
        """Replace the event: what `body` does not name is gone, but for its Meet link."""
        old = self.get(calendar, event_id)
        kept = {name: old[name] for name in _KEPT_BY_PUT if name in old}
        new = {"status": "confirmed", **kept, **body}
        return self._change(calendar, old, new, conferences=conferences)

    def delete(self, calendar: str, event_id: str) -> None:
        """Raises ApiError 404, 410 when it was deleted before."""
        event = self.get(calendar, event_id)
        if event["status"] == "cancelled":
            raise ApiError(410, "deleted", "Resource has been deleted")
        self._write(calendar, {**event, "status": "cancelled"})

    def listed(
        self,
        calendar: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        wanted: Iterable[tuple[str, str]] = (),
        deleted: bool = False,
        single: bool = False,
    ) -> list[Event]:
        """The events that touch start..end and carry the private properties, in time order."""
        until = end or datetime.now(UTC) + _FAR
        events = self._of(calendar).events.values()
        found = [
            one
            for event in events
            if deleted or event["status"] != "cancelled"
            for one in (self._single(event, until, calendar) if single else [event])
            if (start is None or "recurrence" in one or instant(one["end"]) > start)
            and (end is None or instant(one["start"]) < end)
            and private(one).items() >= dict(wanted).items()
        ]
        return sorted(found, key=lambda event: (instant(event["start"]), event["id"]))

    def changes(self, calendar: str, token: str) -> list[Event]:
        """Every event written since the token, deleted ones too. Raises ApiError 410."""
        known = self._of(calendar)
        epoch, _, revision = token.removeprefix("sync-").partition("-")
        if epoch != str(known.epoch) or not revision.isdigit():
            said = "Sync token is no longer valid, a full sync is required."
            raise ApiError(410, "fullSyncRequired", said, "calendar")
        since = int(revision)
        return [known.events[one] for one, at in known.changed.items() if at > since]

    def token(self, calendar: str) -> str:
        """The sync token of this moment."""
        known = self._of(calendar)
        return f"sync-{known.epoch}-{known.revision}"

    def expire_tokens(self) -> None:
        """No sync token given so far is taken any more."""
        for calendar in self._calendars.values():
            calendar.epoch += 1

    def busy(self, calendars: Iterable[str], start: datetime, end: datetime) -> dict[str, Any]:
        """What freeBusy answers by calendar; one that is unknown is an error inside of a 200."""
        wanted = [*calendars]
        if len(wanted) > _MAX_CALENDARS:
            raise ApiError(400, "tooManyCalendarsRequested", "Too many calendars requested.")
        if end <= start:
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.")
        return {calendar: self._busy(calendar, start, end) for calendar in wanted}

    def _busy(self, calendar: str, start: datetime, end: datetime) -> dict[str, Any]:
        if calendar not in self._calendars:
            return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        opaque = [
            (max(start, instant(event["start"])), min(end, instant(event["end"])))
            for event in self.listed(calendar, start=start, end=end, single=True)
            if event.get("transparency") != "transparent"
        ]
        return {"busy": [{"start": rfc3339(begin), "end": rfc3339(stop)} for begin, stop in opaque]}

    def _single(self, event: Event, until: datetime, calendar: str = "") -> Iterator[Event]:
        """The event, or its instances; one that was moved or deleted stands for itself."""
        if "recurrence" not in event:
            yield event
            return
        own = self._of(calendar).events if calendar else {}
        yield from (one for one in instances(event, until) if one["id"] not in own)

    def _unmoved(self, calendar: str, event_id: str) -> Event | None:
        """An instance that is still as its recurring event has it."""
        named = of_instance(event_id)
        master = self._of(calendar).events.get(named[0]) if named else None
        if named is None or master is None or "recurrence" not in master:
            return None
        until = named[1] + timedelta(seconds=1)
        return next((one for one in instances(master, until) if one["id"] == event_id), None)

    def _change(self, calendar: str, old: Event, new: Event, *, conferences: bool) -> Event:
        again = moved(old, new) or old["status"] != new.get("status")
        sequence = int(old.get("sequence", 0)) + again
        new = {**new, "id": old["id"], "sequence": sequence}
        return self._keep(calendar, new, conferences=conferences)

    def _keep(self, calendar: str, event: Event, *, conferences: bool) -> Event:
        return self._write(
            calendar, checked(event, conferences=conferences, delegated=self.delegated)
        )

    def _write(self, calendar: str, event: Event) -> Event:
        known = self._of(calendar)
        known.revision += 1
        now = rfc3339(datetime.now(UTC))
        known.changed[event["id"]] = known.revision
        known.events[event["id"]] = {**event, "etag": f'"{known.revision}"', "updated": now}
        return known.events[event["id"]]

    def _of(self, calendar: str) -> _Calendar:
        try:
            return self._calendars[calendar]
        except KeyError:
            raise not_found() from None


def _made_id(calendar: str, count: int) -> str:
    return hashlib.sha256(f"{calendar}/{count}".encode()).hexdigest()[:26]
