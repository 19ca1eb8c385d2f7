"""What a turn asks of PostgreSQL: each statement is a round trip, and time of worker and server."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

import pytest
from asyncpg.connection import LoggedQuery

from crm.pool import Connection, Pool, connect
from delivery.intake import SHARDS
from loops import settle_receipts
from settings import Settings
from tests.e2e.conftest import Company, running, served
from worker import Worker

USUAL = 8
"""Recall, four of the commit, claim, accepted, receipts."""
WITH_A_NEW_SCORE = USUAL + 1

POLL_SECONDS = 1.0


@dataclass
class Asked:
    """The statements of a while, those of the outbox's poll apart."""

    of_the_turn: list[str] = field(default_factory=list[str])
    of_the_poll: list[str] = field(default_factory=list[str])

    def note(self, query: LoggedQuery) -> None:
        text = " ".join(query.query.split())
        if "typeinfo_tree" in text or "'jit'" in text:
            return  # asyncpg learns a type, once a connection
        of_time = ("WITH lapsed", "UPDATE outbox SET due_at")  # what a slow send holds
        polled = text.startswith(of_time) or ("claimed AS" in text and query.args[0] is None)
        (self.of_the_poll if polled else self.of_the_turn).append(text[:70])


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[Company]:
    """A company of turns and sends alone, which a test watches through a pool of its own."""
    async with running(settings, working=False) as company:
        services = company.services
        async with served(Worker(services).run, services.outbox.run):
            yield company


async def test_a_usual_turn_takes_eight_round_trips(small: Company, phone: str) -> None:
    await says(small, phone, "hola")
    for text, most in (("¿qué hacen?", USUAL), ("soy Ana, de Acme", USUAL), ("gracias", USUAL)):
        asked = await says(small, phone, text)
        assert len(asked.of_the_turn) <= most, asked.of_the_turn


async def test_a_turn_that_moves_stage_and_score_takes_one_more(small: Company, phone: str) -> None:
    await says(small, phone, "hola, soy Ana de Acme")
    for text in ("busco paneles solares", "unos 20 mil dólares", "decido yo"):
        asked = await says(small, phone, text)
        assert len(asked.of_the_turn) <= WITH_A_NEW_SCORE, asked.of_the_turn
    facts = await small.of(phone, "facts")
    assert {"intent", "budget", "authority"} <= {fact["field"] for fact in facts}


async def test_nobody_looks_through_the_outbox_after_each_turn(small: Company, phone: str) -> None:
    began, asked = monotonic(), Asked()
    for text in ("hola", "¿qué hacen?", "soy Ana, de Acme", "gracias"):
        asked.of_the_poll += (await says(small, phone, text)).of_the_poll
    assert len(asked.of_the_poll) <= 2 * ((monotonic() - began) / POLL_SECONDS + 1)


async def says(company: Company, phone: str, text: str) -> Asked:
    """A turn with its two receipts, and what it asked."""
    asked = Asked()
    stores = company.services.stores
    async with beside(company) as onlooker, listening(stores.pool, asked):
        await onlooker.says(phone, text)

        async def told() -> bool:
            return await unread_receipts(company) == 2

        await onlooker.until(told, "two receipts")
        await settle_receipts(company.services)
        await onlooker.until(onlooker.states(phone, {"delivered"}), "the receipts in the ledger")
    return asked


async def unread_receipts(company: Company) -> int:
    redis = company.services.stores.redis
    shards = (f"{{receipts}}:unread:{shard}" for shard in range(SHARDS))
    return sum([await redis.llen(shard) for shard in shards])  # type: ignore[misc] - redis-py's stubs


@asynccontextmanager
async def beside(company: Company) -> AsyncGenerator[Company]:
    """The same company, whose questions of a test go over another pool."""
    services = company.services
    own = await connect(services.stores.settings.database_url or "", size=1)
    stores = replace(services.stores, pool=own)
    office = replace(company.office, services=replace(services, stores=stores))
    yield replace(company, office=office)
    await own.close()


@asynccontextmanager
async def listening(pool: Pool, asked: Asked) -> AsyncGenerator[None]:
    """Note the statements of every connection of a pool."""
    async with every_connection(pool) as connections:
        for connection in connections:
            connection.add_query_logger(asked.note)
    yield
    async with every_connection(pool) as connections:
        for connection in connections:
            connection.remove_query_logger(asked.note)


@asynccontextmanager
async def every_connection(pool: Pool) -> AsyncGenerator[list[Connection]]:
    async with AsyncExitStack() as stack:
        size = range(pool.get_max_size())
        yield [await stack.enter_async_context(pool.acquire()) for _ in size]
