"""Signed webhooks to the business: in order for each phone, side by side over phones, retried.

An event joins its phone's lane; a lane with something to send is queued once for the workers. A
lane whose POST was not answered with 200 comes back after its backoff.
"""

import asyncio
import contextlib
import hmac
import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from domain.ports import Clock
from domain.values import Plain
from sandbox.graph_faults import Faults
from sandbox.graph_payloads import webhook_body

_log = logging.getLogger(__name__)

HOLD_SECONDS = 2.0
RECORDS = 1000
_OK = 200


@dataclass(frozen=True, slots=True)
class Retry:
    """Backoff in seconds: `first`, doubled up to `longest`; given up after `attempts`."""

    first: float = 0.5
    longest: float = 30.0
    attempts: int = 30

    def wait(self, attempts: int) -> float:
        return min(self.longest, self.first * 2 ** min(attempts - 1, 16))


@dataclass(frozen=True, slots=True)
class Destination:
    """The business's webhook and the app secret that signs what goes there.

    An ASGITransport as `transport` must not raise the application's errors: a server would not.
    """

    url: str
    secret: bytes = field(repr=False)
    waba_id: str
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(slots=True)
class Post:
    """One webhook request to make; `answered` is called once with whether a 200 came."""

    lane: str
    body: bytes
    events: int
    answered: Sequence[Callable[[bool], None]]
    duplicate: bool = False
    attempts: int = 0


@dataclass(slots=True)
class Event:
    lane: str
    value: Plain
    answered: Callable[[bool], None] | None = None


class Webhooks:
    """The way out. Nothing is sent before `async with`."""

    def __init__(
        self,
        to: Destination,
        *,
        faults: Faults,
        clock: Clock,
        retry: Retry,
        workers: int = 16,
        backlog: int = 10_000,
    ) -> None:
        self.pending = 0
        self.dropped = 0
        self.records: deque[Plain] = deque(maxlen=RECORDS)
        self._to = to
        self._faults = faults
        self._clock = clock
        self._retry = retry
        self._workers = workers
        self._backlog = backlog
        self._lanes: dict[str, deque[Post]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()
        self._held: list[Event] = []
        self._releases = 0
        self._timer: asyncio.TimerHandle | None = None
        self._running = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        client = httpx.AsyncClient(
            transport=self._to.transport, timeout=httpx.Timeout(10, connect=2)
        )
        await self._running.enter_async_context(client)
        tasks = [asyncio.create_task(self._work(client)) for _ in range(self._workers)]
        self._running.push_async_callback(_cancelled, tasks)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer:
            self._timer.cancel()
        await self._running.aclose()

    async def room(self) -> None:
        """Wait until the backlog takes another event."""
        while self.pending >= self._backlog:
            await self._room.wait()

    def emit(self, event: Event) -> None:
        """Queue an event; dropped and counted when the backlog is full."""
        if self.pending >= self._backlog:
            self.dropped += 1
            _log.warning("webhook backlog is full: an event was dropped")
            return
        self._count(1)
        faults = self._faults.webhooks
        if faults.hold > 0:
            self._hold(event)
        else:
            self._queue(event.lane, [event])

    def _hold(self, event: Event) -> None:
        self._held.append(event)
        if len(self._held) >= self._faults.webhooks.hold:
            self.release()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_SECONDS, self.release)

    def release(self) -> None:
        """Send what is held, batched or reversed, and end the fault."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, []
        batch = self._faults.webhooks.hold_kind == "batch"
        self._faults.webhooks.hold = 0
        self._releases += 1
        # a lane of their own: these are allowed to overtake
        lane = f"held-{self._releases}"
        if batch and held:
            self._queue(lane, held)
        else:
            for event in reversed(held):
                self._queue(lane, [event])

    def _queue(self, lane: str, events: Sequence[Event]) -> None:
        body = webhook_body(self._to.waba_id, [event.value for event in events])
        answered = [event.answered for event in events if event.answered]
        post = Post(lane, json.dumps(body).encode(), len(events), answered)
        post.duplicate = self._faults.next_is_duplicate()
        if lane in self._lanes:
            self._lanes[lane].append(post)
        else:
            self._lanes[lane] = deque([post])
            self._ready.put_nowait(lane)

    async def _work(self, client: httpx.AsyncClient) -> None:
        while True:
            lane = await self._ready.get()
            post = self._lanes[lane][0]
            post.attempts += 1
            ok = await self._post(client, post)
            if ok and post.duplicate:
                await self._post(client, post)
            if ok or post.attempts >= self._retry.attempts:
                self._finish(post, ok=ok)
            else:
                wait = self._retry.wait(post.attempts)
                asyncio.get_running_loop().call_later(wait, self._ready.put_nowait, lane)

    def _finish(self, post: Post, *, ok: bool) -> None:
        queue = self._lanes[post.lane]
        queue.popleft()
        if queue:
            self._ready.put_nowait(post.lane)
        else:
            del self._lanes[post.lane]
        self._count(-post.events)
        for answered in post.answered:
            answered(ok)

    async def _post(self, client: httpx.AsyncClient, post: Post) -> bool:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature(self._to.secret, post.body),
        }
        answer: int | str
        try:
            response = await client.post(self._to.url, content=post.body, headers=headers)
            answer = response.status_code
        except httpx.HTTPError as error:
            answer = type(error).__name__
        self.records.append(
            {
                "at": self._clock().isoformat(),
                "attempt": post.attempts,
                "answer": answer,
                "body": post.body,
            }
        )
        return answer == _OK

    def _count(self, change: int) -> None:
        self.pending += change
        if self.pending >= self._backlog:
            self._room.clear()
        else:
            self._room.set()


def signature(secret: bytes, body: bytes) -> str:
    """The X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
