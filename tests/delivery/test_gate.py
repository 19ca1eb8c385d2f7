"""Who may be written to at the moment of sending, and what goes out instead."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crm import outbox as rows
from crm.contacts import seen
from crm.outbox import Known, StoredRow
from crm.pool import Pool
from delivery.gate import Verdict, verdict
from domain.contact import Address
from domain.messages import Outbound, Template, Text
from tests.delivery.outbox_table import add, contact, empty, outbox_database, row, state, stored
from tests.delivery.test_outbox import ANA, ANAS_ID, Office
from tests.delivery.test_refusals import BUSINESS, NUDGE, REP, to_ana

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = Known(phone=ANA.phone, last_inbound_at=NOW - HOUR)
OFFER = NUDGE.model_copy(update={"marketing": True})
HELLO = Text(body="Hola")


def stored_row(message: Outbound, known: Known, to: Address = ANA) -> StoredRow:
    return StoredRow(row(recipient=to, message=message), "sending", 1, known=known)


CASES: list[tuple[str, Outbound, Known, Address, Verdict]] = [
    ("open", HELLO, OPEN, ANA, "send"),
    ("closed", HELLO, replace(OPEN, last_inbound_at=NOW - 24 * HOUR), ANA, "reopen"),
    ("never wrote", HELLO, replace(OPEN, last_inbound_at=None), ANA, "reopen"),
    ("closed, template", NUDGE, replace(OPEN, last_inbound_at=None), ANA, "send"),
    ("stopped", HELLO, replace(OPEN, opted_out_at=NOW - HOUR), ANA, "opted_out"),
    ("stopped, template", NUDGE, replace(OPEN, opted_out_at=NOW - 2 * HOUR), ANA, "opted_out"),
    ("stopped, wrote since", HELLO, replace(OPEN, opted_out_at=NOW - 2 * HOUR), ANA, "send"),
    (
        "the confirmation of STOP",
        HELLO,
        replace(OPEN, opted_out_at=NOW - HOUR, turn_kind="opt_out"),
        ANA,
        "send",
    ),
    ("a rep is told all the same", NUDGE, replace(OPEN, opted_out_at=NOW), REP, "send"),
    ("unreachable", HELLO, replace(OPEN, unreachable_at=NOW), ANA, "unreachable"),
    ("no marketing", OFFER, replace(OPEN, marketing_stopped_at=NOW), ANA, "stop_marketing"),
    ("service goes on", NUDGE, replace(OPEN, marketing_stopped_at=NOW), ANA, "send"),
]


@pytest.mark.parametrize(
    ("message", "known", "to", "wanted"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_record_decides(message: Outbound, known: Known, to: Address, wanted: Verdict) -> None:
    assert verdict(stored_row(message, known, to), NOW) == wanted


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def office(database: Pool) -> Office:
    return Office(await empty(database), business=BUSINESS)


YESTERDAY = datetime.now(UTC) - timedelta(hours=25)
WAITING = Template(name="waiting", language="es")


async def test_outside_the_window_a_lead_gets_the_template_once(office: Office) -> None:
    first, second = to_ana("1"), to_ana("2")
    await add(office.pool, first, second)
    await contact(office.pool, ANAS_ID, last_inbound_at=YESTERDAY)
    await office.outbox.flush(ANAS_ID)
    assert [sent.message for sent in office.sender.sent] == [WAITING]
    late = to_ana("3")
    await add(office.pool, late)
    await office.outbox.flush(ANAS_ID)
    assert len(office.sender.sent) == 1
    states = [await state(office.pool, r.id) for r in (first, second, late)]
    assert states == ["withheld"] * 3


async def test_a_lead_who_wrote_again_and_fell_silent_is_asked_again(office: Office) -> None:
    for hours in (50, 25):
        mine = to_ana()
        await add(office.pool, mine)
        wrote = datetime.now(UTC) - timedelta(hours=hours)
        await contact(office.pool, ANAS_ID, last_inbound_at=wrote)
        await office.outbox.flush(ANAS_ID)
        await office.pool.execute("UPDATE outbox SET created_at = now() - interval '49 hours'")
    assert [sent.message for sent in office.sender.sent] == [WAITING, WAITING]


async def test_the_template_speaks_the_leads_language(office: Office) -> None:
    await add(office.pool, to_ana())
    await contact(office.pool, ANAS_ID, last_inbound_at=YESTERDAY, language="en")
    await office.outbox.flush(ANAS_ID)
    [sent] = office.sender.sent
    assert sent.message == WAITING.model_copy(update={"language": "en"})


async def test_without_a_template_the_message_is_parked_for_a_person(office: Office) -> None:
    without = Office(office.pool)
    mine = to_ana()
    await add(office.pool, mine)
    await contact(office.pool, ANAS_ID, last_inbound_at=YESTERDAY)
    await without.outbox.flush(ANAS_ID)
    assert without.sender.tries == 0
    [parked] = await rows.given_up(office.pool, contact_id=ANAS_ID)
    assert (parked.reaction, parked.error) == ("template", "the window is closed")


async def test_meta_saying_that_the_window_is_closed_does_the_same(office: Office) -> None:
    mine = to_ana()
    await add(office.pool, mine)
    office.sender.refuse(131047)
    await office.outbox.flush(ANAS_ID)
    assert [sent.message for sent in office.sender.sent] == [WAITING]


async def test_the_leads_next_message_opens_the_window(office: Office) -> None:
    await add(office.pool, to_ana("1"))
    await contact(office.pool, ANAS_ID, last_inbound_at=YESTERDAY)
    await contact(office.pool, ANAS_ID, last_inbound_at=datetime.now(UTC))
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["1"]


async def test_the_leads_next_message_makes_him_reachable_again(office: Office) -> None:
    await add(office.pool, to_ana("1"))
    marked = datetime.now(UTC)
    await contact(office.pool, ANAS_ID, unreachable_at=marked)
    async with office.pool.acquire() as connection:
        for not_news in (marked - HOUR, None):
            await seen(connection, ANAS_ID, ANA, None, not_news)
        assert (await contact(office.pool, ANAS_ID))["unreachable_at"]
        await seen(connection, ANAS_ID, ANA, None, marked + timedelta(seconds=1))
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["1"]


async def test_after_stop_nothing_goes_but_its_confirmation(office: Office) -> None:
    queued, confirmation = to_ana("queued"), replace(to_ana("Listo"), turn_id="stop")
    await add(office.pool, queued, confirmation)
    known = await contact(office.pool, ANAS_ID)
    await contact(office.pool, ANAS_ID, opted_out_at=known["last_inbound_at"])
    await office.pool.execute(
        "INSERT INTO turns (turn_id, contact_id, stage_before, stage_after, kind, decision,"
        " resolved, model, calls, input_tokens, output_tokens, seconds, facts_dropped)"
        " VALUES ('stop', $1, 'greeting', 'greeting', 'opt_out', '{}', true, '', 0, 0, 0, 0, 0)",
        ANAS_ID,
    )
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["Listo"]
    assert (await stored(office.pool, queued.id))["reaction"] == "opted_out"
    assert await rows.retry_failed(office.pool) == 0
