"""The endpoints for people: the token first, then who, what and whether."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from api_http import LARGEST_BODY
from crm.conversation import find
from tests.e2e.conftest import Company, fresh, running, words

TOKEN = "a token of the tests"


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    async with fresh(redis_url, database_url) as new:
        settings = new.model_copy(update={"vendedor_api_token": SecretStr(TOKEN)})
        async with running(settings) as open_company:
            yield open_company


@pytest.fixture
async def api(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=f"{company.webhook}/api", headers=bearer) as client:
        yield client


async def write(api: httpx.AsyncClient, phone: str, text: str, key: str) -> httpx.Response:
    path, header = f"/conversations/{phone}/messages", {"Idempotency-Key": key}
    return await api.post(path, json={"text": text}, headers=header)


def code(answer: httpx.Response, status: int) -> str:
    """The error's code, of an answer with this status."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["message"]
    return error["code"]


@pytest.mark.parametrize("path", ["/handoffs", "/conversations/1", "/nothing/here"])
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN]
)
async def test_nothing_without_the_token(company: Company, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{company.webhook}/api{path}", headers=headers)
    assert code(answer, 401) == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_there_are_none_without_a_token_in_the_settings(
    redis_url: str, database_url: str
) -> None:
    async with (
        fresh(redis_url.replace("/0", "/2"), database_url) as settings,
        running(settings, working=False) as closed,
        httpx.AsyncClient() as client,
    ):
        answer = await client.get(f"{closed.webhook}/api/handoffs")
    assert answer.status_code == 404


async def test_a_conversation_as_inspect_shows_it(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "Hola, soy Ana y busco paneles solares para mi casa")
    shown = (await api.get(f"/conversations/+{phone}")).json()
    assert shown["phone"] == phone
    assert shown["stage"] == "qualification"
    assert ("name", "Ana", "soy Ana") in [
        (fact["field"], fact["value"], fact["quote"]) for fact in shown["facts"]
    ]
    assert [line["direction"] for line in shown["messages"]] == ["in", "out"]
    assert shown["decisions"][-1]["decision"]["kind"] == "answer"
    by_id = await api.get(f"/conversations/{shown['contact']}")
    assert by_id.json() == shown


async def test_take_over_and_release(company: Company, phone: str, api: httpx.AsyncClient) -> None:
    await company.says(phone, "hola")
    path = f"/conversations/{phone}"
    taken = (await api.post(f"{path}/takeover", json={"rep": "laura"})).json()
    assert (taken["changed"], taken["workers_told"]) == (True, True)
    assert (await api.post(f"{path}/takeover")).json()["changed"] is False
    (case,) = [
        one for one in (await api.get("/handoffs")).json()["handoffs"] if one["phone"] == phone
    ]
    assert (case["reason"], case["rep"]) == ("taken_over", "laura")
    assert (await api.post(f"{path}/release")).json()["changed"] is True
    assert (await api.post(f"{path}/release")).json()["changed"] is False


async def test_a_missed_call_is_asked_about_once(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    path = f"/conversations/{phone}/no-show"
    await company.says(phone, "hola")
    assert (await api.post(path)).json()["changed"] is False
    await company.services.stores.pool.execute(
        "INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status)"
        " VALUES ($1, 'laura', now() - interval '1 hour', now() - interval '30 min', 'confirmed')",
        await find(company.services.stores.pool, phone),
    )
    assert (await api.post(path)).json()["changed"] is True
    assert (await api.post(path)).json()["changed"] is False


async def test_a_repeated_takeover_does_not_outlive_the_release(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    path, key = f"/conversations/{phone}", {"Idempotency-Key": "one act"}
    assert (await api.post(f"{path}/takeover", headers=key)).json()["changed"]
    await api.post(f"{path}/release")
    assert not (await api.post(f"{path}/takeover", headers=key)).json()["changed"]
    assert (await api.get(path)).json()["handoff"] is None


async def test_the_rep_s_words_reach_the_lead_once(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    key = str(uuid4())
    answers = await asyncio.gather(*(write(api, phone, "Soy Laura", key) for _ in range(4)))
    assert sorted(answer.json()["stored"] for answer in answers) == [
        "repeated", "repeated", "repeated", "stored",
    ]  # fmt: skip
    assert len({answer.json()["message"] for answer in answers}) == 1
    await company.got(phone, 2)
    assert [words(m) for m in company.received(phone)].count("Soy Laura") == 1
    shown = (await api.get(f"/conversations/{phone}")).json()
    assert [(m["direction"], m["text"]) for m in shown["messages"]][-1] == ("rep", "Soy Laura")
    assert shown["handoff"]["reason"] == "taken_over"
    assert code(await write(api, phone, "Otra cosa", key), 409) == "key_reused"


async def test_a_closed_window_is_a_clear_refusal(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    pool = company.services.stores.pool
    await pool.execute(
        "UPDATE contacts SET last_inbound_at = now() - interval '24 hours' WHERE phone = $1", phone
    )
    assert code(await write(api, phone, "Hola", "k"), 409) == "window_closed"
    assert await company.of(phone, "handoffs") == []
    assert len(await company.of(phone, "outbox")) == 1


@pytest.mark.parametrize("who", ["+1 555 0100", "nobody", str(uuid4()), "%2B"])
async def test_an_unknown_contact(api: httpx.AsyncClient, who: str) -> None:
    path = f"/conversations/{who}"
    assert code(await api.get(path), 404) == "unknown_contact"
    assert code(await api.post(f"{path}/takeover"), 404) == "unknown_contact"
    assert code(await api.post(f"{path}/release"), 404) == "unknown_contact"
    assert code(await write(api, who, "Hola", "k"), 404) == "unknown_contact"


@pytest.mark.parametrize(
    ("body", "status", "wanted"),
    [
        (b"{", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"text": ""}', 422, "invalid"),
        (b'{"text": "  \\n"}', 422, "invalid"),
        (b'{"text": 7}', 422, "invalid"),
        (b'{"text": "a", "more": 1}', 422, "invalid"),
        (b'{"text": "a", "rep": "nobody"}', 422, "unknown_rep"),
        (b'{"text": "' + b"x" * 4097 + b'"}', 422, "invalid"),
        (b" " * (LARGEST_BODY + 1), 413, "too_large"),
    ],
)
async def test_a_wrong_body(  # noqa: PLR0917 - a case each
    company: Company,
    phone: str,
    api: httpx.AsyncClient,
    body: bytes,
    status: int,
    wanted: str,
) -> None:
    await company.says(phone, "hola")
    path, header = f"/conversations/{phone}/messages", {"Idempotency-Key": "k"}
    assert code(await api.post(path, content=body, headers=header), status) == wanted
    assert len(await company.of(phone, "outbox")) == 1


async def test_an_idempotency_key_is_asked_for(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    answer = await api.post(f"/conversations/{phone}/messages", json={"text": "Hola"})
    assert code(answer, 400) == "no_idempotency_key"
    assert code(await write(api, phone, "Hola", "k" * 256), 400) == "bad_idempotency_key"


async def test_paths_and_methods_that_are_not_there(api: httpx.AsyncClient) -> None:
    assert code(await api.get("/nothing"), 404) == "unknown_path"
    assert code(await api.post("/handoffs"), 405) == "wrong_method"


async def test_what_cannot_be_stored_as_text_is_replaced(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    assert (await write(api, phone, "a\x00b", "nul")).status_code == 200
    assert (await company.got(phone, 2))[-1] == "a\ufffdb"
    assert (await write(api, phone, "a\x00b", "nul")).json()["stored"] == "repeated"


async def test_postgresql_away_is_503(company: Company, api: httpx.AsyncClient) -> None:
    pool = company.services.stores.pool
    await pool.execute("ALTER TABLE handoffs RENAME TO handoffs_away")
    try:
        answer = await api.get("/handoffs")
    finally:
        await pool.execute("ALTER TABLE handoffs_away RENAME TO handoffs")
    assert code(answer, 503) == "unavailable"


async def test_a_contact_id_does_as_well(
    company: Company, phone: str, api: httpx.AsyncClient
) -> None:
    await company.says(phone, "hola")
    found = await find(company.services.stores.pool, phone)
    assert (await api.post(f"/conversations/{found}/takeover")).json()["contact"] == found
