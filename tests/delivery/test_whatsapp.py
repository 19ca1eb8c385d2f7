"""The sender against a small strict Graph endpoint: it checks every byte that the API would."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from delivery import policy
from delivery.whatsapp import WhatsAppSender, connect
from domain.contact import Address
from domain.errors import SendError, SendUncertain
from domain.messages import (
    Button,
    Buttons,
    ContactRequest,
    DocumentMessage,
    Menu,
    Outbound,
    Row,
    Template,
    Text,
)
from sandbox.servers import free_port
from tests.delivery.graph_endpoint import Graph, error

ROW = "0d9f3c1e-6b1e-5c7e-9a53-1d0f8a6f2b11"
ANA = Address(phone="34600111222", bsuid="ES.13491208655302741918")
BUTTONS = Buttons(body="**¿Cuándo?**", buttons=(Button(id="slot:1", title="Hoy 10:00"),))
PRICES = DocumentMessage(document="prices", filename="prices.pdf", caption="**Tarifas**")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sender(graph: Graph, clock: Clock) -> AsyncIterator[WhatsAppSender]:
    transport = httpx.ASGITransport(app=graph.app)
    sender = connect("http://graph.test", "secret-token", "1055", transport=transport, clock=clock)
    yield sender
    await sender.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "prices.pdf").write_bytes(b"%PDF-1.7 prices")
    (tmp_path.parent / "secret.pdf").write_bytes(b"not for leads")
    return tmp_path


async def test_a_text_goes_out_formatted_and_tracked(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    wamid = await sender.send(ROW, ANA, Text(body="**Hola** [web](https://a.example)"), documents)
    assert wamid == "wamid.1"
    [sent] = graph.messages
    assert sent["to"] == "34600111222"
    assert "recipient" not in sent
    assert sent["recipient_type"] == "individual"
    assert sent["biz_opaque_callback_data"] == ROW
    assert sent["type"] == "text"
    assert sent["text"]["body"] == "*Hola* web: https://a.example"


@pytest.mark.parametrize("bsuid", ["ES.13491208655302741918", "US.1A2bC3", "US.ENT.12"])
async def test_a_lead_without_a_phone_is_reached_by_bsuid(
    sender: WhatsAppSender, graph: Graph, documents: Path, bsuid: str
) -> None:
    await sender.send(ROW, Address(bsuid=bsuid), Text(body="Hola"), documents)
    [sent] = graph.messages
    assert sent["recipient"] == bsuid
    assert "to" not in sent
    assert sent["recipient_type"] == "individual"


async def test_buttons_and_menu_keep_their_ids(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    menu = Menu(body="Elija", button="Ver", rows=(Row(id="r1", title="Uno", description="d"),))
    await sender.send(ROW, ANA, BUTTONS, documents)
    await sender.send(ROW, ANA, menu, documents)
    buttons, listed = (message["interactive"] for message in graph.messages)
    assert buttons["type"] == "button"
    assert buttons["body"]["text"] == "*¿Cuándo?*"
    assert buttons["action"]["buttons"][0]["reply"] == {"id": "slot:1", "title": "Hoy 10:00"}
    assert listed["type"] == "list"
    assert listed["action"]["button"] == "Ver"
    assert listed["action"]["sections"][0]["rows"] == [
        {"id": "r1", "title": "Uno", "description": "d"}
    ]
    assert {message["biz_opaque_callback_data"] for message in graph.messages} == {ROW}


async def test_a_request_for_the_number_has_metas_shape(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    await sender.send(ROW, Address(bsuid="US.1A2bC3"), ContactRequest(body="¿Número?"), documents)
    [sent] = graph.messages
    assert (sent["recipient"], sent["type"]) == ("US.1A2bC3", "interactive")
    assert sent["interactive"] == {
        "type": "request_contact_info",
        "body": {"text": "¿Número?"},
        "action": {"name": "request_contact_info"},
    }
    assert sent["biz_opaque_callback_data"] == ROW


async def test_a_template_carries_clean_parameters(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    template = Template(name="handoff", language="es", params=("Ana\n López", "", "a     b"))
    await sender.send(ROW, Address(phone="+34600111222"), template, documents)
    [sent] = graph.messages
    assert sent["template"]["name"] == "handoff"
    assert sent["template"]["language"] == {"code": "es"}
    [body] = sent["template"]["components"]
    assert [parameter["text"] for parameter in body["parameters"]] == ["Ana López", "-", "a b"]
    assert sent["biz_opaque_callback_data"] == ROW


async def test_a_template_in_an_unknown_language_is_not_sent(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, Template(name="handoff", language="xx_YY"), documents)
    assert refused.value.code == policy.UNSENDABLE
    assert not graph.messages


async def test_a_document_is_uploaded_once_for_29_days(
    sender: WhatsAppSender, graph: Graph, documents: Path, clock: Clock
) -> None:
    await asyncio.gather(*(sender.send(ROW, ANA, PRICES, documents) for _ in range(3)))
    assert len(graph.uploads) == 1
    assert b"%PDF-1.7 prices" in graph.uploads[0]
    assert graph.messages[0]["document"] == {
        "id": "91",
        "filename": "prices.pdf",
        "caption": "*Tarifas*",
    }
    clock.now += 29 * 24 * 3600
    await sender.send(ROW, ANA, PRICES, documents)
    assert len(graph.uploads) == 2


@pytest.mark.parametrize(
    "media_id", ["up3", "up12", "4:c2FtcGxl", "https://a.example", "/etc/hosts"]
)
async def test_a_media_id_goes_out_as_it_came(
    sender: WhatsAppSender, graph: Graph, documents: Path, media_id: str
) -> None:
    graph.media_ids = [media_id]
    await sender.send(ROW, ANA, PRICES, documents)
    await sender.send(ROW, ANA, PRICES, documents)
    assert [message["document"]["id"] for message in graph.messages] == [media_id] * 2
    assert len(graph.uploads) == 1


async def test_a_changed_file_is_uploaded_again(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    await sender.send(ROW, ANA, PRICES, documents)
    (documents / "sheets" / "prices.pdf").write_bytes(b"%PDF-1.7 new prices")
    await sender.send(ROW, ANA, PRICES, documents)
    assert len(graph.uploads) == 2


@pytest.mark.parametrize("code", [131052, 131053])
async def test_media_that_meta_lost_is_uploaded_again_once(
    sender: WhatsAppSender, graph: Graph, documents: Path, code: int
) -> None:
    await sender.send(ROW, ANA, PRICES, documents)
    graph.refuse["messages"] = [error(code)]
    await sender.send(ROW, ANA, PRICES, documents)
    assert len(graph.uploads) == 2
    graph.refuse["messages"] = [error(code), error(code)]
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, PRICES, documents)
    assert refused.value.code == code
    assert len(graph.uploads) == 3


@pytest.mark.parametrize("filename", ["secret.pdf", "../secret.pdf", "sheets/prices.pdf", "*"])
async def test_only_files_of_the_folder_are_sent(
    sender: WhatsAppSender, graph: Graph, documents: Path, filename: str
) -> None:
    message = DocumentMessage(document="x", filename=filename)
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, message, documents)
    assert refused.value.code == policy.UNSENDABLE
    assert not graph.uploads
    assert not graph.messages


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HTMLResponse("bad gateway", status_code=502), policy.NO_UPLOAD),
        (error(131000, status=500), policy.NO_UPLOAD),
        (error(987654, status=503), policy.NO_UPLOAD),
        (error(190, status=401), 190),
        (error(100), 100),
    ],
)
async def test_an_upload_in_doubt_is_no_message_in_doubt(
    sender: WhatsAppSender, graph: Graph, documents: Path, answer: Response, code: int
) -> None:
    graph.refuse["media"] = [answer]
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, PRICES, documents)
    assert not isinstance(refused.value, SendUncertain)
    assert refused.value.code == code
    assert graph.messages == []


@pytest.mark.parametrize("code", [131051, 100, 131008, 131009, 135000])
async def test_refused_buttons_degrade_once_to_plain_text(
    sender: WhatsAppSender,
    graph: Graph,
    documents: Path,
    code: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph.refuse["messages"] = [error(code)]
    assert await sender.send(ROW, ANA, BUTTONS, documents) == "wamid.2"
    assert f"({code})" in caplog.text
    assert graph.messages[1]["text"]["body"] == "*¿Cuándo?*\n\n- Hoy 10:00"
    assert graph.messages[1]["biz_opaque_callback_data"] == ROW
    graph.refuse["messages"] = [error(code), error(code)]
    with pytest.raises(SendError):
        await sender.send(ROW, ANA, BUTTONS, documents)
    assert len(graph.messages) == 4


async def test_a_refusal_becomes_our_error_without_the_number(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    graph.refuse["messages"] = [error(130429, status=429, retry_after="7")]
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, Text(body="Hola"), documents)
    assert not isinstance(refused.value, SendUncertain)
    assert (refused.value.code, refused.value.http_status) == (130429, 429)
    assert refused.value.retry_after == 7
    assert "34600111222" not in str(refused.value)


async def test_a_refusal_crosses_a_context_manager(
    sender: WhatsAppSender, graph: Graph, documents: Path
) -> None:
    @asynccontextmanager
    async def span() -> AsyncGenerator[None]:
        yield

    graph.refuse["messages"] = [error(131047)]
    with pytest.raises(SendError) as refused:
        async with span():
            await sender.send(ROW, ANA, Text(body="Hola"), documents)
    assert refused.value.code == 131047


@pytest.mark.parametrize(
    "answer",
    [
        HTMLResponse("<h1>Bad Gateway</h1>", status_code=502),
        HTMLResponse("not json"),
        JSONResponse({"contacts": []}),
        JSONResponse({"error": "what"}, status_code=500),
    ],
    ids=["gateway page", "no json", "no id", "strange error"],
)
async def test_an_answer_that_proves_nothing_leaves_the_send_in_doubt(
    sender: WhatsAppSender, graph: Graph, documents: Path, answer: Response
) -> None:
    graph.refuse["messages"] = [answer]
    with pytest.raises(SendUncertain):
        await sender.send(ROW, ANA, Text(body="Hola"), documents)


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncGenerator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_lost_answer_leaves_the_send_in_doubt(documents: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        return

    async with raw_server(hang_up) as url:
        sender = connect(url, "t", "1055")
        with pytest.raises(SendUncertain):
            await sender.send(ROW, ANA, Text(body="Hola"), documents)
        await sender.close()


async def test_silence_leaves_the_send_in_doubt(documents: Path) -> None:
    heard = asyncio.Event()

    async def stay_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.set()
        await reader.read()

    async with raw_server(stay_silent) as url:
        sender = connect(url, "t", "1055", timeout=0.1)
        with pytest.raises(SendUncertain):
            await sender.send(ROW, ANA, Text(body="Hola"), documents)
        await sender.close()
    assert heard.is_set()


async def test_a_request_that_never_left_is_not_in_doubt(documents: Path) -> None:
    sender = connect(f"http://127.0.0.1:{free_port()}", "t", "1055")
    with pytest.raises(SendError) as refused:
        await sender.send(ROW, ANA, Text(body="Hola"), documents)
    assert not isinstance(refused.value, SendUncertain)
    assert refused.value.code == policy.UNREACHED
    await sender.close()


@pytest.mark.parametrize(
    ("api_url", "path"),
    [
        ("http://graph.test", "/v24.0/1055/messages"),
        ("http://graph.test/", "/v24.0/1055/messages"),
        ("http://graph.test/v25.0", "/v25.0/1055/messages"),
        ("http://graph.test/stand-in/v25.0/", "/stand-in/v25.0/1055/messages"),
    ],
)
async def test_the_version_is_appended_when_the_url_names_none(
    api_url: str, path: str, documents: Path
) -> None:
    paths: list[str] = []

    async def note(request: Request) -> Response:
        paths.append(request.url.path)
        return JSONResponse({"contacts": [{"input": "1", "wa_id": "1"}], "messages": [{"id": "w"}]})

    app = Starlette(routes=[Route("/{path:path}", note, methods=["POST"])])
    sender = connect(api_url, "t", "1055", transport=httpx.ASGITransport(app=app))
    await sender.send(ROW, ANA, Text(body="Hola"), documents)
    await sender.close()
    assert paths == [path]


async def test_typing_is_shown_for_a_message(sender: WhatsAppSender, graph: Graph) -> None:
    await sender.indicate_typing("wamid.in")
    [sent] = graph.messages
    assert sent["status"] == "read"
    assert sent["message_id"] == "wamid.in"
    assert sent["typing_indicator"] == {"type": "text"}


async def test_typing_never_raises(
    sender: WhatsAppSender, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    graph.refuse["messages"] = [error(131009), HTMLResponse("x", status_code=503)]
    with caplog.at_level(logging.DEBUG):
        await sender.indicate_typing("wamid.in")
        await sender.indicate_typing("wamid.in")
    assert [r.levelname for r in caplog.records if r.name == "delivery.whatsapp"] == ["DEBUG"] * 2


@pytest.mark.parametrize("message", [Text(body="Mi secreto"), BUTTONS, PRICES])
async def test_no_log_holds_number_text_or_token(
    sender: WhatsAppSender,
    graph: Graph,
    documents: Path,
    caplog: pytest.LogCaptureFixture,
    message: Outbound,
) -> None:
    graph.refuse["messages"] = [error(131000, status=500)]
    with caplog.at_level(logging.DEBUG), pytest.raises(SendError):
        await sender.send(ROW, ANA, message, documents)
    assert not re.search("34600111222|secreto|Cuándo|secret-token", caplog.text)
