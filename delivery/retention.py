"""Nobody is kept longer than the company needs him: once a day, in small batches."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from crm import audit, chores, retention
from crm.pool import Pool
from crm.retention import PRUNED_AFTER
from delivery.erasure import Erasing
from domain.ports import Clock

log = structlog.get_logger()

ACTOR = "worker"
_NAME = "retention"
_LEASE = timedelta(minutes=10)
_PAUSE = timedelta(days=1)
_AT_ONCE = 100
"""Contacts between two looks at the lease."""


@dataclass(frozen=True)
class Retention:
    """`days` 0 keeps every contact; settled work is pruned all the same."""

    pool: Pool
    erasing: Erasing
    days: int
    clock: Clock

    async def work(self) -> int:
        """Do the day's work if it is due and nobody is at it; gives how many were erased.

        Raises MailboxUnavailable; then it goes on where it was once the lease is over.
        """
        erased = 0
        while await chores.claim(self.pool, _NAME, _LEASE):
            batch = await self._erase_some()
            erased += batch
            if batch < _AT_ONCE:
                await self._prune(erased)
                await chores.rest(self.pool, _NAME, _PAUSE)
                return erased
            await chores.rest(self.pool, _NAME, timedelta())
        return erased

    async def _erase_some(self) -> int:
        if not self.days:
            return 0
        since = self.clock() - timedelta(days=self.days)
        erased = 0
        for contact_id in await retention.silent(self.pool, since, limit=_AT_ONCE):
            # looked at again under the lock: he may write at this very moment
            done = await self.erasing.erase(contact_id, actor=ACTOR, since=since)
            erased += done is not None
        return erased

    async def _prune(self, erased: int) -> None:
        now = self.clock()
        since = now - timedelta(days=self.days) if self.days else None
        pruned = await retention.prune(self.pool, now, since)
        await self.erasing.mailbox.drop_older(PRUNED_AFTER.days)
        await audit.note(self.pool, ACTOR, "retention", None, {"erased": erased, "pruned": pruned})
        log.info("retention", erased=erased, pruned=pruned)
