"""A small HTTP/1.1 server that can do what servers should not: stall, and cut the connection.

It knows when the caller hangs up, which no ASGI server tells in time.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from chaos.records import Answered

_HEAD_SECONDS = 120.0
_BODY_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"

    def wire(self) -> bytes:
        head = (
            f"HTTP/1.1 {self.status} Chaos\r\nContent-Type: {self.kind}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


def json(value: object, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(value))


@dataclass(frozen=True)
class Exchange:
    """One request, and the way back."""

    method: str
    path: str
    body: bytes
    _reader: asyncio.StreamReader = field(repr=False)
    _writer: asyncio.StreamWriter = field(repr=False)

    async def wait(self, seconds: float) -> bool:
        """Let time pass; false at once when the caller hangs up."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
        return not self._reader.at_eof()

    async def answer(self, answer: Answer) -> Answered:
        """Answer; `gone` when nobody is there to hear it."""
        if self._reader.at_eof():
            return "gone"
        with contextlib.suppress(ConnectionError):
            self._writer.write(answer.wire())
            await self._writer.drain()
            return "ok" if answer.status == 200 else "refused"  # noqa: PLR2004 - HTTP's OK
        return "gone"

    def cut(self) -> Answered:
        """Hang up without a word."""
        self._writer.transport.abort()
        return "cut"


Handler = Callable[[Exchange], Awaitable[None]]
"""Answers or cuts an exchange."""


@asynccontextmanager
async def serving(port: int, handle: Handler) -> AsyncGenerator[None]:
    """Serve on loopback while the context is open."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            while not writer.is_closing():
                await handle(await _read(reader, writer))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=1024)
    async with server:
        yield


async def until_signal() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
    async with asyncio.timeout(_HEAD_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, path, _ = first.split(" ")
    length = next((line for line in lines if line.lower().startswith("content-length:")), ":0")
    async with asyncio.timeout(_BODY_SECONDS):
        body = await reader.readexactly(int(length.partition(":")[2]))
    return Exchange(method, path, body, reader, writer)
