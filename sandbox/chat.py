"""The chat page: WhatsApp as a lead sees it, and beside it what the agent knows.

The page is only a client. What is done on it goes to the Graph API's leads' side, which sends a
signed webhook to the business; updates come back as server-sent events that name the chats that
changed, so that a page that reconnects reads them again and has missed nothing.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.values import Plain
from sandbox.chat_numbers import COUNTRIES, dial_code, fresh_number, typed_number
from sandbox.chat_view import summary, thread
from sandbox.graph_api import GraphApi
from sandbox.graph_errors import GraphFault
from sandbox.graph_fields import degrees, optional_text, text
from sandbox.graph_media import LARGEST
from sandbox.graph_rules import TEXT_LIMIT, phone_number
from sandbox.graph_wire import read_body, read_json

Inspect = Callable[[str], Awaitable[Plain]]
"""From a phone number in digits to the panel's JSON, {} for a contact that is not known."""

_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_NAME_LIMIT = 40
_PING_SECONDS = 15
_CHATS_LISTED = 200


def chat_routes(
    graph: GraphApi, inspect: Inspect, notices: Sequence[str], report: str | None = None
) -> list[Route | Mount]:
    """The page under /chat/ and its API. `notices` are lines that always stand on the page.

    `report` is the address of the agent's results.
    """
    page = ChatPage(graph, inspect, tuple(notices), report)
    return [
        Route("/chat", _to_page),
        Mount("/chat", routes=page.routes(), middleware=[Middleware(PageGuard)]),
    ]


async def _to_page(_: Request) -> Response:
    return RedirectResponse("/chat/")


@dataclass(frozen=True, slots=True)
class ChatPage:
    graph: GraphApi
    inspect: Inspect
    notices: tuple[str, ...]
    report: str | None

    def routes(self) -> list[Route | Mount]:
        chat = "/chats/{phone:str}"
        return [
            Route("/state", self._state),
            Route("/events", self._events),
            Route("/media/{media_id}", self._media),
            Route("/chats", self._open, methods=["POST"]),
            Route(chat, self._thread),
            Route(chat, self._rename, methods=["PATCH"]),
            Route(f"{chat}/panel", self._panel),
            Route(f"{chat}/text", self._say, methods=["POST"]),
            Route(f"{chat}/tap", self._tap, methods=["POST"]),
            Route(f"{chat}/file", self._send_file, methods=["POST"]),
            Route(f"{chat}/location", self._send_location, methods=["POST"]),
            Route(f"{chat}/read", self._read, methods=["POST"]),
            Mount("/", app=StaticFiles(directory=_STATIC, html=True)),
        ]

    async def _state(self, _: Request) -> Response:
        now = self.graph.number.clock()
        countries = [{"code": code, "dial": dial_code(code)} for code in COUNTRIES]
        phones = list(self.graph.phones)[-_CHATS_LISTED:]
        chats = [summary(phone, now) for phone in phones]
        about = {"notices": self.notices, "report": self.report}
        return JSONResponse({**about, "countries": countries, "chats": chats})

    async def _events(self, _: Request) -> Response:
        return EventSourceResponse(
            self._changes(), ping=_PING_SECONDS, headers={"X-Accel-Buffering": "no"}
        )

    async def _changes(self) -> AsyncGenerator[ServerSentEvent]:
        changed: dict[str, None] = {}
        wake = asyncio.Event()

        def note(phone: str) -> None:
            changed[phone] = None
            wake.set()

        watchers = self.graph.phones.watchers
        watchers.add(note)
        try:
            yield ServerSentEvent(event="hello", data="{}", retry=1000)
            while True:
                await wake.wait()
                wake.clear()
                phones = list(changed)
                changed.clear()
                yield ServerSentEvent(event="chats", data=json.dumps(phones))
        finally:
            watchers.discard(note)

    async def _media(self, request: Request) -> Response:
        media = self.graph.media.get(request.path_params["media_id"])
        name = f"inline; filename*=UTF-8''{quote(media.filename)}"
        headers = {"Content-Disposition": name}
        return Response(media.data, media_type=media.mime_type, headers=headers)

    async def _open(self, request: Request) -> Response:
        wanted = await read_json(request)
        try:
            number = (
                typed_number(text(wanted, "phone", 30))
                if wanted.get("phone")
                else fresh_number(text(wanted, "country", 2), self.graph.number.dice)
            )
        except ValueError as error:
            raise GraphFault(100, str(error)) from error
        name = optional_text(wanted, "name", _NAME_LIMIT)
        phone = self.graph.leads.phone(number, name=name)
        self.graph.phones.changed(phone)
        return JSONResponse(summary(phone, self.graph.number.clock()))

    async def _thread(self, request: Request) -> Response:
        phone = self.graph.phones.known(_phone(request))
        if phone is None:
            raise GraphFault(100, "no such chat", status=404)
        return JSONResponse(thread(phone, self.graph.media, self.graph.number.clock()))

    async def _rename(self, request: Request) -> Response:
        name = text(await read_json(request), "name", _NAME_LIMIT).strip()
        phone = self.graph.leads.phone(_phone(request), name=name)
        return JSONResponse(summary(phone, self.graph.number.clock()))

    async def _panel(self, request: Request) -> Response:
        return JSONResponse(await self.inspect(_phone(request)))

    async def _say(self, request: Request) -> Response:
        words = text(await read_json(request), "text", TEXT_LIMIT)
        return JSONResponse({"id": await self.graph.leads.say(_phone(request), words)})

    async def _tap(self, request: Request) -> Response:
        tap = await read_json(request)
        choice, message = text(tap, "id", 256), text(tap, "of", 512)
        wamid = await self.graph.leads.tap(_phone(request), choice, of=message)
        return JSONResponse({"id": wamid})

    async def _send_file(self, request: Request) -> Response:
        wamid = await self.graph.leads.send_file(
            _phone(request),
            await read_body(request, LARGEST),
            mime_type=request.headers.get("content-type", ""),
            filename=request.query_params.get("filename", "file")[:240],
        )
        return JSONResponse({"id": wamid})

    async def _send_location(self, request: Request) -> Response:
        place = await read_json(request)
        name = optional_text(place, "name", 100) or ""
        latitude, longitude = degrees(place, "latitude", 90), degrees(place, "longitude", 180)
        wamid = await self.graph.leads.send_location(
            _phone(request), latitude, longitude, name=name
        )
        return JSONResponse({"id": wamid})

    async def _read(self, request: Request) -> Response:
        return JSONResponse({"read": await self.graph.leads.read(_phone(request))})


def _phone(request: Request) -> str:
    return phone_number(request.path_params["phone"])


class PageGuard:
    """Adds the page's headers, answers refusals, and lets no other site's page act here.

    Browsers send Sec-Fetch-Site with every request; only following a link may start elsewhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        site = Headers(scope=scope).get("sec-fetch-site", "none")
        if scope["method"] != "GET" and site not in ("same-origin", "none"):
            refusal = JSONResponse({"error": "another site may not act here"}, 403)
            await refusal(scope, receive, with_headers)
            return
        try:
            await self._app(scope, receive, with_headers)
        except GraphFault as fault:
            answer = JSONResponse({"error": fault.details or str(fault)}, fault.status)
            await answer(scope, receive, with_headers)
