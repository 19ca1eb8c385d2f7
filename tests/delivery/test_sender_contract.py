"""What the outbox relies on, asked of the real sender and of the fake alike."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from starlette.responses import HTMLResponse

from delivery import policy
from delivery.attempts import Sender
from delivery.whatsapp import connect
from domain.contact import Address
from domain.errors import SendError, SendUncertain
from domain.messages import Text
from tests.delivery.fake_sender import FakeSender
from tests.delivery.graph_endpoint import Graph, error

ANA = Address(phone="34600111222", bsuid="ES.1349")


class Subject(Protocol):
    sender: Sender

    def refuse(self, code: int) -> None: ...
    def lose(self) -> None: ...
    def taken(self) -> list[tuple[str, str]]: ...


class Fake:
    def __init__(self) -> None:
        self.fake = FakeSender()
        self.sender: Sender = self.fake

    def refuse(self, code: int) -> None:
        self.fake.refuse(code)

    def lose(self) -> None:
        self.fake.lose()

    def taken(self) -> list[tuple[str, str]]:
        return [(sent.row_id, sent.to) for sent in self.fake.sent]


class Real:
    def __init__(self, graph: Graph, sender: Sender) -> None:
        self.graph = graph
        self.sender = sender

    def refuse(self, code: int) -> None:
        self.graph.refuse["messages"].append(error(code))

    def lose(self) -> None:
        self.graph.refuse["messages"].append(HTMLResponse("gateway timeout", status_code=504))

    def taken(self) -> list[tuple[str, str]]:
        return [
            (body["biz_opaque_callback_data"], body.get("to") or body["recipient"])
            for body in self.graph.messages
        ]


@pytest.fixture(params=["real", "fake"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "fake":
        yield Fake()
        return
    graph = Graph()
    transport = httpx.ASGITransport(app=graph.app)
    sender = connect("http://graph.test", "secret-token", "1055", transport=transport)
    yield Real(graph, sender)
    await sender.close()


async def test_each_send_gives_its_own_wamid(subject: Subject, tmp_path: Path) -> None:
    wamids = [
        await subject.sender.send(row_id, ANA, Text(body="Hola"), tmp_path) for row_id in "ab"
    ]
    assert wamids[0] != wamids[1]
    assert all(wamid.startswith("wamid.") for wamid in wamids)
    assert subject.taken() == [("a", "34600111222"), ("b", "34600111222")]


async def test_without_a_phone_the_bsuid_is_used(subject: Subject, tmp_path: Path) -> None:
    await subject.sender.send("a", Address(bsuid="ES.1349"), Text(body="Hola"), tmp_path)
    assert subject.taken() == [("a", "ES.1349")]


async def test_without_any_identifier_nothing_is_sent(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(SendError) as refused:
        await subject.sender.send("a", Address(), Text(body="Hola"), tmp_path)
    assert refused.value.code == policy.UNSENDABLE
    assert not subject.taken()


async def test_a_refusal_names_metas_code(subject: Subject, tmp_path: Path) -> None:
    subject.refuse(131056)
    with pytest.raises(SendError) as refused:
        await subject.sender.send("a", ANA, Text(body="Hola"), tmp_path)
    assert refused.value.code == 131056
    assert not isinstance(refused.value, SendUncertain)
    assert await subject.sender.send("b", ANA, Text(body="Hola"), tmp_path)


async def test_a_lost_answer_is_uncertain_and_the_message_may_be_taken(
    subject: Subject, tmp_path: Path
) -> None:
    subject.lose()
    with pytest.raises(SendUncertain):
        await subject.sender.send("a", ANA, Text(body="Hola"), tmp_path)
    assert subject.taken() == [("a", "34600111222")]


async def test_media_may_be_forgotten_at_any_time(subject: Subject, tmp_path: Path) -> None:
    subject.sender.forget_media()
    assert await subject.sender.send("a", ANA, Text(body="Hola"), tmp_path)
