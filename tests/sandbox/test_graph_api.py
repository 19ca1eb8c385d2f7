import asyncio
import hashlib
from typing import Any

import httpx
import pytest
import uvicorn
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pywa.errors import WhatsAppError
from pywa_async.types.callback import Button, Section, SectionList, SectionRow, URLButton
from pywa_async.types.templates import BodyText, QuickReplyButton, TemplateLanguage

from sandbox.graph_api import GraphApi, main
from sandbox.graph_errors import GraphFault
from sandbox.graph_limits import Bucket, Limits
from sandbox.graph_media import multipart
from sandbox.servers import free_port
from tests.sandbox.graph_business import (
    NUMBER,
    PHONE,
    Business,
    Clock,
    graph_with,
    http_client,
    pywa_client,
    text_to,
    until,
)

PDF = b"%PDF-1.4\r\n--not-a-boundary\r\n\x00\xff\r\n"


async def code(client: httpx.AsyncClient, body: object) -> tuple[int, int | None]:
    """HTTP status and error code of a send."""
    response = await client.post(f"/{NUMBER}/messages", json=body)
    error = response.json().get("error")
    return response.status_code, error and error["code"]


async def test_pywa_sends_every_kind() -> None:
    async with graph_with(Business()) as graph, pywa_client(graph) as wa:
        inbound = await graph.leads.say(PHONE, "hola")
        sent = await wa.send_message(PHONE, "hi", tracker="t1", reply_to_message_id=inbound)
        assert sent.id.startswith("wamid.")
        assert sent.chat.id == PHONE
        await wa.send_message(PHONE, "hi", buttons=[Button("A", "a")], header="H", footer="F")
        rows = [SectionRow("R", "r", "d")]
        await wa.send_message(PHONE, "hi", buttons=SectionList("Pick", [Section("S", rows)]))
        await wa.send_message(PHONE, "hi", buttons=URLButton(title="Go", url="https://x.example"))
        await wa.send_document(
            PHONE, PDF, filename="a.pdf", mime_type="application/pdf", caption="c"
        )
        await wa.send_image(PHONE, "https://x.example/a.png")
        await wa.send_reaction(PHONE, "👍", inbound)
        await wa.remove_reaction(PHONE, inbound)
        await wa.send_location(PHONE, 4.6, -74.1, "Oficina")
        await wa.request_location(PHONE, "¿Dónde?")
        texts: Any = ("a", "b", "c", "d")  # pywa declares them as BodyText and takes text
        await wa.send_template(
            PHONE, "handoff", TemplateLanguage.SPANISH, params=[BodyText.params(*texts)]
        )
        await wa.send_template(
            PHONE,
            "reminder",
            TemplateLanguage.SPANISH,
            params=[
                BodyText.params(name="Ana"),
                QuickReplyButton.params(callback_data="yes", index=0),
            ],
        )
        assert await wa.mark_message_as_read(inbound)
        assert await wa.indicate_typing(inbound)
        kinds = [message.kind for message in graph.phones.at(PHONE).messages]
    assert kinds == [
        *("text", "text", "interactive", "interactive", "interactive", "document", "image"),
        *("reaction", "reaction", "location", "interactive", "template", "template"),
    ]


async def test_a_wrong_token_is_401_and_190() -> None:
    async with graph_with(Business()) as graph, http_client(graph, "other") as client:
        assert await code(client, text_to()) == (401, 190)
        del client.headers["Authorization"]
        assert await code(client, text_to()) == (401, 190)


async def test_an_error_has_metas_body() -> None:
    async with graph_with(Business()) as graph, http_client(graph) as client:
        response = await client.post(f"/{NUMBER}/messages", json=text_to())
    error = response.json()["error"]
    assert response.status_code == 400
    assert error.pop("fbtrace_id")
    assert error.pop("error_data")["messaging_product"] == "whatsapp"
    assert error == {
        "message": "(#131047) Re-engagement message",
        "type": "OAuthException",
        "code": 131047,
    }


async def test_pywa_reads_the_error_code_and_details() -> None:
    async with graph_with(Business()) as graph, pywa_client(graph) as wa:
        with pytest.raises(WhatsAppError) as refused:
            await wa.send_message(PHONE, "hi")
    assert refused.value.code == 131047
    assert "24 hours" in str(refused.value.details)


async def test_unknown_numbers_paths_and_bodies_are_refused() -> None:
    async with graph_with(Business()) as graph, http_client(graph) as client:
        other = await client.post("/999/messages", json=text_to())
        assert other.json()["error"]["error_subcode"] == 33
        assert (await client.get("/999/else/where")).json()["error"]["code"] == 2500
        broken = await client.post(f"/{NUMBER}/messages", content=b"{")
        assert (broken.status_code, broken.json()["error"]["code"]) == (400, 100)
        large = await client.post(f"/{NUMBER}/messages", content=b" " * 1_100_000)
        assert large.status_code == 413
        old = await client.get(f"http://graph/24/{NUMBER}")
        assert old.json()["error"]["code"] == 2500
        assert await code(client, text_to(to="15550100199")) == (400, 131021)


