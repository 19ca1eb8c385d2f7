"""The webhook as a Starlette app: checks the signature, stores, answers. Decides nothing.

Meta's documentation, "Webhooks": verification by GET, `X-Hub-Signature-256` over the raw body,
bodies up to 3 MB, retries for 7 days on anything but 200.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import api
from connections import Check, Web
from delivery.metrics import Metrics
from delivery.payload import signature_ok
from domain.errors import MailboxUnavailable
from handoff_page import handoff_page

LARGEST_BODY = 4 * 1024 * 1024
READY_SECONDS = 1.0

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_STORED = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_END = {"type": "http.response.body", "body": b""}
_Headers = Mapping[bytes, bytes]
_Refusal = tuple[int, bytes]


def create_app(web: Web) -> ASGIApp:
    """The webhook with health and metrics, and the endpoints for people if there is a token.

    Messages go past the framework, whose routing would take a third of their CPU.
    """
    rest = Starlette(
        routes=[
            Route("/webhook", _verify(web.verify_token), methods=["GET"]),
            *health_routes(web.checks, web.metrics),
            *([handoff_page(web.desk, web.links)] if web.desk and web.links else []),
            *([web.report] if web.report else []),
            *([Mount("/api", api(web.desk, web.api_token))] if web.desk and web.api_token else []),
        ]
    )
    receiving = _receive(web)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/webhook" or scope["method"] != "POST":
            await rest(scope, receive, send)
        elif refusal := await receiving(dict(scope["headers"]), receive):
            await _tell(refusal, send)
        else:
            await send(_STORED)
            await send(_END)

    return app


async def _tell(refusal: _Refusal, send: Send) -> None:
    status, reason = refusal
    headers = [_PLAIN, (b"content-length", b"%d" % len(reason))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason})


def health_app(checks: Mapping[str, Check], metrics: Metrics) -> Starlette:
    """Health and metrics alone, for a worker."""
    return Starlette(routes=health_routes(checks, metrics))


def health_routes(checks: Mapping[str, Check], metrics: Metrics) -> list[Route]:
    """`/livez` asks nobody; `/readyz` asks each dependency, a second at most; `/metrics`."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive")

    async def readyz(_: Request) -> Response:
        answers = await asyncio.gather(*(_asked(check) for check in checks.values()))
        state = {name: answer or "ready" for name, answer in zip(checks, answers, strict=True)}
        return JSONResponse(state, status_code=503 if any(answers) else 200)

    async def scrape(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", scrape)]


async def _asked(check: Check) -> str | None:
    try:
        async with asyncio.timeout(READY_SECONDS):
            return await check()
    except TimeoutError:
        return "no answer in time"


def _verify(token: bytes | None) -> Callable[[Request], Awaitable[Response]]:
    async def verify(request: Request) -> Response:
        query = request.query_params
        given = query.get("hub.verify_token", "").encode()
        known = token is not None and hmac.compare_digest(given, token)
        if query.get("hub.mode") != "subscribe" or not known:
            return PlainTextResponse("wrong mode or verify token", status_code=403)
        return PlainTextResponse(query.get("hub.challenge", ""))

    return verify


def _receive(web: Web) -> Callable[[_Headers, Receive], Awaitable[_Refusal | None]]:
    """Gives None when all is stored, else status and reason."""

    def refuse(status: int, reason: str) -> _Refusal:
        web.metrics.webhook_refused_total.labels(reason).inc()
        return status, reason.encode()

    async def receive(headers: _Headers, more: Receive) -> _Refusal | None:
        body = await _body(headers.get(b"content-length", b""), more)
        if body is None:
            return refuse(413, "body too large")
        signature = headers.get(b"x-hub-signature-256", b"").decode("latin-1")
        if not signature_ok(web.app_secret, body, signature):
            return refuse(403, "wrong signature")
        try:
            await web.intake.take(body)
        except MailboxUnavailable:
            return refuse(503, "not stored, send it again")
        return None

    return receive


async def _body(announced: bytes, receive: Receive) -> bytes | None:
    """The raw body; None when it is larger than any that Meta sends, without reading it all.

    Nothing of one that the sender did not finish.
    """
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        return None
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(chunks)
