"""The endpoints for people and their tools, under /api: look, take over, write, give back.

Behind a bearer token; every answer is JSON. docs/api.md is their reference.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
from pydantic import Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api_http import Nothing, Refused, TokenFirst, answered, failure, read, refusal
from crm import handoffs
from crm.conversation import Conversation, Decided, decisions, find, inspect
from crm.pool import UNREACHABLE
from crm.rep_messages import message_id
from delivery.desk import Change, Desk
from domain.messages import Text
from domain.values import Plain

SECONDS = 15.0
"""For the whole of a request: the pool of connections may be busy."""

_DECISIONS = 5
_LONGEST_KEY = 255
_HANDOFFS = 200

Endpoint = Callable[[Request], Awaitable[Plain]]


class _Takeover(Nothing):
    rep: str | None = Field(default=None, max_length=100)


class _RepMessage(_Takeover):
    text: str = Field(min_length=1, max_length=4096, pattern=r"\S")


_NOT_WRITTEN = {
    "key_reused": (409, "key_reused", "this Idempotency-Key was used for other words"),
    "window_closed": (
        409,
        "window_closed",
        "the lead last wrote more than 24 hours ago: only an approved template reaches them",
    ),
}
"""Status, code and message."""


def _now() -> datetime:
    return datetime.now(UTC)


def api(desk: Desk, token: bytes) -> ASGIApp:
    """The endpoints, for mounting at /api; every path asks for the token first."""
    endpoints = _Endpoints(desk)
    one = "/conversations/{contact}"
    return Starlette(
        routes=[
            _route("GET", "/handoffs", endpoints.handoffs),
            _route("GET", one, endpoints.look),
            _route("POST", f"{one}/takeover", endpoints.take_over),
            _route("POST", f"{one}/release", endpoints.release),
            _route("POST", f"{one}/messages", endpoints.write),
            _route("POST", f"{one}/no-show", endpoints.missed_call),
        ],
        middleware=[Middleware(TokenFirst, token=token)],
        exception_handlers={HTTPException: refusal},
    )


class _Endpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handoffs(self, request: Request) -> Plain:
        del request
        cases = await handoffs.cases(self._desk.pool, limit=_HANDOFFS)
        return {"handoffs": [case.plain() for case in cases]}

    async def look(self, request: Request) -> Plain:
        found = await inspect(self._desk.pool, request.path_params["contact"])
        if found is None:
            raise _nobody()
        decided = await decisions(self._desk.pool, found.contact_id, limit=_DECISIONS)
        return _shown(found, decided)

    async def take_over(self, request: Request) -> Plain:
        wanted = await read(request, _Takeover)
        contact = await self._contact(request)
        key = f"{contact}/{_key(request) or uuid4()}"
        rep = await self._rep(contact, wanted.rep)
        change = await self._desk.take_over(contact, rep=rep, key=key, at=_now())
        return _changed(contact, change)

    async def release(self, request: Request) -> Plain:
        await read(request, Nothing)
        contact = await self._contact(request)
        return _changed(contact, await self._desk.release(contact))

    async def missed_call(self, request: Request) -> Plain:
        await read(request, Nothing)
        contact = await self._contact(request)
        marked = await self._desk.missed_call(contact, _now)
        return {"contact": contact, "changed": marked}

    async def write(self, request: Request) -> Plain:
        said = await read(request, _RepMessage)
        key = _key(request)
        if key is None:
            raise Refused(400, "no_idempotency_key", "send an Idempotency-Key header")
        contact = await self._contact(request)
        rep, message = await self._rep(contact, said.rep), Text(body=said.text)
        done = await self._desk.write(contact, message, rep=rep, key=key, at=_now())
        if done in _NOT_WRITTEN:
            raise Refused(*_NOT_WRITTEN[done])
        return {"contact": contact, "message": message_id(contact, key), "stored": done}

    async def _contact(self, request: Request) -> str:
        contact = await find(self._desk.pool, request.path_params["contact"])
        if contact is None:
            raise _nobody()
        return contact

    async def _rep(self, contact: str, named: str | None) -> str:
        rep = await self._desk.rep(contact, named, _now())
        if rep is None:
            raise Refused(422, "unknown_rep", "the business folder has no rep of this id")
        return rep


def _route(method: str, path: str, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS):
                return answered(200, await endpoint(request))
        except (TimeoutError, asyncpg.PostgresError, *UNREACHABLE) as error:
            why = f"PostgreSQL does not serve this now ({type(error).__name__}): try again"
            return failure(503, "unavailable", why)

    return Route(path, answer, methods=[method])


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise Refused(400, "bad_idempotency_key", f"1 to {_LONGEST_KEY} characters")
    return key


def _nobody() -> Refused:
    return Refused(404, "unknown_contact", "no conversation with this phone number or contact id")


def _changed(contact: str, change: Change) -> Plain:
    return {"contact": contact, "changed": change.changed, "workers_told": change.woken}


def _shown(found: Conversation, decided: tuple[Decided, ...]) -> Plain:
    """What `vendedor inspect` shows of the records."""
    known = found.memory.plain()
    return {
        "contact": found.contact_id,
        "phone": found.phone,
        **{name: known[name] for name in _OF_MEMORY},
        "score": found.score.plain(),
        "qualified": found.qualified,
        "decisions": [turn.plain() for turn in decided],
        "messages": [line.plain() for line in found.messages],
    }


_OF_MEMORY = (
    "profile_name", "stage", "language", "unresolved", "facts", "summary", "handoff", "booking",
    "opted_out",
)  # fmt: skip
