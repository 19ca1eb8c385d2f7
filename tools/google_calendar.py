"""Google Calendar, async, through google-api-python-client; no network before the first call."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httplib2
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from domain.bookings import CalendarEvent, Written
from domain.calendar_watch import Changes, Entry
from domain.errors import CalendarUnavailable
from domain.slots import Interval
from tools.google_check import CalendarCheck
from tools.google_credentials import Keys
from tools.google_events import Body, event_body, intervals, lesser, link, updates, written
from tools.google_lists import GoogleLists
from tools.google_transport import Execute, GoogleTransport

_SERVICE_PATH = "calendar/v3/"
_MEET_SECONDS = 0.5
_CONFLICT = 409
_GONE = (404, 410)


class GoogleCalendar:
    """The ports domain.bookings.Calendar and domain.calendar_watch.WatchedCalendar.

    `api_url` is the root of a stand-in.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        api_url: str | None = None,
        timeout: float = 4.0,
        deadline: float = 8.0,
        threads: int = 8,
        retries: int = 1,
    ) -> None:
        # api_endpoint replaces root and service path; batch requests would ignore it
        options = {"api_endpoint": _endpoint(api_url)} if api_url else {}
        self._service: Any = discovery.build(
            "calendar",
            "v3",
            http=httplib2.Http(timeout=timeout),
            client_options=options,
            cache_discovery=False,
            static_discovery=True,
        )
        # made once: a resource builds its methods anew each time
        self._events, self._freebusy = self._service.events(), self._service.freebusy()
        self._transport = GoogleTransport(
            keys, timeout=timeout, deadline=deadline, threads=threads, retries=retries
        )
        self._lists = GoogleLists(self._events, self._transport)

    async def aclose(self) -> None:
        """Wait for what runs, and close the connections."""
        await self._transport.aclose()
        self._service.close()

    async def busy(
        self, calendars: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, list[Interval]]:
        """The busy times of each calendar. Raises CalendarUnavailable when one is not readable.

        Calendars with the same credentials are read in one request.
        """
        groups = self._transport.by_credentials(calendars)
        answers = await asyncio.gather(*(self._busy(group, start, end) for group in groups))
        return {name: found for answer in answers for name, found in answer.items()}

    async def _busy(
        self, calendars: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, list[Interval]]:
        body = {
            "timeMin": start.isoformat(),
            "timeMax": end.isoformat(),
            "items": [{"id": calendar} for calendar in calendars],
        }
        request = self._freebusy.query(body=body)
        answer = await self._transport.run(calendars[0], lambda execute: execute(request))
        read = answer.get("calendars", {})
        return {name: intervals(name, read.get(name)) for name in calendars}

    async def insert(self, calendar: str, event: CalendarEvent) -> str | None:
        """Write the event and give its Meet link; one that exists gets these times.

        Without the right to invite or to make Meet links the event is written without.
        """
        inserted, _ = await self._transport.run(
            calendar, lambda execute: self._insert(execute, calendar, event_body(event))
        )
        return link(inserted)

    async def move(self, calendar: str, event: CalendarEvent) -> str | None:
        """Give the event its new times, and write it when it is gone; gives its Meet link."""

        def work(execute: Execute) -> Body:
            try:
                return self._patch(execute, calendar, event_body(event))
            except HttpError as error:
                if error.status_code not in _GONE:
                    raise
                return self._insert(execute, calendar, event_body(event))[0]

        return link(await self._transport.run(calendar, work))

    async def find(self, calendar: str, event_id: str) -> Written | None:
        """The event; None when there is none or it was deleted."""
        request = self._events.get(calendarId=calendar, eventId=event_id)

        def work(execute: Execute) -> Written | None:
            try:
                event = execute(request)
            except HttpError as error:
                if error.status_code not in _GONE:
                    raise
                return None
            return None if event.get("status") == "cancelled" else written(event)

        return await self._transport.run(calendar, work)

    async def delete(self, calendar: str, event_id: str) -> None:
        """Remove the event; one that is not there is fine."""
        request = self._events.delete(calendarId=calendar, eventId=event_id, sendUpdates="all")

        def work(execute: Execute) -> None:
            try:
                execute(request)
            except HttpError as error:
                if error.status_code not in _GONE:
                    raise

        await self._transport.run(calendar, work)

    async def changes(self, calendar: str, token: str | None) -> Changes:
        """What happened since the token; everything from yesterday on when Google forgot it."""
        return await self._lists.changes(calendar, token)

    async def entries(self, calendar: str, start: datetime, end: datetime) -> list[Entry]:
        """The busy events of others in the calendar, each time of a recurring one."""
        return await self._lists.entries(calendar, start, end)

    async def check(self, calendar: str) -> CalendarCheck:
        """Try everything that booking needs, with an event of the year 2000 that is deleted again.

        Nobody is notified. Raises nothing: what fails is in `problem`.
        """
        start = datetime(2000, 1, 1, tzinfo=UTC)
        end = start + timedelta(minutes=30)
        done = CalendarCheck(calendar=calendar)
        probe = CalendarEvent(
            id=f"check{uuid4().hex}", start=start, end=end, title="Vendedor checks access",
            guest="check@example.com",
        )  # fmt: skip
        try:
            await self.busy([calendar], start, end)
            done = done.model_copy(update={"reads": True})
            event, taken = await self._transport.run(
                calendar,
                lambda execute: self._insert(execute, calendar, event_body(probe), notify=False),
            )
            rights = {"writes": True, "invites": "attendees" in taken, "meets": bool(link(event))}
            done = done.model_copy(update=rights)
            await self.delete(calendar, probe.id)
        except CalendarUnavailable as error:
            return done.model_copy(update={"problem": str(error)})
        return done

    def _insert(
        self, execute: Execute, calendar: str, body: Body, *, notify: bool = True
    ) -> tuple[Body, Body]:
        """The event as written, and the body that was taken."""
        request = self._events.insert(
            calendarId=calendar, body=body, conferenceDataVersion=1,
            sendUpdates=updates(body, notify=notify),
        )  # fmt: skip
        try:
            event = execute(request)
        except HttpError as error:
            if error.status_code == _CONFLICT:
                # ours from an earlier try: the id is made from the booking
                return self._patch(execute, calendar, body), body
            if (less := lesser(body, error)) is None:
                raise
            return self._insert(execute, calendar, less, notify=notify)
        return self._with_link(execute, calendar, event), body

    def _patch(self, execute: Execute, calendar: str, body: Body) -> Body:
        # `status` brings back an event that was deleted
        changed = {"start": body["start"], "end": body["end"], "status": "confirmed"}
        request = self._events.patch(
            calendarId=calendar, eventId=body["id"], body=changed, conferenceDataVersion=1,
            sendUpdates=updates(body, notify=True),
        )  # fmt: skip
        return execute(request)

    def _with_link(self, execute: Execute, calendar: str, event: Body) -> Body:
        status = event.get("conferenceData", {}).get("createRequest", {}).get("status", {})
        if status.get("statusCode") != "pending":
            return event
        time.sleep(_MEET_SECONDS)
        return execute(self._events.get(calendarId=calendar, eventId=event["id"]))


def _endpoint(api_url: str) -> str:
    root = api_url.rstrip("/") + "/"
    return root if root.endswith(_SERVICE_PATH) else root + _SERVICE_PATH
