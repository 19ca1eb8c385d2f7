"""HubSpot's CRM API on loopback: contacts, deals, notes and associations, strict where HubSpot is.

Usable alone: `python -m sandbox.hubspot_api`. Any bearer token is taken unless it is "bad". More
than 100 requests in 10 s are answered 429; GET /objects shows everything that it holds.
"""

import argparse
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvicorn
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.hubspot_objects import HubSpotError, Objects

LIMIT, WINDOW_SECONDS = 100, 10.0

_LARGEST_BATCH = 100
_ANY = TypeAdapter(Any)
_ENTRIES = TypeAdapter(list[dict[str, Any]])
_BATCH = TypeAdapter(dict[str, Any])
_Handler = Callable[[Request, Any], Response]


class HubSpotApi:
    """The ASGI application. Tests read `objects`, and set `busy_until` (monotonic) or `down`.

    `longest_wait` (seconds) is the most that a 429 asks for, however long it stays busy.
    """

    def __init__(self, *, limit: int = LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        self.objects = Objects()
        self.requests: list[tuple[str, str]] = []
        self.refused = 0
        self.busy_until = 0.0
        self.longest_wait = 60
        self.down = False
        self._limit = limit
        self._clock = clock
        self._lately: deque[float] = deque()
        kind = "/crm/v3/objects/{kind}"
        self.app = Starlette(
            routes=[
                self._route("POST", f"{kind}/batch/upsert", self._upsert),
                self._route("POST", f"{kind}/batch/read", self._read),
                self._route("POST", "/crm/v3/objects/contacts/gdpr-delete", self._erase),
                self._route("POST", kind, self._create),
                self._route("PATCH", f"{kind}/{{id}}", self._update),
                self._route("DELETE", f"{kind}/{{id}}", self._delete),
                self._route("GET", f"{kind}/{{id}}/associations/{{to}}", self._associated),
                self._route("GET", "/crm/v3/properties/{kind}", self._properties),
                self._route(
                    "PUT",
                    "/crm/v4/objects/{kind}/{id}/associations/{to}/{to_id}",
                    self._associate,
                ),
                Route("/objects", self._shown),
            ]
        )

    def _route(self, method: str, path: str, handler: _Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request)
                return handler(request, _json(await request.body()))
            except HubSpotError as error:
                headers = {"Retry-After": str(error.wait)} if error.wait else None
                return JSONResponse(error.body, status_code=error.status, headers=headers)

        wrapped: Callable[[Request], Awaitable[Response]] = endpoint
        return Route(path, wrapped, methods=[method])

    def _admit(self, request: Request) -> None:
        """Raises HubSpotError 401, 429, 502."""
        now = self._clock()
        self.requests.append((request.method, request.url.path))
        if self.down:
            raise HubSpotError(502, "GATEWAY")
        if request.headers.get("authorization", "") in ("", "Bearer bad"):
            raise HubSpotError(401, "INVALID_AUTHENTICATION")
        while self._lately and self._lately[0] <= now - WINDOW_SECONDS:
            self._lately.popleft()
        if now < self.busy_until or len(self._lately) >= self._limit:
            self.refused += 1
            over = max(self.busy_until, self._lately[0] + WINDOW_SECONDS if self._lately else now)
            raise HubSpotError(429, "RATE_LIMITS", wait=self._wait(over - now))
        self._lately.append(now)

    def _wait(self, seconds: float) -> int:
        return min(self.longest_wait, max(1, round(seconds)))

    def _upsert(self, request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        done = [self.objects.upsert(request.path_params["kind"], entry) for entry in _inputs(body)]
        return JSONResponse({"status": "COMPLETE", "results": done})

    def _read(self, request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        kind = request.path_params["kind"]
        found = [self.objects.get(kind, str(entry["id"])) for entry in _inputs(body)]
        return JSONResponse({"status": "COMPLETE", "results": found})

    def _create(self, request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        made = self.objects.create(request.path_params["kind"], body)
        return JSONResponse(made, status_code=201)

    def _update(self, request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        kind, of = request.path_params["kind"], request.path_params["id"]
        return JSONResponse(self.objects.update(kind, of, body.get("properties", {})))

    def _delete(self, request: Request, _body: Any) -> Response:  # noqa: ANN401 - JSON
        self.objects.delete(request.path_params["kind"], request.path_params["id"])
        return Response(status_code=204)

    def _erase(self, _request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        self.objects.erase(str(body.get("objectId", "")))
        return Response(status_code=204)

    def _associate(self, request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
        path = request.path_params
        of, to = (path["kind"], path["id"]), (path["to"], path["to_id"])
        for entry in _ENTRIES.validate_python(body):
            self.objects.associate(of, to, entry)
        return JSONResponse({"fromObjectId": path["id"], "toObjectId": path["to_id"]})

    def _associated(self, request: Request, _body: Any) -> Response:  # noqa: ANN401 - JSON
        path = request.path_params
        found = self.objects.associated(path["kind"], path["id"], path["to"])
        return JSONResponse({"results": [{"id": one, "type": "contact_to_note"} for one in found]})

    def _properties(self, request: Request, _body: Any) -> Response:  # noqa: ANN401 - JSON
        return JSONResponse({"results": self.objects.schema(request.path_params["kind"])})

    async def _shown(self, _request: Request) -> Response:
        return JSONResponse(self.objects.shown())


def _inputs(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    try:
        entries = _BATCH.validate_python(body)["inputs"]
    except (ValidationError, KeyError):
        raise HubSpotError(400, "VALIDATION_ERROR") from None
    if not 0 < len(entries) <= _LARGEST_BATCH:
        raise HubSpotError(400, "VALIDATION_ERROR")
    return entries


def _json(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return _ANY.validate_json(body or b"{}")
    except ValidationError:
        raise HubSpotError(400, "VALIDATION_ERROR") from None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="HubSpot's CRM API on loopback")
    parser.add_argument("--port", type=int, default=8902)
    options = parser.parse_args(arguments)
    uvicorn.run(HubSpotApi().app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
