"""An HTTP client that takes little CPU, in a process of its own: paced, or as fast as it goes."""

import asyncio
import hmac
import itertools
import random
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import httptools
import orjson

from benchmarks.machine import NUMBER, SECRET, pin

Request = bytes


@dataclass(frozen=True)
class Load:
    """What to send. `rate` 0 sends as fast as `connections` get answers."""

    port: int
    seconds: float
    rate: float = 0
    connections: int = 32
    run: str = "run"


@dataclass
class Seen:
    """Answers by status, and milliseconds from the moment each request was due."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    latencies: list[float] = field(default_factory=list[float])
    seconds: float = 0

    @property
    def per_second(self) -> float:
        return self.statuses[200] / self.seconds


def run(load: Load, core: int) -> Seen:
    """Send a load from this process, on this core."""
    pin(core)
    return asyncio.run(_Sender(load).send())


def body(wamid: str, phone: str, text: str = "Hola, quiero paneles solares para mi casa") -> bytes:
    """A webhook with one text message, as Meta writes it."""
    return orjson.dumps({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone, "user_id": f"CO.{phone}"}],
            "messages": [{
                "from": phone, "from_user_id": f"CO.{phone}", "id": wamid,
                "timestamp": f"{time.time():.0f}", "type": "text", "text": {"body": text},
            }],
        }}]}],
    })  # fmt: skip


def signature(content: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.digest(SECRET.encode(), content, sha256).hex()


def _requests(name: str) -> Iterator[Request]:
    """Each message is new; 1,000 leads take turns."""
    for number in itertools.count():
        content = body(f"wamid.{name}.{number:08d}", f"57300{number % 1000:07d}")
        yield (
            "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: {signature(content)}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode() + content


class _Sender:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = _requests(load.run)
        self._waiting: deque[float] = deque()
        self._idle: list[_Connection] = []
        self._open = True
        self._busy = 0
        self.seen = Seen()

    async def send(self) -> Seen:
        loop = asyncio.get_running_loop()
        for _ in range(self._load.connections):
            _, connection = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self._load.port
            )
            self._idle.append(connection)
        started = time.perf_counter()
        if self._load.rate:
            await self._pace(started + self._load.seconds)
        else:
            for connection in self._idle:
                self._start(connection, time.perf_counter())
            await asyncio.sleep(self._load.seconds)
        self._open = False
        self.seen.seconds = time.perf_counter() - started
        async with asyncio.timeout(10):
            while self._busy or self._waiting:  # noqa: ASYNC110 - for the last few answers only
                await asyncio.sleep(0.01)
        return self.seen

    async def _pace(self, until: float) -> None:
        """Requests fall due at random, independently of each other and of the answers."""
        chance = random.Random(0)
        due = time.perf_counter()
        while (now := time.perf_counter()) < until:
            while due <= now:
                due += chance.expovariate(self._load.rate)
                if self._idle:
                    self._start(self._idle.pop(), now)
                else:
                    self._waiting.append(now)
            await asyncio.sleep(due - now)

    def _start(self, connection: "_Connection", due: float) -> None:
        self._busy += 1
        connection.send(next(self._requests), due)

    def answered(self, connection: "_Connection", status: int) -> None:
        self._busy -= 1
        now = time.perf_counter()
        self.seen.statuses[status] += 1
        self.seen.latencies.append((now - connection.due) * 1000)
        if self._waiting:
            self._start(connection, self._waiting.popleft())
        elif self._open and not self._load.rate:
            self._start(connection, now)
        else:
            self._idle.append(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._parser = httptools.HttpResponseParser(self)
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: Request, due: float) -> None:
        self.due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._sender.answered(self, self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)