async def test_the_window_closes_24_hours_after_the_last_message() -> None:
    clock = Clock()
    async with graph_with(Business(), clock=clock) as graph, http_client(graph) as client:
        await graph.leads.say(PHONE, "hola")
        clock.forward(hours=23, minutes=59)
        assert await code(client, text_to()) == (200, None)
        clock.forward(minutes=1)
        assert await code(client, text_to()) == (400, 131047)
        template = {
            "name": "handoff",
            "language": {"code": "es"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": t} for t in "abcd"]}
            ],
        }
        send = {"messaging_product": "whatsapp", "to": PHONE, "type": "template"}
        assert await code(client, {**send, "template": template}) == (200, None)


@pytest.mark.parametrize(
    ("name", "language", "params", "expected"),
    [
        ("handoff", "es", ["a", "b", "c"], (400, 132000)),
        ("handoff", "es", ["a", "b", "c", "d\ne"], (400, 132018)),
        ("handoff", "es", ["a", "b", "c", ""], (400, 100)),
        ("handoff", "en", ["a", "b", "c", "d"], (404, 132001)),
        ("other", "es", [], (404, 132001)),
    ],
)
async def test_a_template_must_exist_and_be_filled_in(
    name: str, language: str, params: list[str], expected: tuple[int, int]
) -> None:
    parameters = [{"type": "text", "text": text} for text in params]
    template = {
        "name": name,
        "language": {"code": language},
        "components": [{"type": "BODY", "parameters": parameters}],
    }
    send = {"messaging_product": "whatsapp", "to": PHONE, "type": "template", "template": template}
    async with graph_with(Business()) as graph, http_client(graph) as client:
        assert await code(client, send) == expected


async def test_media_goes_up_and_comes_down_for_five_minutes() -> None:
    clock = Clock()
    async with (
        graph_with(Business(), clock=clock) as graph,
        pywa_client(graph) as wa,
        http_client(graph) as client,
    ):
        upload = await wa.upload_media(PDF, mime_type="application/pdf", filename="a.pdf")
        assert upload is not None
        described = (await client.get(f"/{upload.id}")).json()
        assert described["sha256"] == hashlib.sha256(PDF).hexdigest()
        assert described["file_size"] == len(PDF)
        assert (await client.get(described["url"])).content == PDF
        assert (await client.get(described["url"] + "0")).status_code == 404
        clock.forward(minutes=5)
        assert (await client.get(described["url"])).status_code == 404
        del client.headers["Authorization"]
        assert (await client.get(described["url"])).status_code == 401


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [(b"x", "text/html"), (b"", "application/pdf"), (b"x", "a/zip")],
)
async def test_media_of_other_types_or_empty_is_refused(data: bytes, mime_type: str) -> None:
    files = {
        "file": ("a", data, mime_type),
        "messaging_product": (None, "whatsapp"),
        "type": (None, mime_type),
    }
    async with graph_with(Business()) as graph, http_client(graph) as client:
        response = await client.post(f"/{NUMBER}/media", files=files)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 100)


@given(st.binary(), st.binary(max_size=40))
def test_a_form_keeps_its_bytes(data: bytes, boundary: bytes) -> None:
    mark = b"b" + boundary.hex().encode()
    request = httpx.Request(
        "POST",
        "http://graph",
        files={"file": ("á.pdf", data, "application/pdf"), "type": (None, "x")},
        headers={"Content-Type": f"multipart/form-data; boundary={mark.decode()}"},
    )
    parts = multipart(request.headers["content-type"], request.read())
    assert parts["file"].data == data
    assert parts["file"].mime_type == "application/pdf"
    assert parts["type"].data == b"x"


@given(st.binary(), st.text(max_size=40))
def test_a_broken_form_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(GraphFault):
        multipart(content_type, body)


async def test_a_document_with_an_unknown_id_is_refused() -> None:
    send = {"messaging_product": "whatsapp", "to": PHONE, "type": "document"}
    async with graph_with(Business()) as graph, http_client(graph) as client:
        await graph.leads.say(PHONE, "hola")
        assert await code(client, {**send, "document": {"id": "12"}}) == (400, 100)


async def test_read_and_typing_need_a_message_that_came_in() -> None:
    clock = Clock()
    async with graph_with(Business(), clock=clock) as graph, http_client(graph) as client:
        first = await graph.leads.say(PHONE, "hola")
        last = await graph.leads.say(PHONE, "¿precio?")
        later = await graph.leads.say(PHONE, "?")
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": last}
        assert await code(client, {**read, "typing_indicator": {"type": "text"}}) == (200, None)
        phone = graph.phones.at(PHONE)
        assert phone.typing_until is not None
        statuses = {m.wamid: m.status for m in phone.messages}
        assert statuses[first] == statuses[last] == "read"
        assert statuses[later] != "read"
        assert await code(client, {**read, "message_id": "wamid.nobody"}) == (400, 100)
        assert await code(client, {**read, "message_id": "0f3c"}) == (400, 131009)
        await client.post(f"/{NUMBER}/messages", json=text_to())
        assert phone.typing_until is None


