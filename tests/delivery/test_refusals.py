"""What each refusal of Meta's does: to the row, its recipient, the number. On a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from crm import outbox as rows
from crm.pool import Pool
from crm.undelivered import never_came
from delivery import policy
from delivery.receipts import apply
from domain.business import Business, HandoffTemplate, LeadTemplate
from domain.contact import Address
from domain.messages import Button, Buttons, Outbound, Template, Text
from tests.delivery.outbox_table import (
    add,
    contact,
    empty,
    make_due,
    outbox_database,
    row,
    state,
    stored,
)
from tests.delivery.test_outbox import ANA, ANAS_ID, NAMES, Office
from tests.tools.companies import acme

REOPEN = LeadTemplate(name="waiting", languages=("es", "en"))
BUSINESS: Business = acme().model_copy(
    update={
        "handoff_template": HandoffTemplate(name="handoff", language="es", fallback="handoff_2"),
        "templates": {"reopen": REOPEN},
    }
)
NUDGE = Template(name="nudge", language="es")
HANDOFF = Template(name="handoff", language="es", params=("a",))
REP = Address(phone="34911222333")


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def office(database: Pool) -> Office:
    return Office(await empty(database), business=BUSINESS)


def to_ana(body: str = "Hola", message: Outbound | None = None) -> rows.OutboxRow:
    return row(body, contact_id=ANAS_ID, recipient=ANA, message=message)


def failed(row_id: str, code: int, wamid: str = "wamid.1") -> dict[str, Any]:
    tracker = {"biz_opaque_callback_data": row_id}
    return {"id": wamid, "status": "failed", "errors": [{"code": code}], **tracker}


async def flush(office: Office, *codes: int, **named: Any) -> None:  # noqa: ANN401 - as refuse()
    office.sender.refuse(*codes, **named)
    await office.outbox.flush(ANAS_ID)
    office.sender.heal()


async def paused(office: Office) -> dict[str, int]:
    running = await office.pool.fetch("SELECT * FROM outbox_pauses WHERE until > now()")
    return {pause["scope"]: pause["code"] for pause in running}


NUMBER_CODES = [4, 80007, 130429, 429, 131057, 2494100, 190, 0, 3, 10, 200, 299, 131005]
ACCOUNT_CODES = [368, 131031, 131037, 131042, 131045, 133010]


@pytest.mark.parametrize("code", NUMBER_CODES + ACCOUNT_CODES)
async def test_the_number_pauses_for_every_process_and_goes_on_by_itself(
    office: Office, code: int
) -> None:
    mine, other = to_ana(), row("other")
    await add(office.pool, mine, other)
    await flush(office, code)
    assert await paused(office) == {"number": code}
    colleague = Office(office.pool)
    await colleague.outbox.flush(other.contact_id)
    assert colleague.sender.tries == 0
    await make_due(office.pool)
    await colleague.outbox.flush(other.contact_id)
    await office.outbox.flush(ANAS_ID)
    assert {await state(office.pool, r.id) for r in (mine, other)} == {"accepted"}
    assert office.count("send_alerts_total", reaction="pause_number") == (
        policy.reaction(code).kind == "pause_number"
    )


async def test_a_pause_lasts_as_long_as_meta_asks(office: Office) -> None:
    await add(office.pool, to_ana())
    await flush(office, 130429, retry_after=90)
    [pause] = await office.pool.fetch("SELECT * FROM outbox_pauses WHERE until > now()")
    now = await office.pool.fetchval("SELECT now()")
    assert timedelta(seconds=85) < pause["until"] - now <= timedelta(seconds=90)


async def test_after_a_pause_one_send_is_the_probe(office: Office) -> None:
    await add(office.pool, to_ana(), *(row(str(n)) for n in range(5)))
    await flush(office, 190)
    await make_due(office.pool)
    claimed = await rows.claim(office.pool, limit=16, lease=timedelta(seconds=30))
    assert len(claimed.rows) == 1
    await rows.accepted(office.pool, claimed.rows[0].row.id, "w")
    claimed = await rows.claim(office.pool, limit=16, lease=timedelta(seconds=30))
    assert len(claimed.rows) == 5


@pytest.mark.parametrize("code", [131048, 131064])
async def test_a_spam_limit_stops_what_the_business_begins_and_no_reply(
    office: Office, code: int
) -> None:
    nudge, reply, later = to_ana(message=NUDGE), to_ana("reply"), row(message=NUDGE)
    await add(office.pool, nudge)
    await flush(office, code)
    await add(office.pool, reply, later)
    for one in (reply, later):
        await office.outbox.flush(one.contact_id)
    assert office.bodies == ["reply"]
    assert await paused(office) == {"templates": code}
    assert {await state(office.pool, r.id) for r in (nudge, later)} == {"requested"}


@pytest.mark.parametrize("code", [132001, 132007, 132015, 132016])
async def test_a_broken_template_gives_way_to_its_fallback(office: Office, code: int) -> None:
    notice = row(contact_id=ANAS_ID, recipient=REP, message=HANDOFF)
    await add(office.pool, notice)
    await flush(office, code)
    [sent] = office.sender.sent
    assert sent.message == HANDOFF.model_copy(update={"name": "handoff_2"})
    assert await paused(office) == {"template:handoff/es": code}
    assert (await stored(office.pool, notice.id))["original"] == HANDOFF.plain()
    next_one = row(message=HANDOFF)
    await add(office.pool, next_one)
    async with office.running():
        await office.until_state(next_one.id, "accepted")
    assert [s.message.name for s in office.sender.sent if isinstance(s.message, Template)] == [
        "handoff_2",
        "handoff_2",
    ]


@pytest.mark.parametrize("code", [132001, 132015])
async def test_a_broken_template_without_a_fallback_waits_and_stops_nothing_else(
    office: Office, code: int
) -> None:
    nudge, reply = to_ana(message=NUDGE), to_ana("reply")
    await add(office.pool, nudge, reply)
    await flush(office, code)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["reply"]
    assert await state(office.pool, nudge.id) == "requested"
    assert office.count("send_alerts_total", reaction="pause_template") == 1


async def test_a_restricted_country_pauses_alone(office: Office) -> None:
    colombian, spanish = row("co", recipient=Address(phone="573001112233")), to_ana("es")
    more = [row(recipient=Address(phone="573009998877")), row(recipient=Address(bsuid="CO.9"))]
    await add(office.pool, colombian, spanish, *more)
    office.sender.refuse(130497)
    for one in (colombian, spanish, *more):
        await office.outbox.flush(one.contact_id)
    assert await paused(office) == {"country:57": 130497}
    assert await state(office.pool, spanish.id) == "accepted"
    assert await state(office.pool, more[0].id) == "requested"


async def test_a_pair_waits_and_its_bubbles_go_as_one(office: Office) -> None:
    menu = Buttons(body="¿Cuándo?", buttons=(Button(id="a", title="Hoy"),))
    first, second, third = to_ana("uno"), to_ana("dos"), to_ana(message=menu)
    await add(office.pool, first)
    await flush(office, 131056)
    await add(office.pool, second, third)
    assert round((await stored(office.pool, first.id))["due_in"]) == 1
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    [sent] = office.sender.sent
    assert sent.message == menu.model_copy(update={"body": "uno\n\ndos\n\n¿Cuándo?"})
    assert [await state(office.pool, r.id) for r in (first, second, third)] == [
        "accepted",
        "merged",
        "merged",
    ]
    assert str((await stored(office.pool, third.id))["merged_into"]) == first.id
    assert (await stored(office.pool, first.id))["original"] == Text(body="uno").plain()
    assert office.count("sends_total", outcome="merged") == 2


async def test_a_pair_waits_longer_each_time(office: Office) -> None:
    mine = to_ana()
    await add(office.pool, mine)
    waited: list[int] = []
    for _ in range(5):
        await flush(office, 131056)
        waited.append(round((await stored(office.pool, mine.id))["due_in"]))
        await make_due(office.pool)
    assert waited == [1, 4, 16, 64, 64]


async def test_what_does_not_fit_into_one_message_stays_behind(office: Office) -> None:
    first, second, third = to_ana("a" * 4000), to_ana("b" * 200), to_ana("c")
    await add(office.pool, first)
    await flush(office, 131056)
    await add(office.pool, second, third)
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert [body[:1] for body in office.bodies] == ["a", "b", "c"]


async def test_a_row_that_cannot_be_read_is_merged_into_none(office: Office) -> None:
    first, broken, third = to_ana("uno"), to_ana("dos"), to_ana("tres")
    await add(office.pool, first)
    await flush(office, 131056)
    await add(office.pool, broken, third)
    await office.pool.execute(
        "UPDATE outbox SET message = $2 WHERE id = $1", broken.id, {"kind": "carrier_pigeon"}
    )
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["uno\n\ntres"]
    assert await state(office.pool, broken.id) == "failed"
    assert await never_came(office.pool, ANAS_ID) == ()


async def test_a_lead_who_cannot_be_reached_is_marked_and_left_alone(office: Office) -> None:
    first, second, other = to_ana("1"), to_ana("2"), row("other")
    await add(office.pool, first, second, other)
    await flush(office, 131026)
    await office.outbox.flush(other.contact_id)
    assert (await contact(office.pool, ANAS_ID))["unreachable_at"]
    assert [await state(office.pool, r.id) for r in (first, second)] == ["failed", "failed"]
    assert office.bodies == ["other"]
    assert office.count("sends_given_up_total", reaction="unreachable") == 2


async def test_a_rep_who_cannot_be_reached_does_not_mark_the_lead(office: Office) -> None:
    notice = row(contact_id=ANAS_ID, recipient=REP, message=HANDOFF)
    await add(office.pool, to_ana("1"), notice)
    await office.outbox.flush(ANAS_ID)
    await apply(office.pool, [failed(notice.id, 131026, "wamid.2")], NAMES, office.refusals)
    assert await state(office.pool, notice.id) == "failed"
    assert (await contact(office.pool, ANAS_ID))["unreachable_at"] is None


async def test_stopped_marketing_is_recorded_and_service_goes_on(office: Office) -> None:
    offer = to_ana(message=NUDGE.model_copy(update={"marketing": True}))
    reply, another = to_ana("reply"), to_ana(message=offer.message)
    await add(office.pool, offer)
    await flush(office, 131050)
    await add(office.pool, reply, another)
    await office.outbox.flush(ANAS_ID)
    assert (await contact(office.pool, ANAS_ID))["marketing_stopped_at"]
    consents = await office.pool.fetch("SELECT kind, message_id FROM consents")
    assert [tuple(consent) for consent in consents] == [("marketing_stop", offer.id)]
    assert office.bodies == ["reply"]
    lost = await stored(office.pool, another.id)
    assert (lost["state"], lost["reaction"]) == ("failed", "stop_marketing")


@pytest.mark.parametrize("code", [131049, 130472, 137000, 132000, 132005, 132012, 132018])
async def test_what_nothing_helps_is_given_up_and_listed(office: Office, code: int) -> None:
    mine = to_ana()
    await add(office.pool, mine)
    await flush(office, code)
    [lost] = await rows.given_up(office.pool)
    assert (lost.id, lost.contact_id, lost.error_code) == (mine.id, ANAS_ID, code)
    assert lost.reaction == "give_up"


async def test_a_user_id_that_is_not_taken_gives_way_to_the_phone(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=Address(bsuid="ES.1"))
    await add(office.pool, mine)
    await contact(office.pool, ANAS_ID, phone="34600111222")
    await flush(office, 131062)
    assert [sent.to for sent in office.sender.sent] == ["34600111222"]


async def test_a_user_id_without_a_phone_is_given_up(office: Office) -> None:
    mine = row(contact_id=ANAS_ID, recipient=Address(bsuid="ES.1"))
    await add(office.pool, mine)
    await flush(office, 131062)
    assert await state(office.pool, mine.id) == "failed"


@pytest.mark.parametrize("code", [131051, 100, 131008, 131009, 135000, 131021, 33, 987654])
async def test_our_own_mistakes_are_given_up_and_told(office: Office, code: int) -> None:
    mine = to_ana()
    await add(office.pool, mine)
    await flush(office, code)
    assert await state(office.pool, mine.id) == "failed"
    alerts = office.count("send_alerts_total", reaction="degrade")
    assert alerts + office.count("send_alerts_total", reaction="give_up") == 1


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (190, {"number": 190}),
        (130429, {"number": 130429}),
        (131048, {"templates": 131048}),
        (132015, {"template:nudge/es": 132015}),
        (130497, {"country:34": 130497}),
    ],
)
async def test_a_receipt_closes_the_same_as_an_answer(
    office: Office, code: int, wanted: dict[str, int]
) -> None:
    mine = to_ana(message=NUDGE)
    await add(office.pool, mine)
    await office.outbox.flush(ANAS_ID)
    assert (await apply(office.pool, [failed(mine.id, code)], NAMES, office.refusals)).changed == 1
    assert await paused(office) == wanted
    assert await state(office.pool, mine.id) == "requested"


@pytest.mark.parametrize("code", [1, 2, 500, 502, 503, 131000, 131016, 133004])
async def test_what_passes_by_itself_is_tried_again(office: Office, code: int) -> None:
    mine = to_ana()
    await add(office.pool, mine)
    await flush(office, code)
    await make_due(office.pool)
    await office.outbox.flush(ANAS_ID)
    assert await state(office.pool, mine.id) == "accepted"


async def test_what_was_given_up_is_sent_when_a_person_says_so(office: Office) -> None:
    mine, withdrawn = to_ana("1"), to_ana("2")
    await add(office.pool, mine)
    await flush(office, 132000)
    await add(office.pool, withdrawn)
    await office.pool.execute(
        "UPDATE outbox SET state = 'failed', reaction = 'withdrawn' WHERE id = $1", withdrawn.id
    )
    assert await rows.retry_failed(office.pool, contact_id=ANAS_ID) == 1
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["1"]
    assert await rows.retry_failed(office.pool) == 0


async def test_what_a_later_message_has_overtaken_is_sent_again_only_by_name(
    office: Office,
) -> None:
    old, new = to_ana("old"), to_ana("new")
    await add(office.pool, old)
    await flush(office, 132000)
    await add(office.pool, new)
    await office.outbox.flush(ANAS_ID)
    assert await rows.retry_failed(office.pool) == 0
    assert await rows.retry_failed(office.pool, row_id=old.id) == 1
    await office.outbox.flush(ANAS_ID)
    assert office.bodies == ["new", "old"]
