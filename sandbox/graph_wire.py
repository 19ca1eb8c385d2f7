"""HTTP as the Graph API speaks it: bodies read with limits, errors in Meta's form."""

import json
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from domain.values import Plain
from sandbox.graph_errors import GraphFault

JSON_BYTES = 1024 * 1024


async def read_body(request: Request, limit: int) -> bytes:
    """The body, refused past `limit` bytes before it is read on. Raises GraphFault 100, 413."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise GraphFault(100, f"The request is larger than {limit} bytes.", status=413)
    return bytes(body)


async def read_json(request: Request) -> Plain:
    """A JSON object. Raises GraphFault 100."""
    try:
        body: Any = json.loads(await read_body(request, JSON_BYTES))
    except ValueError:
        raise GraphFault(100, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise GraphFault(100, "The request body must be a JSON object.")
    return cast("Plain", body)


def refused(fault: GraphFault, trace: str) -> JSONResponse:
    """Meta's error answer; a token error also asks for a bearer token."""
    headers = {"x-fb-trace-id": trace}
    if fault.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return JSONResponse(fault.body(trace), status_code=fault.status, headers=headers)


class LostAnswer(Response):
    """Starts an answer and never ends it: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
