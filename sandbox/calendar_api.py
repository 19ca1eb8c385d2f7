"""A Google Calendar API on loopback: freeBusy and events, strict where Google is.

Usable alone: `python -m sandbox.calendar_api --calendar ana@acme.example`. Any bearer token is
taken, none is refused. What else can be made to happen stands in calendar_control.py; the week is
shown at `/`.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.calendar_control import control_routes
from sandbox.calendar_events import ApiError, Event, parse_time, rfc3339
from sandbox.calendar_faults import Faults
from sandbox.calendar_page import Holds, no_holds, page_routes
from sandbox.calendar_store import Calendars
from sandbox.calendar_tokens import Tokens

PREFIX = "/calendar/v3"

_EVENT = TypeAdapter(Event)
_PAGE = 250
_LARGEST_PAGE = 2500
_NOT_WITH_A_TOKEN = {
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin",
    "timeMax", "updatedMin",
}  # fmt: skip
_Handler = Callable[[Request, Event], Response]


class CalendarApi:
    """The ASGI application. `calendars`, `tokens` and `faults` may be read and changed by tests.

    `holds` gives the times that are held and have no event yet, for the page.
    """

    def __init__(self, names: Sequence[str], *, zone: str = "UTC", holds: Holds = no_holds) -> None:
        self.calendars = Calendars(names)
        self.tokens = Tokens()
        events = f"{PREFIX}/calendars/{{calendar}}/events"
        one = f"{events}/{{event}}"
        routes = [
            Route(f"{PREFIX}/freeBusy", self._api(self._free_busy), methods=["POST"]),
            Route(events, self._api(self._insert), methods=["POST"]),
            Route(events, self._api(self._list), methods=["GET"]),
            Route(one, self._api(self._get), methods=["GET"]),
            Route(one, self._api(self._patch), methods=["PATCH"]),
            Route(one, self._api(self._put), methods=["PUT"]),
            Route(one, self._api(self._delete), methods=["DELETE"]),
            Route("/token", self.tokens.endpoint, methods=["POST"]),
            Route("/o/oauth2/token", self.tokens.endpoint, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        self.faults = Faults(app, prefix=PREFIX)
        app.router.routes.extend(control_routes(self.calendars, self.tokens, self.faults))
        app.router.routes.extend(page_routes(self.calendars, zone, holds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.faults(scope, receive, send)

    def _api(self, handler: _Handler) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                self.tokens.demand(request.headers.get("authorization", ""))
                return handler(request, _json(await request.body()))
            except ApiError as error:
                return JSONResponse(error.body, status_code=error.status)

        return endpoint

    def _free_busy(self, _request: Request, body: Event) -> Response:
        start, end = parse_time(body.get("timeMin")), parse_time(body.get("timeMax"))
        names = [str(item["id"]) for item in body.get("items", [])]
        answer = {"timeMin": rfc3339(start), "timeMax": rfc3339(end)}
        busy = self.calendars.busy(names, start, end)
        return JSONResponse({"kind": "calendar#freeBusy", **answer, "calendars": busy})

    def _insert(self, request: Request, body: Event) -> Response:
        calendar = request.path_params["calendar"]
        event = self.calendars.insert(calendar, body, conferences=_conferences(request))
        return JSONResponse(event)

    def _list(self, request: Request, _body: Event) -> Response:
        calendar = request.path_params["calendar"]
        listed = self._listed(calendar, request)
        begin, size = _page(request)
        # the token is that of the first page: what changes while one turns pages comes next time
        now = request.query_params.get("pageToken", "").partition(":")[2]
        token = now or self.calendars.token(calendar)
        rest = begin + size < len(listed)
        next_ = {"nextPageToken": f"{begin + size}:{token}"} if rest else {"nextSyncToken": token}
        items = listed[begin : begin + size]
        return JSONResponse({"kind": "calendar#events", "timeZone": "UTC", "items": items, **next_})

    def _listed(self, calendar: str, request: Request) -> list[Event]:
        query = request.query_params
        if token := query.get("syncToken"):
            if _NOT_WITH_A_TOKEN & set(query):
                said = "Sync token cannot be used with other query restrictions."
                raise ApiError(400, "badRequest", said)
            return self.calendars.changes(calendar, token)
        properties = (pair.partition("=") for pair in query.getlist("privateExtendedProperty"))
        return self.calendars.listed(
            calendar,
            start=parse_time(query["timeMin"]) if "timeMin" in query else None,
            end=parse_time(query["timeMax"]) if "timeMax" in query else None,
            wanted=[(name, value) for name, _, value in properties],
            deleted=query.get("showDeleted") == "true",
            single=query.get("singleEvents") == "true",
        )

    def _get(self, request: Request, _body: Event) -> Response:
        return JSONResponse(self.calendars.get(*_path(request)))

    def _patch(self, request: Request, body: Event) -> Response:
        self._demand_match(request)
        event = self.calendars.patch(*_path(request), body, conferences=_conferences(request))
        return JSONResponse(event)

    def _put(self, request: Request, body: Event) -> Response:
        self._demand_match(request)
        event = self.calendars.put(*_path(request), body, conferences=_conferences(request))
        return JSONResponse(event)

    def _delete(self, request: Request, _body: Event) -> Response:
        self._demand_match(request)
        self.calendars.delete(*_path(request))
        return Response(status_code=204)

    def _demand_match(self, request: Request) -> None:
        wanted = request.headers.get("if-match", "*")
        if wanted not in ("*", self.calendars.get(*_path(request))["etag"]):
            raise ApiError(412, "conditionNotMet", "Precondition Failed")


def _path(request: Request) -> tuple[str, str]:
    return request.path_params["calendar"], request.path_params["event"]


def _conferences(request: Request) -> bool:
    return request.query_params.get("conferenceDataVersion") == "1"


def _page(request: Request) -> tuple[int, int]:
    """Where the page begins, and how many events it holds."""
    query = request.query_params
    begin, size = query.get("pageToken", "0").partition(":")[0], query.get("maxResults", str(_PAGE))
    if not (begin.isdigit() and size.isdigit() and int(size)):
        raise ApiError(400, "invalid", "Invalid page token or page size.")
    return int(begin), min(int(size), _LARGEST_PAGE)


def _json(body: bytes) -> Event:
    try:
        return _EVENT.validate_json(body or b"{}")
    except ValidationError:
        raise ApiError(400, "parseError", "Parse Error") from None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A Google Calendar API on loopback")
    parser.add_argument("--port", type=int, default=8901)
    parser.add_argument("--calendar", action="append", default=[], help="id of a calendar")
    options = parser.parse_args(arguments)
    names: list[str] = options.calendar or ["primary"]
    uvicorn.run(CalendarApi(names), host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
