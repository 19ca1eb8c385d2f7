"""HubSpot's CRM API over HTTP: paced, bounded, and its errors as ours."""

import asyncio
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.errors import EventRefused, SinkBusy, SinkFailed, SinkTroubled, SyncError
from domain.values import Plain
from tools.webhook_sink import retry_after

PER_SECOND = 9.0
"""Under the 100 requests in 10 s of the smallest plan (HubSpot's page "API usage guidelines")."""

_SECONDS = 10.0
_BUSY_SECONDS, _DAY_OVER_SECONDS = 10.0, 900.0
_TOO_MANY, _SERVER_ERROR = 429, 500
_OBJECT = TypeAdapter(Plain)
_UNKNOWN_PROPERTY, _INVALID_EMAIL = "PROPERTY_DOESNT_EXIST", "INVALID_EMAIL"

Told = TypeVar("Told", bound=BaseModel)


class NotThere(SyncError):
    """404: HubSpot has no such object, or has it no more."""


class Conflict(SyncError):
    """Another object has a value that must be unique, or a value is not what the property takes."""


_KNOWN: dict[int, tuple[type[SyncError], str]] = {
    401: (SinkTroubled, "HubSpot refused HUBSPOT_TOKEN (401)"),
    403: (SinkTroubled, "HUBSPOT_TOKEN lacks a scope (403)"),
    404: (NotThere, "404"),
    409: (Conflict, "409"),
}


class HubSpotApi:
    """Requests go out at a pace, whatever asks for them."""

    def __init__(self, token: str, root: str, *, per_second: float = PER_SECOND) -> None:
        self._interval = 1 / per_second
        self._client = httpx.AsyncClient(
            base_url=root, headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS
        )
        self._next_at = 0.0

    async def close(self) -> None:
        await self._client.aclose()

    async def call(self, method: str, path: str, body: object = None) -> Plain:
        """The answer's JSON. Raises SyncError: NotThere and Conflict are for the caller."""
        await self._pace()
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise SinkFailed(f"not reached: {type(error).__name__}") from None
        said = _json(answer)
        # a batch of which something failed is 207
        if answer.is_success and not said.get("errors"):
            return said
        raise _problem(answer, said)

    async def ask(self, kind: type[Told], method: str, path: str, body: object = None) -> Told:
        """The answer in its form; in another one, such as a proxy's page, SinkFailed."""
        said = await self.call(method, path, body)
        try:
            return kind.model_validate(said)
        except ValidationError:
            raise SinkFailed("HubSpot's answer has another form: check HUBSPOT_API_URL") from None

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_at)
        self._next_at = at + self._interval
        if at > now:
            await asyncio.sleep(at - now)


def _json(answer: httpx.Response) -> Plain:
    try:
        return _OBJECT.validate_json(answer.content)
    except ValidationError:
        return {}


def _problem(answer: httpx.Response, said: Plain) -> SyncError:
    """HubSpot's own words may repeat the lead's, so only its codes are told."""
    status = answer.status_code
    if status in _KNOWN:
        kind, words = _KNOWN[status]
        return kind(words)
    if status == _TOO_MANY:
        wait = _DAY_OVER_SECONDS if said.get("policyName") == "DAILY" else _BUSY_SECONDS
        return SinkBusy("HubSpot answered 429", seconds=retry_after(answer.headers) or wait)
    if status >= _SERVER_ERROR:
        return SinkFailed(f"HubSpot answered {status}")
    return _refusal(status, _codes(said), said)


def _refusal(status: int, codes: set[str], said: Plain) -> SyncError:
    if _UNKNOWN_PROPERTY in codes:
        return SinkTroubled("HubSpot lacks a property of ours: `vendedor doctor` says which")
    if {"CONFLICT", _INVALID_EMAIL} & codes:
        return Conflict(f"{status}")
    named = ", ".join(sorted(codes)) or "no reason given"
    return EventRefused(f"HubSpot answered {status}: {named} ({said.get('correlationId', '-')})")


def _codes(said: Plain) -> set[str]:
    """Categories and codes, at every depth at which HubSpot puts them."""
    found = {str(said[name]) for name in ("category", "code", "error") if said.get(name)}
    inner: list[Any] = said.get("errors") or []
    for error in inner:
        if isinstance(error, dict):
            found |= _codes(error)  # type: ignore[arg-type]  # JSON objects have names of strings
    message = str(said.get("message", ""))  # what is wrong with a property stands in here alone
    return found | {code for code in (_UNKNOWN_PROPERTY, _INVALID_EMAIL) if code in message}
