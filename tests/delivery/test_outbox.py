"""The outbox on a real PostgreSQL, through crashes, lost answers and refusals."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from crm import outbox as rows
from crm.outbox import Rates
from crm.pool import Pool, connect
from delivery.attempts import Timing
from delivery.metrics import Metrics
from delivery.outbox import Outbox
from delivery.refusals import Refusals
from domain.business import Business
from domain.contact import Address, Pseudonyms
from domain.errors import MailboxUnavailable
from domain.messages import DocumentMessage, Text
from tests.delivery.fake_sender import FakeSender
from tests.delivery.outbox_table import (
    LEASE,
    add,
    empty,
    eventually,
    make_due,
    outbox_database,
    row,
    state,
    stored,
)
from tests.tools.companies import acme

ANA = Address(phone="34600111222")
ANAS_ID = "6f0c3a53-6d6c-5d0a-8f0e-0c2a4e6b8d10"
NAMES = Pseudonyms(b"k" * 32)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Told:
    """The receipts that wait to be read; `away` when nobody can look, `meanwhile` acts first."""

    def __init__(self) -> None:
        self.unread: set[str] = set()
        self.away = False
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def __call__(self, trackers: Sequence[str]) -> set[str]:
        if self.away:
            raise MailboxUnavailable("Redis: ConnectionError")
        if self.meanwhile:
            await self.meanwhile()
        return self.unread & set(trackers)


_UNHURRIED = Rates(per_second=1000)
"""Nothing is held back, however fast a test runs; tests/delivery/test_pace.py holds the rates."""


class Office:
    """A pool, a sender and an outbox on it, with what they counted."""

    def __init__(
        self,
        pool: Pool,
        timing: Timing | None = None,
        concurrency: int = 16,
        business: Business | None = None,
        rates: Rates | None = None,
    ) -> None:
        self.pool = pool
        self.sender = FakeSender()
        self.clock = Clock()
        self.metrics = Metrics(CollectorRegistry())
        self.refusals = Refusals(
            business or acme(), self.metrics, clock=self.clock, jitter=lambda: 0.0
        )
        self.told = Told()
        self.outbox = Outbox(
            pool,
            self.sender,
            documents=Path(),
            pseudonyms=NAMES,
            metrics=self.metrics,
            refusals=self.refusals,
            rates=rates or _UNHURRIED,
            told=self.told,
            timing=timing or Timing(poll=0.02),
            concurrency=concurrency,
            clock=self.clock,
        )

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    @property
    def bodies(self) -> list[str]:
        return [sent.message.body for sent in self.sender.sent if isinstance(sent.message, Text)]

    async def until_state(self, row_id: str, wanted: str) -> None:
        await eventually(is_state(self, row_id, wanted))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        loop = asyncio.create_task(self.outbox.run(stop))
        try:
            yield
        finally:
            stop.set()
            if self.sender.gate:
                self.sender.gate.set()
            async with asyncio.timeout(20):
                await loop


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def pool(database: Pool) -> Pool:
    return await empty(database)


@pytest.fixture
def office(pool: Pool) -> Office:
    return Office(pool)


def is_state(office: Office, row_id: str, wanted: str) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return await state(office.pool, row_id) == wanted

    return condition


async def test_a_flush_sends_one_contacts_rows_in_order(office: Office) -> None:
    mine = [row(str(n), contact_id=ANAS_ID, recipient=ANA) for n in range(4)]
    other = row("other")
    await add(office.pool, *mine, other)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["0", "1", "2", "3"]
    assert await state(office.pool, other.id) == "requested"
    first = await stored(office.pool, mine[0].id)
    assert first["state"] == "accepted"
    assert first["tries"] == 1
    assert first["resent"] == 0
    assert first["sent_at"] is not None
    assert first["wamid_id"] == NAMES.message("wamid.1")
    assert office.count("sends_total", outcome="accepted") == 4


async def test_a_row_at_which_the_code_breaks_stops_no_other_and_tells_no_words(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(pool, Timing(poll=0.02, lease=timedelta(seconds=0.2)))
    words = "what a lead said"

    def breaks() -> None:
        office.sender.during = lambda: None
        raise ValueError(words)

    office.sender.during = breaks
    first, second = row("first"), row("second")
    await add(pool, first)
    with caplog.at_level(logging.INFO):
        async with office.running():
            await office.until_state(first.id, "in_doubt")
            await add(pool, second)
            await office.until_state(second.id, "accepted")
    assert "ValueError" in caplog.text
    assert words not in caplog.text


async def test_a_notice_to_a_rep_does_not_wait_for_the_lead(office: Office) -> None:
    lead = row("lead", contact_id=ANAS_ID, recipient=ANA)
    notice = row("rep", contact_id=ANAS_ID, recipient=Address(phone="34911222333"))
    await add(office.pool, lead, notice)
    office.sender.refuse(131000)
    await office.outbox.flush(ANAS_ID)
    assert len(office.sender.sent) == 1
    states = {await state(office.pool, lead.id), await state(office.pool, notice.id)}
    assert states == {"accepted", "requested"}


async def test_adding_a_row_again_changes_nothing(office: Office) -> None:
    first = row("once", contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, first)
    await office.outbox.flush(ANAS_ID)
    await add(office.pool, first)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["once"]


async def test_two_senders_never_take_the_same_row(office: Office) -> None:
    await add(office.pool, *(row(str(n)) for n in range(40)))
    other = Office(office.pool)
    async with office.running(), other.running():
        await eventually(lambda: _nothing_open(office.pool))
    assert sorted(office.bodies + other.bodies) == sorted(str(n) for n in range(40))


async def _nothing_open(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox WHERE state < 'accepted'")


async def test_the_order_of_a_recipient_holds_across_senders(office: Office) -> None:
    many = [row(f"{who} {n}", recipient=Address(phone=who)) for n in range(8) for who in ("1", "2")]
    await add(office.pool, *many)
    other = Office(office.pool)
    other.sender.sent = office.sender.sent
    async with office.running(), other.running():
        await eventually(lambda: _nothing_open(office.pool))
    for who in ("1", "2"):
        assert [b for b in office.bodies if b.startswith(who)] == [f"{who} {n}" for n in range(8)]


async def test_a_later_row_waits_for_the_retry_of_an_earlier_one(office: Office) -> None:
    first, second = (row(body, contact_id=ANAS_ID, recipient=ANA) for body in ("1", "2"))
    await add(office.pool, first, second)
    office.sender.refuse(131000)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == []
    assert await state(office.pool, second.id) == "requested"
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["1", "2"]


async def test_a_row_that_can_never_go_does_not_block_the_later_ones(office: Office) -> None:
    first, second = (row(body, contact_id=ANAS_ID, recipient=ANA) for body in ("1", "2"))
    await add(office.pool, first, second)
    office.sender.refuse(137000)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["2"]
    lost = await stored(office.pool, first.id)
    assert (lost["state"], lost["error_code"], lost["reaction"]) == ("failed", 137000, "give_up")


async def test_a_message_that_alone_fails_ends_after_four_tries(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    delays: list[int] = []
    for code in (131000, 131016, 2, 1):
        office.sender.refuse(code)
        await office.outbox.flush(ANAS_ID)
        delays.append(round((await stored(office.pool, mine.id))["due_in"]))
        await _another_passes(office)
        await make_due(office.pool)
    assert delays[:3] == [1, 4, 16]
    assert await state(office.pool, mine.id) == "failed"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert office.count("sends_total", outcome="retried") == 3
    assert office.count("sends_given_up_total", reaction="retry") == 1


async def _another_passes(office: Office) -> None:
    other = row("other")
    await add(office.pool, other)
    await office.outbox.flush(other.contact_id)
    assert await state(office.pool, other.id) == "accepted"


async def test_an_outage_loses_nothing(office: Office) -> None:
    many = [row(str(n), contact_id=ANAS_ID, recipient=ANA) for n in range(3)]
    await add(office.pool, *many)
    office.sender.refuse(*[131016] * 8)
    waited: list[int] = []
    for _ in range(8):
        await office.outbox.flush(ANAS_ID)
        waited.append(round((await stored(office.pool, many[0].id))["due_in"]))
        office.clock.now += waited[-1]
        await make_due(office.pool)
    assert waited == [1, 4, 16, 64, 256, 600, 600, 600]
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["0", "1", "2"]


async def test_a_brownout_gives_nothing_up(office: Office) -> None:
    """Some pass, some fail: then it is Meta's fault, however often one has bad luck."""
    unlucky, other = row(contact_id=ANAS_ID, recipient=ANA), row("other")
    await add(office.pool, unlucky, other)
    for _ in range(6):
        office.sender.refuse(131000, 131000)
        await office.outbox.flush(other.contact_id)
        await office.outbox.flush(ANAS_ID)
        await _another_passes(office)
        await make_due(office.pool)
    assert await state(office.pool, unlucky.id) == "requested"


