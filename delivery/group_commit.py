"""Group commit: requests that arrive while a round trip is in flight share the next ones.

One pooled Redis call a request costs as much as the whole HTTP stack; shared round trips bring that
to almost nothing under load, and an idle server still pushes at once.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Generic, Protocol, TypeVar

from domain.errors import MailboxUnavailable


class Entry(Protocol):
    """What is committed: a post, or a body for the quarantine."""

    @property
    def body(self) -> bytes:
        """All that counts for the limits."""
        ...


_TOGETHER = 64
_TOGETHER_BYTES = 1024 * 1024

E = TypeVar("E", bound=Entry)
E_contra = TypeVar("E_contra", bound=Entry, contravariant=True)


class Pushes(Protocol[E_contra]):
    """What is committed to: a Mailbox."""

    def push(self, entries: Sequence[E_contra], /) -> Coroutine[Any, Any, object]:
        """Store all entries, or raise MailboxUnavailable."""
        ...


class _Group(Generic[E]):
    """The requests of one round trip, and how each of them waits."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.bytes = 0
        self.entries: list[E] = []
        self.requests: list[tuple[Sequence[E], asyncio.Future[None]]] = []

    @property
    def full(self) -> bool:
        return len(self.entries) >= _TOGETHER or self.bytes >= _TOGETHER_BYTES

    def end(self, error: BaseException | None) -> None:
        for _, request in self.requests:
            _end(request, error)


def _end(request: asyncio.Future[None], error: BaseException | None) -> None:
    if not request.done():  # else it went away
        request.set_result(None) if error is None else request.set_exception(error)


class GroupCommit(Generic[E]):
    """Push entries in shared round trips, one in flight at a time, in the order in which they came.

    At most `max_waiting` entries of `max_bytes` wait (those in flight count), none longer than
    `timeout` seconds: what is more is refused at once, so a slow store costs no memory.
    """

    def __init__(
        self,
        mailbox: Pushes[E],
        max_waiting: int = 2000,
        max_bytes: int = 32 * 1024 * 1024,
        timeout: float = 2.0,
    ) -> None:
        self._mailbox = mailbox
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._groups: deque[_Group[E]] = deque()
        self._committing: asyncio.Task[None] | None = None
        self._waiting = 0
        self._bytes = 0
        self._closed = False

    async def push(self, entries: Sequence[E]) -> None:
        """Return once all entries are stored.

        Raises MailboxUnavailable when Redis fails, is too slow, or too many wait: entries may be
        stored all the same, so the caller repeats and the mailbox drops what it has.
        """
        if not entries:
            return
        size = sum([len(entry.body) for entry in entries])
        self._admit(len(entries), size)
        await self._join(entries, size)

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

    def _join(self, entries: Sequence[E], size: int) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        if not self._groups or self._groups[-1].full:
            self._groups.append(_Group(loop.time() + self._timeout))
            if self._committing is None:
                self._committing = loop.create_task(self._commit())
        group = self._groups[-1]
        group.entries += entries
        group.bytes += size
        self._waiting += len(entries)
        self._bytes += size
        request = loop.create_future()
        group.requests.append((entries, request))
        return request

    async def _commit(self) -> None:
        """Round trip after round trip, as long as anybody waits."""
        while self._groups:
            group = self._groups.popleft()
            outcome = await self._outcome(group.entries, group.deadline)
            foreseen = outcome is None or isinstance(outcome, MailboxUnavailable)
            if foreseen or len(group.requests) == 1:
                group.end(outcome)
            else:
                await self._commit_each(group)
            self._waiting -= len(group.entries)
            self._bytes -= group.bytes
        self._committing = None

    async def _commit_each(self, group: _Group[E]) -> None:
        """One request after the other: what nobody foresaw of one of them is not the others'."""
        for entries, request in group.requests:
            _end(request, await self._outcome(entries, group.deadline))

    async def _outcome(self, entries: Sequence[E], deadline: float) -> BaseException | None:
        """None, or what became of the round trip, whatever it is."""
        late = MailboxUnavailable(f"not stored within {self._timeout} s")
        loop = asyncio.get_running_loop()
        if deadline <= loop.time():
            return late
        push = loop.create_task(self._mailbox.push(entries))
        # the cheapest that waits so long and takes any error
        await asyncio.wait((push,), timeout=deadline - loop.time())
        if not push.done():
            push.cancel()
            await asyncio.wait((push,), timeout=self._timeout)
            return late
        return asyncio.CancelledError() if push.cancelled() else push.exception()
