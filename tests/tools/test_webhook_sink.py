"""Signed POSTs: what a receiver checks, where they may go, and what each answer means."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain import bant
from domain.errors import SettingsError, SinkBusy, SinkFailed, SinkGone, SinkTroubled
from domain.sync import LeadRecord, SyncEvent
from sandbox.webhook_receiver import WebhookReceiver
from tests.tools.calendar_server import serving
from tools.public_address import NotPublic, is_public, resolve
from tools.webhook_sink import WebhookSink, signature, signing_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = signing_key(SECRET)
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def event(**changes: object) -> SyncEvent:
    lead = LeadRecord(phone="573001112233", profile_name="Ana", score=bant.score({}))
    usual: dict[str, object] = {
        "id": str(uuid4()),
        "contact_id": str(uuid4()),
        "kind": "lead.created",
        "at": AT,
        "data": {},
        "lead": lead,
    }
    return SyncEvent.model_validate(usual | changes)


@pytest.fixture
def receiver() -> WebhookReceiver:
    return WebhookReceiver(SECRET)


@pytest.fixture
async def sink(receiver: WebhookReceiver) -> AsyncIterator[WebhookSink]:
    async with serving(receiver.app) as url:
        made = WebhookSink(f"{url}/hook?key=1", KEY, allow_private=True)
        yield made
        await made.close()


def test_the_signature_is_that_of_the_conventions_own_example() -> None:
    body = b'{"test": 2432232314}'
    signed = signature(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_abc", "whsec_AAAA"]
)
def test_a_secret_of_another_form_stops_the_start_without_showing_it(secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        signing_key(secret)
    assert not secret or secret not in str(caught.value)


async def test_an_event_arrives_signed_with_who_and_what(
    sink: WebhookSink, receiver: WebhookReceiver
) -> None:
    sent = event(kind="booking.confirmed", data={"booking": {"start": "2026-03-03T15:00:00Z"}})
    await sink.deliver(sent, {})
    assert receiver.ids == [sent.id]
    [got] = receiver.events
    assert (got["type"], got["version"], got["timestamp"]) == (
        "booking.confirmed", 1, "2026-03-02T15:00:00+00:00",
    )  # fmt: skip
    data = got["data"]
    assert data["lead"]["phone"] == "573001112233"
    assert data["links"] == {"whatsapp": "https://wa.me/573001112233"}
    assert data["booking"] == {"start": "2026-03-03T15:00:00Z"}


async def test_a_repeat_has_the_same_id_and_a_new_timestamp_is_signed(
    sink: WebhookSink, receiver: WebhookReceiver
) -> None:
    sent = event()
    await sink.deliver(sent, {})
    await sink.deliver(sent, {})
    assert (len(receiver.events), receiver.repeats, receiver.refused) == (1, 1, 0)


async def test_a_wrong_key_and_an_old_timestamp_are_refused(receiver: WebhookReceiver) -> None:
    other = signing_key("whsec_" + base64.b64encode(bytes(32)).decode())
    async with serving(receiver.app) as url:
        wrong = WebhookSink(url, other, allow_private=True)
        late = WebhookSink(url, KEY, allow_private=True, clock=lambda: 1_600_000_000.0)
        for one in (wrong, late):
            with pytest.raises(SinkFailed, match="400"):
                await one.deliver(event(), {})
            await one.close()
    assert (receiver.events, receiver.refused) == ([], 2)


@pytest.mark.parametrize(
    ("status", "problem"),
    [(410, SinkGone), (429, SinkBusy), (500, SinkFailed), (404, SinkFailed), (301, SinkFailed)],
)
async def test_each_answer_has_its_meaning(
    sink: WebhookSink, receiver: WebhookReceiver, status: int, problem: type[Exception]
) -> None:
    receiver.answers = [status]
    with pytest.raises(problem):
        await sink.deliver(event(), {})
    await sink.deliver(event(), {})
    assert len(receiver.events) == 1


async def test_the_receivers_limit_says_how_long_to_wait() -> None:
    receiver = WebhookReceiver(SECRET, limit=1)
    async with serving(receiver.app) as url:
        sink = WebhookSink(url, KEY, allow_private=True)
        await sink.deliver(event(), {})
        with pytest.raises(SinkBusy) as caught:
            await sink.deliver(event(), {})
        await sink.close()
    assert 1 <= caught.value.seconds <= 10


async def test_a_redirect_is_not_followed(receiver: WebhookReceiver) -> None:
    async with serving(receiver.app) as home:

        async def away(_request: Request) -> Response:
            return Response(status_code=307, headers={"Location": f"{home}/stolen"})

        async with serving(Starlette(routes=[Route("/", away, methods=["POST"])])) as url:
            sink = WebhookSink(f"{url}/", KEY, allow_private=True)
            with pytest.raises(SinkFailed, match="307"):
                await sink.deliver(event(), {})
            await sink.close()
    assert receiver.events == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.8", "169.254.169.254", "localhost"])
async def test_a_private_address_is_refused_before_anything_is_sent(host: str) -> None:
    sink = WebhookSink(f"https://{host}/hook", KEY)
    with pytest.raises(SinkTroubled, match="SYNC_ALLOW_PRIVATE"):
        await sink.deliver(event(), {})
    await sink.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook", "ftp://example.com", "https:///x", "https://[::1/x",
        "https://host:abc/x", "https://host:99999/x", "https://0177.0.0.1/x", "https://a..b/x",
        f"https://{'a' * 64}.com/x",
    ],
)  # fmt: skip
def test_only_https_to_a_host(url: str) -> None:
    with pytest.raises(SettingsError):
        WebhookSink(url, KEY)


def test_the_name_of_a_sink_shows_no_secret_of_its_url() -> None:
    sink = WebhookSink("https://user:pw@hooks.example.com/T0/secret?key=1", KEY)
    assert sink.name.startswith("webhook hooks.example.com ")
    assert not {"pw", "secret", "key"} & set(sink.name.replace("/", " ").split())


async def test_nobody_listens(unused_tcp_port: int) -> None:
    sink = WebhookSink(f"http://127.0.0.1:{unused_tcp_port}", KEY, allow_private=True)
    with pytest.raises(SinkFailed, match="ConnectError"):
        await sink.deliver(event(), {})
    await sink.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.7", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "ff02::1", "::127.0.0.1",
        "::ffff:0:10.0.0.1", "64:ff9b:1::a00:1", "fec0::1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_counts_as_itself(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


async def test_a_name_is_looked_up_once_and_checked() -> None:
    assert await resolve("127.0.0.1", 80, allow_private=True) == "127.0.0.1"
    with pytest.raises(NotPublic):
        await resolve("127.0.0.1", 80, allow_private=False)
