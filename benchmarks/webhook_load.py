"""An HTTP client that takes little CPU, in a process of its own: paced, or as fast as it goes."""

import asyncio
import hmac
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import httptools
import orjson
import uvloop

from benchmarks.machine import NUMBER, SECRET, pin

_MOST = 15_000
"""No server here answers more requests a second."""


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
    return uvloop.run(_Sender(load).send())


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


def request(content: bytes) -> bytes:
    """The whole signed POST."""
    return (
        "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {signature(content)}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content


def _requests(load: Load) -> Iterator[bytes]:
    """Each message is new; 1,000 leads take turns. All are made before the first is sent."""
    wamids = (f"wamid.{load.run}.{number:08d}" for number in range(int(load.seconds * _MOST)))
    return iter(
        [request(body(wamid, f"57300{number % 1000:07d}")) for number, wamid in enumerate(wamids)]
    )


class _Sender:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = _requests(load)
        self._waiting: deque[float] = deque()
        self._idle: list[Connection] = []
        self._open = True
        self._busy = 0
        self.seen = Seen()

    async def send(self) -> Seen:
        for _ in range(self._load.connections):
            self._idle.append(await Connection.to(self._load.port, self._answered))
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

    def _start(self, connection: "Connection", due: float) -> None:
        self._busy += 1
        connection.send(next(self._requests), due)

    def _answered(self, connection: "Connection", status: int) -> None:
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


class Connection(asyncio.Protocol):
    """One request at a time; `answered` gets each status."""

    def __init__(self, answered: "Callable[[Connection, int], None]") -> None:
        self._answered = answered
        self._parser = httptools.HttpResponseParser(self)
        self.transport: asyncio.Transport
        self.due = 0.0

    @classmethod
    async def to(cls, port: int, answered: "Callable[[Connection, int], None]") -> "Connection":
        """Connect to a port of this machine."""
        loop = asyncio.get_running_loop()
        transport, made = await loop.create_connection(lambda: cls(answered), "127.0.0.1", port)
        made.transport = transport  # uvloop tells the protocol only later
        return made

    def send(self, content: bytes, due: float) -> None:
        """Send a whole request; `due` is kept for whoever is answered."""
        self.due = due
        self.transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        self._answered(self, status)

    def close(self) -> None:
        self.transport.close()