async def test_after_six_hours_an_outage_is_left_to_a_person(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    await office.pool.execute("UPDATE outbox SET since = now() - interval '6 hours 1 second'")
    office.sender.refuse(131000)
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "failed"


async def test_a_dead_senders_row_is_in_doubt_and_then_sent_again(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    [taken] = (await rows.claim(office.pool, limit=1, lease=timedelta(0))).rows
    assert taken.row == mine
    async with office.running():
        await eventually(is_state(office, mine.id, "in_doubt"))
        assert 7 < (await stored(office.pool, mine.id))["due_in"] <= 8
        assert office.sender.tries == 0
        await make_due(office.pool)
        await eventually(is_state(office, mine.id, "accepted"))
    assert (await stored(office.pool, mine.id))["resent"] == 1
    assert office.count("sends_in_doubt_total") == 1
    assert office.count("resends_total") == 1


async def test_a_live_senders_row_is_not_in_doubt_however_long_it_takes(pool: Pool) -> None:
    slow = Office(pool, Timing(lease=timedelta(seconds=0.3), poll=0.02))
    colleague = Office(pool, Timing(doubt=timedelta(0), poll=0.02))
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(pool, mine)
    slow.sender.gate = asyncio.Event()
    async with slow.running():
        await eventually(is_state(slow, mine.id, "sending"))
        claimed_at = (await stored(pool, mine.id))["created_at"]
        longer = "SELECT now() > $1::timestamptz + interval '1.5 s'"

        async def outlived() -> bool:
            assert await state(pool, mine.id) == "sending"
            return await pool.fetchval(longer, claimed_at)

        async with colleague.running():
            await eventually(outlived)
            slow.sender.gate.set()
            await slow.until_state(mine.id, "accepted")
    assert colleague.sender.tries == 0


async def test_a_dead_senders_row_is_sent_again_13_seconds_later(office: Office) -> None:
    usual = Timing()
    assert usual.limit < (usual.lease + usual.doubt).total_seconds() <= 13
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    [stale] = (await rows.claim(office.pool, limit=1, lease=usual.lease)).rows
    assert round((await stored(office.pool, mine.id))["due_in"]) == 5
    await office.pool.execute("UPDATE outbox SET tries = tries + 1, due_at = now()")
    await rows.hold(office.pool, [stale], usual.lease)
    assert (await stored(office.pool, mine.id))["due_in"] <= 0
    await rows.survey(office.pool, wait=usual.doubt)
    assert round((await stored(office.pool, mine.id))["due_in"]) == 8


async def test_a_reply_that_comes_during_a_send_goes_right_after_it(office: Office) -> None:
    first, second = (row(contact_id=ANAS_ID, recipient=ANA) for _ in range(2))
    await add(office.pool, first)
    office.sender.gate = asyncio.Event()
    async with asyncio.TaskGroup() as turns:
        turns.create_task(office.outbox.flush(ANAS_ID))
        await eventually(is_state(office, first.id, "sending"))
        await add(office.pool, second)
        await office.outbox.flush(ANAS_ID)
        assert await state(office.pool, second.id) == "requested"
        office.sender.gate.set()
    assert await state(office.pool, second.id) == "accepted"


async def test_a_receipt_ends_the_doubt_without_a_second_send(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    office.sender.lose()
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "in_doubt"
    assert await rows.receipts(office.pool, [(mine.id, "w1", "sent")]) == [True]
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert len(office.sender.sent) == 1
    assert (await stored(office.pool, mine.id))["wamid_id"] == "w1"


async def test_without_a_receipt_a_lost_answer_is_sent_again_and_counted(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    office.sender.lose()
    await office.outbox.flush(ANAS_ID)
    assert 7 < (await stored(office.pool, mine.id))["due_in"] <= 8
    await office.outbox.flush(ANAS_ID)
    assert office.sender.tries == 1
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert [sent.row_id for sent in office.sender.sent] == [mine.id, mine.id]
    assert (await stored(office.pool, mine.id))["resent"] == 1
    assert office.count("sends_in_doubt_total") == 1
    assert office.count("resends_total") == 1


async def in_doubt(office: Office) -> str:
    """A row whose answer was lost and whose wait for a receipt is over."""
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    office.sender.lose()
    await office.outbox.flush(ANAS_ID)
    await make_due(office.pool)
    return mine.id


async def test_what_an_unread_receipt_tells_of_is_not_sent_again(office: Office) -> None:
    mine = await in_doubt(office)
    office.told.unread = {mine}
    await office.outbox.flush(ANAS_ID)
    assert office.sender.tries == 1
    kept = await stored(office.pool, mine)
    assert (kept["state"], kept["tries"], kept["resent"]) == ("in_doubt", 1, 0)
    assert kept["due_in"] > 0


@pytest.mark.parametrize("code", [131000, 131056])
async def test_a_refusal_of_the_second_attempt_does_not_settle_the_first(
    office: Office, code: int
) -> None:
    mine = await in_doubt(office)
    office.sender.heal()
    office.sender.refuse(code)
    await add(office.pool, row("2", contact_id=ANAS_ID, recipient=ANA))
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine) == "requested"
    office.told.unread = {mine}
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert office.sender.tries == 2
    kept = await stored(office.pool, mine)
    assert (kept["state"], kept["original"]) == ("in_doubt", None)


async def test_nothing_in_doubt_is_sent_again_while_receipts_cannot_be_looked_for(
    office: Office,
) -> None:
    mine = await in_doubt(office)
    office.told.away = True
    await office.outbox.flush(ANAS_ID)
    assert (await stored(office.pool, mine))["state"] == "in_doubt"
    office.told.away = False
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert office.sender.tries == 2


async def test_a_receipt_that_is_read_after_the_claim_is_seen(office: Office) -> None:
    mine = await in_doubt(office)

    async def read() -> None:
        await rows.receipts(office.pool, [(mine, None, "delivered")])

    office.told.meanwhile = read
    await office.outbox.flush(ANAS_ID)
    assert office.sender.tries == 1
    assert (await stored(office.pool, mine))["state"] == "delivered"


async def test_doubts_end_after_four_sends_when_others_are_answered(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    for _ in range(6):
        office.sender.lose()
        await office.outbox.flush(ANAS_ID)
        office.sender.heal()
        await _another_passes(office)
        await make_due(office.pool)
    assert [sent.row_id for sent in office.sender.sent].count(mine.id) == 4
    assert await state(office.pool, mine.id) == "failed"


async def test_doubts_of_an_outage_grow_longer_and_are_not_given_up(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    office.sender.lose(6)
    waited: list[int] = []
    for _ in range(6):
        await office.outbox.flush(ANAS_ID)
        waited.append(round((await stored(office.pool, mine.id))["due_in"]))
        await make_due(office.pool)
    assert waited == [8, 8, 8, 64, 256, 600]
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "accepted"


async def test_a_send_that_outlives_its_limit_is_in_doubt(pool: Pool) -> None:
    office = Office(pool, Timing(limit=0.08))
    office.sender.gate = asyncio.Event()
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(pool, mine)
    await office.outbox.flush(ANAS_ID)
    assert await state(pool, mine.id) == "in_doubt"


async def test_a_receipt_before_the_answer_is_not_undone_by_it(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    [taken] = (await rows.claim(office.pool, limit=1, lease=LEASE)).rows
    await rows.receipts(office.pool, [(mine.id, "w1", "delivered")])
    await rows.accepted(office.pool, mine.id, "w1")
    assert await state(office.pool, mine.id) == "delivered"
    failure = rows.Failure(1, "late", "retry")
    assert not await rows.retry_later(office.pool, taken, LEASE, failure)
    assert not await rows.doubt(office.pool, taken, LEASE, failure)
    assert not await rows.failed(office.pool, taken, failure)


async def test_a_stale_sender_changes_nothing_but_an_accept(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    [stale] = (await rows.claim(office.pool, limit=1, lease=timedelta(0))).rows
    await rows.survey(office.pool, wait=timedelta(0))
    [again] = (await rows.claim(office.pool, limit=1, lease=LEASE)).rows
    assert again.again
    assert not await rows.failed(office.pool, stale, rows.Failure(131026, "late", "unreachable"))
    assert await state(office.pool, mine.id) == "sending"
    await rows.accepted(office.pool, mine.id, "w1")
    assert await state(office.pool, mine.id) == "accepted"


async def test_a_throttled_number_pauses_for_everyone_and_keeps_the_queue(office: Office) -> None:
    await add(office.pool, row("1", contact_id=ANAS_ID, recipient=ANA), row("2"))
    office.sender.refuse(130429, retry_after=30)
    await office.outbox.flush(ANAS_ID)
    async with office.running():
        office.outbox.nudge()
        await eventually(lambda: _surveyed(office))
        assert office.sender.tries == 1
        office.clock.now += 31
        await make_due(office.pool)
        await eventually(lambda: _nothing_open(office.pool))
    assert sorted(office.bodies) == ["1", "2"]
    assert office.count("sends_total", outcome="paused") == 1


async def _surveyed(office: Office) -> bool:
    return office.count("outbox_oldest_seconds") > 0


async def test_a_bad_token_alerts_and_costs_no_tries(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    mine = row(contact_id=ANAS_ID, recipient=ANA)
    await add(office.pool, mine)
    office.sender.refuse(*[190] * 6)
    pauses: list[int] = []
    for _ in range(6):
        await office.outbox.flush(ANAS_ID)
        pauses.append(round((await stored(office.pool, mine.id))["due_in"]))
        office.clock.now += 601
        await make_due(office.pool)
    assert pauses == [60, 120, 240, 600, 600, 600]
    assert (await stored(office.pool, mine.id))["tries"] == 0
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "accepted"


async def test_a_pair_limit_delays_only_that_conversation(office: Office) -> None:
    mine, other = row("1", contact_id=ANAS_ID, recipient=ANA), row("2")
    await add(office.pool, mine, other)
    office.sender.refuse(131056)
    await office.outbox.flush(ANAS_ID)
    await office.outbox.flush(other.contact_id)
    assert office.bodies == ["2"]
    assert round((await stored(office.pool, mine.id))["due_in"]) == 1


async def test_media_that_failed_later_is_uploaded_afresh(office: Office) -> None:
    document = DocumentMessage(document="prices", filename="prices.pdf")
    mine = row(contact_id=ANAS_ID, recipient=ANA, message=document)
    await add(office.pool, mine)
    await office.pool.execute("UPDATE outbox SET error_code = 131053")
    await office.outbox.flush(ANAS_ID)
    assert office.sender.uploads_forgotten == 1
    assert await state(office.pool, mine.id) == "accepted"


async def test_a_row_that_cannot_be_read_stops_nobody(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (row(body, contact_id=ANAS_ID, recipient=ANA) for body in ("1", "2"))
    await add(office.pool, first, second)
    await office.pool.execute(
        "UPDATE outbox SET message = $2 WHERE id = $1", first.id, {"kind": "carrier_pigeon"}
    )
    async with office.running():
        await eventually(is_state(office, second.id, "accepted"))
    assert await state(office.pool, first.id) == "failed"
    assert "cannot be read" in caplog.text


async def test_the_loop_drains_what_is_under_way_when_it_stops(office: Office) -> None:
    office.sender.gate = asyncio.Event()
    mine = row()
    await add(office.pool, mine)
    stop = asyncio.Event()
    loop = asyncio.create_task(office.outbox.run(stop))
    await eventually(lambda: _tried(office, 1))
    stop.set()
    finished, _ = await asyncio.wait({loop}, timeout=0.1)
    assert not finished
    office.sender.gate.set()
    async with asyncio.timeout(20):
        await loop
    assert await state(office.pool, mine.id) == "accepted"


async def test_sends_of_the_loop_are_bounded(pool: Pool) -> None:
    office = Office(pool, concurrency=3)
    office.sender.gate = asyncio.Event()
    await add(pool, *(row(str(n)) for n in range(7)))
    async with office.running():
        await eventually(lambda: _tried(office, 3))
        office.outbox.nudge()
        await eventually(lambda: _surveyed(office))
        assert await pool.fetchval("SELECT count(*) FROM outbox WHERE state = 'sending'") == 3
        office.sender.gate.set()
        await eventually(lambda: _nothing_open(pool))
    assert office.sender.tries == 7


async def _tried(office: Office, times: int) -> bool:
    return office.sender.tries == times


async def test_a_lost_database_stops_neither_the_loop_nor_a_flush(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await connect(database_url)
    await broken.close()
    office = Office(broken)
    await office.outbox.flush(ANAS_ID)
    async with office.running():
        await eventually(lambda: _warned(caplog, "cannot be read"))
    assert await _warned(caplog, "cannot be claimed")


async def _warned(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return words in caplog.text


async def test_no_log_names_the_recipient(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    await add(office.pool, row("secreto", contact_id=ANAS_ID, recipient=ANA))
    office.sender.refuse(131026)
    with caplog.at_level(logging.DEBUG):
        await office.outbox.flush(ANAS_ID)
    assert "given up" in caplog.text
    assert "34600111222" not in caplog.text
    assert "secreto" not in caplog.text
