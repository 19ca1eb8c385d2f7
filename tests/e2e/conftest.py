"""The whole product in one process: real Redis, PostgreSQL, HTTP and signatures.

Meta, Google and the model are the sandbox's stand-ins; everything else is what production runs.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bootstrap import Services
from development import Office, Workplace, address, opened, stand_ins
from hosting import Part, listen, run_until, serving
from sandbox.app import MODEL, PHONE_NUMBER_ID
from sandbox.graph_api import GraphApi
from sandbox.graph_phones import ChatMessage
from sandbox.graph_webhooks import signature
from sandbox.servers import free_port
from settings import Settings
from tests.crm.conftest import new_database
from tests.e2e.model import Model

Condition = Callable[[], Awaitable[bool]]

PATIENCE = 30.0
SERVERS = 2
"""How many of an office's parts serve HTTP; the others work."""

APP_SECRET = "the app secret of the tests"
VERIFY_TOKEN = "verify me"


@dataclass(frozen=True)
class Company:
    """A running company, and the phones that write to it."""

    office: Office
    webhook: str
    model: Model

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

    async def post(self, body: bytes, **headers: str) -> int:
        """POST a signed body to the webhook, and give the answer's status."""
        signed = self.signed(body) | headers
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.post(f"{self.webhook}/webhook", content=body, headers=signed)
        return answer.status_code

    def signed(self, body: bytes) -> dict[str, str]:
        """The header that Meta signs a body with."""
        return {"X-Hub-Signature-256": signature(APP_SECRET.encode(), body)}

    def wrote(self, *phones: str) -> None:
        """Open the customer service window of phones whose messages a test makes itself."""
        for phone in phones:
            self.graph.leads.phone(phone).last_inbound_at = datetime.now(UTC)

    async def quiet(self) -> None:
        """Wait until every message has its turn and every row is with Meta."""

        async def over() -> bool:
            return self.graph.webhooks.pending == 0 and await self.settled()

        await self.until(over, "everything to be answered")

    async def got(self, phone: str, number: int) -> list[str]:
        """Wait for that many messages on a phone and for quiet, then give their words."""

        async def arrived() -> bool:
            return len(self.received(phone)) >= number

        await self.until(arrived, f"{number} messages on {phone}")
        await self.quiet()
        return list(map(words, self.received(phone)))

    async def fetch(self, query: str, *values: object) -> list[Any]:
        return await self.services.stores.pool.fetch(query, *values)

    async def of(
        self, phone: str, table: str, where: str = "true", *, order: str = "1"
    ) -> list[dict[str, Any]]:
        """The rows of a table that belong to a phone's contact."""
        mine = "contact_id = (SELECT id FROM contacts WHERE phone = $1)"
        query = f"SELECT * FROM {table} WHERE {mine} AND {where} ORDER BY {order}"  # noqa: S608 - constants
        return [dict(row) for row in await self.fetch(query, phone)]

    async def turned(self, phone: str, number: int) -> None:
        """Wait until a contact has had that many turns, and for quiet."""

        async def done() -> bool:
            return len(await self.of(phone, "turns")) >= number

        await self.until(done, f"turn {number} of {phone}")
        await self.quiet()

    def states(self, phone: str, wanted: set[str]) -> Condition:
        """Whether the rows to a phone are in these states alone."""

        async def condition() -> bool:
            rows = await self.of(phone, "outbox")
            return {row["state"] for row in rows} == wanted

        return condition

    def heard(self, text: str) -> Condition:
        """Whether the model was asked with this text among the lead's newest words."""

        async def condition() -> bool:
            return self.model.heard(text) > 0

        return condition

    def unread(self, phone: str, number: int) -> Condition:
        """Whether the mailbox holds that many messages of a phone."""
        names = self.services.stores.pseudonyms
        contact = names.contact(PHONE_NUMBER_ID, phone)

        async def condition() -> bool:
            redis = self.services.stores.redis
            return await redis.llen(f"{{messages}}:unread:{contact}") == number  # type: ignore[misc] - redis-py's stubs

        return condition

    def put_off(self, phone: str) -> Condition:
        """Whether a sealed turn of a phone was given back."""
        names = self.services.stores.pseudonyms
        contact = names.contact(PHONE_NUMBER_ID, phone)

        async def condition() -> bool:
            redis = self.services.stores.redis
            known = await redis.hkeys(f"{{messages}}:turn:{contact}")  # type: ignore[misc] - redis-py's stubs
            return b"turn" in known and b"token" not in known

        return condition

    async def no_receipts(self) -> bool:
        """Whether every receipt is in the ledger."""
        return (await self.services.stores.receipts.figures()).contacts == 0

    async def turns(self) -> int:
        return (await self.fetch("SELECT count(*) AS n FROM turns"))[0]["n"]

    async def until(self, condition: Condition, what: str, *, seconds: float = PATIENCE) -> None:
        """Wait for a condition; fails with `what` when it does not come."""
        try:
            async with asyncio.timeout(seconds):
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
        action = content["action"]
        buttons = [b["reply"]["title"] for b in action.get("buttons", [])]
        rows = [row["title"] for part in action.get("sections", []) for row in part["rows"]]
        return content["body"]["text"] + "".join(f" [{title}]" for title in (*buttons, *rows))
    if message.kind == "document":
        return f"({content['filename']}) {content.get('caption', '')}"
    return str(message.shown or content)


