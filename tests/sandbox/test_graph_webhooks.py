import base64
from typing import Any

import pytest
from pywa import utils as pywa_utils

from domain.values import Plain
from sandbox.graph_payloads import webhook_body
from sandbox.graph_webhooks import Retry, signature
from tests.sandbox.graph_business import (
    NUMBER,
    PHONE,
    Business,
    graph_with,
    http_client,
    parsed,
    pywa_client,
    text_to,
    until,
)

FAULTS = "http://graph/_sandbox/faults"


async def test_receipts_come_in_order_with_the_tracker() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await graph.leads.say(PHONE, "hola")
        sent = await client.post(
            f"/{NUMBER}/messages", json=text_to(biz_opaque_callback_data="outbox-7")
        )
        await until(lambda: len(business.statuses) == 2)
        assert await graph.leads.read(PHONE) == 1
        assert await graph.leads.read(PHONE) == 0
        await until(lambda: len(business.statuses) == 3)
    wamid = sent.json()["messages"][0]["id"]
    assert [s["status"] for s in business.statuses] == ["sent", "delivered", "read"]
    assert {s["biz_opaque_callback_data"] for s in business.statuses} == {"outbox-7"}
    assert {s["id"] for s in business.statuses} == {wamid}
    assert {s["recipient_id"] for s in business.statuses} == {PHONE}


async def test_the_signature_is_the_one_that_pywa_expects() -> None:
    body = b'{"object":"whatsapp_business_account"}'
    expected = signature(b"secret", body)
    assert pywa_utils.webhook_updates_validator(
        app_secret="secret", request_body=body, x_hub_signature=expected
    )


async def test_pywa_parses_what_leads_do() -> None:
    business = Business()
    async with graph_with(business) as graph, pywa_client(graph) as wa, http_client(graph) as http:
        await graph.leads.say(PHONE, "hola *tú*")
        await graph.leads.send_file(
            PHONE, b"%PDF", mime_type="application/pdf", filename="a.pdf", caption="mira"
        )
        await graph.leads.send_location(PHONE, 4.6, -74.1, name="Casa")
        await graph.leads.share_contact(PHONE, "Ana", "+57 300 7654321")
        sent = await http.post(f"/{NUMBER}/messages", json=text_to())
        await graph.leads.react(PHONE, sent.json()["messages"][0]["id"], "👍")
        await until(lambda: len(business.messages) == 5 and len(business.statuses) == 2)
        came = {
            message.type.value: message
            for body in business.bodies
            if "messages" in body["entry"][0]["changes"][0]["value"]
            for message in [parsed("Message", wa, body)]
        }
        receipts = [
            parsed("MessageStatus", wa, body)
            for body in business.bodies
            if "statuses" in body["entry"][0]["changes"][0]["value"]
        ]
        assert came["text"].text == "hola *tú*"
        assert came["text"].from_user.wa_id == PHONE
        assert came["text"].from_user.bsuid.startswith("CO.")
        assert came["document"].document.filename == "a.pdf"
        assert await wa.get_media_bytes(url=came["document"].document.url) == b"%PDF"
        assert came["reaction"].reaction.emoji == "👍"
        assert came["location"].location.name == "Casa"
        assert came["contacts"].contacts[0].phones[0].wa_id == "573007654321"
        assert [receipt.status.value for receipt in receipts] == ["sent", "delivered"]


def reply(kind: str, action: Plain) -> Plain:
    content = {"type": kind, "body": {"text": "?"}, "action": action}
    send = {"messaging_product": "whatsapp", "to": PHONE, "type": "interactive"}
    return {**send, "interactive": content}


async def test_taps_answer_the_message_that_offered_them() -> None:
    business = Business()
    button = {"buttons": [{"type": "reply", "reply": {"id": "slot:1", "title": "Lunes"}}]}
    rows = [{"id": "slot:2", "title": "Martes", "description": "10:00"}]
    async with graph_with(business) as graph, pywa_client(graph) as wa, http_client(graph) as http:
        await graph.leads.say(PHONE, "hola")
        first = await http.post(f"/{NUMBER}/messages", json=reply("button", button))
        menu = {"button": "Ver", "sections": [{"rows": rows}]}
        await http.post(f"/{NUMBER}/messages", json=reply("list", menu))
        await graph.leads.tap(PHONE, "slot:1")
        await graph.leads.tap(PHONE, "slot:2")
        await until(lambda: len(business.messages) == 3)
        bodies = [b for b in business.bodies if "interactive" in str(b)]
        tapped = parsed("CallbackButton", wa, bodies[0])
        chosen = parsed("CallbackSelection", wa, bodies[1])
    assert (tapped.data, tapped.title) == ("slot:1", "Lunes")
    assert (chosen.data, chosen.title, chosen.description) == ("slot:2", "Martes", "10:00")
    assert business.messages[1]["context"]["id"] == first.json()["messages"][0]["id"]


async def test_a_quick_reply_of_a_template_comes_as_a_button() -> None:
    business = Business()
    template = {
        "name": "reminder",
        "language": {"code": "es"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "parameter_name": "name", "text": "Ana"}],
            }
        ],
    }
    send = {"messaging_product": "whatsapp", "to": PHONE, "type": "template", "template": template}
    async with graph_with(business) as graph, http_client(graph) as client:
        assert (await client.post(f"/{NUMBER}/messages", json=send)).status_code == 200
        shown = graph.phones.at(PHONE).messages[-1].shown
        assert shown is not None
        assert shown["text"] == "Hola Ana"
        await graph.leads.tap(PHONE, "Sí")
        await until(lambda: business.messages)
    assert business.messages[0]["button"] == {"payload": "Sí", "text": "Sí"}


