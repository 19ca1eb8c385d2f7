"""Sends what stands in the outbox: a contact's rows right after its turn, all else in a loop.

A row never tried is simply sent. One whose answer was lost, or whose sender died, waits for the
receipt that carries its tracker, and is sent again when none comes.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import asyncpg

from crm import outbox as rows
from crm.outbox import Failure, Rates, StoredRow
from crm.pool import UNREACHABLE, Pool
from delivery import policy
from delivery.brake import Brake
from delivery.gate import verdict
from delivery.metrics import Metrics
from delivery.refusals import Act, Refusal, Refusals
from domain.bubbles import merged
from domain.contact import Address, Pseudonyms
from domain.errors import MailboxUnavailable, SendError, SendUncertain
from domain.messages import Outbound

_STORAGE_ERRORS = (asyncpg.PostgresError, *UNREACHABLE)

_A_TURNS_ROWS = 10
_BUBBLES_IN_ONE = 20

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
    """`lease` is how long a sender's death goes unnoticed. `poll`, `limit` of a send: seconds.

    A send's lease is renewed. Its limit is less than lease and doubt together, so that nobody else
    sends the row meanwhile even where no renewal gets through.
    """

    lease: timedelta = timedelta(seconds=5)
    doubt: timedelta = timedelta(seconds=8)
    poll: float = 1.0
    limit: float = 12.0


Told = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Of which trackers a receipt was taken that is not yet in the ledger.

Raises MailboxUnavailable.
"""


