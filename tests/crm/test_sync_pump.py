"""Delivery: in each lead's order, at least once, through failures, limits and lost leases."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import sync
from crm.migrate import migrate
from crm.pool import Pool, connect
from crm.sync_pump import Lane
from domain.errors import EventRefused, SinkBusy, SinkFailed, SinkGone, SinkTroubled, SyncError
from domain.sync import Refs, SyncEvent, backoff_seconds
from tests.crm.conftest import new_database
from tests.crm.made import ANA, committed
from tests.e2e.cable import Cable

CONTACTS = tuple(f"{number:08d}-6c1e-5b7e-9d9a-0d8f6c1e5b7e" for number in range(3))


class Receiver:
    """A sink in memory. `faults` are what the next deliveries end with; None: they arrive."""

    name = "one"

    def __init__(self, *faults: SyncError | None, at_once: int = 4) -> None:
        self.at_once = at_once
        self.faults = list(faults)
        self.arrived: list[SyncEvent] = []
        self.lost_answers = 0
        self.begun = 0
        self.door = asyncio.Event()
        self.door.set()

    async def deliver(self, event: SyncEvent, refs: Refs) -> None:
        self.begun += 1
        await self.door.wait()
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.lost_answers:
            self.arrived.append(event)
            refs["contact"] = f"of {event.contact_id}"
        if self.lost_answers:
            self.lost_answers -= 1
            raise SinkFailed("the answer was lost")
        if fault:
            raise fault

    def of(self, contact_id: str) -> list[int]:
        """The numbers of what arrived of a contact, each once, as it came first."""
        numbers = [one.data["number"] for one in self.arrived if one.contact_id == contact_id]
        return list(dict.fromkeys(numbers))


def lane(pool: Pool, sink: Receiver) -> Lane:
    def count(sink: str, outcome: str) -> None:
        assert (sink, bool(outcome)) == ("one", True)

    return Lane(pool, sink, count=count, chance=lambda: 0.0)


async def written(pool: Pool, contacts: list[str]) -> None:
    numbers: dict[str, int] = defaultdict(int)
    async with pool.acquire() as connection:
        for contact_id in contacts:
            async with connection.transaction():
                data = {"number": numbers[contact_id]}
                await sync.note(connection, contact_id, "lead.updated", data)
            numbers[contact_id] += 1


async def hurry(pool: Pool) -> None:
    """Let every wait and every lease be over."""
    await pool.execute("UPDATE sync_outbox SET due_at = now()")
    await pool.execute("UPDATE sync_sinks SET rests_until = '-infinity'")


async def empty(pool: Pool, *lanes: Lane, steps: int = 400) -> None:
    """Work until nothing waits."""
    for _ in range(steps):
        await asyncio.gather(*(one.step() for one in lanes))
        if not await pool.fetchval("SELECT count(*) FROM sync_outbox WHERE state = 'waiting'"):
            return
        await hurry(pool)
    pytest.fail("something waits for ever")


@pytest.fixture
async def ready(pool: Pool) -> Pool:
    await sync.register(pool, "one")
    return pool


async def test_a_leads_events_arrive_one_after_the_other(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]] * 3)
    sink = Receiver()
    sink.door.clear()
    one = lane(ready, sink)
    await one.step()
    assert await sync.claim(ready, "one", limit=9, lease=timedelta(0)) == []
    sink.door.set()
    await empty(ready, one)
    assert sink.of(CONTACTS[0]) == [0, 1, 2]


async def test_a_failure_waits_longer_each_time_and_others_go_on(
    ready: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    await written(ready, [CONTACTS[0], CONTACTS[0], CONTACTS[1]])
    sink = Receiver(SinkFailed("503"))
    one = lane(ready, sink)
    for _ in range(4):
        await one.step()
    assert (sink.of(CONTACTS[0]), sink.of(CONTACTS[1])) == ([], [0])
    row = await ready.fetchrow(
        "SELECT failures, error, due_at > now() AS later FROM sync_outbox ORDER BY seq LIMIT 1"
    )
    assert row
    assert tuple(row) == (1, "503", True)
    assert caplog.messages == ["one did not take a lead.updated: 503"]
    await empty(ready, one)
    assert sink.of(CONTACTS[0]) == [0, 1]


async def test_every_attempt_has_the_same_id_and_says_that_it_is_a_repeat(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]])
    sink = Receiver()
    sink.lost_answers = 1
    await empty(ready, lane(ready, sink))
    first, second = sink.arrived
    assert first.id == second.id
    assert (first.repeated, second.repeated) == (False, True)


async def test_a_limit_rests_the_whole_sink_and_is_nobodys_failure(ready: Pool) -> None:
    await written(ready, list(CONTACTS))
    one = lane(ready, Receiver(SinkBusy("429", seconds=60), at_once=1))
    for _ in range(3):
        await one.step()
    [figures] = await sync.figures(ready)
    assert (figures.waiting, figures.dead) == (3, 0)
    assert 50 < figures.rests.total_seconds() <= 60
    assert await ready.fetchval("SELECT max(failures) FROM sync_outbox") == 0
    assert await sync.claim(ready, "one", limit=9, lease=timedelta(0)) == []


async def test_a_refused_event_is_dead_at_once_and_lets_the_next_pass(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]] * 2)
    sink = Receiver(EventRefused("400: VALIDATION_ERROR"))
    one = lane(ready, sink)
    await empty(ready, one)
    assert sink.of(CONTACTS[0]) == [1]
    [dead] = await sync.dead(ready)
    assert dead.error == "400: VALIDATION_ERROR"
    assert await sync.retry(ready, events=[dead.event_id]) == 1
    await empty(ready, one)
    assert sink.of(CONTACTS[0]) == [1, 0]
    assert await sync.dead(ready) == []


async def test_after_the_last_try_it_is_dead_with_its_reason(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]])
    await ready.execute("UPDATE sync_outbox SET failures = $1", sync.MAX_FAILURES - 1)
    await empty(ready, lane(ready, Receiver(SinkFailed("no answer in 10 s"))))
    assert [dead.error for dead in await sync.dead(ready)] == ["no answer in 10 s"]


async def test_trouble_is_told_until_the_sink_answers_well(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]])
    one = lane(ready, Receiver(SinkTroubled("refused the token")))
    await one.step()
    await one.step()
    assert [each.trouble for each in await sync.figures(ready)] == ["refused the token"]
    await empty(ready, one)
    assert [each.trouble for each in await sync.figures(ready)] == [None]


async def test_a_sink_that_is_gone_gets_nothing_until_it_is_resumed(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]] * 2)
    sink = Receiver(SinkGone("410"))
    one = lane(ready, sink)
    for _ in range(4):
        await one.step()
        await hurry(ready)
    assert sink.arrived == []
    assert (await sync.figures(ready))[0].disabled
    assert await sync.resume(ready, "one")
    await empty(ready, one)
    assert sink.of(CONTACTS[0]) == [0, 1]


async def test_what_the_sink_calls_a_contact_is_known_next_time(ready: Pool) -> None:
    await committed(ready, "t1")
    await empty(ready, lane(ready, Receiver()))
    await committed(ready, "t2", stage_after="qualification")
    [row] = await sync.claim(ready, "one", limit=9, lease=timedelta(0))
    assert row.refs == {"contact": f"of {ANA}"}


async def erased(pool: Pool, contact_id: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await sync.erase(connection, contact_id)


async def test_what_the_sink_called_an_erased_contact_goes_when_it_was_told(ready: Pool) -> None:
    await committed(ready, "t1")
    one = lane(ready, Receiver(None, SinkFailed("503")))
    await empty(ready, one)
    await erased(ready, ANA)
    await one.step()
    await one.step()
    [refs] = await ready.fetch("SELECT refs FROM sync_refs")  # it failed: they are still needed
    assert refs["refs"] == {"contact": f"of {ANA}"}
    await empty(ready, one)
    assert await ready.fetchval("SELECT count(*) FROM sync_refs") == 0


async def test_a_sink_that_is_no_more_keeps_no_name_of_an_erased_contact(ready: Pool) -> None:
    await committed(ready, "t1")
    await empty(ready, lane(ready, Receiver()))
    await sync.forget(ready, "one")
    await erased(ready, ANA)
    assert await ready.fetchval("SELECT count(*) FROM sync_refs") == 0


async def test_of_an_erased_contact_only_that_is_told(ready: Pool) -> None:
    """What was given up or never begun is dropped; what may be on its way arrives before."""
    await written(ready, [CONTACTS[0]] * 4)
    sink = Receiver(EventRefused("400"), SinkFailed("the answer was lost"))
    one = lane(ready, sink)
    for _ in range(4):
        await one.step()
    await erased(ready, CONTACTS[0])
    await erased(ready, CONTACTS[0])
    rows = await ready.fetch("SELECT kind, claims FROM sync_outbox ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        ("lead.updated", 1), ("lead.erased", 0), ("lead.erased", 0),
    ]  # fmt: skip
    await empty(ready, one)
    assert [event.kind for event in sink.arrived] == ["lead.updated", "lead.erased", "lead.erased"]


async def test_who_lost_his_lease_can_neither_end_nor_fail_the_row(ready: Pool) -> None:
    await written(ready, [CONTACTS[0]])
    [old] = await sync.claim(ready, "one", limit=1, lease=timedelta(0))
    [new] = await sync.claim(ready, "one", limit=1, lease=timedelta(minutes=1))
    await sync.delivered(ready, "one", [old])
    await sync.failed(ready, old, "late", wait=timedelta(), dead=True)
    assert [each.waiting for each in await sync.figures(ready)] == [1]
    await sync.delivered(ready, "one", [new])
    assert [each.waiting for each in await sync.figures(ready)] == [0]


async def test_postgresql_away_after_the_delivery_makes_no_second_one(database_url: str) -> None:
    async with (
        new_database(database_url) as url,
        Cable(url) as cable,
        pools(url, cable.url) as (pool, through),
    ):
        await sync.register(pool, "one")
        await written(pool, [CONTACTS[0]] * 3)
        sink, stop = Receiver(), asyncio.Event()
        sink.door.clear()
        running = asyncio.create_task(lane(through, sink).run(stop))
        await until(lambda: asyncio.sleep(0, sink.begun == 1))
        await cable.cut()
        sink.door.set()
        await until(lambda: asyncio.sleep(0, bool(sink.arrived)))
        await cable.mend()
        await until(lambda: pool.fetchval("SELECT count(*) = 0 FROM sync_outbox"))
        stop.set()
        await running
        assert [one.data["number"] for one in sink.arrived] == [0, 1, 2]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - a database rings no bell
            await asyncio.sleep(0.01)


@asynccontextmanager
async def pools(*urls: str) -> AsyncGenerator[list[Pool]]:
    opened = [await connect(url, size=4) for url in urls]
    await migrate(opened[0])
    yield opened
    for pool in opened:
        pool.terminate()


FAULTS = st.sampled_from([
    None, None, SinkFailed("503"), SinkBusy("429", seconds=9), SinkTroubled("401"), "lost answer",
])  # fmt: skip


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    contacts=st.lists(st.sampled_from(CONTACTS), min_size=1, max_size=12),
    faults=st.lists(FAULTS, max_size=12),
    stolen=st.sets(st.integers(0, 8), max_size=4),
)
async def test_no_history_of_failures_loses_or_reorders_an_event(
    ready: Pool, contacts: list[str], faults: list[SyncError | str | None], stolen: set[int]
) -> None:
    """Two workers; at the steps in `stolen` every lease ends while its holder still works."""
    await ready.execute("TRUNCATE sync_outbox, sync_refs")
    await written(ready, contacts)
    sink = Receiver(*(fault for fault in faults if not isinstance(fault, str)))
    sink.lost_answers = faults.count("lost answer")
    one, two = lane(ready, sink), lane(ready, sink)
    for number in range(9):
        if number in stolen:
            sink.door.clear()
            await asyncio.gather(one.step(), two.step())
            await hurry(ready)
        sink.door.set()
        await asyncio.gather(one.step(), two.step())
    await empty(ready, one, two)
    for contact_id in CONTACTS:
        assert sink.of(contact_id) == list(range(contacts.count(contact_id)))


@given(st.integers(1, 60), st.floats(0, 1))
def test_backoff_is_between_half_and_all_of_doubling_seconds(failures: int, chance: float) -> None:
    full = min(3600, 2**failures)
    assert full / 2 <= backoff_seconds(failures, chance) <= full
