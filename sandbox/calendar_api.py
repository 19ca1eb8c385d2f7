"""A Google Calendar API on loopback: freeBusy and events, strict where Google is.

Usable alone: `python -m sandbox.calendar_api --calendar ana@acme.example`. Any bearer token is
taken, none is refused. `POST /sandbox/faults` makes the next requests fail, see calendar_faults.py.
"""

import argparse
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.calendar_faults import Fault, Faults
from sandbox.calendar_page import week_page
from sandbox.calendar_store import ApiError, Calendars, Event, parse_time, rfc3339

PREFIX = "/calendar/v3"

_EVENT = TypeAdapter(Event)
_Handler = Callable[[Request, Event], Response]


class CalendarApi:
    """The ASGI application. `calendars` and `faults` may be read and changed by tests."""

    def __init__(self, names: Sequence[str]) -> None:
        self.calendars = Calendars(names)
        self.tokens = itertools.count(1)
        events = f"{PREFIX}/calendars/{{calendar}}/events"
        routes = [
            Route(f"{PREFIX}/freeBusy", _api(self._free_busy), methods=["POST"]),
            Route(events, _api(self._insert), methods=["POST"]),
            Route(events, _api(self._list), methods=["GET"]),
            Route(f"{events}/{{event}}", _api(self._get), methods=["GET"]),
            Route(f"{events}/{{event}}", _api(self._patch), methods=["PATCH"]),
            Route(f"{events}/{{event}}", _api(self._delete), methods=["DELETE"]),
            Route("/token", self._token, methods=["POST"]),
            Route("/sandbox/faults", self._fault, methods=["POST"]),
            Route("/", self._page),
        ]
        self.faults = Faults(Starlette(routes=routes), prefix=PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.faults(scope, receive, send)

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
        query = request.query_params
        properties = (pair.partition("=") for pair in query.getlist("privateExtendedProperty"))
        items = self.calendars.list(
            request.path_params["calendar"],
            start=parse_time(query["timeMin"]) if "timeMin" in query else None,
            end=parse_time(query["timeMax"]) if "timeMax" in query else None,
            private=[(name, value) for name, _, value in properties],
            deleted=query.get("showDeleted") == "true",
        )
        return JSONResponse({"kind": "calendar#events", "items": items})

    def _get(self, request: Request, _body: Event) -> Response:
        return JSONResponse(self.calendars.get(*_path(request)))

    def _patch(self, request: Request, body: Event) -> Response:
        event = self.calendars.patch(*_path(request), body, conferences=_conferences(request))
        return JSONResponse(event)

    def _delete(self, request: Request, _body: Event) -> Response:
        self.calendars.delete(*_path(request))
        return Response(status_code=204)

    async def _token(self, _request: Request) -> Response:
        token = f"sandbox-{next(self.tokens)}"
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    async def _fault(self, request: Request) -> Response:
        try:
            self.faults.waiting.append(Fault(**await request.json()))
        except (TypeError, json.JSONDecodeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(week_page(self.calendars, request.query_params.get("week")))


def _path(request: Request) -> tuple[str, str]:
    return request.path_params["calendar"], request.path_params["event"]


def _conferences(request: Request) -> bool:
    return request.query_params.get("conferenceDataVersion") == "1"


def _api(handler: _Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            _demand_token(request)
            return handler(request, _json(await request.body()))
        except ApiError as error:
            return JSONResponse(error.body, status_code=error.status)

    return endpoint


def _demand_token(request: Request) -> None:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise ApiError(401, "required", "Login Required.")


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
