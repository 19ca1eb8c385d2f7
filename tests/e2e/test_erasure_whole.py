"""One lead of whom all is held that can be: what an export tells, and what an erasure leaves.

Looked through is every row of every table and every key of Redis, not what our own code names.
"""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from bootstrap import Services
from crm import sync
from delivery.desk import Desk
from domain.messages import Text
from privacy import erase
from privacy import export as exported
from sandbox.hubspot_api import HubSpotApi
from sandbox.webhook_receiver import WebhookReceiver
from tests.e2e.conftest import Company, fresh, running
from tests.e2e.everything import dumped, held, traces
from tests.e2e.shifts import at_work, hired
from tests.e2e.test_contact_events import edit, told
from tests.e2e.test_conversations import choices
from tests.e2e.test_sync import SECRET
from tests.tools.calendar_server import serving

PHONE = "573108887766"
CALLBACK = "573117776655"
NAME = "Anacleta"
STOP = "BAJA"
COMPANY = "Zurriburri"
WORDS = {
    "profile": "Quirinalia",
    "ad": "Marmolejo",
    "need": "Chimichagua",
    "file": "Zanzibarina",
    "inside the file": "Trapisonda",
    "quoted": "Farallones",
    "edited": "Perendengue",
    "rep": "Guacharaca",
    "summary": "Tarambana",
    "dead letter": "Cachivache",
    "email": "anacleta@zurriburri.example",
}
"""What the lead said, sent or is called, each in one place of its own."""

TRACES = (PHONE, PHONE.removeprefix("57"), CALLBACK, NAME, COMPANY, *WORDS.values())


@dataclass(frozen=True)
class Everything:
    """The company with both sinks, whose lead did all that one can do."""

    company: Company
    services: Services
    hubspot: HubSpotApi
    receiver: WebhookReceiver

    async def found(self, *texts: str) -> list[tuple[str, str]]:
        """Where these texts, or all that is his, stand in the two stores."""
        stores = self.company.services.stores
        both = {**await dumped(stores.pool), **await held(stores.redis)}
        bsuid = self.company.graph.leads.phone(PHONE).bsuid
        return traces(both, *(texts or (*TRACES, bsuid)))


@pytest.fixture(scope="module")
async def whole(redis_url: str, database_url: str) -> AsyncIterator[Everything]:
    hubspot, receiver = HubSpotApi(), WebhookReceiver(SECRET)
    async with (
        fresh(redis_url, database_url) as settings,
        serving(hubspot.app) as hubspot_url,
        serving(receiver.app) as url,
    ):
        named = {
            "hubspot_token": SecretStr("token"), "hubspot_api_url": hubspot_url,
            "sync_webhook_url": SecretStr(f"{url}/events"), "sync_allow_private": True,
            "sync_webhook_secret": SecretStr(SECRET), "public_url": "https://sales.example",
        }  # fmt: skip
        async with (
            running(settings.model_copy(update=named), working=False) as company,
            hired(company) as services,
        ):
            async with at_work(services):
                await sinks(company)
                await conversation(company)
                await by_a_person(company)
                await all_told(company)
            await left_over(company)
            yield Everything(company, services, hubspot, receiver)


async def sinks(company: Company) -> None:
    async def known() -> bool:
        return len(await sync.figures(company.services.stores.pool)) == 2

    await company.until(known, "both sinks")


async def all_told(company: Company) -> None:
    async def over() -> bool:
        return not await company.fetch("SELECT FROM sync_outbox WHERE state = 'waiting'")

    await company.until(over, "everything to be told")


async def conversation(company: Company) -> None:
    """Ad, facts, file, quote, card, edit, summary, call."""
    leads = company.graph.leads
    company.model.prose = f"Resumen: {WORDS['summary']}"
    leads.phone(PHONE, name=f"{NAME} {WORDS['profile']}")
    ad = {"source_type": "ad", "source_id": "77", "headline": WORDS["ad"], "ctwa_clid": "click"}
    await leads.send(PHONE, {"type": "text", "text": {"body": "hola"}, "referral": ad})
    await company.turned(PHONE, 1)
    await company.says(PHONE, f"soy {NAME} de {COMPANY} y busco paneles solares")
    await company.says(PHONE, f"la luz de mi bodega en {WORDS['need']} sale muy cara")
    for line in ("unos 20 mil dólares", "decido yo", "el próximo mes"):
        await company.says(PHONE, line)
    await company.taps(PHONE, choices(company, PHONE)[0])
    old = await leads.say(PHONE, f"mi correo es {WORDS['email']}, en {WORDS['quoted']}")
    await company.quiet()
    await leads.say(PHONE, "¿leíste esto?", quoted=old)
    await company.quiet()
    await leads.send_file(
        PHONE, WORDS["inside the file"].encode() * 3, mime_type="application/pdf",
        filename=f"{WORDS['file']}.pdf", caption="mira el plano",
    )  # fmt: skip
    await company.quiet()
    await leads.share_contact(PHONE, f"{NAME} {WORDS['profile']}", CALLBACK)
    await company.quiet()
    assert await company.post(told(PHONE, "edit", edit(old, f"perdón: {WORDS['edited']}"))) == 200


