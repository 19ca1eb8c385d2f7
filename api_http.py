"""JSON over HTTP behind a bearer token: how the endpoints of `api` read, answer and refuse."""

import hmac
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LARGEST_BODY = 64 * 1024


class Refused(HTTPException):
    """An answer that is an error; `code` is for programs, `message` for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code


class Nothing(BaseModel):
    """The body of a request that says no more; others add their fields."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class TokenFirst:
    """Answers 401 before anything of a request is looked at."""

    def __init__(self, app: ASGIApp, token: bytes) -> None:
        self._app = app
        self._expected = b"Bearer " + token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if hmac.compare_digest(headers.get(b"authorization", b""), self._expected):
            return await self._app(scope, receive, send)
        refused = failure(401, "unauthorized", "send the token: Authorization: Bearer ...")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return await refused(scope, receive, send)


Wanted = TypeVar("Wanted", bound=Nothing)


async def read(request: Request, kind: type[Wanted]) -> Wanted:
    """The JSON body, an empty one as {}."""
    body = await _body(request)
    try:
        return kind.model_validate(orjson.loads(body or b"{}"))
    except orjson.JSONDecodeError:
        raise Refused(400, "not_json", "the body is not JSON") from None
    except ValidationError as error:
        wrong = "; ".join(f"{_place(e['loc'])}: {e['msg']}" for e in error.errors())
        raise Refused(422, "invalid", wrong) from None


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc)) or "body"


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise Refused(413, "too_large", f"more than {LARGEST_BODY} bytes")
    except ClientDisconnect:
        raise Refused(400, "not_json", "the body ended early") from None
    return body


async def refusal(request: Request, error: Exception) -> Response:
    """The answer to what was refused, here or by the routing."""
    del request
    if isinstance(error, Refused):
        return failure(error.status_code, error.code, error.detail)
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, message = _UNROUTED.get(status, ("error", "the request cannot be served"))
    return failure(status, code, message)


_UNROUTED = {
    404: ("unknown_path", "there is no such endpoint"),
    405: ("wrong_method", "the endpoint has another method"),
}


def failure(status: int, code: str, message: str) -> Response:
    """An error, for programs and for people."""
    return answered(status, {"error": {"code": code, "message": message}})


def answered(status: int, content: Any) -> Response:  # noqa: ANN401 - anything that JSON holds
    """JSON."""
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")