async def test_a_webhook_is_sent_again_until_it_is_taken_and_keeps_its_place() -> None:
    business = Business()
    business.answers = [503, 500, 403]
    async with graph_with(business) as graph:
        await graph.leads.say(PHONE, "uno")
        await graph.leads.say(PHONE, "dos")
        await until(lambda: len(business.messages) == 2)
        await until(lambda: graph.webhooks.pending == 0)
        statuses = [m.status for m in graph.phones.at(PHONE).messages]
    assert [m["text"]["body"] for m in business.messages] == ["uno", "dos"]
    assert business.refused == [503, 500, 403]
    assert statuses == ["delivered", "delivered"]


async def test_other_phones_do_not_wait_for_one_that_fails() -> None:
    business = Business()
    business.answers = [503]
    async with graph_with(business, retry=Retry(first=60.0)) as graph:
        await graph.leads.say(PHONE, "falla")
        await until(lambda: business.refused)
        await graph.leads.say("34600111222", "pasa")
        await until(lambda: business.messages)
    assert [m["from"] for m in business.messages] == ["34600111222"]


async def test_it_gives_up_after_its_attempts() -> None:
    business = Business()
    business.answers = [500] * 3
    async with graph_with(business, retry=Retry(first=0.001, attempts=3)) as graph:
        await graph.leads.say(PHONE, "hola")
        await until(lambda: graph.webhooks.pending == 0)
        assert graph.phones.at(PHONE).messages[0].status == "failed"
    assert business.messages == []


async def test_a_duplicated_webhook_comes_twice_with_the_same_bytes() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await client.post(FAULTS, json={"webhooks": {"duplicate": 1}})
        await graph.leads.say(PHONE, "uno")
        await graph.leads.say(PHONE, "dos")
        await until(lambda: len(business.messages) == 3)
    assert business.bodies[0] == business.bodies[1]


async def test_batched_webhooks_come_in_one_post() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await client.post(FAULTS, json={"webhooks": {"hold": 4, "hold_kind": "batch"}})
        for phone, text in ((PHONE, "a"), (PHONE, "b"), ("34600111222", "c"), (PHONE, "d")):
            await graph.leads.say(phone, text)
        await until(lambda: len(business.messages) == 4)
    assert len(business.bodies) == 1
    entries = business.bodies[0]["entry"]
    changes = [[len(c["value"]["messages"]) for c in e["changes"]] for e in entries]
    assert changes == [[2, 1], [1]]


async def test_reordered_webhooks_come_last_first() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await client.post(FAULTS, json={"webhooks": {"hold": 3, "hold_kind": "reorder"}})
        for text in "abc":
            await graph.leads.say(PHONE, text)
        await until(lambda: len(business.messages) == 3)
    assert [m["text"]["body"] for m in business.messages] == ["c", "b", "a"]


async def test_held_webhooks_go_when_the_fault_is_cleared() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        await client.post(FAULTS, json={"webhooks": {"hold": 9, "hold_kind": "reorder"}})
        await graph.leads.say(PHONE, "solo")
        await client.delete(FAULTS)
        await until(lambda: business.messages)


async def test_a_message_id_holds_the_number_in_base64() -> None:
    async with graph_with(Business()) as graph:
        wamid = await graph.leads.say(PHONE, "hola")
    record = base64.b64decode(wamid.removeprefix("wamid."))
    assert record.startswith(b"\x1c\x18\x0c573001234567\x15\x02\x00\x12\x18\x14")


async def test_leads_can_be_driven_over_http() -> None:
    business = Business()
    async with graph_with(business) as graph, http_client(graph) as client:
        chat = f"http://graph/_sandbox/chats/{PHONE}"
        said = await client.post(
            f"{chat}/messages", json={"type": "text", "text": "hola", "name": "Ana"}
        )
        assert said.json()["id"].startswith("wamid.")
        act: dict[str, Any]
        for act in ({"type": "tap", "id": "x"}, {"type": "location"}, {"type": "dance"}):
            assert (await client.post(f"{chat}/messages", json=act)).status_code == 400
        await client.post(
            f"{chat}/files?filename=a.pdf",
            content=b"%PDF",
            headers={"Content-Type": "application/pdf"},
        )
        await client.post(f"/{NUMBER}/messages", json=text_to())
        assert (await client.post(f"{chat}/read")).json() == {"read": 1}
        await client.patch(chat, json={"reachable": False})
        await client.post(f"/{NUMBER}/messages", json=text_to())
        await until(lambda: len(business.statuses) == 4)
        shown = (await client.get(chat)).json()
        state = (await client.get("http://graph/_sandbox/state")).json()
        posts = (await client.get("http://graph/_sandbox/webhooks")).json()["data"]
        sends = (await client.get("http://graph/_sandbox/sends?limit=1")).json()["data"]
    assert [m["status"] for m in shown["messages"]][2:] == ["read", "failed"]
    assert shown["name"] == "Ana"
    assert state["chats"] == 1
    assert [post["body"] for post in posts] == business.bodies
    assert {post["answer"] for post in posts} == {200}
    assert sends[0]["answer"] == {"status": 200}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_batch_keeps_every_event(count: int) -> None:
    values: list[Plain] = [
        {"contacts": [{"wa_id": str(n % 2)}], "messages": [{"id": n}]} for n in range(count)
    ]
    body = webhook_body("1", values)
    ids = [
        message["id"]
        for entry in body["entry"]
        for change in entry["changes"]
        for message in change["value"]["messages"]
    ]
    assert ids == list(range(count))
