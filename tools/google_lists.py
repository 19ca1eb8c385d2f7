"""What happens in a calendar besides our own acts: incremental lists, and the events of others.

Guide "Synchronize resources efficiently": a sync token goes with the same query as the first list;
410 says that it is too old. Recurring events come as one there, so their times are asked for apart.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from googleapiclient.errors import HttpError

from domain.calendar_watch import Changes, Entry
from domain.errors import CalendarUnavailable
from tools.google_events import Body, change, entry, ours
from tools.google_transport import Execute, GoogleTransport

_FORGOTTEN = 410
_PAGE_SIZE = 2500
_MOST_PAGES = 100
_CHANGED = "items(id,status,start,end,hangoutLink),nextPageToken,nextSyncToken"
_ENTRIES = (
    "items(id,status,start,end,transparency,attendees(self,responseStatus)),timeZone,nextPageToken"
)


class GoogleLists:
    """The lists of events. `events` is the client's resource."""

    def __init__(self, events: Any, transport: GoogleTransport) -> None:  # noqa: ANN401 - untyped
        self._events = events
        self._transport = transport

    async def changes(self, calendar: str, token: str | None) -> Changes:
        """What happened since the token; everything from yesterday on when Google forgot it."""
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        since = {"syncToken": token} if token else {"timeMin": yesterday}
        try:
            pages = await self._pages(calendar, fields=_CHANGED, **since)
        except _TokenForgotten:
            return await self.changes(calendar, None)
        events = [event for page in pages for event in page.get("items", [])]
        mine = [event for event in events if ours(event)]
        return Changes(
            ours=tuple(change(event) for event in mine),
            others=len(mine) < len(events),
            whole=token is None,
            token=pages[-1].get("nextSyncToken", ""),
        )

    async def entries(self, calendar: str, start: datetime, end: datetime) -> list[Entry]:
        """The busy events of others in the calendar, each time of a recurring one."""
        times = {"timeMin": start.isoformat(), "timeMax": end.isoformat()}
        pages = await self._pages(calendar, fields=_ENTRIES, singleEvents=True, **times)
        found = [
            entry(event, page.get("timeZone", "UTC"))
            for page in pages
            for event in page.get("items", [])
            if not ours(event)
        ]
        return [one for one in found if one]

    async def _pages(self, calendar: str, **query: object) -> list[Body]:
        """All pages of a list; each has a deadline of its own."""
        pages: list[Body] = []
        more: dict[str, str] = {}
        while len(pages) < _MOST_PAGES:
            request = self._events.list(calendarId=calendar, maxResults=_PAGE_SIZE, **query, **more)
            pages.append(
                await self._transport.run(
                    calendar, lambda execute, one=request: _page(execute, one)
                )
            )
            if not (following := pages[-1].get("nextPageToken")):
                return pages
            more = {"pageToken": following}
        raise CalendarUnavailable(f"calendar {calendar} has too many events to read")


class _TokenForgotten(CalendarUnavailable):
    """Google wants a full list: the sync token is too old."""


def _page(execute: Execute, request: Any) -> Body:  # noqa: ANN401 - the client's request is untyped
    try:
        return execute(request)
    except HttpError as error:
        if error.status_code == _FORGOTTEN:
            raise _TokenForgotten("the sync token is too old") from error
        raise
