"""What a closed window kept from a lead: it waits for his next message, and nothing gets lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from crm import outbox as rows
from crm.handoffs import record_rep_message, take_over
from crm.joining import join
from crm.outbox import Failure
from crm.pool import Pool
from crm.turn_rows import row_id
from crm.turns import commit
from delivery.receipts import apply
from delivery.refusals import Refusal
from domain.messages import DocumentMessage, Inbound, Outbound, Text
from domain.turn import Batch, Decision, DecisionKind, Outcome
from tests.delivery.outbox_table import add, empty, make_due, outbox_database, state, stored
from tests.delivery.test_outbox import ANA, ANAS_ID, NAMES, Office
from tests.delivery.test_refusals import BUSINESS, failed, to_ana

CLOSED = 131047
MINUTE = timedelta(minutes=1)
_REPS = {"luz": "+34911222333"}


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def office(database: Pool) -> Office:
    await database.execute("TRUNCATE handoffs, messages, answered, leads CASCADE")
    return Office(await empty(database), business=BUSINESS)


async def says(
    office: Office,
    name: str,
    *replies: Outbound,
    kind: DecisionKind = "answer",
    at: datetime | None = None,
) -> list[str]:
    """The lead's message with its turn, committed and sent; gives the ids of the replies' rows."""
    at = at or datetime.now(UTC)
    said = Inbound(id=name, wamid=name, kind="text", text=name, at=at)
    turn_id = f"turn of {name}"
    outcome = Outcome(
        turn_id=turn_id,
        stage_before="qualification",
        stage_after="qualification",
        language="es",
        decision=Decision(kind=kind),
        replies=replies or (Text(body=f"to {name}"),),
    )
    batch = Batch(contact_id=ANAS_ID, turn_id=turn_id, messages=(said,))
    await commit(office.pool, batch, ANA, outcome, reps=_REPS)
    await office.outbox.flush(ANAS_ID)
    return [row_id(turn_id, place) for place in range(len(outcome.replies))]


async def refused(office: Office, name: str, *replies: Outbound) -> list[str]:
    """The same, and Meta takes the window for closed; it takes the template."""
    office.sender.refuse(CLOSED)
    return await says(office, name, *replies)


def got(office: Office) -> list[str]:
    """What reached the lead, templates by name."""
    messages = [sent.message for sent in office.sender.sent]
    return [m.body if isinstance(m, Text) else str(getattr(m, "name", m.kind)) for m in messages]


async def remembered(office: Office) -> list[str]:
    """The agent's words in the record."""
    found = await office.pool.fetch(
        "SELECT text FROM messages WHERE direction = 'out' ORDER BY seq"
    )
    return [row["text"] for row in found]


async def test_it_goes_first_once_and_in_order_when_he_writes_again(office: Office) -> None:
    brochure = DocumentMessage(document="b", filename="b.pdf")
    await refused(office, "price?", Text(body="100"), brochure)
    assert got(office) == ["waiting"]
    await office.outbox.flush(ANAS_ID)
    assert got(office) == ["waiting"]
    await says(office, "yes")
    assert got(office) == ["waiting", "100", "document", "to yes"]
    await says(office, "thanks")
    assert got(office)[4:] == ["to thanks"]


async def test_a_receipt_that_says_so_keeps_it_too(office: Office) -> None:
    first, second = await says(office, "price?", Text(body="1"), Text(body="2"))
    told = [failed(first, CLOSED, "wamid.1"), failed(second, CLOSED, "wamid.2")]
    await apply(office.pool, told, NAMES, office.refusals)
    await office.outbox.flush(ANAS_ID)
    assert got(office) == ["1", "2", "waiting"]
    await says(office, "yes")
    assert got(office) == ["1", "2", "waiting", "1", "2", "to yes"]


async def test_two_refusals_ask_once_until_he_writes_again(office: Office) -> None:
    office.sender.refuse(CLOSED)
    await says(office, "one")
    office.sender.refuse(CLOSED, CLOSED)
    await says(office, "two")
    assert got(office) == ["waiting"]
    await office.pool.execute("UPDATE outbox SET created_at = now() - interval '5 minutes'")
    office.sender.heal()
    office.sender.refuse(CLOSED)
    await says(office, "three")
    assert got(office) == ["waiting", "waiting"]
    office.sender.heal()
    await says(office, "four")
    assert got(office)[2:] == ["to one", "to two", "to three", "to four"]


async def test_what_waits_for_him_by_another_name_goes_too(office: Office) -> None:
    """Two contacts that turn out to be one: what he writes is the other's from then on."""
    other = str(uuid4())
    await add(office.pool, replace(to_ana("100"), contact_id=other))
    await office.pool.execute("UPDATE outbox SET state = 'withheld'")
    async with office.pool.acquire() as connection, connection.transaction():
        await join(connection, ANAS_ID, [other])
    await says(office, "yes")
    assert got(office) == ["100", "to yes"]


async def test_two_processes_ask_once(office: Office) -> None:
    first, second = await says(office, "price?", Text(body="1"), Text(body="2"))
    receipts = [failed(first, CLOSED, "wamid.1")], [failed(second, CLOSED, "wamid.2")]
    await asyncio.gather(*(apply(office.pool, r, NAMES, office.refusals) for r in receipts))
    assert await office.pool.fetchval("SELECT count(*) FROM outbox WHERE template <> ''") == 1


