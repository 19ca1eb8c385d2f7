"""What can be made to happen to the Calendar API stand-in from outside, for tests and trials.

POST /sandbox/faults    the next requests fail: the fields of calendar_faults.Fault
POST /sandbox/expire    every sync token given so far is answered 410
POST /sandbox/rules     {"delegated": false}: as a service account without delegation;
                        {"strict_tokens": true}: only tokens given by /token are taken;
                        {"undelegated": ["ana@…"]}, {"revoked": ["refresh-1"]}: no token for these
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.calendar_faults import Fault, Faults
from sandbox.calendar_store import Calendars
from sandbox.calendar_tokens import Tokens

_RULES = TypeAdapter(dict[str, bool | list[str]])


def control_routes(calendars: Calendars, tokens: Tokens, faults: Faults) -> list[Route]:
    async def fault(request: Request) -> Response:
        faults.waiting.append(Fault(**await request.json()))
        return Response(status_code=204)

    async def expire(_: Request) -> Response:
        calendars.expire_tokens()
        return Response(status_code=204)

    async def rules(request: Request) -> Response:
        _rule(calendars, tokens, _RULES.validate_json(await request.body()))
        return Response(status_code=204)

    return [
        Route("/sandbox/faults", _readable(fault), methods=["POST"]),
        Route("/sandbox/expire", expire, methods=["POST"]),
        Route("/sandbox/rules", _readable(rules), methods=["POST"]),
    ]


def _rule(calendars: Calendars, tokens: Tokens, wanted: dict[str, bool | list[str]]) -> None:
    for name, value in wanted.items():
        match name, value:
            case "delegated", bool():
                calendars.delegated = value
            case "strict_tokens", bool():
                tokens.strict = value
            case "undelegated", list():
                tokens.undelegated = set(value)
            case "revoked", list():
                tokens.revoked = set(value)
            case _:
                raise TypeError(f"no such rule: {name}")


def _readable(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Any]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except (TypeError, json.JSONDecodeError, ValidationError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint
