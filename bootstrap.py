"""The composition root: the only place where settings become clients and ports are bound."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis.exceptions
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

import checkpoints
from checkpoints import Encrypted, KeyRing, ReadOnlySaver, RedisSaver
from crm import migrate, pool
from crm.bookings import Bookings
from crm.pool import UNREACHABLE, Pool
from delivery import whatsapp
from delivery.intake import Intake
from delivery.mailbox import Mailbox
from delivery.metrics import Metrics
from delivery.outbox import Outbox
from delivery.turn import RunningTurns
from delivery.whatsapp import WhatsAppSender
from domain.business import Business
from domain.contact import Pseudonyms
from domain.errors import SettingsError
from domain.ports import Ports
from graph import build_graph
from graph.sales import Sales
from nodes.knobs import Knobs
from settings import Settings
from tools.business_folder import load
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_credentials
from tools.knowledge import FolderKnowledge
from tools.model import OPENAI_URL, ChatModel
from tools.scheduling import CallScheduler

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
        return f"run `vendedor migrate`: {', '.join(missing)}" if missing else None


@dataclass(frozen=True)
class Web:
    """What the webhook needs."""

    app_secret: bytes
    verify_token: bytes | None
    intake: Intake
    metrics: Metrics
    checks: dict[str, Check]


@dataclass(frozen=True)
class Services:
    """What the worker needs."""

    settings: Settings
    stores: Stores
    business: Business
    knobs: Knobs
    graph: Sales
    turns: RunningTurns
    model: ChatModel
    scheduler: CallScheduler
    sender: WhatsAppSender
    outbox: Outbox
    forget_state: Callable[[str], Awaitable[None]]
    clock: Callable[[], datetime]


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
        once = _redis(settings, "vendedor-mailbox")
        # a claim that redis-py repeated would lease a second contact
        once.set_retry(Retry(NoBackoff(), 0))
        stack.push_async_callback(once.aclose)
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
async def live_threads(settings: Settings) -> AsyncGenerator[ReadOnlySaver]:
    """The conversations' states as the worker keeps them, for looking at."""
    async with _redis(settings, "vendedor-look") as client:
        yield ReadOnlySaver(client, serde=_serde(settings))


@asynccontextmanager
async def web(stores: Stores) -> AsyncGenerator[Web]:
    """The webhook's way into the mailboxes."""
    settings = stores.settings
    intake = Intake(stores.mailbox, stores.receipts, stores.pseudonyms, stores.metrics)
    try:
        yield Web(
            app_secret=_secret(settings.whatsapp_app_secret).encode(),
            verify_token=_optional(settings.whatsapp_verify_token),
            intake=intake,
            metrics=stores.metrics,
            checks=stores.checks,
        )
    finally:
        await intake.aclose()


@asynccontextmanager
async def services(stores: Stores) -> AsyncGenerator[Services]:
    """The graph over its real ports, and the way out to WhatsApp."""
    settings = stores.settings
    business = load(settings.business_dir)
    async with AsyncExitStack() as stack:
        model = chat_model(settings)
        stack.push_async_callback(model.close)
        sender = whatsapp.connect(
            settings.whatsapp_api_url,
            _secret(settings.whatsapp_token),
            settings.whatsapp_phone_number_id or "",
        )
        stack.push_async_callback(sender.close)
        scheduler = CallScheduler(
            business,
            await stack.enter_async_context(calendar(settings)),
            Bookings(stores.pool),
            clock=now,
        )
        turns = RunningTurns(stores.mailbox)
        ports = Ports(
            model=model,
            scheduler=scheduler,
            turns=turns,
            knowledge=FolderKnowledge(business),
            business=business,
            clock=now,
            deadline=settings.model_deadline,
        )
        saver = RedisSaver(stores.redis, serde=_serde(settings))
        yield Services(
            settings=settings,
            stores=stores,
            business=business,
            knobs=knobs(settings),
            graph=build_graph(ports, saver),
            turns=turns,
            model=model,
            scheduler=scheduler,
            sender=sender,
            outbox=Outbox(
                stores.pool,
                sender,
                documents=Path(business.files),
                pseudonyms=stores.pseudonyms,
                metrics=stores.metrics,
            ),
            forget_state=saver.adelete_thread,
            clock=now,
        )


def chat_model(settings: Settings) -> ChatModel:
    """The model that the settings name."""
    return ChatModel(
        api_key=_secret(settings.openai_api_key),
        model=settings.openai_model,
        fallback=settings.openai_fallback_model,
        base_url=settings.openai_base_url or OPENAI_URL,
        deadline=settings.model_deadline,
    )


@asynccontextmanager
async def calendar(settings: Settings) -> AsyncGenerator[GoogleCalendar]:
    """The calendar that the settings name. Raises SettingsError."""
    source = settings.google_calendar_credentials
    api_url = settings.google_calendar_api_url
    credentials = google_credentials(
        source.get_secret_value() if source else "", stand_in=api_url is not None
    )
    client = GoogleCalendar(credentials, api_url=api_url)
    try:
        yield client
    finally:
        await client.aclose()


def knobs(settings: Settings) -> Knobs:
    """The thresholds as the settings have them."""
    return Knobs(
        confidence_threshold=settings.confidence_threshold,
        unresolved_limit=settings.unresolved_limit,
    )


def _redis(settings: Settings, name: str) -> Redis:
    try:
        return checkpoints.connect(_set(settings.redis_url), name=name)
    except ValueError:
        # its text may hold a part of the password
        raise SettingsError("REDIS_URL is not a redis:// address") from None


def _serde(settings: Settings) -> Encrypted | None:
    keys = settings.vendedor_state_keys
    try:
        return Encrypted(KeyRing.parse(keys.get_secret_value())) if keys else None
    except ValueError as error:
        raise SettingsError(f"VENDEDOR_STATE_KEYS: {error}") from None


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _optional(value: SecretStr | None) -> bytes | None:
    return value.get_secret_value().encode() if value else None


def _set(url: str | None) -> str:
    if url is None:
        raise ValueError("checked by Settings.load")
    return url
