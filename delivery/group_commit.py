"""Group commit: requests that arrive while a round trip is in flight share the next one.

One pooled Redis call a request costs as much as the whole HTTP stack; shared round trips bring that
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


class _Group:
    """The requests of one round trip, and how each of them waits."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.posts: list[Post] = []
        self.requests: list[asyncio.Future[None]] = []

    def end(self, error: BaseException | None) -> None:
        for request in self.requests:
            if not request.done():  # else it went away
                request.set_result(None) if error is None else request.set_exception(error)


class GroupCommit:
    """Push posts in shared round trips, one in flight at a time, in the order in which they came.

    At most `max_waiting` posts of `max_bytes` wait (those in flight count), none longer than
    `timeout` seconds: what is more is refused at once, so a slow store costs no memory.
    """

    def __init__(
        self,
        mailbox: Pushes,
        max_waiting: int = 2000,
        max_bytes: int = 32 * 1024 * 1024,
        timeout: float = 2.0,
    ) -> None:
        self._mailbox = mailbox
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._next: _Group | None = None
        self._committing: asyncio.Task[None] | None = None
        self._waiting = 0
        self._bytes = 0
        self._closed = False

    async def push(self, posts: Sequence[Post]) -> None:
        """Return once all posts are stored.

        Raises MailboxUnavailable when Redis fails, is too slow, or too many wait: posts may be
        stored all the same, so the caller repeats and the mailbox drops what it has.
        """
        if not posts:
            return
        size = sum(len(post.body) for post in posts)
        self._admit(len(posts), size)
        self._waiting += len(posts)
        self._bytes += size
        await self._join(posts)

    async def aclose(self) -> None:
        """Refuse new posts and wait for those under way."""
        self._closed = True
        if self._committing:
            await asyncio.wait([self._committing])

    def _admit(self, count: int, size: int) -> None:
        if self._closed:
            raise MailboxUnavailable("the server is stopping")
        # one request alone is taken whatever its size, else it could never be stored
        if self._waiting and (
            self._waiting + count > self._max_waiting or self._bytes + size > self._max_bytes
        ):
            raise MailboxUnavailable(f"{self._waiting} messages wait already")

    def _join(self, posts: Sequence[Post]) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        if self._next is None:
            self._next = _Group(loop.time() + self._timeout)
        self._next.posts.extend(posts)
        request = loop.create_future()
        self._next.requests.append(request)
        if self._committing is None:
            self._committing = loop.create_task(self._commit())
        return request

    async def _commit(self) -> None:
        """Round trip after round trip, as long as anybody waits."""
        while self._next:
            group, self._next = self._next, None
            group.end(await self._outcome(group))
            self._waiting -= len(group.posts)
            self._bytes -= sum(len(post.body) for post in group.posts)
        self._committing = None

    async def _outcome(self, group: _Group) -> BaseException | None:
        """None, or what every request of the group raises, whatever it is."""
        try:
            async with asyncio.timeout_at(group.deadline):
                push = self._mailbox.push(group.posts)
                [outcome] = await asyncio.gather(push, return_exceptions=True)
        except TimeoutError:
            return MailboxUnavailable(f"not stored within {self._timeout} s")
        return outcome if isinstance(outcome, BaseException) else None
