"""Every kind of message through the signed webhook: what the lead reads, and what is stored."""

import hashlib
import time
from typing import Any

import httpx
import orjson
import pytest

from aftercare import take_files
from crm.jobs import MAX_TRIES, Job
from delivery.media import MB, MediaDownloads
from domain.errors import MediaUnavailable
from domain.sentences import SENTENCES
from sandbox.graph_phones import ChatMessage
from tests.e2e.conftest import Company, words
from tests.e2e.model import newest
from tests.e2e.test_conversations import TALKS
from tests.e2e.webhooks import body, change, message

NOTE = b"OggS" + bytes(range(256)) * 20


async def files(company: Company, phone: str, status: str, number: int = 1) -> list[dict[str, Any]]:
    """Wait until that many files of a phone are in this state, and give them."""

    async def there() -> bool:
        return len(await company.of(phone, "media", f"status = '{status}'")) == number

    await company.until(there, f"{number} files that are {status}")
    return await company.of(phone, "media")


async def test_a_voice_note_is_admitted_and_kept(company: Company, phone: str) -> None:
    send = company.graph.leads.send_file
    await company.says(phone, "hola, soy Ana")
    await send(phone, NOTE, mime_type="audio/ogg", filename="nota.ogg")
    await company.turned(phone, 2)
    assert words(company.received(phone)[-1]) == SENTENCES["got_audio"]["es"]
    [file] = await files(company, phone, "stored")
    assert (bytes(file["content"]), file["kind"], file["mime_type"]) == (NOTE, "audio", "audio/ogg")


async def test_a_picture_with_words_is_answered_and_kept(company: Company, phone: str) -> None:
    await company.says(phone, "hola, soy Ana")
    await company.graph.leads.send_file(
        phone, b"\xff\xd8picture", mime_type="image/jpeg", filename="casa.jpg",
        caption="busco paneles solares para esta casa",
    )  # fmt: skip
    await company.turned(phone, 2)
    assert newest(company.model.asked[-1]) == "[image]\nbusco paneles solares para esta casa"
    [fact] = await company.of(phone, "facts", "field = 'intent'")
    assert fact["value"]
    [file] = await files(company, phone, "stored")
    assert hashlib.sha256(file["content"]).digest() == hashlib.sha256(b"\xff\xd8picture").digest()


async def test_a_file_that_meta_has_no_more_is_noted_so(company: Company, phone: str) -> None:
    document = {"id": "999", "filename": "plano.pdf", "mime_type": "application/pdf"}
    said = message(phone, "", type="document", document=document, timestamp=now())
    company.wrote(phone)
    await company.post(body([change(said)]))
    await company.turned(phone, 1)
    [file] = await files(company, phone, "gone")
    assert (file["filename"], file["content"]) == ("plano.pdf", None)