async def test_an_older_message_of_his_sets_nothing_free(office: Office) -> None:
    [mine] = await refused(office, "price?")
    await office.pool.execute("UPDATE outbox SET updated_at = now() + interval '10 minutes'")
    await says(office, "sent before", at=datetime.now(UTC) - MINUTE)
    assert await state(office.pool, mine) == "withheld"


async def test_what_is_too_old_is_not_sent_and_was_not_said(office: Office) -> None:
    [mine] = await refused(office, "price?")
    await office.pool.execute("UPDATE outbox SET created_at = now() - interval '25 hours'")
    await says(office, "hello again")
    assert got(office) == ["waiting", "to hello again"]
    assert (await stored(office.pool, mine))["reaction"] == "withdrawn"
    assert await remembered(office) == ["to hello again"]


async def test_after_stop_nothing_of_it_goes(office: Office) -> None:
    [mine] = await refused(office, "price?")
    stop = datetime.now(UTC).replace(microsecond=0)
    await says(office, "BAJA", Text(body="bye"), kind="opt_out", at=stop)
    assert got(office) == ["waiting", "bye"]
    assert (await stored(office.pool, mine))["reaction"] == "withdrawn"


async def test_who_took_the_conversation_takes_it_back(office: Office) -> None:
    [mine] = await refused(office, "price?")
    await take_over(office.pool, ANAS_ID, rep="luz", key="k", at=datetime.now(UTC))
    await says(office, "yes", kind="silent")
    assert (await stored(office.pool, mine))["reaction"] == "withdrawn"
    assert "to price?" not in got(office) + await remembered(office)


async def test_what_is_refused_after_he_took_it_stays_back_and_his_own_words_go(
    office: Office,
) -> None:
    [mine] = await says(office, "price?")
    await take_over(office.pool, ANAS_ID, rep="luz", key="k", at=datetime.now(UTC))
    his = to_ana("I am Luz")
    await record_rep_message(office.pool, ANAS_ID, his.id, "I am Luz", datetime.now(UTC))
    await add(office.pool, his)
    office.sender.refuse(CLOSED)
    await apply(office.pool, [failed(mine, CLOSED, "wamid.1")], NAMES, office.refusals)
    await office.outbox.flush(ANAS_ID)
    assert {await state(office.pool, r) for r in (mine, his.id)} == {"withheld"}
    office.sender.heal()
    await says(office, "yes", kind="silent")
    assert got(office).count("I am Luz") == 1
    assert got(office).count("to price?") == 1  # the one that Meta took and then failed


async def test_what_was_lost_is_not_sent_again_over_a_person_and_his_own_words_are(
    office: Office,
) -> None:
    office.sender.lose()
    [mine] = await says(office, "price?")
    await take_over(office.pool, ANAS_ID, rep="luz", key="k", at=datetime.now(UTC))
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert (await stored(office.pool, mine))["reaction"] == "withdrawn"
    his = to_ana("I am Luz")
    await record_rep_message(office.pool, ANAS_ID, his.id, "I am Luz", datetime.now(UTC))
    await add(office.pool, his)
    office.sender.lose()
    for _ in range(2):
        await office.outbox.flush(ANAS_ID)
        await make_due(office.pool)
    assert got(office) == ["to price?", "I am Luz", "I am Luz"]


async def test_a_receipt_of_an_earlier_attempt_ends_it(office: Office) -> None:
    [mine] = await refused(office, "price?")
    told = {"id": "wamid.0", "status": "delivered", "biz_opaque_callback_data": mine}
    await apply(office.pool, [told], NAMES, office.refusals)
    await says(office, "yes")
    assert got(office) == ["waiting", "to yes"]


async def test_what_is_refused_each_time_is_given_up(office: Office) -> None:
    [mine] = await refused(office, "0")
    for n in range(1, 5):
        office.sender.heal()
        office.sender.refuse(CLOSED)
        await says(office, str(n))
    assert (await stored(office.pool, mine))["reaction"] == "template"


async def test_what_waited_an_outage_out_is_kept_as_well(office: Office) -> None:
    mine = to_ana("late")
    await add(office.pool, mine)
    await office.pool.execute("UPDATE outbox SET tries = 12, error_code = 131000")
    office.sender.refuse(CLOSED)
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "withheld"


async def test_who_writes_during_the_send_gets_it_and_his_answer(office: Office) -> None:
    """His window is open by then; both would wait for the message after that."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    mine = to_ana("late")
    await add(office.pool, mine)
    await office.pool.execute("UPDATE contacts SET last_inbound_at = $1", hour_ago)
    [claimed] = (await rows.claim(office.pool, contact_id=ANAS_ID, limit=1, lease=MINUTE)).rows
    await says(office, "hello?")
    refusal = Refusal(claimed, Failure(CLOSED, "no", ""))
    async with office.pool.acquire() as connection, connection.transaction():
        assert await office.refusals.settle(connection, refusal)
    await office.outbox.flush(ANAS_ID)
    assert got(office) == ["late", "to hello?"]


async def test_a_reminder_is_not_kept(office: Office) -> None:
    reminder = replace(to_ana("soon"), turn_id="followup/1")
    await add(office.pool, reminder)
    office.sender.refuse(CLOSED)
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, reminder.id) == "failed"
    assert got(office) == []


async def test_a_request_that_is_unsent_when_he_writes_is_dropped(office: Office) -> None:
    office.sender.refuse(CLOSED, 132001)
    await says(office, "price?")
    await says(office, "hello?")
    assert got(office) == ["to price?", "to hello?"]
    lost = await office.pool.fetch("SELECT reaction FROM outbox WHERE state = 'failed'")
    assert [row["reaction"] for row in lost] == ["withdrawn"]
