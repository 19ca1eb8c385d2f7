"""The whole product in one process: real Redis, PostgreSQL, HTTP and signatures.

Meta, Google and the model are the sandbox's stand-ins; everything else is what production runs.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bootstrap import Services
from development import Office, Workplace, address, opened, stand_ins
from hosting import listen, run_until
from sandbox.graph_api import GraphApi
from sandbox.graph_phones import ChatMessage
from sandbox.servers import free_port
from settings import Settings
from tests.crm.conftest import new_database

PATIENCE = 30.0


@dataclass(frozen=True)
class Company:
    """A running company, and the phones that write to it."""

    office: Office
    webhook: str

    @property
    def graph(self) -> GraphApi:
        return self.office.sandbox.graph

    @property
    def services(self) -> Services:
        return self.office.services

    def received(self, phone: str) -> list[ChatMessage]:
        """What the phone got from the company so far."""
        return [m for m in self.graph.leads.phone(phone).messages if m.outbound]

    async def says(self, phone: str, text: str) -> str:
        """Write, and give the words that come back."""
        return await self._answer(phone, self.graph.leads.say(phone, text))

    async def taps(self, phone: str, choice: str) -> str:
        """Tap a button or row, and give the words that come back."""
        return await self._answer(phone, self.graph.leads.tap(phone, choice))

    async def fetch(self, query: str, *values: object) -> list[Any]:
        return await self.services.stores.pool.fetch(query, *values)

    async def turns(self) -> int:
        return (await self.fetch("SELECT count(*) AS n FROM turns"))[0]["n"]

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for a condition; fails with `what` when it does not come."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await condition():  # noqa: ASYNC110 - databases ring no bell
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"waited in vain for {what}")

    async def settled(self) -> bool:
        """Nothing is unread, and nothing is unsent."""
        figures = await self.services.stores.mailbox.figures()
        unsent = await self.fetch(
            "SELECT 1 FROM outbox WHERE state IN ('requested', 'sending', 'in_doubt')"
        )
        return figures.contacts == 0 and not unsent

    async def _answer(self, phone: str, act: Awaitable[str]) -> str:
        before, turns = len(self.received(phone)), await self.turns()
        await act

        async def over() -> bool:
            return await self.turns() > turns and await self.settled()

        await self.until(over, "the turn's end")
        return "\n".join(map(words, self.received(phone)[before:]))


def words(message: ChatMessage) -> str:
    """What a phone shows of a message, buttons in brackets."""
    content = message.content[message.kind]
    if message.kind == "text":
        return content["body"]
    if message.kind == "interactive":
        buttons = [b["reply"]["title"] for b in content["action"].get("buttons", [])]
        return content["body"]["text"] + "".join(f" [{title}]" for title in buttons)
    if message.kind == "document":
        return f"({content['filename']}) {content.get('caption', '')}"
    return str(message.shown or content)


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Company]:
    """Everything that `vendedor dev` runs, on ports of its own."""
    with ExitStack() as stack:
        webhook = stack.enter_context(listen("127.0.0.1", 0, "the webhook"))
        page = stack.enter_context(listen("127.0.0.1", 0, "the sandbox"))
        whole = settings.model_copy(update=stand_ins(settings, address(page)))
        async with opened(Workplace(whole, webhook, page)) as office:
            stop = asyncio.Event()
            work = asyncio.create_task(run_until(stop, *office.parts))
            try:
                yield Company(office, address(webhook))
            finally:
                stop.set()
                await work


@pytest.fixture
async def settings(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Settings]:
    """An empty Redis, an empty database, and no account anywhere."""
    del redis
    async with new_database(database_url) as url:
        yield Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own
            redis_url=redis_url,
            database_url=url,
            vendedor_secret_key=SecretStr("a secret for the tests"),
            whatsapp_verify_token=SecretStr("verify me"),
            port=free_port(),
            drain_seconds=5,
        )


@pytest.fixture
async def company(settings: Settings) -> AsyncIterator[Company]:
    async with running(settings) as open_company:
        yield open_company
