"""The week of every calendar as a page: calls appear, and may be moved or deleted by hand.

What is done here is done to the events, as a rep would in Google Calendar; the agent has to notice.
"""

import html
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote
from zoneinfo import ZoneInfo

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from sandbox.calendar_events import ApiError, Event, instant, private
from sandbox.calendar_store import Calendars
from sandbox.chat import PageGuard

_STATIC = Path(__file__).parent / "static"
_FILES = ("calendar.css", "calendar.js")
_HALF = timedelta(minutes=30)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Calendar (sandbox)</title>
<link rel="stylesheet" href="calendar.css"><script src="calendar.js" defer></script>
<h1>Week of {monday}</h1>
<p><a href="?week={before}">before</a> · <a href="?">today</a> · <a href="?week={after}">after</a>
<small>A stand-in for Google Calendar on this machine; times in {zone}. Open a call to move or
delete it, as a rep would: the lead is told in the chat.</small></p>
<table><tr><th>Calendar</th>{days}</tr>{rows}</table>
<form method="post" action="block?week={monday}"><b>Block a time</b>
<select name="calendar" aria-label="Calendar">{names}</select>
<input type="datetime-local" name="start" value="{monday}T10:00" required aria-label="Start">
<button>30 minutes</button></form>
</html>"""

_BOX = """<details class="event {kind}"><summary>{times}<br>{title}</summary>
<form method="post" action="move?{where}"><input type="datetime-local" name="start"
value="{start}" required aria-label="New start"><button>Move</button></form>
<form method="post" action="delete?{where}"><button>Delete</button></form></details>"""


@dataclass(frozen=True, slots=True)
class Hold:
    """A time that is held for a lead and has no event yet."""

    calendar: str
    start: datetime
    end: datetime


Holds = Callable[[], Awaitable[Sequence[Hold]]]


async def no_holds() -> Sequence[Hold]:
    """Where nobody holds anything."""
    return ()


def page_routes(calendars: Calendars, zone: str, holds: Holds) -> list[Mount]:
    """The page at `/`; only its own forms may act."""
    page = CalendarPage(calendars, ZoneInfo(zone), holds)
    return [Mount("/", routes=page.routes(), middleware=[Middleware(PageGuard)])]


@dataclass(frozen=True, slots=True)
class CalendarPage:
    calendars: Calendars
    zone: ZoneInfo
    holds: Holds

    def routes(self) -> list[Route]:
        return [
            Route("/", self._week),
            *(Route(f"/{name}", _file(name)) for name in _FILES),
            Route("/move", self._done(self._move), methods=["POST"]),
            Route("/delete", self._done(self._delete), methods=["POST"]),
            Route("/block", self._done(self._block), methods=["POST"]),
        ]

    async def _week(self, request: Request) -> Response:
        monday = self._monday(request.query_params.get("week"))
        days = [monday + timedelta(days=n) for n in range(7)]
        held = await self.holds()
        names = self.calendars.names
        text = _PAGE.format(
            monday=monday,
            before=monday - timedelta(days=7),
            after=monday + timedelta(days=7),
            zone=html.escape(self.zone.key),
            days="".join(f"<th>{day:%a %d %b}</th>" for day in days),
            rows="".join(self._row(name, days, held) for name in names),
            names="".join(f"<option>{html.escape(name)}</option>" for name in names),
        )
        return HTMLResponse(text)

    def _done(self, act: Callable[[Request, dict[str, str]], None]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            fields = parse_qs((await request.body()).decode(errors="replace"))
            try:
                act(request, {name: values[0] for name, values in fields.items()})
            except (ApiError, ValueError, KeyError) as error:
                return PlainTextResponse(f"not done: {error}", status_code=400)
            # relative, because the page does not know where it is mounted
            back = f"./?week={quote(request.query_params.get('week', ''))}"
            return Response(status_code=303, headers={"location": back})

        return endpoint

    def _move(self, request: Request, fields: dict[str, str]) -> None:
        calendar, event_id = request.query_params["calendar"], request.query_params["event"]
        event, start = self.calendars.get(calendar, event_id), self._typed(fields["start"])
        length = instant(event["end"]) - instant(event["start"])
        times = _times(start, start + length)
        self.calendars.patch(calendar, event_id, times, conferences=False)

    def _delete(self, request: Request, _: dict[str, str]) -> None:
        self.calendars.delete(request.query_params["calendar"], request.query_params["event"])

    def _block(self, _: Request, fields: dict[str, str]) -> None:
        start = self._typed(fields["start"])
        event = {"summary": "Busy", **_times(start, start + _HALF)}
        self.calendars.insert(fields["calendar"], event, conferences=False)

    def _typed(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def _monday(self, week: str | None) -> date:
        try:
            day = date.fromisoformat(week or "")
        except ValueError:
            day = datetime.now(self.zone).date()
        return day - timedelta(days=day.weekday())

    def _row(self, name: str, days: list[date], held: Sequence[Hold]) -> str:
        cells = "".join(f"<td>{self._cell(name, day, held)}</td>" for day in days)
        return f"<tr><th>{html.escape(name)}</th>{cells}</tr>"

    def _cell(self, name: str, day: date, held: Sequence[Hold]) -> str:
        start = datetime.combine(day, time(), self.zone)
        end = datetime.combine(day + timedelta(days=1), time(), self.zone)
        events = self.calendars.listed(name, start=start, end=end, single=True)
        shown = {instant(event["start"]) for event in events}
        boxes = [(instant(event["start"]), self._box(name, event, day)) for event in events]
        boxes += [
            (
                hold.start,
                f'<div class="event held">{self._span(hold.start, hold.end)}<br>held</div>',
            )
            for hold in held
            if hold.calendar == name and start <= hold.start < end and hold.start not in shown
        ]
        return "".join(box for _, box in sorted(boxes))

    def _box(self, calendar: str, event: Event, day: date) -> str:
        start, end = instant(event["start"]), instant(event["end"])
        return _BOX.format(
            kind="call" if private(event).get("vendedor") == "call" else "busy",
            times=self._span(start, end),
            title=html.escape(event.get("summary", "busy")),
            where=f"calendar={quote(calendar)}&amp;event={quote(event['id'])}&amp;week={day}",
            start=f"{start.astimezone(self.zone):%Y-%m-%dT%H:%M}",
        )

    def _span(self, start: datetime, end: datetime) -> str:
        return f"{start.astimezone(self.zone):%H:%M}–{end.astimezone(self.zone):%H:%M}"


def _times(start: datetime, end: datetime) -> Event:
    return {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}


def _file(name: str) -> Callable[[Request], object]:
    async def serve(_: Request) -> Response:
        return FileResponse(_STATIC / name)

    return serve
