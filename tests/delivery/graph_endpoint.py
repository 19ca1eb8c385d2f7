"""A small strict Graph API: it checks what every request must carry, and refuses on demand."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Graph:
    """Keeps what it was sent; `refuse` queues the codes of the next answers of a path.

    `media_ids` are the next ids of uploads, where a test wants others than digits.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.uploads: list[bytes] = []
        self.media_ids: list[str] = []
        self.refuse: dict[str, list[Response]] = {"messages": [], "media": []}
        self.app = Starlette(
            routes=[
                Route("/v24.0/1055/messages", self.take, methods=["POST"]),
                Route("/v24.0/1055/media", self.store, methods=["POST"]),
            ]
        )

    async def take(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer secret-token"
        body = await request.json()
        assert body["messaging_product"] == "whatsapp"
        self.messages.append(body)
        if self.refuse["messages"]:
            return self.refuse["messages"].pop(0)
        if "status" in body:
            return JSONResponse({"success": True})
        to = body.get("to") or body["recipient"]
        contact = {"input": to, "wa_id": to} if "to" in body else {"input": to, "user_id": to}
        wamid = f"wamid.{len(self.messages)}"
        return JSONResponse(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}
        )

    async def store(self, request: Request) -> Response:
        body = await request.body()
        assert b'name="messaging_product"\r\n\r\nwhatsapp' in body
        assert b"Content-Type: application/pdf" in body
        self.uploads.append(body)
        if self.refuse["media"]:
            return self.refuse["media"].pop(0)
        digits = f"9{len(self.uploads)}"
        return JSONResponse({"id": self.media_ids.pop(0) if self.media_ids else digits})


def error(code: int, *, status: int = 400, **headers: str) -> Response:
    problem = {
        "code": code,
        "message": f"(#{code}) no",
        "error_data": {"details": "to 34600111222"},
    }
    return JSONResponse(
        {"error": problem},
        status_code=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
