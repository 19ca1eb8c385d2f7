"""The composition root's light half: Redis and PostgreSQL, and the webhook's way into them.

A command that only looks something up needs no model, no calendar and no graph, whose imports take
seconds. `bootstrap` builds the rest on what is made here.
"""

import getpass
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import redis.exceptions
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.routing import Route

from crm import migrate, model_uses, pool
from crm.model_uses import Purpose
from crm.pool import UNREACHABLE, Pool
from delivery.desk import Desk
from delivery.intake import Intake
from delivery.mailbox import Mailbox
from delivery.metrics import Metrics
from domain.contact import Pseudonyms
from domain.errors import DatabaseUnusable, SettingsError
from domain.handoff_link import HandoffLinks
from domain.proposal import Usage
from report_route import report_route
from settings import Settings

if TYPE_CHECKING:
    from checkpoints import Encrypted, ReadOnlySaver
from tools.business_folder import load

Check = Callable[[], Awaitable[str | None]]
"""Asks a dependency: None when it is ready, else what is wrong."""


@dataclass(frozen=True)
class Stores:
    """Redis and PostgreSQL, and what both roles build on them."""

    settings: Settings
    redis: Redis
    pool: Pool
    mailbox: Mailbox
    receipts: Mailbox
    pseudonyms: Pseudonyms
    metrics: Metrics

    async def spent(self, purpose: Purpose, usage: Usage) -> None:
        """Count what was asked of a model for something that is no turn."""
        self.metrics.model(usage)
        await model_uses.note(self.pool, purpose, usage)

    @property
    def checks(self) -> dict[str, Check]:
        """For `/readyz`."""
        return {"redis": self._redis_ready, "postgresql": self._database_ready}

    async def _redis_ready(self) -> str | None:
        try:
            await self.redis.ping()
        except (redis.exceptions.RedisError, OSError) as error:
            return type(error).__name__
        return None

    async def _database_ready(self) -> str | None:
        try:
            missing = await migrate.pending(self.pool)
        except UNREACHABLE as error:
            return type(error).__name__
        except DatabaseUnusable as error:
            return str(error)
        return f"run `vendedor migrate`: {', '.join(missing)}" if missing else None


@dataclass(frozen=True)
class Web:
    """What the webhook needs."""

    app_secret: bytes
    verify_token: bytes | None
    api_token: bytes | None
    intake: Intake
    desk: Desk | None
    report: Route | None
    links: HandoffLinks | None
    metrics: Metrics
    checks: dict[str, Check]


def operator() -> str:
    """Who acts on the command line, for the audit trail: in a container perhaps without a name."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # until Python 3.12, and since
        return f"cli:{os.getuid()}"


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def stores(settings: Settings) -> AsyncGenerator[Stores]:
    """Open Redis and PostgreSQL; raises SettingsError, DatabaseUnusable."""
    async with AsyncExitStack() as stack:
        client = _redis(settings, "vendedor-state")
        stack.push_async_callback(client.aclose)
        try:
            await client.ping()
        except (redis.exceptions.RedisError, OSError) as error:
            raise SettingsError(f"cannot connect to REDIS_URL: {type(error).__name__}") from error
        once = await stack.enter_async_context(mailbox_client(settings))
        yield Stores(
            settings=settings,
            redis=client,
            pool=await stack.enter_async_context(database(settings)),
            mailbox=Mailbox(once, "messages"),
            receipts=Mailbox(once, "receipts"),
            pseudonyms=Pseudonyms(settings.pseudonym_key),
            metrics=Metrics(CollectorRegistry()),
        )


@asynccontextmanager
async def database(settings: Settings) -> AsyncGenerator[Pool]:
    """PostgreSQL alone; raises DatabaseUnusable."""
    opened = await pool.connect(_set(settings.database_url))
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def records(settings: Settings) -> AsyncGenerator[Pool]:
    """The CRM as it stands; raises SettingsError when its schema is not up to date."""
    async with database(settings) as opened:
        if missing := await migrate.pending(opened):
            raise SettingsError(f"run `vendedor migrate`: {', '.join(missing)}")
        yield opened


@asynccontextmanager
async def live_threads(settings: Settings) -> "AsyncGenerator[ReadOnlySaver]":
    """The conversations' states as the worker keeps them, for looking at."""
    from checkpoints import ReadOnlySaver  # noqa: PLC0415 - brings LangGraph with it

    async with _redis(settings, "vendedor-look") as client:
        yield ReadOnlySaver(client, serde=serde(settings))


