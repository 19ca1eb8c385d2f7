"""What a lead sees while his answer is made: his message read, and "typing…"."""

import asyncio
from typing import Protocol, Self

RENEW_SECONDS = 20.0
"""The sign goes away after 25 s, or with the reply. Meta's documentation, "Typing indicators"."""


class ShowsTyping(Protocol):
    async def indicate_typing(self, wamid: str) -> None:
        """Show it once; never raises."""
        ...


class Typing:
    """Shows the sign for as long as the context is open; nobody waits for a request of it."""

    def __init__(
        self, sender: ShowsTyping, wamid: str, *, renew_seconds: float = RENEW_SECONDS
    ) -> None:
        self._sender = sender
        self._wamid = wamid
        self._renew_seconds = renew_seconds
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_up())
        return self

    def __exit__(self, *_: object) -> None:
        # not cancelled: a request that is cut off costs its connection, and the lead his tick
        self._over.set()

    async def _keep_up(self) -> None:
        while not self._over.is_set():
            await self._sender.indicate_typing(self._wamid)
            try:
                async with asyncio.timeout(self._renew_seconds):
                    await self._over.wait()
            except TimeoutError:
                continue
