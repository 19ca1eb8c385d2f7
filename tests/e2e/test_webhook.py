"""The webhook's edges: verification, signatures, sizes, what cannot be read or stored."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

import bootstrap
from crm.migrate import migrate
from sandbox.servers import local_redis
from server import LARGEST_BODY, create_app
from settings import Settings
from tests.e2e.conftest import VERIFY_TOKEN, Company, running
from tests.e2e.webhooks import body, change, message

CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"}


@pytest.fixture(scope="module")
async def client(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=company.webhook, timeout=30) as open_client:
        yield open_client


async def test_meta_is_given_its_challenge(client: httpx.AsyncClient) -> None:
    answer = await client.get("/webhook", params=CHALLENGE)
    assert (answer.status_code, answer.text) == (200, "1158")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "vérify me"},
    ],
)
async def test_a_wrong_mode_or_token_is_refused(
    client: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await client.get("/webhook", params=CHALLENGE | wrong)
    assert answer.status_code == 403
    assert "1158" not in answer.text


@pytest.mark.parametrize("given", [None, "", "None"])
async def test_a_token_that_is_not_set_never_passes(settings: Settings, given: str | None) -> None:
    unset = settings.model_copy(update={"whatsapp_verify_token": None})
    params = {k: v for k, v in CHALLENGE.items() if k != "hub.verify_token"}
    params |= {} if given is None else {"hub.verify_token": given}
    async with bootstrap.stores(unset) as stores, bootstrap.web(stores) as web:
        transport = httpx.ASGITransport(create_app(web))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/webhook", params=params)).status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"sha256=",
        b"sha256=" + b"0" * 64,
        b"sha1=" + b"0" * 40,
        "sha256=ñandú".encode(),
        b"sha256=\xff\xfe",
        b"0" * 64,
    ],
)
async def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    company: Company, client: httpx.AsyncClient, phone: str, header: bytes | None
) -> None:
    headers = {} if header is None else {b"X-Hub-Signature-256": header}
    forged = body([change(message(phone, "hola"))])
    answer = await client.post("/webhook", content=forged, headers=headers)
    assert answer.status_code == 403
    assert await company.unread(phone, 0)()
    assert await company.of(phone, "messages") == []


async def test_a_signature_over_other_bytes_is_refused(company: Company, phone: str) -> None:
    genuine = body([change(message(phone, "hola"))])
    signed = company.signed(genuine)
    assert await company.post(genuine + b" ", **signed) == 403


async def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(
    company: Company,
) -> None:
    head = f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"
    assert await raw_status(company, head.encode()) == 413


async def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(company: Company) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(1024 * 1024)

    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{company.webhook}/webhook", content=endless())
    assert answer.status_code == 413


async def test_a_signed_body_of_the_largest_size_is_taken(company: Company) -> None:
    padded = body([change(message("573000000001", "x"), field="unknown")])
    assert await company.post(padded + b" " * (LARGEST_BODY - len(padded))) == 200


@pytest.mark.parametrize("length", [b"-1", b"\xb2", b"1e3", b"99999999999999999999999"])
async def test_a_senseless_length_is_refused(company: Company, length: bytes) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"
    assert await raw_status(company, head) in (400, 403, 413)


@pytest.mark.parametrize(
    "malformed",
    [b"", b"{", b"[]", b"null", b"42", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"entry": 7}'],
)
async def test_a_signed_body_that_cannot_be_read_is_kept_and_answered_200(
    company: Company, malformed: bytes
) -> None:
    before = (await company.services.stores.mailbox.figures()).quarantined
    assert await company.post(malformed) == 200
    assert (await company.services.stores.mailbox.figures()).quarantined == before + 1


async def test_a_broken_message_does_not_take_its_neighbours_with_it(
    company: Company, phone: str
) -> None:
    company.wrote(phone)
    broken: dict[str, Any] = {"from": phone, "type": "text", "text": {"body": "no id"}}
    delivery = body([change(broken, message(phone, "hola"))])
    before = (await company.services.stores.mailbox.figures()).quarantined
    assert await company.post(delivery) == 200
    await company.turned(phone, 1)
    assert len(company.received(phone)) == 1
    assert (await company.services.stores.mailbox.figures()).quarantined == before + 1


@pytest.mark.parametrize("field", ["messages", "account_update", "made_up", "", "x" * 500])
async def test_events_that_nobody_knows_are_taken_and_do_no_harm(
    company: Company, field: str
) -> None:
    value: dict[str, Any] = {"event": "SOMETHING_NEW", "deep": [{"er": None}]}
    assert await company.post(body([{"field": field, "value": value}])) == 200


async def test_every_published_payload_is_taken_without_an_error(
    company: Company, corpora: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines:
        for case in published(corpora):
            assert await company.post(orjson.dumps(case)) == 200
        await company.quiet()
    failed = [line for line in lines if line["log_level"] in ("error", "critical")]
    # what Meta tells of the account may be an alarm
    assert {line["event"] for line in failed} <= {"webhook event"}
    assert [r.message for r in caplog.records if r.levelname in ("ERROR", "CRITICAL")] == []


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.just("\0"),
    st.just([]),
    st.just({}),
    st.just([[], {}, None]),
)


@example_settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_no_mutation_of_a_published_payload_is_answered_500(
    company: Company, corpora: Path, data: st.DataObject
) -> None:
    case = data.draw(st.sampled_from(published(corpora)))
    mutated = orjson.loads(orjson.dumps(case))
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(mutated, data)
    assert await company.post(dumped(mutated)) == 200


async def test_the_company_works_on_after_all_of_that(company: Company, phone: str) -> None:
    await company.quiet()
    await company.until(company.no_receipts, "the receipts")
    assert "asistente" in await company.says(phone, "hola")
    figures = await company.services.stores.mailbox.figures()
    assert figures.dead == 0


async def test_what_cannot_be_stored_is_answered_503(
    tmp_path: Path, settings: Settings, phone: str
) -> None:
    delivery = body([change(message(phone, "hola"))])
    with ExitStack() as server:
        own = server.enter_context(local_redis(tmp_path))
        place = settings.model_copy(update={"redis_url": own})
        async with running(place, working=False) as company:
            assert await company.post(delivery) == 200
            assert await ready(company) == (200, {"redis": "ready", "postgresql": "ready"})
            server.close()
            assert await company.post(delivery) == 503
            status, state = await ready(company)
            assert (status, state["postgresql"]) == (503, "ready")
            assert state["redis"] != "ready"
            assert await alive(company)


async def test_ready_names_the_migration_that_is_missing_or_was_changed(
    settings: Settings,
) -> None:
    async with bootstrap.stores(settings) as stores, bootstrap.web(stores) as web:
        transport = httpx.ASGITransport(create_app(web))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/readyz")
            assert answer.status_code == 503
            assert "vendedor migrate" in answer.json()["postgresql"]
            await migrate(stores.pool)
            await stores.pool.execute(
                "UPDATE migrations SET sha256 = 'another' WHERE name = '0001_crm'"
            )
            answer = await client.get("/readyz")
            assert answer.status_code == 503
            assert "0001_crm was changed" in answer.json()["postgresql"]


async def test_metrics_hold_the_figures_and_no_phone_number(
    company: Company, client: httpx.AsyncClient, phone: str
) -> None:
    await company.says(phone, "hola")
    await company.says(phone, "quiero hablar con una persona")
    text = (await client.get("/metrics")).text
    assert 'turns_total{decision="handoff",stage="greeting"}' in text
    assert phone not in text
    assert "+1202555" not in text
    assert not re.search(r'="[^"]*\d{8,}', text)


def published(corpora: Path) -> list[Any]:
    files = sorted((corpora / "webhooks").glob("*.json"))
    return [case for file in files for case in orjson.loads(file.read_bytes()).values()]


def mutate(whole: Any, data: st.DataObject) -> None:  # noqa: ANN401 - JSON
    """Remove, retype or add something somewhere below."""
    spots = list(places(whole))
    if not spots:
        return
    holder, key = data.draw(st.sampled_from(spots))
    match data.draw(st.sampled_from(["remove", "retype", "add"])):
        case "remove":
            del holder[key]
        case "retype":
            holder[key] = data.draw(JUNK)
        case _ if isinstance(holder, dict):
            holder[data.draw(st.text(max_size=8))] = data.draw(JUNK)
        case _:
            holder.append(data.draw(JUNK))


def places(part: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    keys: list[Any] = [*part] if isinstance(part, dict) else [*range(len(part))]
    spots: list[tuple[Any, Any]] = [(part, key) for key in keys]
    for key in keys:
        if isinstance(part[key], dict | list):
            spots += places(part[key])
    return spots


def dumped(whole: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps(whole).encode()  # orjson refuses integers beyond 64 bits


async def raw_status(company: Company, head: bytes) -> int:
    """The status of the answer to bytes that no client library would send."""
    host, port = company.webhook.removeprefix("http://").split(":")
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head)
        await writer.drain()
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    return int(line.split()[1])


async def ready(company: Company) -> tuple[int, dict[str, str]]:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{company.webhook}/readyz")
    return answer.status_code, answer.json()


async def alive(company: Company) -> bool:
    async with httpx.AsyncClient(timeout=30) as client:
        return (await client.get(f"{company.webhook}/livez")).status_code == 200
