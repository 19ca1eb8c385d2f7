"""Sends what stands in the outbox: a contact's rows right after its turn, all else in a loop.

A row never tried is simply sent. One whose answer was lost, or whose sender died, waits for the
receipt that carries its tracker, and is sent again when none comes.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from crm import outbox as rows
from crm.outbox import Rates, StoredRow
from crm.pool import Pool
from delivery import policy
from delivery.attempts import (
    STORAGE_ERRORS,
    Attempts,
    Sender,
    Timing,
    Told,
    nothing_told,
    utc_now,
)
from delivery.brake import Brake
from delivery.metrics import Metrics
from delivery.refusals import Refusals
from domain.contact import Pseudonyms

_A_TURNS_ROWS = 10

_log = logging.getLogger(__name__)


class Outbox:
    """The sends of one process. `documents` is the folder of the business's files."""

    def __init__(
        self,
        pool: Pool,
        sender: Sender,
        *,
        documents: Path,
        pseudonyms: Pseudonyms,
        metrics: Metrics,
        refusals: Refusals,
        rates: Rates | None = None,
        told: Told = nothing_told,
        timing: Timing | None = None,
        concurrency: int = 16,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pool = pool
        self._metrics = metrics
        self.refusals = refusals
        self._rates = rates or Rates()
        self._timing = timing or Timing()
        self._brake = Brake(clock, policy.NETWORK_SECONDS)
        self._attempts = Attempts(
            pool,
            sender,
            documents=documents,
            pseudonyms=pseudonyms,
            metrics=metrics,
            refusals=refusals,
            told=told,
            timing=self._timing,
            brake=self._brake,
            now=now,
        )
        self._free = concurrency
        self._surveyed_at = float("-inf")
        self._wake = asyncio.Event()

    async def flush(self, contact_id: str) -> None:
        """Send what may go to one contact now; what fails or has to wait is left to `run`."""
        more = True
        while more and (claimed := await self._claim(_A_TURNS_ROWS, contact_id)):
            async with asyncio.TaskGroup() as sends:
                attempts = [sends.create_task(self._attempts.send(stored)) for stored in claimed]
            more = any(attempt.result() for attempt in attempts)
        if more:
            self.nudge()  # what waits is another flush's, or another contact's

    async def run(self, stop: asyncio.Event) -> None:
        """Send everything else until `stop`: retries, leftovers of crashes, rows in doubt."""
        async with asyncio.TaskGroup() as beside:
            holding = beside.create_task(self._attempts.hold())
            await self._send_all(stop)
            holding.cancel()

    async def _send_all(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as sends:
            sends.create_task(self._wake_at(stop))
            while not stop.is_set():
                self._wake.clear()
                await self._survey()
                for stored in await self._claim(self._free):
                    self._free -= 1
                    sends.create_task(self._attempts.send(stored)).add_done_callback(self._done)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.poll):
                        await self._wake.wait()

    def nudge(self) -> None:
        """Let `run` look at once instead of at its next poll."""
        self._wake.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    def _done(self, _: asyncio.Task[bool]) -> None:
        self._free += 1
        self._wake.set()

    async def _survey(self) -> None:
        """Look after what nobody is sending, at most once a poll."""
        if self._surveyed_at > time.monotonic() - self._timing.poll:
            return
        self._surveyed_at = time.monotonic()
        try:
            found = await rows.survey(self._pool, wait=self._timing.doubt)
            for template, fallback in self.refusals.fallbacks.items() if found.paused else ():
                await rows.use_fallback(self._pool, template, fallback)
        except STORAGE_ERRORS as error:
            _log.warning("the outbox cannot be read: %s", type(error).__name__)
        else:
            self._metrics.sends_in_doubt_total.inc(found.lapsed)
            self._metrics.outbox_oldest_seconds.set(found.oldest_seconds)
            self._metrics.sends_paused.set(found.paused)

    async def _claim(self, limit: int, contact_id: str | None = None) -> tuple[StoredRow, ...]:
        if not limit or self._brake.seconds_left:
            return ()
        try:
            claimed = await rows.claim(
                self._pool,
                contact_id=contact_id,
                limit=limit,
                lease=self._timing.lease,
                rates=self._rates,
            )
        except STORAGE_ERRORS as error:
            _log.warning("the outbox cannot be claimed: %s", type(error).__name__)
            return ()
        if claimed.held_back:
            soon = self._rates.burst / self._rates.per_second
            asyncio.get_running_loop().call_later(soon, self.nudge)
        return claimed.rows
