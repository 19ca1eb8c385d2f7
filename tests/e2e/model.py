"""The sandbox's model endpoint behind a door that counts, and that a test can close."""

import asyncio
from typing import Any

import orjson
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import model_api


class Model:
    """An ASGI app before `app`, by default the sandbox's own.

    `asked` are the requests for a lead's turn, in order, answered or not: those with tools. A
    handoff's brief asks for facts without any, whenever its job comes to it.
    """

    def __init__(self, app: ASGIApp | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self._app = app or model_api.create_app()
        self._open = asyncio.Event()
        self._open.set()
        self._failing = False
        self.prose: str | None = None
        """What summaries and briefs are to be; None leaves them to the rules."""

    def fail(self) -> None:
        """Answer 500 until `resume`."""
        self._failing = True

    def pause(self) -> None:
        """Answer nobody until `resume`."""
        self._open.clear()

    def resume(self) -> None:
        self._failing = False
        self._open.set()

    def heard(self, text: str) -> int:
        """In how many requests the lead's newest words hold this text."""
        return sum(text in newest(request) for request in self.asked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return None
        body = await _body(receive)
        request: dict[str, Any] = orjson.loads(body) if body else {}
        if "tools" in request:
            self.asked.append(request)
        elif self.prose is not None and "messages" in request and "response_format" not in request:
            return await _completion(self.prose)(scope, receive, send)
        await self._open.wait()
        if self._failing:
            return await PlainTextResponse("broken", status_code=500)(scope, receive, send)

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        return await self._app(scope, again, send)


def _completion(text: str) -> JSONResponse:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    about = {"id": "x", "object": "chat.completion", "created": 1, "model": "x"}
    return JSONResponse({**about, "choices": [choice], "usage": usage})


def newest(request: dict[str, Any]) -> str:
    """The lead's words since the last answer."""
    said: list[str] = []
    for message in reversed(request["messages"]):
        if message["role"] != "user":
            break
        said.insert(0, message["content"])
    return "\n".join(said)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
