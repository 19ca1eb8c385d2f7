"""One send of one claimed row of the outbox, and what comes of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import asyncpg

from crm import outbox as rows
from crm.handoffs import TAKEN
from crm.outbox import Failure, StoredRow
from crm.pool import UNREACHABLE, Pool
from delivery import policy
from delivery.brake import Brake
from delivery.gate import spoken_by_the_agent, verdict
from delivery.metrics import Metrics
from delivery.refusals import Act, Refusal, Refusals
from domain.bubbles import merged
from domain.contact import Address, Pseudonyms
from domain.errors import MailboxUnavailable, SendError, SendUncertain, traced
from domain.messages import Outbound

STORAGE_ERRORS = (asyncpg.PostgresError, *UNREACHABLE)

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


async def nothing_told(_: Sequence[str]) -> set[str]:
    """Of none: where receipts have no mailbox."""
    return set()


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


class Attempts:
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
        told: Told,
        timing: Timing,
        brake: Brake,
        now: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._documents = documents
        self._pseudonyms = pseudonyms
        self._metrics = metrics
        self._refusals = refusals
        self._told = told
        self._timing = timing
        self._brake = brake
        self._now = now
        self._under_way: dict[str, StoredRow] = {}

    async def send(self, stored: StoredRow) -> bool:
        """Whether anything else may go now; asked after the send, since much may come during it."""
        try:
            return await self._send(stored)
        except STORAGE_ERRORS as error:
            _log.warning("row %s: result not stored: %s", stored.row.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one row must not stop all the others
            _log.error("row %s failed: %s", stored.row.id, traced(error))
            _log.debug("row %s failed", stored.row.id, exc_info=error)
        # the row stays with its lease; when that runs out it is in doubt
        return True

    async def hold(self) -> None:
        """What is being sent is not in doubt: only the row of a sender that died is."""
        while True:
            await asyncio.sleep(self._timing.lease.total_seconds() / 3)
            if self._under_way:
                try:
                    await rows.hold(self._pool, list(self._under_way.values()), self._timing.lease)
                except STORAGE_ERRORS as error:
                    _log.warning("the outbox cannot be held: %s", type(error).__name__)

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
            self._refusals.passed()
            self._refusals.count("accepted")
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
        if stored.again and self._refusals.hopeless(replace(stored, tries=stored.tries - 1)):
            failure = Failure(policy.UNANSWERED, "no receipt came", "retry")
            return await self._settle(self._refusals.give_up, stored, failure)
        if stored.tries > 1 and spoken_by_the_agent(stored) and await self._taken(stored):
            failure = Failure(policy.WITHHELD, "a person has the conversation", "withdrawn")
            return await self._settle(self._refusals.give_up, stored, failure)
        kind = verdict(stored, self._now())
        if kind == "send":
            return False
        if kind == "reopen":
            failure = Failure(policy.WINDOW_CLOSED, "the window is closed", "template")
            return await self._settle(self._refusals.reopen, stored, failure)
        failure = Failure(policy.WITHHELD, "not to be written to", kind)
        return await self._settle(self._refusals.give_up, stored, failure)

    async def _taken(self, stored: StoredRow) -> bool:
        """Whether a person took the conversation: nothing is tried again over his words."""
        return bool(await self._pool.fetchval(TAKEN, stored.row.contact_id))

    async def _as_one(self, stored: StoredRow) -> StoredRow:
        """After a pair was too fast, what waits for the recipient goes along in one message."""
        code = stored.error_code
        if stored.again or code is None or policy.reaction(code).kind != "pace_pair":
            return stored
        async with self._pool.acquire() as connection, connection.transaction():
            waiting = await rows.waiting(connection, stored.row.id, _BUBBLES_IN_ONE)
            whole, taken = merged([stored.row.message, *(message for _, message in waiting)])
            ids = [row_id for row_id, _ in waiting[: taken - 1]]
            if not await self._refusals.absorb(connection, stored, whole, ids):
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
        self._refusals.failed(stored)
        failure = Failure(error.code, str(error), "retry")
        if await rows.doubt(self._pool, stored, wait, failure):
            self._metrics.sends_in_doubt_total.inc()
            self._refusals.count("in_doubt")

    async def _refused(self, stored: StoredRow, error: SendError) -> None:
        failure = Failure(error.code, str(error), "")
        if policy.reaction(error.code).kind == "unreached":
            await self._unreached(stored, failure)
            return
        self._brake.release()
        refusal = Refusal(stored, failure, error.http_status, error.retry_after)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._refusals.settle(connection, refusal)

    async def _unreached(self, stored: StoredRow, failure: Failure) -> None:
        pause = self._brake.hold()
        _log.warning("Meta cannot be reached, sends pause for %.0f s: %s", pause, failure.error)
        after = timedelta(seconds=pause)
        await rows.retry_later(self._pool, stored, after, failure, counted=False)
        self._refusals.count("paused")

    async def _settle(self, act: Act, stored: StoredRow, failure: Failure) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            await act(connection, Refusal(stored, failure))
        return True