@asynccontextmanager
async def running(
    settings: Settings, *, working: bool = True, model: Model | None = None
) -> AsyncGenerator[Company]:
    """All that `vendedor dev` runs, on ports of its own; only its servers unless `working`."""
    with ExitStack() as stack:
        webhook = stack.enter_context(listen("127.0.0.1", 0, "the webhook"))
        page = stack.enter_context(listen("127.0.0.1", 0, "the sandbox"))
        door = stack.enter_context(listen("127.0.0.1", 0, "the model"))
        model = model or Model()
        own = {"openai_base_url": f"{address(door)}/v1", "openai_model": MODEL}
        whole = settings.model_copy(update=own)
        whole = whole.model_copy(update=stand_ins(whole, address(page)))
        async with (
            served(serving(model, door, drain_seconds=1)),
            opened(Workplace(whole, webhook, page)) as office,
            served(*(office.parts if working else office.parts[:SERVERS])),
        ):
            yield Company(office, address(webhook), model)


@asynccontextmanager
async def served(*parts: Part) -> AsyncGenerator[None]:
    """Run parts while the context is open; what makes one fail fails here."""
    stop = asyncio.Event()
    work = asyncio.create_task(run_until(stop, *parts))
    try:
        yield
    finally:
        stop.set()
        await work


@asynccontextmanager
async def fresh(redis_url: str, database_url: str) -> AsyncGenerator[Settings]:
    """An empty Redis, an empty database, and no account anywhere."""
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    async with new_database(database_url) as url:
        yield without_accounts(redis_url, url)


def without_accounts(redis_url: str, database_url: str) -> Settings:
    """Settings of a company that has nothing but its two stores."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own
        redis_url=redis_url,
        database_url=database_url,
        vendedor_secret_key=SecretStr("a secret for the tests"),
        whatsapp_verify_token=SecretStr(VERIFY_TOKEN),
        whatsapp_app_secret=SecretStr(APP_SECRET),
        port=free_port(),
        drain_seconds=5,
    )


def beside(redis_url: str) -> str:
    """Another database of the same Redis."""
    return urlsplit(redis_url)._replace(path="/1").geturl()


@pytest.fixture
async def settings(redis_url: str, database_url: str) -> AsyncIterator[Settings]:
    """Of a company of a test's own, beside the module's."""
    async with fresh(beside(redis_url), database_url) as new:
        yield new


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """One for a whole module: other phones are other contacts."""
    async with fresh(redis_url, database_url) as new, running(new) as open_company:
        yield open_company


@pytest.fixture(autouse=True)
def _model_answers(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves the shared model waiting."""
    yield
    if "company" in request.fixturenames:
        request.getfixturevalue("company").model.resume()


_NUMBERS = count(573001110000)


@pytest.fixture
def phone() -> str:
    """A phone that nobody used before."""
    return str(next(_NUMBERS))
