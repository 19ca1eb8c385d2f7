"""Requests share round trips to a real mailbox; a gate holds a round trip open where needed."""

import asyncio
import contextlib
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from delivery.group_commit import GroupCommit
from delivery.mailbox import Mailbox, Post
from domain.errors import MailboxUnavailable


class Gate:
    """A mailbox whose round trips stop at a gate and are written down."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.trips: list[list[bytes]] = []
        self.failing: Exception | None = None
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()

    async def push(self, posts: Sequence[Post]) -> int:
        self.trips.append([post.body for post in posts])
        self.arrived.set()
        await self.open.wait()
        if self.failing:
            failing, self.failing = self.failing, None
            raise failing
        return await self.mailbox.push(posts)


@pytest.fixture
def gate(redis: Redis) -> Gate:
    return Gate(Mailbox(redis, "inbox"))


def post(name: str) -> Post:
    return Post(name, "ana", (), name.encode())


def start(group: GroupCommit[Post], *names: str) -> asyncio.Task[None]:
    return asyncio.create_task(group.push([post(name) for name in names]))


async def bodies(redis: Redis) -> tuple[bytes, ...]:
    lease = await Mailbox(redis, "inbox").claim()
    return lease.bodies if lease else ()


async def settle() -> None:
    """Let every task run up to where it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_posts_are_stored_when_push_returns(redis: Redis) -> None:
    group = GroupCommit(Mailbox(redis, "inbox"))
    await group.push([post("one"), post("two")])
    assert await bodies(redis) == (b"one", b"two")


async def test_requests_share_the_next_round_trip_in_order(gate: Gate, redis: Redis) -> None:
    group = GroupCommit(gate)
    first = start(group, "1")
    await gate.arrived.wait()
    rest = [start(group, "2", "3"), start(group, "4"), start(group, "5")]
    await settle()
    gate.open.set()
    await asyncio.gather(first, *rest)
    assert gate.trips == [[b"1"], [b"2", b"3", b"4", b"5"]]
    assert await bodies(redis) == (b"1", b"2", b"3", b"4", b"5")


async def test_no_request_returns_before_its_round_trip(gate: Gate) -> None:
    request = start(GroupCommit(gate), "1")
    await gate.arrived.wait()
    await settle()
    assert not request.done()
    gate.open.set()
    await request


async def test_a_failing_round_trip_fails_only_its_own_requests(gate: Gate, redis: Redis) -> None:
    group = GroupCommit(gate)
    gate.failing = MailboxUnavailable("Redis: ConnectionError")
    first = start(group, "1")
    await gate.arrived.wait()
    second = start(group, "2")
    await settle()
    gate.open.set()
    with pytest.raises(MailboxUnavailable, match="ConnectionError"):
        await first
    await second
    assert await bodies(redis) == (b"2",)


async def test_every_request_of_a_failing_round_trip_hears_of_it(gate: Gate) -> None:
    group = GroupCommit(gate)
    gate.failing = MailboxUnavailable("Redis: TimeoutError")
    requests = [start(group, "1"), start(group, "2")]
    gate.open.set()
    outcomes = await asyncio.gather(*requests, return_exceptions=True)
    assert gate.trips == [[b"1", b"2"]]
    assert [type(outcome) for outcome in outcomes] == [MailboxUnavailable] * 2


async def test_an_unexpected_error_reaches_the_request(gate: Gate) -> None:
    group = GroupCommit(gate)
    gate.failing = ZeroDivisionError()
    gate.open.set()
    with pytest.raises(ZeroDivisionError):
        await group.push([post("1")])
    await group.push([post("2")])


async def test_too_many_waiting_are_refused_and_room_comes_back(gate: Gate) -> None:
    group = GroupCommit(gate, max_waiting=3)
    first = start(group, "1", "2")
    await gate.arrived.wait()
    with pytest.raises(MailboxUnavailable, match="2 messages wait"):
        await group.push([post("3"), post("4")])
    gate.open.set()
    await first
    await group.push([post("3"), post("4")])


async def test_one_request_alone_is_taken_whatever_its_size(redis: Redis) -> None:
    group = GroupCommit(Mailbox(redis, "inbox"), max_waiting=3)
    await group.push([post(f"{i}") for i in range(50)])
    assert len(await bodies(redis)) == 50


async def test_a_slow_round_trip_is_given_up(gate: Gate) -> None:
    group = GroupCommit(gate, timeout=0.02)
    with pytest.raises(MailboxUnavailable, match=r"0\.02 s"):
        await group.push([post("1")])
    gate.open.set()
    await group.push([post("2")])


async def test_a_request_that_goes_away_takes_nobody_with_it(gate: Gate, redis: Redis) -> None:
    group = GroupCommit(gate)
    leaving, staying = start(group, "1"), start(group, "2")
    await gate.arrived.wait()
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    gate.open.set()
    await staying
    assert await bodies(redis) == (b"1", b"2")


async def test_closing_waits_for_what_is_under_way_and_refuses_the_rest(
    gate: Gate, redis: Redis
) -> None:
    group = GroupCommit(gate)
    request = start(group, "1")
    await gate.arrived.wait()
    closing = asyncio.create_task(group.aclose())
    await settle()
    assert not closing.done()
    with pytest.raises(MailboxUnavailable, match="stopping"):
        await group.push([post("2")])
    gate.open.set()
    await closing
    assert request.done() or await request is None
    assert await bodies(redis) == (b"1",)


async def test_nothing_to_push_needs_no_round_trip(gate: Gate) -> None:
    await GroupCommit(gate).push([])
    assert gate.trips == []


async def test_an_unreachable_redis_fails_the_request() -> None:
    once = Retry(NoBackoff(), 0)
    async with Redis(port=1, retry=once, socket_connect_timeout=0.2) as nowhere:
        with pytest.raises(MailboxUnavailable, match="ConnectionError"):
            await GroupCommit(Mailbox(nowhere, "inbox")).push([post("1")])
