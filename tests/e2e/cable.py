"""A cable to PostgreSQL that a test can cut and mend."""

import asyncio
import contextlib
from typing import Self
from urllib.parse import parse_qs, urlsplit

from sandbox.servers import free_port


class Cable:
    """A TCP proxy before a server, which may itself be at a Unix socket. `url` leads through it."""

    def __init__(self, url: str) -> None:
        self._far = urlsplit(url)
        self._port = free_port()
        user = self._far.username or ""
        login = f"{user}:{self._far.password}" if self._far.password else user
        self.url = f"postgresql://{login}@127.0.0.1:{self._port}{self._far.path}"
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Close every connection and take no new one."""
        if self._server:
            self._server.close()
        for end in tuple(self._ends):
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._dial()
        ends = {writer, far_writer}
        self._ends |= ends
        with contextlib.suppress(OSError):
            await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))
        self._ends -= ends
        for end in ends:
            end.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = parse_qs(self._far.query).get("host", [""])[0]
        port = self._far.port or 5432
        if folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._far.hostname, port)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
