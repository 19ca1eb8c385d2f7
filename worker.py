"""The worker: takes contacts that are due, many at once, one turn a contact."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError

from bootstrap import Services
from checkpoints import StaleThread
from crm.pool import UNREACHABLE
from delivery.mailbox import Lease
from domain.errors import LeaseLost, MailboxUnavailable, Unreadable, traced
from one_turn import OneTurn

log = structlog.get_logger()

TRIES = 5
"""A batch that fails this often by itself, not by a dead dependency, or that takes the process down
with it this often, is given up."""

SUSPECT = 3
"""A contact whose leases lapsed this often may be killing workers. One such contact is served at a
time, else those beside it were taken for killers, too."""

SETTLING_SECONDS = 10.0
"""A worker takes no suspect before: what kills workers as they start is no contact's doing."""

_POLL_SECONDS = 0.25
_RETRY_SECONDS = 2.0
_STUCK_SECONDS = 60.0
"""Until that is tried again which could not even be given up."""

_PASSING_ERRORS = (MailboxUnavailable, StaleThread, RedisError, *UNREACHABLE)


class Turn(Protocol):
    """What is done with a lease. `lease` is the one held last."""

    lease: Lease

    async def run(self) -> None: ...

    async def give_up(self) -> None: ...


class Worker:
    """Serves contacts from the mailbox, each with a turn that `begin` makes."""

    def __init__(
        self,
        services: Services,
        begin: Callable[[Services, Lease], Turn] = OneTurn,
        *,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._services = services
        self._begin = begin
        self._mailbox = services.stores.mailbox
        self._serving: set[asyncio.Task[None]] = set()
        self._settled_at = time.monotonic() + settling_seconds
        self._suspect: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._waits_for_room = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then running turns finish, or are given back in time."""
        listening = asyncio.create_task(self._listen())
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                await self._take_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            listening.cancel()
            stopping.cancel()
            await self._drain()

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._mailbox.bell()) as bell:
            async for contact in bell:
                self._services.turns.rang(contact)
                self._wake.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _take_all(self) -> None:
        """Lease every contact that is due, as far as there is room, in one round trip."""
        room = self._services.settings.turns_at_once - len(self._serving)
        leases: list[Lease] = []
        if room:
            try:
                leases = await self._mailbox.claim_some(room)
            except MailboxUnavailable as error:
                log.warning("mailbox unavailable", error=str(error))
        self._waits_for_room = len(leases) == room
        for lease in leases:
            if lease.lapsed < SUSPECT:
                self._start(self._serve(lease))
            elif self._takes_suspects:
                self._suspect = self._start(self._serve(lease))
            else:
                self._start(self._give_back(lease, delay=_RETRY_SECONDS, begun=False))

    @property
    def _takes_suspects(self) -> bool:
        alone = self._suspect is None or self._suspect.done()
        return alone and time.monotonic() >= self._settled_at

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._serving.add(task)
        task.add_done_callback(self._served)
        return task

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        if self._waits_for_room:
            self._wake.set()

    async def _drain(self) -> None:
        if self._serving:
            limit = self._services.settings.drain_seconds
            _, late = await asyncio.wait(self._serving, timeout=limit)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self, lease: Lease) -> None:
        """One contact: its turn, or its way back into the mailbox."""
        if lease.lapsed:
            self._services.stores.metrics.takeovers_total.inc()
        turn = self._begin(self._services, lease)
        with structlog.contextvars.bound_contextvars(contact=lease.contact):
            try:
                if lease.lapsed < TRIES:
                    await turn.run()
                else:
                    await turn.give_up()
            except LeaseLost:
                log.info("lease lost")
            except asyncio.CancelledError:
                await self._give_back(turn.lease, delay=0)
                raise
            except _PASSING_ERRORS as error:
                log.warning("turn put off", error=f"{type(error).__name__}: {error}")
                await self._give_back(turn.lease, delay=_RETRY_SECONDS)
            except Exception as error:  # the outer loop: whatever it is, record it and requeue
                log.error("turn failed", tries=lease.tries + 1, **traced(error))  # noqa: TRY400 - see there
                log.debug("turn failed", exc_info=error)
                await self._retry_or_give_up(turn)

    async def _retry_or_give_up(self, turn: Turn) -> None:
        if turn.lease.tries + 1 < TRIES:
            await self._give_back(turn.lease, delay=2.0**turn.lease.tries, failed=True)
            return
        try:
            await self._give_up(turn)
        except LeaseLost:
            log.info("lease lost")
        except _PASSING_ERRORS as error:
            log.warning("not given up yet", error=f"{type(error).__name__}: {error}")
            await self._give_back(turn.lease, delay=_RETRY_SECONDS)
        except Exception as error:  # the outer loop, too: it stays until somebody has mended it
            log.error("cannot be given up", tries=turn.lease.tries + 1, **traced(error))  # noqa: TRY400 - see there
            log.debug("cannot be given up", exc_info=error)
            await self._give_back(turn.lease, delay=_STUCK_SECONDS, failed=True)

    async def _give_up(self, turn: Turn) -> None:
        try:
            await turn.give_up()
        except Unreadable as error:
            await self._mailbox.bury(turn.lease, str(error))

    async def _give_back(
        self, lease: Lease, *, delay: float, failed: bool = False, begun: bool = True
    ) -> None:
        try:
            await self._mailbox.give_back(lease, delay=delay, failed=failed, begun=begun)
        except (LeaseLost, MailboxUnavailable) as error:
            log.info("not given back: the lease runs out by itself", error=str(error))
