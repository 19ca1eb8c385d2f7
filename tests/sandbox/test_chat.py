import json
import random
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import phonenumbers
import pytest
from starlette.applications import Starlette

from domain.values import Plain
from sandbox.chat import chat_routes
from sandbox.chat_numbers import COUNTRIES, fresh_number, typed_number
from sandbox.graph_api import GraphApi
from sandbox.graph_leads import SHARE_NUMBER
from tests.sandbox.chat_business import KNOWN, NOTICE, chat_server
from tests.sandbox.graph_business import (
    NUMBER,
    PHONE,
    Business,
    graph_with,
    http_client,
    text_to,
    until,
)

REPORT = "http://127.0.0.1:8000/report"


async def inspect(phone: str) -> Plain:
    return KNOWN if phone == PHONE else {}


@asynccontextmanager
async def page_client(graph: GraphApi) -> AsyncGenerator[httpx.AsyncClient]:
    app = Starlette(routes=chat_routes(graph, inspect, [NOTICE], REPORT))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page/chat/") as client:
        yield client


async def test_a_chat_is_opened_with_a_number_of_the_chosen_country() -> None:
    async with graph_with(Business()) as graph, page_client(graph) as page:
        opened = (await page.post("chats", json={"country": "BR", "name": "João"})).json()
        assert opened["phone"].startswith("55")
        assert opened["number"].startswith("+55 ")
        typed = await page.post("chats", json={"phone": "+57 300 123 4567"})
        assert typed.json()["phone"] == PHONE
        state = (await page.get("state")).json()
        assert [chat["name"] for chat in state["chats"]] == ["João", ""]
        assert state["notices"] == [NOTICE]
        assert state["report"] == REPORT
        for wrong in ({"phone": "hola"}, {"country": "ZZ"}, {}):
            refused = await page.post("chats", json=wrong)
            assert refused.status_code == 400
            assert refused.json()["error"]


async def test_what_is_done_on_the_page_reaches_the_business_signed() -> None:
    business = Business()
    async with graph_with(business) as graph, page_client(graph) as page:
        await page.post("chats", json={"phone": PHONE})
        chat = f"chats/{PHONE}"
        await page.patch(chat, json={"name": "Ana"})
        await page.post(f"{chat}/text", json={"text": "hola"})
        await page.post(f"{chat}/location", json={"latitude": 4.6, "longitude": -74.1})
        await page.post(
            f"{chat}/file?filename=n%C3%B3mina.pdf",
            content=b"%PDF",
            headers={"Content-Type": "application/pdf"},
        )
        await until(lambda: len(business.messages) == 3)
        shown = (await page.get(chat)).json()
        file = shown["messages"][2]["file"]
        stored = await page.get(file["url"])
    assert [m["type"] for m in business.messages] == ["text", "location", "document"]
    assert business.values[0]["contacts"][0]["profile"]["name"] == "Ana"
    assert (file["name"], file["bytes"]) == ("nómina.pdf", 4)
    assert stored.content == b"%PDF"
    assert "n%C3%B3mina.pdf" in stored.headers["content-disposition"]


async def test_a_thread_shows_choices_what_was_chosen_and_reactions() -> None:
    business = Business()
    action = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Sí"}}]}
    content = {"type": "button", "body": {"text": "¿Va?"}, "action": action}
    async with (
        graph_with(business) as graph,
        page_client(graph) as page,
        http_client(graph) as company,
    ):
        inbound = await graph.leads.say(PHONE, "hola")
        send = {"messaging_product": "whatsapp", "to": PHONE}
        offered = await company.post(
            f"/{NUMBER}/messages", json={**send, "type": "interactive", "interactive": content}
        )
        for emoji in ("😮", "👍"):
            reaction = {"message_id": inbound, "emoji": emoji}
            await company.post(
                f"/{NUMBER}/messages", json={**send, "type": "reaction", "reaction": reaction}
            )
        wamid = offered.json()["messages"][0]["id"]
        assert (await page.post(f"chats/{PHONE}/tap", json={"id": "no", "of": wamid})).is_error
        await page.post(f"chats/{PHONE}/tap", json={"id": "yes", "of": wamid})
        first, question, answer = (await page.get(f"chats/{PHONE}")).json()["messages"]
        await page.post(f"chats/{PHONE}/read")
        await until(lambda: "read" in [s["status"] for s in business.statuses])
    assert first["reactions"] == ["👍"]
    assert question["buttons"] == [{"id": "yes", "title": "Sí"}]
    assert question["chosen"] == "yes"
    assert answer["text"] == "Sí"
    assert answer["quoted"] == {"mine": False, "text": "¿Va?"}


