"""What is delivered twice, in bursts, in batches, by many, or in no words at all."""

import asyncio

from crm.turns import answered
from tests.e2e.conftest import Company, words
from tests.e2e.webhooks import body, change, message


async def test_the_same_delivery_five_times_gets_one_reply(company: Company, phone: str) -> None:
    company.wrote(phone)
    delivery = body([change(message(phone, "hola"))])
    duplicates = metric(company, "webhook_duplicates_total")
    statuses = await asyncio.gather(*(company.post(delivery) for _ in range(4)))
    await company.turned(phone, 1)
    statuses.append(await company.post(delivery))
    await company.quiet()
    assert statuses == [200] * 5
    assert metric(company, "webhook_duplicates_total") == duplicates + 4
    assert await count(company, "turns", phone) == 1
    assert await count(company, "outbox", phone) == 1


async def test_a_burst_gets_one_reply_that_knows_all_of_it(company: Company, phone: str) -> None:
    redone = metric(company, "redone_drafts_total")
    company.model.pause()
    for text in ("hola, buenas", "soy Ana"):
        await company.graph.leads.say(phone, text)
        await company.until(company.heard(text), f"{text} to reach the model")
    await company.graph.leads.say(phone, "de Acme")
    await company.graph.leads.say(phone, "y busco paneles solares")
    await company.until(company.heard("paneles"), "the last message to reach the model")
    company.model.resume()
    said = await company.got(phone, 1)
    assert len(said) == 1
    facts = {fact["field"]: fact["value"] for fact in await facts_of(company, phone)}
    assert facts["name"] == "Ana"
    assert "intent" in facts
    assert metric(company, "redone_drafts_total") == redone + 2
    assert await count(company, "turns", phone) == 1
    assert await count(company, "messages", phone, "direction = 'in'") == 4


async def test_a_message_after_the_limit_of_redos_is_the_next_turn(
    company: Company, phone: str
) -> None:
    company.model.pause()
    for text in ("uno dos", "tres cuatro", "cinco seis"):
        await company.graph.leads.say(phone, text)
        await company.until(company.heard(text), f"{text} to reach the model")
    await company.graph.leads.say(phone, "soy Ana")
    await company.until(company.unread(phone, 4), "the fourth message")
    company.model.resume()
    await company.turned(phone, 2)
    assert [batch["n"] for batch in await batches(company, phone)] == [3, 1]


async def test_every_message_of_a_body_with_several_entries_is_answered(
    company: Company,
) -> None:
    phones = [f"5730022200{n:02d}" for n in range(5)]
    delivery = body(
        [change(message(phones[0], "hola"), message(phones[0], "soy Ana"))],
        [
            change(message(phones[1], "hi"), message(phones[2], "oi, tudo bem?")),
            change(message(phones[3], "hola")),
            change(message(phones[4], "hola")),
        ],
    )
    company.wrote(*phones)
    assert await company.post(delivery) == 200
    for phone in phones:
        await company.turned(phone, 1)
    assert [len(company.received(phone)) for phone in phones] == [1] * 5
    assert await count(company, "messages", phones[0], "direction = 'in'") == 2


async def test_twenty_contacts_at_once_each_keep_their_order(company: Company) -> None:
    phones = [f"5730033300{n:02d}" for n in range(20)]
    lines = [f"mensaje {n}" for n in range(4)]
    for line in lines:
        await asyncio.gather(*(company.graph.leads.say(phone, line) for phone in phones))
    await company.quiet()
    for phone in phones:
        rows = await company.of(phone, "messages", "direction = 'in'", order="seq")
        assert [row["text"] for row in rows] == lines
        turns = await batches(company, phone)
        assert sum(turn["n"] for turn in turns) == len(lines)
        assert len(company.received(phone)) <= len(turns)


