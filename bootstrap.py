"""The composition root: the only place where settings become clients and ports are bound.

Redis, PostgreSQL and the webhook's way into them are its light half, `connections`.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import random

from checkpoints import RedisSaver
from connections import Stores, handoff_links, now, secret, serde, stores, web
from crm.bookings import Bookings
from crm.calendar_watch import CalendarWatchStore
from crm.knowledge import StoredKnowledge
from crm.outbox import Rates
from crm.sync_pump import SyncPump
from delivery import whatsapp
from delivery.erasure import Erasing
from delivery.escalation import Escalation
from delivery.media import MB, MediaDownloads
from delivery.outbox import Outbox
from delivery.refusals import Refusals
from delivery.retention import Retention
from delivery.turn import RunningTurns
from delivery.undelivered import Undelivered
from delivery.whatsapp import WhatsAppSender
from domain.business import Business
from domain.handoff_link import HandoffLinks
from domain.limits import Limits
from domain.ports import Ports
from domain.sync import Sink
from graph import build_graph
from graph.sales import Sales
from nodes.knobs import Knobs
from settings import Settings
from tools.business_folder import load
from tools.calendar_watch import CalendarWatch
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.http_transport import AiohttpTransport
from tools.hubspot import HubSpotSink
from tools.hubspot_api import HubSpotApi
from tools.model import OPENAI_URL, ChatModel
from tools.scheduling import CallScheduler
from tools.webhook_sink import WebhookSink, signing_key

__all__ = [
    "OPENAI_URL", "Services", "Stores", "calendar", "chat_model", "hubspot", "knobs", "now",
    "services", "sinks", "stores", "web",
]  # fmt: skip


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
    calendar_watch: CalendarWatch
    sender: WhatsAppSender
    outbox: Outbox
    escalation: Escalation
    undelivered: Undelivered
    links: HandoffLinks | None
    media: MediaDownloads
    sync: SyncPump
    forget_state: Callable[[str], Awaitable[None]]
    retention: Retention
    limits: Limits
    clock: Callable[[], datetime]


@asynccontextmanager
async def services(stores: Stores) -> AsyncGenerator[Services]:
    """The graph over its real ports, and the way out to WhatsApp."""
    settings = stores.settings
    business = load(settings.business_dir)
    links = handoff_links(settings)
    async with AsyncExitStack() as stack:
        model = chat_model(settings)
        stack.push_async_callback(model.close)
        sender = whatsapp.connect(
            settings.whatsapp_api_url,
            secret(settings.whatsapp_token),
            settings.whatsapp_phone_number_id or "",
            transport=AiohttpTransport(),
        )
        stack.push_async_callback(sender.close)
        media = MediaDownloads(
            settings.whatsapp_api_url,
            secret(settings.whatsapp_token),
            limit=settings.media_limit_mb * MB,
        )
        stack.push_async_callback(media.close)
        google = await stack.enter_async_context(calendar(settings))
        scheduler = CallScheduler(business, google, Bookings(stores.pool), clock=now)
        turns = RunningTurns(stores.mailbox, partial(stores.spent, "discarded"))
        knowledge = StoredKnowledge(stores.pool, business)
        await knowledge.load()
        ports = Ports(
            model=model,
            scheduler=scheduler,
            turns=turns,
            knowledge=knowledge,
            business=business,
            clock=now,
            deadline=settings.model_deadline,
        )
        saver = RedisSaver(stores.redis, serde=serde(settings))
        yield Services(
            settings=settings,
            stores=stores,
            business=business,
            knobs=knobs(settings),
            graph=build_graph(ports, saver),
            turns=turns,
            model=model,
            scheduler=scheduler,
            calendar_watch=CalendarWatch(
                business,
                google,
                CalendarWatchStore(stores.pool),
                clock=now,
                every=timedelta(seconds=settings.calendar_poll_seconds),
            ),
            sender=sender,
            outbox=Outbox(
                stores.pool,
                sender,
                documents=Path(business.files),
                pseudonyms=stores.pseudonyms,
                metrics=stores.metrics,
                refusals=Refusals(business, stores.metrics),
                rates=Rates(per_second=settings.sends_per_second),
                told=stores.receipts.mentioned,
            ),
            escalation=Escalation(
                stores.pool,
                stores.mailbox,
                business,
                now,
                links=links,
                patience=timedelta(minutes=settings.handoff_claim_minutes) or None,
                metrics=stores.metrics,
            ),
            undelivered=Undelivered(stores.pool, business, now, links=links),
            links=links,
            media=media,
            sync=SyncPump(
                stores.pool,
                await stack.enter_async_context(sinks(settings)),
                count=stores.metrics.sync_delivery,
                chance=random,
            ),
            forget_state=saver.adelete_thread,
            retention=Retention(
                stores.pool,
                Erasing(
                    pool=stores.pool,
                    mailbox=stores.mailbox,
                    receipts=stores.receipts,
                    forget_state=saver.adelete_thread,
                    alias=lambda name: stores.pseudonyms.alias(
                        settings.whatsapp_phone_number_id or "", name
                    ),
                ),
                days=settings.retention_days,
                clock=now,
            ),
            limits=Limits(
                messages=settings.messages_per_day,
                tokens=settings.tokens_per_day,
                files=settings.media_per_day,
            ),
            clock=now,
        )


def chat_model(settings: Settings) -> ChatModel:
    """The model that the settings name."""
    return ChatModel(
        api_key=secret(settings.openai_api_key),
        model=settings.openai_model,
        fallback=settings.openai_fallback_model,
        base_url=settings.openai_base_url or OPENAI_URL,
        deadline=settings.model_deadline,
        transport=AiohttpTransport(),
    )


@asynccontextmanager
async def calendar(settings: Settings) -> AsyncGenerator[GoogleCalendar]:
    """The calendar that the settings name. Raises SettingsError."""
    source = settings.google_calendar_credentials
    api_url = settings.google_calendar_api_url
    keys = google_keys(source.get_secret_value() if source else "", stand_in=api_url is not None)
    for rep in load(settings.business_dir).reps:
        keys(rep.calendar)
    client = GoogleCalendar(keys, api_url=api_url)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def sinks(settings: Settings) -> AsyncGenerator[list[Sink]]:
    """The outside CRMs that the settings name. Raises SettingsError."""
    async with AsyncExitStack() as stack:
        found: list[Sink] = []
        if settings.hubspot_token is not None:
            api = await stack.enter_async_context(hubspot(settings))
            found.append(HubSpotSink(api, deal_stage=settings.hubspot_deal_stage))
        urls = secret(settings.sync_webhook_url).replace(",", " ").split()
        key = signing_key(secret(settings.sync_webhook_secret)) if urls else b""
        for url in dict.fromkeys(urls):
            webhook = WebhookSink(url, key, allow_private=settings.sync_allow_private)
            stack.push_async_callback(webhook.close)
            found.append(webhook)
        yield found


@asynccontextmanager
async def hubspot(settings: Settings) -> AsyncGenerator[HubSpotApi]:
    """HubSpot's API with the settings' token."""
    api = HubSpotApi(secret(settings.hubspot_token), settings.hubspot_api_url)
    try:
        yield api
    finally:
        await api.close()


def knobs(settings: Settings) -> Knobs:
    """The thresholds as the settings have them."""
    return Knobs(
        confidence_threshold=settings.confidence_threshold,
        unresolved_limit=settings.unresolved_limit,
    )
