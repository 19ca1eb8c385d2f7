"""Carries events to the sinks: claims, delivers side by side, and writes down what came of it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from crm import sync, sync_lead
from crm.pool import UNREACHABLE, Pool
from crm.sync import Claimed
from domain.errors import EventRefused, SinkBusy, SinkFailed, SinkGone, SinkTroubled, SyncError
from domain.sync import Refs, Sink, SyncEvent, backoff_seconds

LEASE = timedelta(seconds=60)
DELIVERY_SECONDS = 30.0
TROUBLED = timedelta(minutes=5)
"""How long a sink that an operator has to mend is left alone before it is tried again."""

_POLL_SECONDS = 0.5
_COMPANY_SECONDS = 0.01
"""How long a result waits for others, to be written down in one go."""
_LAST_SECONDS = 5.0
_AWAY = (asyncpg.PostgresError, *UNREACHABLE, TimeoutError)

_log = logging.getLogger(__name__)

Count = Callable[[str, str], None]
"""Is told the sink and what came of a delivery."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a delivery: the sink's names for things, and why it did not arrive."""

    row: Claimed
    refs: Refs
    error: SyncError | None = None

    @property
    def outcome(self) -> str:
        return type(self.error).__name__ if self.error else "delivered"


class SyncPump:
    """One lane a sink: a slow or broken one holds up no other."""

    def __init__(
        self, pool: Pool, sinks: Sequence[Sink], *, count: Count, chance: Callable[[], float]
    ) -> None:
        self.lanes = [Lane(pool, sink, count=count, chance=chance) for sink in sinks]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then deliveries under way get a few seconds."""
        # without a sink, too: a part that ends stops the whole process
        await asyncio.gather(stop.wait(), *(lane.run(stop) for lane in self.lanes))


class Lane:
    """The deliveries to one sink. While PostgreSQL is away, results wait to be written down."""

    def __init__(
        self, pool: Pool, sink: Sink, *, count: Count, chance: Callable[[], float]
    ) -> None:
        self.sink = sink
        self._pool = pool
        self._count = count
        self._chance = chance
        self._running: set[asyncio.Task[Result]] = set()
        self._results: list[Result] = []
        self._registered = False

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                worked = await self.step()
            except _AWAY as error:
                _log.warning("sync to %s put off: %s", self.sink.name, type(error).__name__)
                worked = False
            if not worked:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await stop.wait()
        await self._wind_down()

    async def step(self) -> bool:
        """Write results down, start what is free, wait for one to end; false: nothing to do."""
        if not self._registered:
            await sync.register(self._pool, self.sink.name)
            self._registered = True
        await self._write_down()
        await self._start()
        if not self._running:
            return False
        await asyncio.wait(
            self._running, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        await asyncio.wait(self._running, timeout=_COMPANY_SECONDS)
        self._collect()
        return True

    async def _start(self) -> None:
        free = self.sink.at_once - len(self._running)
        rows = await sync.claim(self._pool, self.sink.name, limit=free, lease=LEASE) if free else []
        if not rows:
            return
        leads = await sync_lead.read(self._pool, [row.contact_id for row in rows])
        for row in rows:
            event = SyncEvent(
                id=row.event_id,
                contact_id=row.contact_id,
                kind=row.kind,
                at=row.at,
                data=row.data,
                lead=None if row.kind == "lead.erased" else leads.get(row.contact_id),
                repeated=row.claims > 1,
            )
            self._running.add(asyncio.create_task(self._deliver(row, event)))

    async def _deliver(self, row: Claimed, event: SyncEvent) -> Result:
        refs, problem = dict(row.refs), None
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self.sink.deliver(event, refs)
        except SyncError as error:
            problem = error
        except TimeoutError:
            problem = SinkFailed(f"not done in {DELIVERY_SECONDS:.0f} s")
        return Result(row, refs, problem)

    def _collect(self) -> None:
        ended = {task for task in self._running if task.done()}
        self._running -= ended
        for result in (task.result() for task in ended):
            self._results.append(result)
            self._count(self.sink.name, result.outcome)

    async def _write_down(self) -> None:
        """What is written is taken off, so that a broken connection loses no result."""
        named = {r.row.contact_id: r.refs for r in self._results if r.refs != r.row.refs}
        if named:
            await sync.keep_refs(self._pool, self.sink.name, named)
        if arrived := [result.row for result in self._results if result.error is None]:
            await sync.delivered(self._pool, self.sink.name, arrived)
        self._results = [result for result in self._results if result.error]
        while self._results:
            await self._failed(self._results[0])
            del self._results[0]

    async def _failed(self, result: Result) -> None:
        row, error, name = result.row, str(result.error), self.sink.name
        match result.error:
            case EventRefused():
                _log.error("%s refused a %s: %s", name, row.kind, error)
                await sync.failed(self._pool, row, error, wait=timedelta(), dead=True)
            case SinkBusy(seconds=seconds):
                await sync.rest(self._pool, name, timedelta(seconds=seconds))
                await sync.give_back(self._pool, row, error)
            case SinkTroubled():
                _log.error("%s takes nothing until this is mended: %s", name, error)
                await sync.rest(self._pool, name, TROUBLED, trouble=error)
                await sync.give_back(self._pool, row, error)
            case SinkGone():
                _log.error("%s wants no more events and was disabled", name)
                await sync.rest(self._pool, name, timedelta(), trouble=error, disable=True)
                await sync.give_back(self._pool, row, error)
            case _:
                _log.warning("%s did not take a %s: %s", name, row.kind, error)
                seconds = backoff_seconds(row.failures + 1, self._chance())
                await sync.failed(self._pool, row, error, wait=timedelta(seconds=seconds))

    async def _wind_down(self) -> None:
        """What does not end in time is cancelled, and sent again under the same id."""
        if self._running:
            await asyncio.wait(self._running, timeout=_LAST_SECONDS)
        self._collect()
        for task in self._running:
            task.cancel()
        with contextlib.suppress(*_AWAY):
            await self._write_down()
