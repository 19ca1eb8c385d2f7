"""What runs beside the worker: receipts, follow-ups, the calendars, and the gauges."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import orjson
import structlog

from bootstrap import Services
from crm import sync
from crm.archive import archive
from crm.pool import UNREACHABLE
from delivery import receipts
from delivery.followups import Followups
from delivery.intake import SHARDS
from delivery.mailbox import Lease
from delivery.receipts import Applied
from domain.errors import CalendarUnavailable, LeaseLost, MailboxUnavailable

log = structlog.get_logger()

Loop = Callable[[asyncio.Event], Awaitable[None]]

_RECEIPTS_SECONDS = 0.25
_FOLLOWUPS_SECONDS = 30.0
_ESCALATION_SECONDS = 15.0
_SWEEP_SECONDS = 60.0
_GAUGES_SECONDS = 5.0
_UNDELIVERED_SECONDS = 2.0
_PASSING = (MailboxUnavailable, CalendarUnavailable, asyncpg.PostgresError, *UNREACHABLE)


def loops(services: Services) -> list[Loop]:
    """One each, running until their event is set."""
    followups = Followups(services.stores.pool, services.business, services.clock)
    return [
        _every(_RECEIPTS_SECONDS, lambda: settle_receipts(services)),
        _every(_FOLLOWUPS_SECONDS, followups.work),
        _every(_ESCALATION_SECONDS, lambda: _escalate(services)),
        _every(_UNDELIVERED_SECONDS, lambda: _undelivered(services)),
        _every(_SWEEP_SECONDS, services.scheduler.sweep),
        _every(_SWEEP_SECONDS, lambda: archive(services.stores.pool)),
        _every(_SWEEP_SECONDS, services.retention.work),
        _every(services.settings.calendar_poll_seconds / 4, lambda: _watch_calendars(services)),
        _every(_GAUGES_SECONDS, lambda: _gauge(services)),
        _every(_GAUGES_SECONDS, lambda: _gauge_sync(services)),
    ]


def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> Loop:
    async def loop(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await work()
            except _PASSING as error:
                log.warning("put off", error=_told(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await stop.wait()

    return loop


def _told(error: Exception) -> str:
    """PostgreSQL may quote the row that it refuses, and asyncpg a value: a lead's words."""
    name = type(error).__name__
    return name if isinstance(error, asyncpg.PostgresError) else f"{name}: {error}"


async def settle_receipts(services: Services) -> None:
    """What came to be known about sent messages, into the ledger, all at once."""
    mailbox = services.stores.receipts
    if not (leases := await mailbox.claim_some(SHARDS)):
        return
    try:
        applied = await _apply(services, leases)
    except BaseException:
        # else nobody could read them for a lease, and a doubt may end sooner
        for lease in leases:
            with contextlib.suppress(LeaseLost, MailboxUnavailable):
                await mailbox.give_back(lease)
        raise
    for lease in leases:
        with contextlib.suppress(LeaseLost):
            await mailbox.commit(lease)
    if applied.frees:
        services.outbox.nudge()


async def _apply(services: Services, leases: Sequence[Lease]) -> Applied:
    statuses = [orjson.loads(body) for lease in leases for body in lease.bodies]
    stores = services.stores
    return await receipts.apply(stores.pool, statuses, stores.pseudonyms, services.outbox.refusals)


async def _escalate(services: Services) -> None:
    """Handoffs that nobody claimed in time."""
    if await services.escalation.work():
        services.outbox.nudge()


async def _undelivered(services: Services) -> None:
    """What was given up, to a person."""
    if await services.undelivered.work():
        services.outbox.nudge()


async def _watch_calendars(services: Services) -> None:
    """A calendar is read when it is due, by whichever process asks first."""
    found = await services.calendar_watch.look()
    for change, count in found.plain().items():
        services.stores.metrics.calendar_changes_total.labels(change).inc(count)
    if found.moved or found.cancelled:
        services.outbox.nudge()


async def _gauge(services: Services) -> None:
    figures = await services.stores.mailbox.figures()
    metrics = services.stores.metrics
    metrics.mailbox_due.set(figures.due)
    metrics.mailbox_oldest_seconds.set(figures.oldest_due_seconds)
    metrics.mailbox_dead.set(figures.dead + figures.dead_dropped)
    metrics.mailbox_quarantined.set(figures.quarantined + figures.quarantine_dropped)


async def _gauge_sync(services: Services) -> None:
    metrics = services.stores.metrics
    for sink in await sync.figures(services.stores.pool):
        metrics.sync_waiting.labels(sink.name).set(sink.waiting)
        metrics.sync_oldest_seconds.labels(sink.name).set(sink.oldest.total_seconds())
        metrics.sync_dead.labels(sink.name).set(sink.dead)
        metrics.sync_troubled.labels(sink.name).set(bool(sink.disabled or sink.trouble))
