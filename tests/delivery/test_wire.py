"""The outbox with its real sender against the Graph API stand-in, which enforces Meta's limits."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from crm.pool import Pool
from delivery.attempts import Timing
from delivery.metrics import Metrics
from delivery.outbox import Outbox
from delivery.refusals import Refusals
from delivery.whatsapp import connect
from domain.messages import Text
from sandbox.graph_api import GraphApi
from sandbox.graph_faults import SendFault
from sandbox.graph_limits import META_LIMITS
from sandbox.graph_templates import Template
from tests.delivery.outbox_table import add, contact, empty, make_due, outbox_database, row, state
from tests.delivery.test_outbox import ANA, ANAS_ID, NAMES
from tests.delivery.test_refusals import BUSINESS, to_ana

PHONE = ANA.phone or ""


class Line:
    """A company's outbox, the wire, and the phone at its other end."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.graph = GraphApi(
            phone_number_id="1055",
            token="token",
            app_secret="secret",
            webhook_url="http://127.0.0.1:1/webhook",
            templates=[Template("waiting", "es", "Hola")],
            limits=META_LIMITS,
        )
        self.wrote(datetime.now(UTC))
        self.sender = connect(
            "http://graph.test",
            "token",
            "1055",
            transport=httpx.ASGITransport(app=self.graph.app, raise_app_exceptions=False),
        )
        metrics = Metrics(CollectorRegistry())
        self.outbox = Outbox(
            pool,
            self.sender,
            documents=Path(),
            pseudonyms=NAMES,
            metrics=metrics,
            refusals=Refusals(BUSINESS, metrics, jitter=lambda: 0.0),
            timing=Timing(doubt=timedelta(0)),
        )

    def wrote(self, at: datetime) -> None:
        self.graph.leads.phone(PHONE).last_inbound_at = at

    @property
    def received(self) -> list[str]:
        messages = [m for m in self.graph.leads.phone(PHONE).messages if m.outbound]
        return [m.shown["text"] if m.shown else m.content["text"]["body"] for m in messages]

    @property
    def refused(self) -> list[int]:
        return [s["answer"]["code"] for s in self.graph.sends if "code" in s.get("answer", {})]


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def line(database: Pool) -> AsyncIterator[Line]:
    new = Line(await empty(database))
    yield new
    await new.sender.close()


async def test_metas_pair_limit_is_never_hit(line: Line) -> None:
    mine = [to_ana(str(n)) for n in range(50)]
    await add(line.pool, *mine)
    for _ in range(
        30
    ):  # the number's burst is eight, and its bucket empties in a tenth of a second
        await line.outbox.flush(ANAS_ID)
        await line.pool.execute("UPDATE outbox_pace SET free_at = now()")
    assert line.received == [str(n) for n in range(45)]
    assert line.refused == []
    assert await state(line.pool, mine[45].id) == "requested"


async def test_a_pair_that_meta_holds_gets_its_bubbles_as_one(line: Line) -> None:
    line.graph.faults.add(SendFault("refuse", code=131056))
    first = to_ana("uno")
    await add(line.pool, first)
    await line.outbox.flush(ANAS_ID)
    await add(line.pool, to_ana("dos"))
    await make_due(line.pool)
    await line.outbox.flush(ANAS_ID)
    assert line.received == ["uno\n\ndos"]


async def test_a_closed_window_gets_the_template_without_a_refusal(line: Line) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=30)
    line.wrote(yesterday)
    await add(line.pool, to_ana("late"))
    await contact(line.pool, ANAS_ID, last_inbound_at=yesterday)
    await line.outbox.flush(ANAS_ID)
    assert (line.received, line.refused) == (["Hola"], [])


async def test_a_window_that_only_meta_knows_as_closed_gets_the_template(line: Line) -> None:
    line.wrote(datetime.now(UTC) - timedelta(hours=30))
    await add(line.pool, to_ana("late"))
    await line.outbox.flush(ANAS_ID)
    assert (line.received, line.refused) == (["Hola"], [131047])


async def test_a_gateways_page_is_a_doubt_that_ends_in_another_send(line: Line) -> None:
    line.graph.faults.add(SendFault("garbage"))
    mine = row(contact_id=ANAS_ID, recipient=ANA, message=Text(body="Hola"))
    await add(line.pool, mine)
    await line.outbox.flush(ANAS_ID)
    assert line.received == ["Hola"]
    assert await line.pool.fetchval("SELECT resent FROM outbox") == 1
