"""The business's side for tests of the Graph API stand-in: a webhook that checks signatures."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pywa.utils import UserIdentifier
from pywa_async import types as pywa_types
from pywa_async.client import WhatsApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.values import Plain
from sandbox.graph_api import GraphApi, now
from sandbox.graph_limits import Limits
from sandbox.graph_templates import Template
from sandbox.graph_webhooks import Retry, signature

SECRET = "app-secret"
TOKEN = "token"
NUMBER = "106540352242922"
PHONE = "573001234567"
TEMPLATES = (
    Template("handoff", "es", "Lead {{1}}, {{2}}. Motivo: {{3}}. Sabemos: {{4}}"),
    Template("reminder", "es", "Hola {{name}}", buttons=("Sí", "No")),
)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Business:
    """Takes webhooks as a business would; `answers` are the statuses to give before 200."""

    def __init__(self) -> None:
        self.bodies: list[Plain] = []
        self.refused: list[int] = []
        self.answers: list[int] = []
        self.app = Starlette(routes=[Route("/webhook", self._webhook, methods=["POST"])])

    async def _webhook(self, request: Request) -> Response:
        raw = await request.body()
        if request.headers["x-hub-signature-256"] != signature(SECRET.encode(), raw):
            return Response(status_code=403)
        if self.answers:
            self.refused.append(self.answers.pop(0))
            return Response(status_code=self.refused[-1])
        self.take(json.loads(raw))
        return Response()

    def take(self, body: Plain) -> None:
        self.bodies.append(body)

    @property
    def values(self) -> list[Plain]:
        return [
            change["value"]
            for body in self.bodies
            for entry in body["entry"]
            for change in entry["changes"]
        ]

    @property
    def messages(self) -> list[Plain]:
        return [message for value in self.values for message in value.get("messages", [])]

    @property
    def statuses(self) -> list[Plain]:
        return [status for value in self.values for status in value.get("statuses", [])]


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a condition; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def graph_with(
    business: Business,
    *,
    clock: Clock | None = None,
    retry: Retry | None = None,
    limits: Limits | None = None,
    real_time: bool = False,
) -> AsyncGenerator[GraphApi]:
    """A stand-in with its webhooks going to `business`, in this process."""
    graph = GraphApi(
        phone_number_id=NUMBER,
        token=TOKEN,
        app_secret=SECRET,
        webhook_url="http://business/webhook",
        templates=TEMPLATES,
        root="http://graph",
        limits=limits,
        retry=retry or Retry(first=0.01, longest=0.05),
        clock=clock or (now if real_time else Clock()),
        dice=random.Random(7),
        webhook_transport=httpx.ASGITransport(app=business.app, raise_app_exceptions=False),
    )
    async with graph.delivering():
        yield graph


def http_client(graph: GraphApi, token: str = TOKEN) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=graph.app),
        base_url="http://graph/v24.0",
        headers={"Authorization": f"Bearer {token}"},
    )


@contextlib.asynccontextmanager
async def pywa_client(graph: GraphApi) -> AsyncGenerator[WhatsApp]:
    """The client that the product uses, pointed at the stand-in."""
    session = httpx.AsyncClient(transport=httpx.ASGITransport(app=graph.app))
    client = WhatsApp(
        phone_id=NUMBER,
        token=TOKEN,
        session=session,
        api_version=24.0,
        filter_updates=False,
        user_identifier_priority=(
            UserIdentifier.WA_ID,
            UserIdentifier.BSUID,
            UserIdentifier.PARENT_BSUID,
        ),
    )
    session.base_url = httpx.URL("http://graph/v24.0")
    try:
        yield client
    finally:
        await session.aclose()


def parsed(kind: str, client: WhatsApp, body: Plain) -> Any:  # noqa: ANN401 - pywa's own types
    """What pywa makes of a webhook's body; `kind` is the name of its class."""
    return getattr(pywa_types, kind).from_update(client=client, update=body)


def text_to(to: str = PHONE, body: str = "hola", **more: object) -> Plain:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "text",
        "text": {"body": body},
        **more,
    }
