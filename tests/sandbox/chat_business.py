"""A scripted company behind the chat page: what it answers depends on one word of the lead."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import uvicorn
from starlette.applications import Starlette

from domain.values import Plain
from sandbox.chat import chat_routes
from sandbox.graph_api import GraphApi
from sandbox.servers import free_port
from tests.sandbox.graph_business import (
    NUMBER,
    Business,
    graph_with,
    http_client,
    until,
)

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1"
    b">>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
NOTICE = "The model is a rule-based stand-in, not a language model."
KNOWN: Plain = {
    "stage": "qualification",
    "language": "es",
    "facts": [
        {"field": "budget", "value": "2000 USD", "quote": "unos 2.000 dólares"},
        {"field": "name", "value": "Ana <b>Ruiz</b>", "quote": "soy Ana <b>Ruiz</b>"},
        {"field": "timeline", "value": None, "quote": "no sabría decirle"},
    ],
    "score": {"total": 55, "reasons": ["budget known", "timeline declined"]},
    "confidence": 0.86,
    "decision": {"kind": "stay", "reason": "authority is not known yet"},
    "unresolved": 1,
    "handoff": None,
    "booking": {"start": "2026-11-24T15:00:00+00:00", "rep": "laura"},
}


def _interactive(kind: str, body: str, action: Plain) -> Plain:
    content = {"type": kind, "body": {"text": body}, "action": action}
    return {"type": "interactive", "interactive": content}


def _menu() -> Plain:
    rows = [
        {"id": f"slot:{hour}", "title": f"Martes {hour}:00", "description": "30 minutos con Laura"}
        for hour in (9, 11, 15)
    ]
    sections = [{"title": "Horas libres", "rows": rows}]
    return _interactive("list", "¿Qué hora te va?", {"button": "Ver horas", "sections": sections})


def _buttons() -> Plain:
    titles = {"yes": "Sí, agendar", "later": "Más tarde", "person": "Hablar con alguien"}
    buttons = [{"type": "reply", "reply": {"id": i, "title": t}} for i, t in titles.items()]
    return _interactive("button", "¿Quieres una llamada?", {"buttons": buttons})


class Company:
    """Answers in the Graph API's own shapes, over its HTTP API."""

    def __init__(self, graph: GraphApi) -> None:
        self._graph = graph

    async def answer(self, message: Plain) -> None:
        async with http_client(self._graph) as client:
            read = {"status": "read", "message_id": message["id"]}
            typing = {"typing_indicator": {"type": "text"}}
            await self._post(client, read | typing)
            word = message["text"]["body"] if message["type"] == "text" else message["type"]
            if word == "escribe":
                return
            await self._post(client, {"to": message["from"], **await self._reply(client, word)})

    async def _reply(self, client: Any, word: str) -> Plain:  # noqa: ANN401 - httpx client
        if word == "botones":
            return _buttons()
        if word == "lista":
            return _menu()
        if word == "documento":
            form = {"file": ("precios.pdf", PDF, "application/pdf")}
            data = {"messaging_product": "whatsapp", "type": "application/pdf"}
            upload = await client.post(f"/{NUMBER}/media", files=form, data=data)
            document = {"id": upload.json()["id"], "filename": "precios.pdf", "caption": "Precios"}
            return {"type": "document", "document": document}
        return {"type": "text", "text": {"body": f"Recibido: *{word}*"}}

    async def _post(self, client: Any, body: Plain) -> None:  # noqa: ANN401 - httpx client
        whole = {"messaging_product": "whatsapp"} | body
        (await client.post(f"/{NUMBER}/messages", json=whole)).raise_for_status()


class AnsweringBusiness(Business):
    """Takes the webhook and answers afterwards, as the product does."""

    def __init__(self) -> None:
        super().__init__()
        self.company: Company | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, body: Plain) -> None:
        super().take(body)
        for message in body["entry"][0]["changes"][0]["value"].get("messages", []):
            if self.company:
                task = asyncio.create_task(self.company.answer(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)


async def _inspect(phone: str) -> Plain:
    return KNOWN if phone.startswith("57") else {}


@contextlib.asynccontextmanager
async def chat_server() -> AsyncGenerator[tuple[str, GraphApi, AnsweringBusiness]]:
    """The page at a real address, with the company behind it."""
    business = AnsweringBusiness()
    async with graph_with(business, real_time=True) as graph:
        business.company = Company(graph)
        app = Starlette(routes=chat_routes(graph, _inspect, [NOTICE]))
        port = free_port()
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{port}/chat/", graph, business
        finally:
            server.should_exit = True
            await task
