"""A store that is slow, silent, full or read-only: refused in time, and nothing lost or doubled."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from checkpoints import connect
from delivery.group_commit import GroupCommit
from delivery.intake import Intake
from delivery.mailbox import Mailbox, Post
from delivery.metrics import Metrics
from domain.contact import Pseudonyms
from domain.errors import MailboxUnavailable
from sandbox.servers import local_redis
from tests.delivery.webhooks import body, change, item

PATIENCE = 0.3
"""Seconds that a push may take in these tests."""


class Line:
    """A TCP proxy before Redis. While `asking` is not set it carries nothing to Redis, while
    `answering` is not set nothing back; `bytes_left` to Redis it breaks."""

    def __init__(self, far: str) -> None:
        self.asking, self.answering = asyncio.Event(), asyncio.Event()
        self.mend()
        self._far = urlsplit(far)
        self._ends: set[asyncio.StreamWriter] = set()
        self.url = ""

    def mend(self) -> None:
        self.asking.set()
        self.answering.set()
        self.bytes_left = 1 << 60

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator["Line"]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}{self._far.path}"
        try:
            yield self
        finally:
            self.mend()
            server.close()
            for end in tuple(self._ends):
                end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._far.hostname, self._far.port)
        self._ends |= {writer, far_writer}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._ask(reader, far_writer), self._answer(far_reader, writer))
        writer.close()
        far_writer.close()

    async def _ask(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            await self.asking.wait()
            if len(data) > self.bytes_left:
                raise ConnectionResetError
            self.bytes_left -= len(data)
            far.write(data)
            await far.drain()
        far.close()

    async def _answer(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await far.read(65536):
            await self.answering.wait()
            writer.write(data)
        writer.close()


@pytest.fixture
async def line(redis: Redis, redis_url: str) -> AsyncIterator[Line]:
    """To the Redis of the tests, which is empty."""
    del redis
    async with Line(redis_url).open() as line:
        yield line


@pytest.fixture
async def box(line: Line) -> AsyncIterator[Mailbox]:
    """At the far end of the line, over a client as the product has it."""
    async with connect(line.url, timeout=PATIENCE, retries=0) as client:
        yield Mailbox(client, "inbox", most=1000)


@pytest.fixture
def full_redis(tmp_path: Path) -> Iterator[str]:
    """A Redis of its own, whose settings a test may change."""
    with local_redis(tmp_path, appendonly=False) as url:
        yield url


def posts(count: int, size: int = 100) -> list[Post]:
    return [
        Post(f"{n}", "ana", ("phone",), f"{n:06d}".encode() * (size // 6)) for n in range(count)
    ]


async def stored(box: Mailbox) -> tuple[bytes, ...]:
    lease = await box.claim()
    return lease.bodies if lease else ()


async def test_a_silent_store_is_answered_in_time_and_forgotten_when_it_speaks_again(
    line: Line, box: Mailbox
) -> None:
    group = GroupCommit(box, timeout=PATIENCE)
    line.asking.clear()
    started = asyncio.get_running_loop().time()
    pushes = (group.push([post]) for post in posts(50))
    outcomes = await asyncio.gather(*pushes, return_exceptions=True)
    assert asyncio.get_running_loop().time() - started < 4 * PATIENCE
    assert {type(outcome) for outcome in outcomes} == {MailboxUnavailable}
    line.mend()
    await group.push(posts(50))
    assert await stored(box) == tuple(post.body for post in posts(50))


async def test_what_waits_is_bounded_in_bytes_and_in_number(line: Line, box: Mailbox) -> None:
    group = GroupCommit(box, max_waiting=20, max_bytes=50_000, timeout=PATIENCE)
    line.asking.clear()
    for many, size in ((100, 100), (100, 10_000)):
        pushes = [asyncio.create_task(group.push([post])) for post in posts(many, size)]
        refused, _ = await asyncio.wait(pushes, timeout=PATIENCE / 10)
        assert len(refused) == max(many - 20, many - 50_000 // size)
        await asyncio.wait(pushes)
    line.mend()
    await group.push(posts(1))


async def test_every_request_to_a_silent_store_is_refused_and_none_waits_on(line: Line) -> None:
    async with connect(line.url, timeout=PATIENCE, retries=0) as client:
        boxes = Mailbox(client, "messages"), Mailbox(client, "receipts")
        intake = Intake(*boxes, Pseudonyms(b"key"), Metrics(CollectorRegistry()))
        line.asking.clear()
        bodies = (body(change(messages=[item(id=f"wamid.{n}")])) for n in range(3000))
        taken = asyncio.gather(*map(intake.take, bodies), return_exceptions=True)
        async with asyncio.timeout(10):
            outcomes = await taken
        assert {type(outcome) for outcome in outcomes} == {MailboxUnavailable}
        assert any("wait already" in str(outcome) for outcome in outcomes)
        line.mend()
        await intake.take(body(change(messages=[item()])))


async def test_a_line_that_breaks_half_way_loses_and_doubles_nothing(
    line: Line, box: Mailbox, redis: Redis
) -> None:
    await box.push([Post("first", "ben", (), b"")])
    line.bytes_left = 12_000
    with pytest.raises(MailboxUnavailable):
        await GroupCommit(box).push(posts(150))
    assert 0 < await redis.llen("{inbox}:unread:ana") < 150  # type: ignore[misc] - redis-py's stubs
    line.mend()
    await GroupCommit(box).push(posts(150))
    await stored(box)
    assert await stored(box) == tuple(post.body for post in posts(150))


async def test_what_was_stored_without_an_answer_falls_away_when_repeated(
    line: Line, box: Mailbox, redis: Redis
) -> None:
    await box.push([Post("first", "ben", (), b"")])
    line.answering.clear()
    with pytest.raises(MailboxUnavailable):
        await GroupCommit(box, timeout=PATIENCE).push(posts(2))
    async with asyncio.timeout(5):
        # redis-py's stubs; and Redis rings no bell
        while await redis.llen("{inbox}:unread:ana") < 2:  # type: ignore[misc]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    line.mend()
    await GroupCommit(box).push(posts(3))
    both = {await stored(box), await stored(box)}  # due in the same millisecond, they have no order
    assert both == {(b"",), tuple(post.body for post in posts(3))}


async def test_a_full_store_takes_nothing_of_a_group_and_all_of_it_later(full_redis: str) -> None:
    async with connect(full_redis, retries=0) as client:
        box = Mailbox(client, "inbox")
        await client.config_set("maxmemory", 1)
        with pytest.raises(MailboxUnavailable):
            await GroupCommit(box).push(posts(20))
        assert await client.keys() == []
        await client.config_set("maxmemory", 0)
        await GroupCommit(box).push(posts(20))
        assert len(await stored(box)) == 20


async def test_a_store_that_fills_up_under_way_keeps_what_it_said_it_had(full_redis: str) -> None:
    async with connect(full_redis, retries=0) as client:
        box = Mailbox(client, "inbox", most=10_000)
        used = (await client.info("memory"))["used_memory"]
        await client.config_set("maxmemory", used + 300_000)
        kept, refused = 0, 0
        for post in posts(300, size=2000):
            try:
                await box.push([post])
                kept += 1
            except MailboxUnavailable:
                refused += 1
        assert kept
        assert refused
        assert await client.llen("{inbox}:unread:ana") == kept  # type: ignore[misc] - redis-py's stubs
        await client.config_set("maxmemory", 0)
        await GroupCommit(box).push(posts(300, size=2000))
        assert len(set(await stored(box))) == 300


async def test_a_store_that_only_reads_is_refused(full_redis: str) -> None:
    async with connect(full_redis, retries=0) as client:
        box = Mailbox(client, "inbox")
        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(MailboxUnavailable):
            await GroupCommit(box).push(posts(1))
        await client.execute_command("REPLICAOF", "NO", "ONE")
        await GroupCommit(box).push(posts(1))
        assert len(await stored(box)) == 1
