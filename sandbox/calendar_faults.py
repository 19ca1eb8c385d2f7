"""Faults on demand for a stand-in: refused, committed with the answer lost, or late."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path match ("" matches all).

    refuse: answered with `status` and `body`, nothing is done. lose: done, but the connection
    breaks before the answer is complete. delay: done, and answered `seconds` later.
    """

    kind: Literal["refuse", "lose", "delay"]
    times: int = 1
    method: str = ""
    path: str = ""
    status: int = 503
    body: dict[str, Any] | None = None
    seconds: float = 0.0

    def hits(self, scope: Scope) -> bool:
        return (
            self.times > 0 and self.method in ("", scope["method"]) and self.path in scope["path"]
        )


class Faults:
    """ASGI middleware around a stand-in. `waiting` holds the faults, the oldest first."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self.waiting: list[Fault] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._next(scope) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "refuse":
            await _refuse(fault, send)
        elif fault.kind == "lose":
            await self._app(scope, receive, _losing(send))
        else:
            await self._app(scope, receive, _delaying(send, fault.seconds))

    def _next(self, scope: Scope) -> Fault | None:
        # the path of a mounted app holds where it is mounted
        if not scope["path"].removeprefix(scope.get("root_path", "")).startswith(self._prefix):
            return None
        fault = next((fault for fault in self.waiting if fault.hits(scope)), None)
        if fault:
            fault.times -= 1
            self.waiting = [fault for fault in self.waiting if fault.times]
        return fault


async def _refuse(fault: Fault, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(fault.body or {}).encode()})


def _losing(send: Send) -> Callable[[Message], Any]:
    async def lose(message: Message) -> None:
        # a body that never comes: the server closes the connection
        if message["type"] == "http.response.start":
            await send({**message, "headers": [(b"content-length", b"9999")]})

    return lose


def _delaying(send: Send, seconds: float) -> Callable[[Message], Any]:
    async def delay(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return delay
