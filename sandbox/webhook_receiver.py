"""A receiver of Standard Webhooks on loopback, as strict as the convention asks.

Usable alone: `python -m sandbox.webhook_receiver --secret whsec_…`. A wrong signature, or a
timestamp that is more than five minutes off, is answered 400; more than the limit in 10 s 429.
GET / shows what arrived.
"""

import argparse
import base64
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOLERANCE_SECONDS = 300
WINDOW_SECONDS = 10.0

_EVENT = TypeAdapter(dict[str, Any])


class WebhookReceiver:
    """The ASGI application. `events` are those taken, once each; `repeats` are counted apart.

    `answers` are statuses for the next requests, which are then not taken.
    """

    def __init__(
        self,
        secret: str,
        *,
        limit: int = 10_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.repeats = 0
        self.refused = 0
        self.answers: list[int] = []
        self._known: set[str] = set()
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._limit = limit
        self._clock = clock
        self._lately: deque[float] = deque()
        self.app = Starlette(
            routes=[
                Route("/", self._shown, methods=["GET"]),
                Route("/{path:path}", self._receive, methods=["POST"]),
            ]
        )

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        if wait := self._wait():
            self.refused += 1
            return Response(status_code=429, headers={"Retry-After": str(wait)})
        if self.answers:
            return Response(status_code=self.answers.pop(0))
        if not self._signed(request, body):
            self.refused += 1
            return Response("no good signature", status_code=400)
        message_id = request.headers["webhook-id"]
        if message_id in self._known:
            self.repeats += 1
        else:
            self._known.add(message_id)
            self.ids.append(message_id)
            self.events.append(_EVENT.validate_json(body))
        return Response(status_code=204)

    def _wait(self) -> int:
        now = self._clock()
        while self._lately and self._lately[0] <= now - WINDOW_SECONDS:
            self._lately.popleft()
        if len(self._lately) >= self._limit:
            return max(1, round(self._lately[0] + WINDOW_SECONDS - now))
        self._lately.append(now)
        return 0

    def _signed(self, request: Request, body: bytes) -> bool:
        given = request.headers
        message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
        if not message_id or not timestamp.isdecimal():
            return False
        if abs(self._clock() - int(timestamp)) > TOLERANCE_SECONDS:
            return False
        signed = f"{message_id}.{timestamp}.".encode() + body
        wanted = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        offered = given.get("webhook-signature", "").split()
        return any(hmac.compare_digest(f"v1,{wanted}", one) for one in offered)

    async def _shown(self, _request: Request) -> Response:
        figures = {"repeats": self.repeats, "refused": self.refused}
        return JSONResponse({"events": self.events, **figures})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A receiver of Standard Webhooks on loopback")
    parser.add_argument("--port", type=int, default=8903)
    parser.add_argument("--secret", required=True, help="whsec_…, as in SYNC_WEBHOOK_SECRET")
    parser.add_argument("--limit", type=int, default=100, help="requests in 10 s")
    options = parser.parse_args(arguments)
    receiver = WebhookReceiver(options.secret, limit=options.limit)
    uvicorn.run(receiver.app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