async def _nothing(_: Sequence[str]) -> set[str]:
    return set()


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


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
        told: Told = _nothing,
        timing: Timing | None = None,
        concurrency: int = 16,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._documents = documents
        self._pseudonyms = pseudonyms
        self._metrics = metrics
        self.refusals = refusals
        self._rates = rates or Rates()
        self._told = told
        self._timing = timing or Timing()
        self._now = now
        self._brake = Brake(clock, policy.NETWORK_SECONDS)
        self._free = concurrency
        self._under_way: dict[str, StoredRow] = {}
        self._surveyed_at = float("-inf")
        self._wake = asyncio.Event()

    async def flush(self, contact_id: str) -> None:
        """Send what may go to one contact now; what fails or has to wait is left to `run`."""
        more = True
        while more and (claimed := await self._claim(_A_TURNS_ROWS, contact_id)):
            async with asyncio.TaskGroup() as sends:
                attempts = [sends.create_task(self._attempt(stored)) for stored in claimed]
            more = any(attempt.result() for attempt in attempts)
        if more:
            self.nudge()  # what waits is another flush's, or another contact's

    async def run(self, stop: asyncio.Event) -> None:
        """Send everything else until `stop`: retries, leftovers of crashes, rows in doubt."""
        async with asyncio.TaskGroup() as beside:
            holding = beside.create_task(self._hold())
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
                    sends.create_task(self._attempt(stored)).add_done_callback(self._done)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.poll):
                        await self._wake.wait()

    def nudge(self) -> None:
        """Let `run` look at once instead of at its next poll."""
        self._wake.set()

    async def _hold(self) -> None:
        """What is being sent is not in doubt: only the row of a sender that died is."""
        while True:
            await asyncio.sleep(self._timing.lease.total_seconds() / 3)
            if self._under_way:
                try:
                    await rows.hold(self._pool, list(self._under_way.values()), self._timing.lease)
                except _STORAGE_ERRORS as error:
                    _log.warning("the outbox cannot be held: %s", type(error).__name__)

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
        except _STORAGE_ERRORS as error:
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
        except _STORAGE_ERRORS as error:
            _log.warning("the outbox cannot be claimed: %s", type(error).__name__)
            return ()
        if claimed.held_back:
            soon = self._rates.burst / self._rates.per_second
            asyncio.get_running_loop().call_later(soon, self.nudge)
        return claimed.rows

    async def _attempt(self, stored: StoredRow) -> bool:
        """Whether anything else may go now; asked after the send, since much may come during it."""
        try:
            return await self._send(stored)
        except _STORAGE_ERRORS as error:
            # the row stays with its lease; when that runs out it is in doubt
            _log.warning("row %s: result not stored: %s", stored.row.id, type(error).__name__)
            return True

    async def _send(self, stored: StoredRow) -> bool:
        if (stored.again and await self._reported(stored)) or await self._withheld(stored):
            return True
        stored = await self._as_one(stored)
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
            waits = await rows.accepted(self._pool, stored.row.id, self._pseudonyms.message(wamid))
            self._brake.release()
            self.refusals.passed()
            self.refusals.count("accepted")
            return waits
        return True

    async def _reported(self, stored: StoredRow) -> bool:
        """Whether a receipt of a row in doubt was taken, read or not; true when nobody can tell.

        A receipt leaves its mailbox only when it is in the ledger, so the ledger is asked last.
        """
        try:
            unread = await self._told([stored.row.id])
        except MailboxUnavailable:
            unread = {stored.row.id}
        if unread:
            wait = timedelta(seconds=self._timing.poll)
            await rows.doubt_goes_on(self._pool, stored, wait)
            return True
        return not await rows.held(self._pool, stored)

    async def _withheld(self, stored: StoredRow) -> bool:
        """Whether the row is settled without a send: what is known of its contact forbids one."""
        if stored.again and self.refusals.hopeless(replace(stored, tries=stored.tries - 1)):
            failure = Failure(policy.UNANSWERED, "no receipt came", "retry")
            return await self._settle(self.refusals.give_up, stored, failure)
        kind = verdict(stored, self._now())
        if kind == "send":
            return False
        if kind == "reopen":
            failure = Failure(policy.WINDOW_CLOSED, "the window is closed", "template")
            return await self._settle(self.refusals.reopen, stored, failure)
        failure = Failure(policy.WITHHELD, "not to be written to", kind)
        return await self._settle(self.refusals.give_up, stored, failure)

    async def _as_one(self, stored: StoredRow) -> StoredRow:
        """After a pair was too fast, what waits for the recipient goes along in one message."""
        code = stored.error_code
        if stored.again or code is None or policy.reaction(code).kind != "pace_pair":
            return stored
        async with self._pool.acquire() as connection, connection.transaction():
            waiting = await rows.waiting(connection, stored.row.id, _BUBBLES_IN_ONE)
            whole, taken = merged([stored.row.message, *(message for _, message in waiting)])
            ids = [row_id for row_id, _ in waiting[: taken - 1]]
            if not await self.refusals.absorb(connection, stored, whole, ids):
                return stored
        return replace(stored, row=replace(stored.row, message=whole))

    async def _answer(self, stored: StoredRow) -> str:
        row, limit = stored.row, self._timing.limit
        self._under_way[row.id] = stored
        try:
            async with asyncio.timeout(limit):
                return await self._sender.send(row.id, row.recipient, row.message, self._documents)
        except TimeoutError:
            text = f"no answer in {limit:g} s"
            raise SendUncertain(text, code=policy.UNANSWERED) from None
        finally:
            self._under_way.pop(row.id, None)

    async def _wait_for_receipt(self, stored: StoredRow, error: SendUncertain) -> None:
        wait = self._timing.doubt
        if stored.tries >= policy.TRIES:
            wait = timedelta(seconds=policy.gap(stored.tries))
        self.refusals.failed(stored)
        failure = Failure(error.code, str(error), "retry")
        if await rows.doubt(self._pool, stored, wait, failure):
            self._metrics.sends_in_doubt_total.inc()
            self.refusals.count("in_doubt")

    async def _refused(self, stored: StoredRow, error: SendError) -> None:
        failure = Failure(error.code, str(error), "")
        if policy.reaction(error.code).kind == "unreached":
            await self._unreached(stored, failure)
            return
        self._brake.release()
        refusal = Refusal(stored, failure, error.http_status, error.retry_after)
        async with self._pool.acquire() as connection, connection.transaction():
            await self.refusals.settle(connection, refusal)

    async def _unreached(self, stored: StoredRow, failure: Failure) -> None:
        pause = self._brake.hold()
        _log.warning("Meta cannot be reached, sends pause for %.0f s: %s", pause, failure.error)
        after = timedelta(seconds=pause)
        await rows.retry_later(self._pool, stored, after, failure, counted=False)
        self.refusals.count("paused")

    async def _settle(self, act: Act, stored: StoredRow, failure: Failure) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            await act(connection, Refusal(stored, failure))
        return True