async def test_receipts_move_the_ledger_to_delivered_and_read(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    await company.until(company.states(phone, {"delivered"}), "the receipt")
    assert await company.graph.leads.read(phone) == 1
    await company.until(company.states(phone, {"read"}), "the blue ticks")


async def test_receipts_that_come_late_and_out_of_order_never_move_it_back(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    await company.graph.leads.read(phone)
    await company.until(company.states(phone, {"read"}), "the blue ticks")
    wamid = company.received(phone)[0].wamid
    for status in ("sent", "delivered", "failed", "unheard_of"):
        receipt = {"id": wamid, "status": status, "timestamp": "1", "recipient_id": phone}
        assert await company.post(body([change(statuses=[receipt], messages=None)])) == 200
    await company.until(company.no_receipts, "the receipts")
    assert await company.states(phone, {"read"})()


async def test_a_reaction_gets_no_reply_and_no_turn(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    wamid = await company.graph.leads.react(phone, company.received(phone)[0].wamid, "❤️")
    name = company.services.stores.pseudonyms.message(wamid)

    async def taken() -> bool:
        return bool(await answered(company.services.stores.pool, [name]))

    await company.until(taken, "the reaction")
    await company.quiet()
    assert len(company.received(phone)) == 1
    assert await count(company, "turns", phone) == 1


async def test_a_voice_note_gets_an_honest_line(company: Company, phone: str) -> None:
    await company.graph.leads.send_file(
        phone, b"OggS" + bytes(60), mime_type="audio/ogg", filename="voice.ogg"
    )
    said = await company.got(phone, 1)
    assert len(said) == 1
    assert company.model.heard("[audio]") == 0
    assert "abrir" in said[0] or "escrib" in said[0]


async def test_a_lead_without_a_phone_number_is_answered_by_his_user_id(
    company: Company, phone: str
) -> None:
    hidden = company.graph.leads.phone(phone, username="ana.perez")
    for line in ("hola", "soy Ana de Acme y busco paneles solares para mi bodega"):
        await company.says(phone, line)
    assert len(company.received(phone)) == 2
    sends = [send for send in company.graph.sends if hidden.bsuid in str(send)]
    assert sends
    assert not [send for send in company.graph.sends if phone in str(send)]
    contact = (await company.fetch("SELECT phone FROM contacts WHERE bsuid = $1", hidden.bsuid))[0]
    assert contact["phone"] is None


async def test_a_lead_who_shows_his_number_later_stays_the_same_lead(
    company: Company, phone: str
) -> None:
    lead = company.graph.leads.phone(phone, username="luis.mora")
    await company.says(phone, "hola")
    await company.says(phone, "soy Luis y busco paneles solares")
    lead.username = None
    said = await company.says(phone, "unos 20 mil dólares")
    assert "nombre" not in said
    rows = await company.fetch("SELECT phone FROM contacts WHERE bsuid = $1", lead.bsuid)
    assert [row["phone"] for row in rows] == [phone]


async def test_a_quoted_answer_shows_the_model_what_it_is_about(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    asked = company.received(phone)[0]
    await company.graph.leads.say(phone, "¿qué quieres decir con esto?", quoted=asked.wamid)
    await company.turned(phone, 2)
    assert words(asked)[:40] in str(company.model.asked[-1]["messages"][-1])


async def batches(company: Company, phone: str) -> list[dict[str, int]]:
    """How many messages each turn answered, the oldest first."""
    rows = await company.fetch(
        "SELECT count(*) AS n FROM messages JOIN contacts ON contacts.id = contact_id"
        " WHERE phone = $1 AND direction = 'in' GROUP BY turn_id ORDER BY min(seq)",
        phone,
    )
    return [dict(row) for row in rows]


async def facts_of(company: Company, phone: str) -> list[dict[str, str]]:
    return await company.of(phone, "facts")


async def count(company: Company, table: str, phone: str, where: str = "true") -> int:
    return len(await company.of(phone, table, where))


def metric(company: Company, name: str) -> float:
    return company.services.stores.metrics.registry.get_sample_value(name) or 0
