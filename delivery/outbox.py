"""Sends what stands in the outbox: a contact's rows right after its turn, all else in a loop.

A row never tried is simply sent. One whose answer was lost, or whose sender died, waits for the
receipt that carries its tracker, and is sent again when none comes.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import asyncpg

from crm import outbox as rows
from crm.outbox import Failure, StoredRow
from crm.pool import Pool
from delivery import policy
from delivery.brake import NumberBrake
from delivery.metrics import Metrics
from domain.contact import Address, Pseudonyms
from domain.errors import SendError, SendUncertain
from domain.messages import Outbound

_STORAGE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_A_TURNS_ROWS = 10

_log = logging.getLogger(__name__)


class Sender(Protocol):
    """Puts messages on the wire."""

    async def send(
        self, row_id: str, recipient: Address, message: Outbound, documents: Path
    ) -> str:
        """The wamid. Raises SendError, SendUncertain."""
        ...

    def forget_media(self) -> None:
        """Upload every document again at its next use."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """`lease` outlives every send, which gets four fifths of it; `poll` in seconds."""

    lease: timedelta = timedelta(seconds=30)
    doubt: timedelta = timedelta(seconds=8)
    poll: float = 1.0


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
        timing: Timing | None = None,
        concurrency: int = 16,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._documents = documents
        self._pseudonyms = pseudonyms
        self._metrics = metrics
        self._timing = timing or Timing()
        self._jitter = jitter
        self._brake = NumberBrake(clock)
        self._free = concurrency
        self._wake = asyncio.Event()

    async def flush(self, contact_id: str) -> None:
        """Send what is due of one contact now; what fails is left to `run`."""
        while claimed := await self._claim(_A_TURNS_ROWS, contact_id):
            async with asyncio.TaskGroup() as sends:
                for stored in claimed:
                    sends.create_task(self._attempt(stored))

    async def run(self, stop: asyncio.Event) -> None:
        """Send everything else until `stop`: retries, leftovers of crashes, rows in doubt."""
        async with asyncio.TaskGroup() as sends:
            sends.create_task(self._wake_at(stop))
            while not stop.is_set():
                self._wake.clear()
                await self._survey()
                for stored in await self._claim(self._free):
                    self._free -= 1
                    sends.create_task(self._attempt(stored)).add_done_callback(self._done)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.poll):
                        await self._wake.wait()

    def nudge(self) -> None:
        """Let `run` look at once instead of at its next poll."""
        self._wake.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    def _done(self, _: asyncio.Task[None]) -> None:
        self._free += 1
        self._wake.set()

    async def _survey(self) -> None:
        try:
            lapsed = await rows.doubt_lapsed(self._pool, wait=self._timing.doubt)
            oldest = await rows.oldest_seconds(self._pool)
        except _STORAGE_ERRORS as error:
            _log.warning("the outbox cannot be read: %s", type(error).__name__)
        else:
            self._metrics.sends_in_doubt_total.inc(lapsed)
            self._metrics.outbox_oldest_seconds.set(oldest)

    async def _claim(self, limit: int, contact_id: str | None = None) -> list[StoredRow]:
        if not limit or self._brake.seconds_left:
            return []
        try:
            return await rows.claim(
                self._pool, contact_id=contact_id, limit=limit, lease=self._timing.lease
            )
        except _STORAGE_ERRORS as error:
            _log.warning("the outbox cannot be claimed: %s", type(error).__name__)
            return []

    async def _attempt(self, stored: StoredRow) -> None:
        try:
            await self._send(stored)
        except _STORAGE_ERRORS as error:
            # the row stays with its lease; when that runs out it is in doubt
            _log.warning("row %s: result not stored: %s", stored.row.id, type(error).__name__)

    async def _send(self, stored: StoredRow) -> None:
        if stored.again and stored.tries > policy.MAX_TRIES:
            await self._give_up(stored, Failure(policy.UNANSWERED, "no receipt came", "retry"))
            return
        self._metrics.resends_total.inc(stored.again)
        if stored.error_code is not None and policy.reaction(stored.error_code).kind == "reupload":
            self._sender.forget_media()
        try:
            wamid = await self._answer(stored)
        except SendUncertain as error:
            await self._wait_for_receipt(stored, error)
        except SendError as error:
            await self._refused(stored, error)
        else:
            await rows.accepted(self._pool, stored.row.id, self._pseudonyms.message(wamid))
            self._brake.release()
            self._count("accepted")

    async def _answer(self, stored: StoredRow) -> str:
        row = stored.row
        deadline = self._timing.lease.total_seconds() * 0.8
        try:
            async with asyncio.timeout(deadline):
                return await self._sender.send(row.id, row.recipient, row.message, self._documents)
        except TimeoutError:
            text = f"no answer in {deadline:g} s"
            raise SendUncertain(text, code=policy.UNANSWERED) from None

    async def _wait_for_receipt(self, stored: StoredRow, error: SendUncertain) -> None:
        failure = Failure(error.code, str(error), "retry")
        if await rows.doubt(self._pool, stored, self._timing.doubt, failure):
            self._metrics.sends_in_doubt_total.inc()
            self._count("in_doubt")

    async def _refused(self, stored: StoredRow, error: SendError) -> None:
        reaction = policy.reaction(error.code, error.http_status)
        failure = Failure(error.code, str(error), reaction.kind)
        pause = self._brake.hold(reaction.kind, error.retry_after)
        if pause is not None:
            await self._retry(stored, failure, pause, counted=False)
            level = logging.ERROR if reaction.alert else logging.WARNING
            _log.log(level, "the number pauses for %.0f s: %s %s", pause, error.code, error)
        elif again := policy.retry(reaction.kind, stored.tries, self._jitter()):
            await self._retry(stored, failure, again.seconds)
        else:
            await self._give_up(stored, failure)

    async def _retry(
        self, stored: StoredRow, failure: Failure, seconds: float, *, counted: bool = True
    ) -> None:
        after = timedelta(seconds=seconds)
        if await rows.retry_later(self._pool, stored, after, failure, counted=counted):
            self._count("retried" if counted else "paused")

    async def _give_up(self, stored: StoredRow, failure: Failure) -> None:
        if await rows.failed(self._pool, stored, failure):
            self._count("failed")
            log_given_up(stored, failure)

    def _count(self, outcome: str) -> None:
        self._metrics.sends_total.labels(outcome).inc()


def log_given_up(stored: StoredRow, failure: Failure) -> None:
    """An error, for a person, when the policy says so or when every try was used up."""
    reaction = policy.reaction(failure.code)
    exhausted = failure.reaction in ("retry", "retry_slowly")
    level = logging.ERROR if reaction.alert or exhausted else logging.WARNING
    _log.log(
        level, "row %s was given up (%s): %s %s",
        stored.row.id, failure.reaction, failure.code, failure.error,
    )  # fmt: skip
