"""A batch that cannot even be given up: tried again in a while, and never told in the log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
import structlog
from redis.asyncio import Redis

from bootstrap import Services
from delivery.mailbox import Lease, Mailbox, Post
from domain.errors import LeaseLost, MailboxUnavailable
from tests.e2e.conftest import Company, Condition, served
from worker import SUSPECT, TRIES, Worker

WORDS = "what the lead said"


class Stumbling:
    """A turn of which each step fails, the last one with what is asked."""

    end: Exception = ValueError(WORDS)

    def __init__(self, _: Services, lease: Lease) -> None:
        self.lease = lease

    async def run(self) -> None:
        raise ValueError(WORDS)

    async def give_up(self) -> None:
        raise self.end


@pytest.fixture
async def inbox(company: Company) -> AsyncIterator[Mailbox]:
    """Only for these tests, with one message that was tried as often as it may."""
    redis: Redis = company.services.stores.redis
    inbox = Mailbox(redis, "inbox of these tests")
    await inbox.push([Post("", "a contact", (), b"{}")])
    for _ in range(TRIES - 1):
        lease = await inbox.claim()
        assert lease is not None
        await inbox.give_back(lease, failed=True)
    yield inbox
    await inbox.forget("a contact", ())


@pytest.mark.parametrize(
    ("end", "failed"),
    [
        (ValueError(WORDS), 1),
        (asyncpg.DataError(f"invalid input: {WORDS}"), 1),
        (MailboxUnavailable("Redis"), 0),
        (asyncpg.AdminShutdownError("bye"), 0),
    ],
    ids=["our fault", "postgresql refuses", "redis is away", "postgresql is away"],
)
async def test_it_is_given_back(
    company: Company, inbox: Mailbox, monkeypatch: pytest.MonkeyPatch, end: Exception, failed: int
) -> None:
    monkeypatch.setattr(Stumbling, "end", end)
    redis, turn = company.services.stores.redis, "{inbox of these tests}:turn:a contact"

    async def given_back() -> bool:
        known = await redis.hgetall(turn)  # type: ignore[misc] - redis-py's stubs
        return b"token" not in known and int(known[b"tries"]) == TRIES - 1 + failed

    with structlog.testing.capture_logs() as logs:
        await work(company, inbox, given_back)
    assert any("given up" in line["event"] for line in logs)
    assert WORDS not in str([line for line in logs if line["log_level"] != "debug"])


async def test_who_lost_the_lease_lets_go(
    company: Company, inbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stumbling, "end", LeaseLost("another has it"))
    with structlog.testing.capture_logs() as logs:

        async def told() -> bool:
            return any(line["event"] == "lease lost" for line in logs)

        await work(company, inbox, told)


async def test_who_may_have_killed_workers_is_served_apart_from_the_others(
    company: Company, inbox: Mailbox
) -> None:
    """Whoever is served beside one who kills the process would be given up with him."""
    redis: Redis = company.services.stores.redis
    dying = Mailbox(redis, "inbox of these tests", lease_seconds=0)
    await inbox.push([Post("", f"suspect {n}", (), b"{}") for n in range(3)])
    for _ in range(SUSPECT + 1):
        assert len(await dying.claim_some(10)) == 4
    at_once: list[int] = []
    served_now: set[str] = set()

    class Counted(Stumbling):
        async def run(self) -> None:
            served_now.add(self.lease.contact)
            at_once.append(len(served_now))
            await asyncio.sleep(0)
            await inbox.commit(self.lease)
            served_now.discard(self.lease.contact)

    async def all_served() -> bool:
        return len(at_once) == 4

    await work(company, inbox, all_served, Counted)
    assert at_once == [1, 1, 1, 1]


async def test_a_worker_that_has_just_started_takes_nobody_who_may_have_killed_workers(
    company: Company, inbox: Mailbox
) -> None:
    """In a crash loop with another cause he would be given up, having done nothing."""
    redis: Redis = company.services.stores.redis
    dying = Mailbox(redis, "inbox of these tests", lease_seconds=0)
    for _ in range(SUSPECT + 1):
        await dying.claim_some(10)
    await inbox.push([Post("", "nobody's suspect", (), b"{}")])
    begun: list[str] = []

    class Counted(Stumbling):
        async def run(self) -> None:
            begun.append(self.lease.contact)
            await inbox.commit(self.lease)

    async def one_begun() -> bool:
        return bool(begun)

    async def both_begun() -> bool:
        return len(begun) > 1

    await work(company, inbox, one_begun, Counted, settling_seconds=60)
    assert begun == ["nobody's suspect"]
    await work(company, inbox, both_begun, Counted)
    assert begun == ["nobody's suspect", "a contact"]


async def work(
    company: Company,
    inbox: Mailbox,
    until: Condition,
    turn: type[Stumbling] = Stumbling,
    settling_seconds: float = 0,
) -> None:
    """Let a worker at it until the condition holds."""
    services = company.services
    own = replace(services, stores=replace(services.stores, mailbox=inbox))
    async with served(Worker(own, turn, settling_seconds=settling_seconds).run):
        await company.until(until, "the worker's last word")