async def test_a_request_for_the_number_is_answered_with_a_tap() -> None:
    business = Business()
    content = {
        "type": SHARE_NUMBER, "body": {"text": "¿Tu número?"}, "action": {"name": SHARE_NUMBER},
    }  # fmt: skip
    async with (
        graph_with(business) as graph,
        page_client(graph) as page,
        http_client(graph) as company,
    ):
        hidden = graph.leads.phone(PHONE, username="ana.lopez")
        await graph.leads.say(PHONE, "hola")
        send = {"messaging_product": "whatsapp", "recipient": hidden.bsuid, "type": "interactive"}
        await company.post(f"/{NUMBER}/messages", json={**send, "interactive": content})
        request = (await page.get(f"chats/{PHONE}")).json()["messages"][-1]
        [button] = request["buttons"]
        await page.post(f"chats/{PHONE}/tap", json={"id": button["id"], "of": request["id"]})
        _, request, card = (await page.get(f"chats/{PHONE}")).json()["messages"]
        await until(lambda: "contacts" in [m["type"] for m in business.messages])
    shared = business.messages[-1]["contacts"][0]
    assert (shared["origin"], shared["phones"][0]["wa_id"]) == ("contact_request", PHONE)
    assert (request["chosen"], card["mine"]) == (button["id"], True)


@pytest.mark.parametrize(
    "content",
    [
        {"type": "unsupported", "errors": [{"code": 131051}]},
        {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {}}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Eva"}}]},
        {"type": "sticker", "sticker": {"id": "1"}},
    ],
)
async def test_messages_of_any_kind_are_drawn(content: Plain) -> None:
    async with graph_with(Business()) as graph, page_client(graph) as page:
        quoted = await graph.leads.say(PHONE, "hola")
        await graph.leads.send(PHONE, content, quoted=quoted)
        assert len((await page.get(f"chats/{PHONE}")).json()["messages"]) == 2


async def test_the_panel_is_what_inspect_says() -> None:
    async with graph_with(Business()) as graph, page_client(graph) as page:
        assert (await page.get(f"chats/{PHONE}/panel")).json() == KNOWN
        assert (await page.get("chats/34600111222/panel")).json() == {}


async def test_unknown_chats_and_files_are_refused_readably() -> None:
    async with graph_with(Business()) as graph, page_client(graph) as page:
        assert (await page.get(f"chats/{PHONE}")).status_code == 404
        assert (await page.get("media/1")).status_code == 400
        empty = await page.post(f"chats/{PHONE}/text", json={"text": " "})
        assert empty.status_code == 400


async def test_the_page_asks_nothing_of_other_hosts_and_no_other_site_may_act() -> None:
    async with graph_with(Business()) as graph, page_client(graph) as page:
        index = await page.get("")
        assert index.headers["content-security-policy"].startswith("default-src 'self'")
        assert (await page.get("http://page/chat")).is_redirect
        names = re.findall(r'(?:src|href)="([^"]+)"', index.text)
        assert "app.js" in names
        for name in names:
            part = await page.get(name)
            assert part.status_code == 200
            assert "//" not in name
        cross = {"Sec-Fetch-Site": "cross-site"}
        refused = await page.post("chats", json={"country": "CO"}, headers=cross)
        assert refused.status_code == 403
        assert [*graph.phones] == []


async def next_event(lines: AsyncIterator[str]) -> tuple[str, object]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


async def test_the_stream_greets_and_then_names_the_chats_that_changed() -> None:
    async with chat_server() as (url, graph, _), httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "events", timeout=5) as stream:
            lines = stream.aiter_lines()
            assert await next_event(lines) == ("hello", {})
            await graph.leads.say(PHONE, "hola")
            assert await next_event(lines) == ("chats", [PHONE])
        await until(lambda: not graph.phones.watchers)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_fresh_number_is_valid_in_its_country(country: str) -> None:
    number = fresh_number(country, random.Random(5))
    parsed = phonenumbers.parse(f"+{number}")
    assert phonenumbers.is_valid_number(parsed)
    assert typed_number(f"+{number}") == typed_number(number) == number


async def test_a_template_is_shown_filled_in() -> None:
    parameters = [{"type": "text", "parameter_name": "name", "text": "Ana"}]
    template = {
        "name": "reminder",
        "language": {"code": "es"},
        "components": [{"type": "body", "parameters": parameters}],
    }
    body = {k: v for k, v in text_to().items() if k != "text"}
    async with (
        graph_with(Business()) as graph,
        page_client(graph) as page,
        http_client(graph) as company,
    ):
        send = body | {"type": "template", "template": template}
        await company.post(f"/{NUMBER}/messages", json=send)
        chat = (await page.get(f"chats/{PHONE}")).json()
    assert chat["last"] == "Hola Ana"
    assert chat["unread"] == 1
    assert [b["title"] for b in chat["messages"][0]["buttons"]] == ["Sí", "No"]
