"""A TCP proxy that counts what a client and a server say to each other."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


@dataclass
class Wire:
    """Round trips, and bytes each way, since the last `reset`."""

    url: str
    trips: int = 0
    sent: int = 0
    received: int = 0
    _asking: bool = False

    def reset(self) -> None:
        self.trips = self.sent = self.received = 0
        self._asking = False

    def ask(self, size: int) -> None:
        """Bytes to the server: the first ones after an answer begin a round trip."""
        self.trips += not self._asking
        self._asking = True
        self.sent += size

    def answer(self, size: int) -> None:
        self._asking = False
        self.received += size


@contextlib.asynccontextmanager
async def wire(url: str) -> AsyncGenerator[Wire]:
    """Listen on loopback, pass everything on to the server of `url`, and count."""
    parts = urlsplit(url)
    counted = Wire(url)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            await asyncio.gather(
                _pump(reader, down, counted.ask), _pump(up, writer, counted.answer)
            )
        finally:
            down.close()
            writer.close()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    host = f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}"
    counted.url = urlunsplit(parts._replace(netloc=host))
    try:
        yield counted
    finally:
        server.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            count(len(data))
            writer.write(data)
            await writer.drain()
    writer.close()
