"""Group commit: requests that arrive while a round trip is in flight share the next one.

One pooled Redis call a request costs as much as the whole HTTP stack; shared pipelines bring that
to almost nothing under load, and an idle server still pushes at once.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from delivery.mailbox import Post
from domain.errors import MailboxUnavailable


class Pushes(Protocol):
    """What is committed to: a Mailbox."""

    async def push(self, posts: Sequence[Post]) -> int:
        """Store all posts, or raise MailboxUnavailable."""
        ...


class GroupCommit:
    """Push posts in shared pipelines, one in flight at a time, in the order in which they came.

    At most `max_waiting` posts wait (those in flight count); no push takes longer than `timeout`
    seconds. A task lives for one pipeline, and every request in it awaits that task's outcome.
    """

    def __init__(self, mailbox: Pushes, max_waiting: int = 2000, timeout: float = 2.0) -> None:
        self._mailbox = mailbox
        self._max_waiting = max_waiting
        self._timeout = timeout
        self._in_flight = asyncio.Lock()
        self._gathering: list[Post] = []
        self._next: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closed = False

    async def push(self, posts: Sequence[Post]) -> None:
        """Return once all posts are stored.

        Raises MailboxUnavailable when Redis fails, is too slow, or too many wait: posts may be
        stored all the same, so the caller repeats and the mailbox drops what it has.
        """
        if not posts:
            return
        self._admit(len(posts))
        commit = self._join(posts)
        try:
            async with asyncio.timeout(self._timeout):
                # shielded: one request that goes away must not take the others' pipeline with it
                await asyncio.shield(commit)
        except TimeoutError:
            raise MailboxUnavailable(f"not stored within {self._timeout} s") from None

    async def aclose(self) -> None:
        """Refuse new posts and wait for those under way."""
        self._closed = True
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _admit(self, count: int) -> None:
        if self._closed:
            raise MailboxUnavailable("the server is stopping")
        # one request alone is taken whatever its size, else it could never be stored
        if self._waiting and self._waiting + count > self._max_waiting:
            raise MailboxUnavailable(f"{self._waiting} messages wait already")

    def _join(self, posts: Sequence[Post]) -> asyncio.Task[None]:
        self._gathering.extend(posts)
        self._waiting += len(posts)
        if self._next is None:
            self._next = asyncio.create_task(self._commit())
            self._tasks.add(self._next)
            self._next.add_done_callback(self._forget)
        return self._next

    async def _commit(self) -> None:
        async with self._in_flight:
            posts, self._gathering, self._next = self._gathering, [], None
            try:
                async with asyncio.timeout(self._timeout):
                    await self._mailbox.push(posts)
            except TimeoutError:
                raise MailboxUnavailable(f"not stored within {self._timeout} s") from None
            finally:
                self._waiting -= len(posts)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: it may be that every request of the pipeline has left
