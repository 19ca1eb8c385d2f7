"""What signed bodies hold, stored together, and each answered for itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import orjson
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from checkpoints import connect
from delivery.group_commit import GroupCommit
from delivery.intake import Intake, Signed
from delivery.mailbox import Mailbox
from delivery.metrics import Metrics
from domain.contact import Pseudonyms
from domain.errors import MailboxUnavailable
from tests.delivery.webhooks import body, change, item, status

JUNK = b"no JSON"


@pytest.fixture
async def client(redis: Redis, redis_url: str) -> AsyncIterator[Redis]:
    """Without retries, as the product has it; the Redis is empty."""
    del redis
    async with connect(redis_url, retries=0) as client:
        yield client


@pytest.fixture
async def intake(client: Redis) -> AsyncIterator[Intake]:
    boxes = Mailbox(client, "messages"), Mailbox(client, "receipts")
    intake = Intake(*boxes, Pseudonyms(b"key"), Metrics(CollectorRegistry()))
    yield intake
    await intake.aclose()


async def test_bodies_that_come_together_are_stored_in_order_broken_ones_apart(
    client: Redis, intake: Intake
) -> None:
    said = [body(change(messages=[item(id=f"wamid.{n}")])) for n in range(200)]
    told = body(change(statuses=[status()]))
    await asyncio.gather(*map(intake.take, [*said[:100], JUNK, told, *said[100:]]))
    messages = Mailbox(client, "messages", most=1000)
    lease, receipt = await messages.claim(), await Mailbox(client, "receipts").claim()
    assert lease
    assert [orjson.loads(entry)["item"]["id"] for entry in lease.bodies] == [
        f"wamid.{n}" for n in range(200)
    ]
    assert receipt
    assert [orjson.loads(entry)["id"] for entry in receipt.bodies] == ["wamid.out"]
    assert (await messages.figures()).quarantined == 1


async def test_scripts_that_redis_forgot_are_told_again(client: Redis, intake: Intake) -> None:
    for n in range(2):
        await client.script_flush()
        await intake.take(body(change(messages=[item(id=f"wamid.{n}")])))
    lease = await Mailbox(client, "messages").claim()
    assert lease
    assert len(lease.bodies) == 2


async def test_a_connection_that_was_cut_opens_again(client: Redis, intake: Intake) -> None:
    await intake.take(body(change(messages=[item(id="wamid.0")])))
    await client.client_kill_filter(_type="normal", skipme=True)
    again = body(change(messages=[item(id="wamid.1")]))
    with contextlib.suppress(MailboxUnavailable):  # the end may not be seen before the write
        await intake.take(again)
    await intake.take(again)
    lease = await Mailbox(client, "messages").claim()
    assert lease
    assert len(lease.bodies) == 2


async def test_what_is_broken_is_refused_in_time_and_in_bounds_when_the_store_is_silent(
    client: Redis,
) -> None:
    """The first client alone may write; `CLIENT PAUSE` makes Redis silent."""
    boxes = Mailbox(client, "messages"), Mailbox(client, "receipts")
    intake = Intake(*boxes, Pseudonyms(b"key"), Metrics(CollectorRegistry()))
    await client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
    try:
        started = asyncio.get_running_loop().time()
        taken = [intake.take(JUNK) for _ in range(3000)]
        outcomes = await asyncio.gather(*taken, return_exceptions=True)
        assert asyncio.get_running_loop().time() - started < 4
    finally:
        await client.execute_command("CLIENT", "UNPAUSE")
    assert {type(outcome) for outcome in outcomes} == {MailboxUnavailable}
    assert any("2000 messages wait already" in str(outcome) for outcome in outcomes)
    await intake.take(JUNK)
    await intake.aclose()


@pytest.mark.parametrize("depth", range(250, 256))
async def test_an_item_is_stored_or_kept_however_deep_it_is(intake: Intake, depth: int) -> None:
    """orjson writes 254 levels; the envelope is one more than the item."""
    said = body(change(messages=[item(more="deep")]))
    await intake.take(said.replace(b'"deep"', b"[" * depth + b"]" * depth))


async def test_what_nobody_foresaw_of_a_body_is_its_own() -> None:
    class Poisoned:
        def __init__(self) -> None:
            self.stored: list[bytes] = []

        async def push(self, entries: Sequence[Signed], /) -> None:
            if any(entry.body == b"poison" for entry in entries):
                raise ZeroDivisionError
            self.stored += [entry.body for entry in entries]

    store = Poisoned()
    group = GroupCommit(store)
    bodies = (b"one", b"poison", b"two")
    pushes = [group.push((Signed(body),)) for body in bodies]
    outcomes = await asyncio.gather(*pushes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), ZeroDivisionError, type(None)]
    assert store.stored == [b"one", b"two"]
