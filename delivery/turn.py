"""The turns that run in this process: cancelled by a newer message, sealed before any effect.

Until it is sealed a turn is cancelled as soon as something newer is unread. From the seal on
nothing cancels it; what arrives later is the next turn. The seal also freezes the model's proposal,
so that a worker that takes over acts on the same one instead of asking again.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from delivery.mailbox import Lease, Mailbox
from domain.errors import LeaseLost, MailboxUnavailable, Superseded
from domain.proposal import Proposal, Usage

Result = TypeVar("Result")
Discard = Callable[[Usage], Awaitable[None]]
"""Takes what a draft cost that no turn will hold."""

RENEW_SECONDS = 1.0
"""Also the longest time after which a newer message is noticed when its bell was missed."""

HOLD_SECONDS = 120
"""A contact is held no longer beside its run: a step of no end is another worker's to repeat."""


class RunningTurn:
    """One try of a turn. With `final` set it is not cancelled any more, whatever arrives."""

    def __init__(
        self, mailbox: Mailbox, lease: Lease, turn_id: str, discard: Discard, *, final: bool
    ) -> None:
        self.lease = lease
        self.turn_id = turn_id
        self.frozen = Proposal.model_validate_json(lease.frozen) if lease.frozen else None
        self._mailbox = mailbox
        self._discard = discard
        self._cancellable = not final and lease.frozen is None
        self._even_if_newer = final
        self._rung = asyncio.Event()
        self._task: asyncio.Task[Any] | None = None
        self._stopped_by: Superseded | LeaseLost | None = None

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do the work, holding the lease. Raises Superseded or LeaseLost when it had to stop."""
        self._task = asyncio.create_task(work)
        renewing = asyncio.create_task(self._renew(self._task))
        try:
            return await self._task
        except asyncio.CancelledError:
            if self._stopped_by:
                raise self._stopped_by from None
            raise
        finally:
            renewing.cancel()

    async def seal(self, proposal: Proposal) -> None:
        """Raises Superseded or LeaseLost."""
        try:
            await self._mailbox.seal(
                self.lease,
                turn_id=self.turn_id,
                frozen=proposal.model_dump_json().encode(),
                even_if_newer=self._even_if_newer,
            )
        except Superseded:
            await self._discard(proposal.usage)
            raise
        self._cancellable = False

    def rang(self) -> None:
        """A message of the contact arrived: look whether it is one that the turn does not have."""
        self._rung.set()

    def _stop(self, reason: Superseded | LeaseLost) -> None:
        if self._task and not self._task.done() and not self._stopped_by:
            self._stopped_by = reason
            self._task.cancel()

    async def _renew(self, task: asyncio.Task[Any]) -> None:
        """Hold the lease, and cancel when something newer is unread and it is not too late.

        It ends with the task even if its own cancellation is lost: else nobody served the lead.
        """
        while not task.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._rung.wait()
            self._rung.clear()
            try:
                unread = await self._mailbox.renew(self.lease)
            except LeaseLost as lost:
                self._stop(lost)
                return
            except MailboxUnavailable:
                continue  # the lease may still hold; the seal or the commit will tell
            if self._cancellable and unread > len(self.lease.bodies):
                self._stop(Superseded("a newer message is unread"))


class RunningTurns:
    """Finds the running turn of a graph run (the port `Turns`) and of a contact (the bell)."""

    def __init__(self, mailbox: Mailbox, discard: Discard) -> None:
        self._mailbox = mailbox
        self._discard = discard
        self._by_turn: dict[str, RunningTurn] = {}
        self._by_contact: dict[str, RunningTurn] = {}

    @asynccontextmanager
    async def running(
        self, lease: Lease, turn_id: str, *, final: bool
    ) -> AsyncGenerator[RunningTurn]:
        """Register a try of a turn for as long as it runs."""
        turn = RunningTurn(self._mailbox, lease, turn_id, self._discard, final=final)
        self._by_turn[turn_id] = self._by_contact[lease.contact] = turn
        try:
            yield turn
        finally:
            # a try that lost its lease ends after its successor here has begun
            _forget(self._by_turn, turn_id, turn)
            _forget(self._by_contact, lease.contact, turn)

    @contextlib.contextmanager
    def holding(self, lease: Lease) -> Generator[None]:
        """Hold the contact through what lies before and after a run.

        A store that hangs would else look like workers that die, one lease after the other, and the
        lead like the one who kills them.
        """
        loop = asyncio.get_running_loop()
        begun: list[asyncio.Task[None]] = []
        # as a rule all is done before, and a task would cost more than that
        later = loop.call_later(
            RENEW_SECONDS, lambda: begun.append(loop.create_task(self._hold(lease)))
        )
        try:
            yield
        finally:
            later.cancel()
            for task in begun:
                task.cancel()

    async def _hold(self, lease: Lease) -> None:
        with contextlib.suppress(LeaseLost):
            for _ in range(round(HOLD_SECONDS / RENEW_SECONDS)):
                if lease.contact not in self._by_contact:
                    with contextlib.suppress(MailboxUnavailable):
                        await self._mailbox.renew(lease)
                await asyncio.sleep(RENEW_SECONDS)

    def rang(self, contact: str) -> None:
        """A message of this contact arrived, here or in another process."""
        if turn := self._by_contact.get(contact):
            turn.rang()

    def sealed(self, turn_id: str) -> Proposal | None:
        return self._by_turn[turn_id].frozen

    async def seal(self, turn_id: str, proposal: Proposal) -> None:
        await self._by_turn[turn_id].seal(proposal)


def _forget(turns: dict[str, RunningTurn], key: str, turn: RunningTurn) -> None:
    if turns.get(key) is turn:
        del turns[key]


class UnsharedTurns:
    """The port where nobody else can take a contact: Studio and unit tests."""

    def sealed(self, turn_id: str) -> Proposal | None:
        del turn_id
        return None

    async def seal(self, turn_id: str, proposal: Proposal) -> None:
        """Nothing newer can arrive within a run."""
