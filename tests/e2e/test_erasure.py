"""A lead is erased, and nothing of him is left, whatever was going on; then he is a new one."""

import orjson

from crm.conversation import find
from delivery.erasure import Erasing
from privacy import erase
from privacy import export as exported
from tests.e2e.conftest import Company
from tests.e2e.everything import dumped, held, traces

NAME = "Anacleta"
WORDS = ("Zanzibarina", "Chimichagua", "tarifa nocturna")
"""A name, a place and a need that nobody else has."""


def erasing(company: Company) -> Erasing:
    return company.services.retention.erasing


async def contact_of(company: Company, phone: str) -> str:
    contact = await find(company.services.stores.pool, phone)
    assert contact
    return contact


async def nothing_of(company: Company, phone: str, *texts: str) -> None:
    """Neither store holds the number or any of the texts."""
    stores = company.services.stores
    wanted = (phone, NAME, *WORDS, *texts)
    assert traces(await dumped(stores.pool), *wanted) == []
    assert traces(await held(stores.redis), *wanted) == []


async def qualified(company: Company, phone: str) -> None:
    """A lead who said all that is asked, and is shown times."""
    await company.says(phone, "hola")
    await company.says(phone, f"soy {NAME} de {WORDS[0]} y busco paneles solares")
    await company.says(phone, f"la {WORDS[2]} de mi bodega en {WORDS[1]} sale muy cara")
    await company.says(phone, "unos 20 mil dólares")
    await company.says(phone, "decido yo")
    await company.says(phone, "el próximo mes")


async def booked(company: Company, phone: str) -> None:
    shown = [m for m in company.received(phone) if m.kind == "interactive"][-1]
    action = shown.content["interactive"]["action"]
    choices = [b["reply"]["id"] for b in action.get("buttons", [])] or [
        row["id"] for part in action.get("sections", []) for row in part["rows"]
    ]
    await company.taps(phone, choices[0])
    assert [call["status"] for call in await company.of(phone, "bookings")] == ["confirmed"]


async def test_nothing_is_left_of_a_lead_and_he_comes_back_as_a_new_one(
    company: Company, phone: str
) -> None:
    await qualified(company, phone)
    await booked(company, phone)
    await company.says(phone, "quiero hablar con una persona")
    stores = company.services.stores
    before = {**await dumped(stores.pool), **await held(stores.redis)}
    assert {text for _, text in traces(before, phone, NAME, *WORDS)} == {phone, NAME, *WORDS}
    [call] = await company.of(phone, "bookings")
    contact = await contact_of(company, phone)

    assert await erasing(company).erase(contact, actor="test")
    await nothing_of(company, phone)

    await company.services.scheduler.sweep()
    pool = company.services.stores.pool
    [kept] = await pool.fetch("SELECT * FROM bookings WHERE id = $1", call["id"])
    assert (kept["status"], kept["link"], kept["strays"]) == ("cancelled", None, [])
    answer = await company.says(phone, "hola")
    assert "asistente virtual" in answer
    [lead] = await company.of(phone, "leads")
    assert (lead["stage"], await company.of(phone, "facts")) == ("greeting", [])
    assert not any(text in str(company.model.asked[-1]) for text in (NAME, *WORDS))


async def test_a_turn_under_way_does_not_write_him_back(company: Company, phone: str) -> None:
    await company.says(phone, f"soy {NAME} de {WORDS[0]} y busco paneles solares")
    company.model.pause()
    await company.graph.leads.say(phone, f"la {WORDS[2]} de mi bodega en {WORDS[1]}")
    await company.until(company.heard(WORDS[1]), "the model to be asked")
    contact = await contact_of(company, phone)
    await erasing(company).erase(contact, actor="test")
    await nothing_of(company, phone)
    company.model.resume()
    await company.quiet()
    await nothing_of(company, phone)
    assert "asistente virtual" in await company.says(phone, "hola")


async def test_what_waits_in_the_mailbox_is_forgotten_too(company: Company, phone: str) -> None:
    await company.says(phone, f"soy {NAME} de {WORDS[0]} y busco paneles solares")
    stores = company.services.stores
    await stores.mailbox.quarantine(f'{{"from": "{phone}"'.encode(), "no JSON")
    contact = await contact_of(company, phone)
    assert traces(await held(stores.redis), phone)
    await erasing(company).erase(contact, actor="test", said=phone)
    await nothing_of(company, phone)


async def test_the_command_may_be_repeated_and_what_is_held_can_be_read(
    company: Company, phone: str
) -> None:
    await company.says(phone, f"soy {NAME} de {WORDS[0]} y busco paneles solares")
    settings = company.services.settings
    told = orjson.loads(await exported(settings, phone, content=True) or b"")
    assert told["about_you"][0]["phone_number"] == phone
    assert NAME in {fact["value"] for fact in told["facts_with_their_history"]}
    assert [m["written_by"] for m in told["messages"]][:2] == ["you", "assistant"]
    assert (await erase(settings, f"+{phone}")).startswith(f"erased +{phone}: ")
    assert await exported(settings, phone, content=False) is None
    assert "nothing was held" in await erase(settings, f"+{phone}")
    pool = company.services.stores.pool
    acts = await pool.fetch("SELECT action, actor FROM audit ORDER BY id DESC LIMIT 3")
    assert [act["action"] for act in acts] == ["erase", "erase", "export"]
    assert all(act["actor"].startswith("cli:") for act in acts)