async def test_a_user_without_a_number_is_reached_by_his_id() -> None:
    business = Business()
    async with (
        graph_with(business) as graph,
        http_client(graph) as client,
        pywa_client(graph) as wa,
    ):
        phone = graph.leads.phone(PHONE, name="Ana", username="ana.co")
        await graph.leads.say(PHONE, "hola")
        sent = await wa.send_message(phone.bsuid, "hi")
        assert sent.chat.id == phone.bsuid
        to_nobody = {k: v for k, v in text_to().items() if k != "to"} | {"recipient": "US.1"}
        assert await code(client, to_nobody) == (400, 131026)
        # `to` wins over `recipient`
        assert await code(client, text_to(recipient="US.1")) == (200, None)
        await until(lambda: len(business.statuses) == 4)
    assert "from" not in business.messages[0]
    assert business.messages[0]["from_user_id"] == phone.bsuid
    assert PHONE not in str(business.bodies)


async def test_rates_are_enforced_when_asked_for() -> None:
    clock = Clock()
    limits = Limits(pair_per_second=1 / 6, pair_burst=2, number_per_second=10, number_burst=3)
    async with (
        graph_with(Business(), clock=clock, limits=limits) as graph,
        http_client(graph) as client,
    ):
        await graph.leads.say(PHONE, "hola")
        assert [(await code(client, text_to()))[1] for _ in range(3)] == [None, None, 131056]
        assert await code(client, text_to()) == (429, 130429)
        clock.forward(seconds=6)
        assert [(await code(client, text_to()))[1] for _ in range(2)] == [None, 131056]


def test_a_bucket_lends_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(per_second=0.5, burst=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(2.0), bucket.take(2.0), bucket.take(60.0)] == [True, False, True]


async def test_doctor_can_ask_for_the_number_and_the_templates() -> None:
    async with graph_with(Business()) as graph, http_client(graph) as client:
        number = (await client.get(f"/{NUMBER}?fields=verified_name,quality_rating")).json()
        assert number == {"verified_name": "Sandbox", "quality_rating": "GREEN", "id": NUMBER}
        wrong = await client.get(f"/{NUMBER}?fields=shoe_size")
        assert wrong.json()["error"]["code"] == 100
        listed = (await client.get("/102290129340398/message_templates?name=hand")).json()
        assert [template["name"] for template in listed["data"]] == ["handoff"]
        assert listed["data"][0]["status"] == "APPROVED"
        assert (await client.get("/1/message_templates")).status_code == 400


async def test_faults_are_used_up_one_by_one() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await graph.leads.say(PHONE, "hola")
        wanted = {"send": {"kind": "refuse", "code": 131016, "times": 2}}
        assert (await client.post("http://graph/_sandbox/faults", json=wanted)).status_code == 200
        assert [await code(client, text_to()) for _ in range(3)] == [
            (503, 131016),
            (503, 131016),
            (200, None),
        ]
        await client.post(
            "http://graph/_sandbox/faults", json={"send": {"kind": "undelivered", "code": 131026}}
        )
        assert await code(client, text_to()) == (200, None)
        await until(lambda: len(business.statuses) == 3)
        wrong = await client.post("http://graph/_sandbox/faults", json={"send": {"kind": "x"}})
        assert wrong.status_code == 400
    failed = business.statuses[-1]
    assert failed["status"] == "failed"
    assert failed["errors"][0]["code"] == 131026
    assert "contacts" not in business.values[-1]


async def test_a_refused_send_makes_no_chat() -> None:
    async with graph_with(Business()) as graph, http_client(graph) as client:
        assert await code(client, text_to()) == (400, 131047)
        assert [*graph.phones] == []


def test_the_command_wants_whole_templates() -> None:
    arguments = ["--webhook", "http://x.example", "--secret", "s", "--template", "name:es"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "NAME:LANGUAGE:BODY" in result.output


async def serving(graph: GraphApi, port: int) -> tuple[uvicorn.Server, asyncio.Task[None]]:
    config = uvicorn.Config(graph.app, host="127.0.0.1", port=port, log_level="critical")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    return server, task


async def test_a_lost_answer_closes_the_connection_after_taking_the_message() -> None:
    port = free_port()
    graph = GraphApi(
        phone_number_id=NUMBER,
        token="token",
        app_secret="s",
        webhook_url=f"http://127.0.0.1:{port}/nowhere",
    )
    server, task = await serving(graph, port)
    await graph.leads.say(PHONE, "hola")
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/v24.0", headers={"Authorization": "Bearer token"}
    ) as client:
        await client.post(
            f"http://127.0.0.1:{port}/_sandbox/faults", json={"send": {"kind": "lost"}}
        )
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"/{NUMBER}/messages", json=text_to(body="taken"))
        assert await code(client, text_to(body="next")) == (200, None)
    server.should_exit = True
    await task
    bodies = [m.content["text"]["body"] for m in graph.phones.at(PHONE).messages]
    assert bodies == ["hola", "taken", "next"]