@asynccontextmanager
async def mailbox_client(settings: Settings) -> AsyncGenerator[Redis]:
    """A client that repeats nothing by itself: a repeated claim would lease a second contact."""
    async with _redis(settings, "vendedor-mailbox") as client:
        client.set_retry(Retry(NoBackoff(), 0))
        yield client


@asynccontextmanager
async def web(stores: Stores, *, open_report: bool = False) -> AsyncGenerator[Web]:
    """The webhook's way into the mailboxes. `open_report`: without a token, to who reaches it."""
    settings = stores.settings
    intake = Intake(
        stores.mailbox,
        stores.receipts,
        stores.pseudonyms,
        stores.metrics,
        number=settings.whatsapp_phone_number_id,
    )
    try:
        yield Web(
            app_secret=secret(settings.whatsapp_app_secret).encode(),
            verify_token=_optional(settings.whatsapp_verify_token),
            api_token=_optional(settings.vendedor_api_token),
            intake=intake,
            desk=_desk(stores),
            report=_report(stores) if settings.vendedor_api_token or open_report else None,
            links=handoff_links(settings),
            metrics=stores.metrics,
            checks=stores.checks,
        )
    finally:
        await intake.aclose()


@asynccontextmanager
async def desk(settings: Settings) -> AsyncGenerator[Desk]:
    """The reps' desk by itself; without REDIS_URL it has no mailbox. Raises SettingsError."""
    async with AsyncExitStack() as stack:
        mailbox = None
        if settings.redis_url is not None:
            client = await stack.enter_async_context(mailbox_client(settings))
            mailbox = Mailbox(client, "messages")
        opened = await stack.enter_async_context(records(settings))
        yield Desk(opened, mailbox, load(settings.business_dir), actor=operator())


def _desk(stores: Stores) -> Desk | None:
    """Where people may come in: the business folder names the reps."""
    settings = stores.settings
    if settings.vendedor_api_token is None and settings.public_url is None:
        return None
    return Desk(stores.pool, stores.mailbox, load(settings.business_dir))


def _report(stores: Stores) -> Route:
    settings = stores.settings
    zone = load(settings.business_dir).zone
    token = _optional(settings.vendedor_api_token)
    return report_route(stores.pool, zone, settings.prices, token)


def handoff_links(settings: Settings) -> HandoffLinks | None:
    """The reps' links; None while nobody says where they would lead. Raises SettingsError."""
    root = settings.public_url
    return HandoffLinks(settings.pseudonym_key, root) if root else None


def _redis(settings: Settings, name: str) -> Redis:
    from checkpoints import connect  # noqa: PLC0415 - brings LangGraph with it

    try:
        return connect(_set(settings.redis_url), name=name)
    except ValueError:
        # its text may hold a part of the password
        raise SettingsError("REDIS_URL is not a redis:// address") from None


def serde(settings: Settings) -> "Encrypted | None":
    """The state's encryption; None without keys. Raises SettingsError."""
    from checkpoints import Encrypted, KeyRing  # noqa: PLC0415 - brings LangGraph with it

    keys = settings.vendedor_state_keys
    try:
        return Encrypted(KeyRing.parse(keys.get_secret_value())) if keys else None
    except ValueError as error:
        raise SettingsError(f"VENDEDOR_STATE_KEYS: {error}") from None


def secret(value: SecretStr | None) -> str:
    """A setting in the clear, "" when it is not set."""
    return value.get_secret_value() if value else ""


def _optional(value: SecretStr | None) -> bytes | None:
    return value.get_secret_value().encode() if value else None


def _set(url: str | None) -> str:
    if url is None:
        raise ValueError("checked by Settings.load")
    return url
