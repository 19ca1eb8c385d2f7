"""A person takes a conversation over, writes, and gives it back, whatever the agent is doing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from crm.conversation import find
from delivery.desk import Change, Desk
from records import release, take_over
from sandbox.servers import free_port
from tests.e2e.conftest import Company, fresh, running

TOKEN = "a token of the tests"


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """With the endpoints for people."""
    async with fresh(redis_url, database_url) as new:
        settings = new.model_copy(update={"vendedor_api_token": SecretStr(TOKEN)})
        async with running(settings) as open_company:
            yield open_company


@pytest.fixture
async def api(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=f"{company.webhook}/api", headers=bearer) as client:
        yield client


def desk(company: Company) -> Desk:
    stores = company.services.stores
    return Desk(stores.pool, stores.mailbox, company.services.business)


async def contact(company: Company, phone: str) -> str:
    found = await find(company.services.stores.pool, phone)
    assert found
    return found


async def taken(company: Company, phone: str) -> Change:
    """A person has the conversation from now on."""
    at = company.services.clock()
    return await desk(company).take_over(
        await contact(company, phone), rep="laura", key=str(uuid4()), at=at
    )


async def rep_says(api: httpx.AsyncClient, phone: str, text: str, key: str | None = None) -> str:
    """Write through the number, and give the message's id."""
    answer = await api.post(
        f"/conversations/{phone}/messages",
        json={"text": text},
        headers={"Idempotency-Key": key or str(uuid4())},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["message"]


def prompt(company: Company) -> str:
    """All that the model read last."""
    return "\n".join(m["content"] for m in company.model.asked[-1]["messages"])


async def test_the_agent_is_silent_and_everything_is_recorded(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    assert await taken(company, phone) == Change(changed=True, woken=True)
    assert await company.says(phone, "¿sigue ahí?") == ""
    assert [row["text"] for row in await company.of(phone, "messages", order="seq")][-1] == (
        "¿sigue ahí?"
    )


async def test_a_draft_that_is_being_written_is_discarded(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    before = len(company.received(phone))
    company.model.pause()
    await company.graph.leads.say(phone, "¿cuánto cuesta el plan?")
    await company.until(company.heard("¿cuánto cuesta el plan?"), "the draft to begin")
    await taken(company, phone)
    await company.turned(phone, 2)
    assert len(company.received(phone)) == before
    assert (await company.of(phone, "turns", order="at"))[-1]["kind"] == "silent"


async def test_a_reply_that_waits_for_its_send_is_kept_back(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    await company.until(company.states(phone, {"delivered"}), "the receipts")
    rows = await company.of(phone, "outbox")
    await company.services.stores.pool.execute(
        "UPDATE outbox SET state = 'requested', tries = 0, due_at = now() + $2 WHERE id = $1",
        rows[0]["id"],
        timedelta(hours=1),
    )
    await taken(company, phone)
    (row,) = await company.of(phone, "outbox")
    assert (row["state"], row["reaction"]) == ("failed", "withdrawn")


async def test_what_the_lead_asked_meanwhile_is_answered_after_the_release(
    company: Company, phone: str
) -> None:
    await company.says(phone, "Hola, soy Ana y busco paneles solares")
    await taken(company, phone)
    assert await company.says(phone, "¿me pueden llamar mañana?") == ""
    before = len(company.received(phone))
    asked = len(company.model.asked)

    assert (await desk(company).release(await contact(company, phone))).changed
    await company.got(phone, before + 1)

    assert len(company.model.asked) == asked + 1
    assert company.model.heard("¿me pueden llamar mañana?") == 1
    await desk(company).release(await contact(company, phone))
    await company.quiet()
    assert len(company.model.asked) == asked + 1  # answered already


async def test_a_conversation_that_the_person_ended_stays_quiet(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    await rep_says(api, phone, "Hola, soy Luz. Le mando la oferta hoy.")
    await company.quiet()
    before, asked = len(company.received(phone)), len(company.model.asked)
    await desk(company).release(await contact(company, phone))
    await company.quiet()
    assert (len(company.received(phone)), len(company.model.asked)) == (before, asked)


async def test_the_agent_knows_what_the_person_said(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    await rep_says(api, phone, "Le dejo el plan anual en 900 al mes.")
    await company.got(phone, 2)
    assert await company.says(phone, "perfecto, gracias") == ""
    await desk(company).release(await contact(company, phone))
    await company.got(phone, 3)
    assert "Le dejo el plan anual en 900 al mes." in prompt(company)


async def test_the_way_back_forgets_what_was_unresolved(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    for words in ("asdf qwer", "zxcv", "qwer asdf"):
        await company.says(phone, words)
    await company.services.stores.pool.execute("UPDATE leads SET unresolved = 3")
    await taken(company, phone)
    await desk(company).release(await contact(company, phone))
    (lead,) = await company.of(phone, "leads", order="contact_id")
    assert lead["unresolved"] == 0


async def test_the_commands(company: Company, phone: str) -> None:
    settings = company.services.settings
    assert await take_over(settings, "+1 555", None) == "no conversation with +1 555"
    await company.says(phone, "hola")
    silent = "laura has the conversation: the agent is silent"
    assert await take_over(settings, f"+{phone}", "laura") == silent
    assert "a person had it before" in await take_over(settings, phone, None)
    assert await release(settings, phone) == "the agent has it again"
    assert await release(settings, phone) == "no person has this conversation"


async def test_a_takeover_without_redis_says_what_it_cannot_do(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    down = f"redis://127.0.0.1:{free_port()}/0"
    for url in (None, down):
        settings = company.services.settings.model_copy(update={"redis_url": url})
        assert "could not be told" in await take_over(settings, phone, None)
        assert "speaks when the lead writes next" in await release(settings, phone)


async def test_two_take_it_at_once(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    changes = await asyncio.gather(taken(company, phone), taken(company, phone))
    assert sorted(change.changed for change in changes) == [False, True]