async def test_a_file_that_does_not_come_is_tried_again_and_given_up_at_last(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    [said] = await company.of(phone, "messages", "direction = 'in'")
    await company.fetch(
        "INSERT INTO media (message_id, contact_id, turn_id, kind, media_id, mime_type, filename, "
        "sha256, voice) VALUES ($1, $2, 'away', 'audio', '7', '', '', '', false)",
        said["id"],
        said["contact_id"],
    )
    away = httpx.MockTransport(lambda _: httpx.Response(503))
    downloads = MediaDownloads("https://graph.facebook.com", "t", limit=MB, transport=away)
    pool = company.services.stores.pool
    job = Job(id=0, kind="media", contact_id=str(said["contact_id"]), turn_id="away", tries=1)
    with pytest.raises(MediaUnavailable):
        await take_files(pool, downloads, job)
    await files(company, phone, "wanted")
    await take_files(pool, downloads, job.model_copy(update={"tries": MAX_TRIES}))
    [file] = await files(company, phone, "gone")
    assert file["reason"] == "HTTP 503"
    await downloads.close()


async def test_three_voice_notes_in_a_row_bring_a_person(company: Company, phone: str) -> None:
    for number in range(1, 4):
        await company.graph.leads.send_file(
            phone, NOTE + bytes([number]), mime_type="audio/ogg", filename="n.ogg"
        )
        await company.turned(phone, number)
    [handoff] = await company.of(phone, "handoffs")
    assert handoff["reason"] == "unresolved"
    assert "una persona de nuestro equipo" in words(company.received(phone)[-1])
    await files(company, phone, "stored", 3)


async def test_a_reaction_is_recorded_and_left_in_peace(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    for emoji in ("❤️", "👍", ""):
        await company.graph.leads.react(phone, company.received(phone)[-1].wamid, emoji)

    async def recorded() -> bool:
        return len(await company.of(phone, "messages", "kind = 'reaction'")) == 3

    await company.until(recorded, "the reactions")
    await company.quiet()
    assert len(await company.of(phone, "turns")) == 1
    assert len(company.received(phone)) == 1


async def test_a_thumbs_up_on_the_only_time_books_it(company: Company, phone: str) -> None:
    for line in TALKS["es"]:
        await company.says(phone, line)
    offered = company.received(phone)[-1]
    await company.graph.leads.react(phone, offered.wamid, "👍")
    await company.quiet()
    assert not await company.of(phone, "bookings")
    await company.fetch(
        "UPDATE outbox SET message = $2 WHERE seq = (SELECT max(seq) FROM outbox JOIN contacts "
        "ON contacts.id = contact_id WHERE contacts.phone = $1)",
        phone,
        only_time(offered),
    )
    turns = len(await company.of(phone, "turns"))
    await company.graph.leads.react(phone, offered.wamid, "👍🏽")
    await company.turned(phone, turns + 1)
    assert "llamada" in words(company.received(phone)[-1])
    [booking] = await company.of(phone, "bookings")
    assert booking["status"] == "confirmed"
    [said] = await company.of(phone, "messages", "direction = 'in'", order="seq DESC LIMIT 1")
    assert (said["kind"], said["text"][:1]) == ("choice", "👍")


def only_time(offered: ChatMessage) -> dict[str, Any]:
    """The message as it would be with one time on it."""
    rows = offered.content["interactive"]["action"]["sections"][0]["rows"]
    button = {"id": rows[0]["id"], "title": "mar 24 nov 10:00"}
    return {"kind": "buttons", "body": "¿Te lo reservo?", "buttons": [button]}


async def test_an_old_message_that_is_quoted_reaches_the_model(
    company: Company, phone: str
) -> None:
    first = await company.graph.leads.say(phone, "hola, soy Ana y busco paneles solares")
    await company.turned(phone, 1)
    greeting = company.received(phone)[0]
    for number in range(2, 16):
        await company.says(phone, f"¿cuánto dura la garantía? pregunta {number}")
        if (await company.of(phone, "handoffs")) != []:
            break
    await company.graph.leads.say(phone, "esto que dije", quoted=first)
    await company.graph.leads.say(phone, "y esto", quoted=greeting.wamid)
    await company.quiet()
    asked = orjson.dumps(company.model.asked[-1]["messages"][-2:]).decode()
    assert "> hola, soy Ana y busco paneles solares\\n" in asked
    assert "> Hola, soy el asistente virtual" in asked


async def test_what_cannot_be_read_gets_a_polite_line(company: Company, phone: str) -> None:
    poll = {"type": "unsupported", "unsupported": {"type": "poll"}, "errors": [{"code": 131051}]}
    await company.graph.leads.send(phone, poll)
    await company.turned(phone, 1)
    assert SENTENCES["cannot_open"]["es"] in words(company.received(phone)[-1])


async def test_an_order_and_a_location_reach_the_model(company: Company, phone: str) -> None:
    items = [{"product_retailer_id": "PANEL-5KW", "quantity": 2}]
    order = {"type": "order", "order": {"catalog_id": "1", "product_items": items}}
    await company.says(phone, "hola")
    await company.graph.leads.send(phone, order)
    await company.turned(phone, 2)
    assert company.model.heard("[order]\n2 x PANEL-5KW") == 1
    await company.graph.leads.send_location(phone, 4.6097, -74.0817, name="Mi casa")
    await company.turned(phone, 3)
    assert company.model.heard("[location]\n4.6097,-74.0817 Mi casa") == 1
    assert len(company.received(phone)) == 3
    assert not await company.of(phone, "facts", "field = 'budget'")


async def test_the_ad_is_the_leads_source_and_opens_the_free_entry_point(
    company: Company, phone: str
) -> None:
    ad = {
        "source_type": "ad", "source_id": "120", "source_url": "https://fb.me/x",
        "headline": "Paneles a mitad de precio", "ctwa_clid": "ARA",
    }  # fmt: skip
    company.wrote(phone)
    for source in (ad, {**ad, "source_id": "121", "headline": "Otro"}):
        await company.post(body([change(message(phone, "hola", referral=source, timestamp=now()))]))
        await company.quiet()
    [contact] = await company.fetch(
        "SELECT source, referral, free_until - now() AS left FROM contacts WHERE phone = $1", phone
    )
    assert contact["source"] == ad
    assert contact["referral"] == "Paneles a mitad de precio"
    assert 71 < contact["left"].total_seconds() / 3600 <= 72
    known = orjson.dumps(company.model.asked[-1]["messages"][1]).decode()
    assert "Paneles a mitad de precio" in known


def now() -> str:
    """As Meta writes a time."""
    return str(int(time.time()))