async def by_a_person(company: Company) -> None:
    """A handoff, a rep's words, and STOP."""
    await company.says(PHONE, "quiero hablar con una persona")
    stores, business = company.services.stores, company.services.business
    [contact] = await company.of(PHONE, "leads")
    desk = Desk(stores.pool, stores.mailbox, business)
    message = Text(body=f"Hola, soy Laura: {WORDS['rep']}")
    at = datetime.now(UTC)
    assert (
        await desk.write(str(contact["contact_id"]), message, rep="laura", key="k", at=at)
        == "stored"
    )
    await company.quiet()
    await company.graph.leads.say(PHONE, STOP)
    await company.quiet()


async def left_over(company: Company) -> None:
    """Dead letters of all kinds, a body that nobody could read, and unread mail."""
    stores = company.services.stores
    await company.graph.leads.say(PHONE, WORDS["dead letter"])
    await company.until(company.unread(PHONE, 1), "the message")
    lease = await stores.mailbox.claim()
    assert lease
    await stores.mailbox.bury(lease, "always failed")
    await stores.mailbox.quarantine(f'{{"from": "{PHONE}"'.encode(), "no JSON")
    await company.graph.leads.say(PHONE, f"¿hola? {WORDS['dead letter']}")
    await company.until(company.unread(PHONE, 1), "the unread message")
    contact = lease.contact
    async with stores.pool.acquire() as connection, connection.transaction():
        await sync.note(connection, contact, "handoff.released")
        await connection.execute("UPDATE sync_outbox SET state = 'dead', error = 'HTTP 400'")


async def test_an_export_tells_all_of_it(whole: Everything) -> None:
    settings = whole.company.services.settings
    written = await exported(settings, f"+{PHONE}", content=True)
    assert written
    told: dict[str, Any] = orjson.loads(written)
    [about] = told["about_you"]
    assert (about["phone_number"], about["whatsapp_name"]) == (PHONE, f"{NAME} {WORDS['profile']}")
    assert about["whatsapp_user_id"] == whole.company.graph.leads.phone(PHONE).bsuid
    assert WORDS["ad"] in about["ad_headline"]
    assert about["stopped_messages_at"]
    where = {
        "facts_with_their_history": (NAME, COMPANY, WORDS["need"], WORDS["email"]),
        "messages": (
            "¿leíste esto?", "mira el plano", WORDS["edited"], WORDS["rep"], CALLBACK,
            STOP,
        ),
        "edits_and_other_events": (WORDS["edited"],),
        "summaries": (WORDS["summary"],),
        "sent_to_you_or_about_you": (WORDS["rep"], NAME),
        "consents": ("opt_out", STOP),
        "calls": ("confirmed", "https://"),
        "handed_over_to_a_person": ("laura", WORDS["summary"]),
        "stages_passed": ("scheduling",),
        "what_the_assistant_decided": ("handoff",),
        "who_used_your_data": ("message", "api"),
        "names_in_our_queue": ("keyed_hash",),
    }  # fmt: skip
    for part, texts in where.items():
        for text in texts:
            assert text in str(told[part]), (part, text)
    [file] = told["files"]
    assert (file["filename"], file["status"]) == (f"{WORDS['file']}.pdf", "stored")
    assert base64.b64decode(file["content"]) == WORDS["inside the file"].encode() * 3


async def test_an_erasure_leaves_none_of_it(whole: Everything) -> None:
    company, pool = whole.company, whole.company.services.stores.pool
    [call] = await company.of(PHONE, "bookings")
    before = await whole.found()
    assert {text for _, text in before} > set(TRACES) - {WORDS["quoted"]}  # the edit took it
    assert {place for place, _ in before} > {"contacts", "messages", "facts", "media", "outbox"}
    assert [place for place, _ in before if place.startswith("{messages}:")]
    told = len(whole.receiver.events)

    spelled = f"+{PHONE[:2]} {PHONE[2:5]} {PHONE[5:]}"
    assert "erased" in await erase(company.services.settings, spelled)
    assert await whole.found() == []

    await whole.services.scheduler.sweep()
    calendars = company.office.sandbox.calendar.calendars
    assert [event for name in calendars.names for event in calendars.listed(name)] == []
    assert (
        await pool.fetchval("SELECT status FROM bookings WHERE id = $1", call["id"]) == "cancelled"
    )
    assert [row["kind"] for row in await pool.fetch("SELECT DISTINCT kind FROM sync_outbox")] == [
        "lead.erased"
    ]

    async with at_work(whole.services):
        await all_told(company)
    assert [event["type"] for event in whole.receiver.events[told:]] == ["lead.erased"]
    for kind in ("contacts", "deals", "notes"):
        assert whole.hubspot.objects.all(kind) == []
    assert await pool.fetch("SELECT FROM sync_refs") == []
    assert await whole.found() == []
