"""Receipts on a real PostgreSQL: any order, any number of times, before and after the answer."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from crm import outbox as rows
from crm.outbox import OutboxRow, StoredRow
from crm.pool import Pool
from delivery.metrics import Metrics
from delivery.receipts import Receipt, apply, concerns, read
from delivery.refusals import Refusals
from domain.contact import Pseudonyms
from domain.messages import Button, Buttons, DocumentMessage, Text
from tests.delivery.outbox_table import (
    LEASE,
    add,
    empty,
    make_due,
    outbox_database,
    row,
    state,
    stored,
)
from tests.tools.companies import acme

NAMES = Pseudonyms(b"k" * 32)
WAMID = "wamid.HBgLMzQ2MDAxMTEyMjI="


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Pool]:
    async with outbox_database(database_url) as pool:
        yield pool


@pytest.fixture
async def pool(database: Pool) -> Pool:
    return await empty(database)


def status(kind: str, *, tracker: str | None = None, wamid: str = WAMID, code: int = 0) -> Any:  # noqa: ANN401 - raw JSON
    item: dict[str, Any] = {
        "id": wamid,
        "status": kind,
        "timestamp": "1795000000",
        "recipient_id": "34600111222",
    }
    if tracker:
        item["biz_opaque_callback_data"] = tracker
    if code:
        details = {"details": "Message to 34600111222 failed"}
        item["errors"] = [{"code": code, "title": "no", "message": "no", "error_data": details}]
    return item


async def told(pool: Pool, *statuses: Any) -> int:  # noqa: ANN401 - raw JSON
    return (await apply(pool, statuses, NAMES, refusals())).changed


def refusals() -> Refusals:
    return Refusals(acme(), Metrics(CollectorRegistry()), jitter=lambda: 0.0)


async def sent_row(pool: Pool, **kind: Any) -> OutboxRow:  # noqa: ANN401 - as row()
    """A row that Meta took as WAMID."""
    mine = row(**kind)
    await add(pool, mine)
    await rows.claim(pool, contact_id=mine.contact_id, limit=1, lease=LEASE)
    await rows.accepted(pool, mine.id, NAMES.message(WAMID))
    return mine


ORDERS = [
    order for n in (1, 2, 3) for order in itertools.permutations(["sent", "delivered", "read"], n)
]


@pytest.mark.parametrize("kinds", ORDERS)
async def test_receipts_in_any_order_end_in_the_furthest(
    pool: Pool, kinds: tuple[str, ...]
) -> None:
    mine = await sent_row(pool)
    for kind in kinds:
        await told(pool, status(kind, tracker=mine.id))
    assert await state(pool, mine.id) == max(kinds, key=["sent", "delivered", "read"].index)


RANK = ["requested", "accepted", "sent", "failed", "delivered", "read", "merged"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    told_kinds=st.lists(
        st.sampled_from(["sent", "delivered", "read", "played", "failed"]), min_size=1, max_size=8
    ),
    batched=st.booleans(),
    as_part=st.booleans(),
)
async def test_receipts_of_any_kind_and_order_never_move_a_row_back(
    pool: Pool,
    told_kinds: list[str],
    batched: bool,  # noqa: FBT001 - drawn
    as_part: bool,  # noqa: FBT001 - drawn
) -> None:
    await empty(pool)
    mine = await sent_row(pool)
    if as_part:
        await pool.execute("UPDATE outbox SET state = 'merged' WHERE id = $1", mine.id)
    items = [status(k, tracker=mine.id, code=131026 * (k == "failed")) for k in told_kinds]
    before = await state(pool, mine.id)
    for batch in [items] if batched else [[item] for item in items]:
        await told(pool, *batch)
        after = await state(pool, mine.id)
        assert RANK.index(after) >= RANK.index(before)
        before = after
    furthest = max(("read" if k == "played" else k for k in told_kinds), key=RANK.index)
    assert before == ("merged" if as_part else furthest)


async def test_a_repeated_receipt_changes_nothing(pool: Pool) -> None:
    mine = await sent_row(pool)
    assert await told(pool, status("delivered", tracker=mine.id)) == 1
    assert await told(pool, status("delivered", tracker=mine.id), status("sent")) == 0


async def test_without_a_tracker_the_wamid_names_the_row(pool: Pool) -> None:
    mine = await sent_row(pool)
    assert await told(pool, status("played")) == 1
    assert await state(pool, mine.id) == "read"


async def test_the_tracker_counts_before_the_wamid(pool: Pool) -> None:
    other = await sent_row(pool)
    mine = row()
    await add(pool, mine)
    await rows.claim(pool, contact_id=mine.contact_id, limit=1, lease=LEASE)
    await told(pool, status("sent", tracker=mine.id))
    assert await state(pool, mine.id) == "sent"
    assert await state(pool, other.id) == "accepted"


async def test_a_foreign_tracker_falls_back_to_the_wamid(pool: Pool) -> None:
    mine = await sent_row(pool)
    assert await told(pool, status("sent", tracker="campaign-7")) == 1
    assert await state(pool, mine.id) == "sent"


async def test_a_receipt_ends_a_doubt(pool: Pool) -> None:
    mine = row()
    await add(pool, mine)
    [taken] = (await rows.claim(pool, limit=1, lease=LEASE)).rows
    await rows.doubt(pool, taken, LEASE, rows.Failure(-3, "lost", "retry"))
    await told(pool, status("sent", tracker=mine.id))
    await make_due(pool)
    assert (await rows.claim(pool, limit=1, lease=LEASE)).rows == ()
    assert (await stored(pool, mine.id))["wamid_id"] == NAMES.message(WAMID)


@pytest.mark.parametrize("batched", [True, False])
async def test_of_several_attempts_those_count_from_the_first_that_did_not_fail(
    pool: Pool,
    batched: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    mine = await sent_row(pool)
    await told(pool, status("failed", tracker=mine.id, code=131000))
    items = [
        status("sent", tracker=mine.id),
        status("sent", tracker=mine.id, wamid="wamid.2"),
        status("delivered", tracker=mine.id),
    ]
    for batch in [items] if batched else [[item] for item in items]:
        await told(pool, *batch)
    lives = await stored(pool, mine.id)
    assert (lives["state"], lives["wamid_id"]) == ("delivered", NAMES.message("wamid.2"))


async def test_only_the_end_of_an_attempt_lets_others_go(pool: Pool) -> None:
    mine = row()
    await add(pool, mine)
    await rows.claim(pool, limit=1, lease=LEASE)
    for kind, frees in (("sent", True), ("delivered", False)):
        applied = await apply(pool, [status(kind, tracker=mine.id)], NAMES, refusals())
        assert (applied.changed, applied.frees) == (1, frees)


async def test_a_final_failure_is_kept_with_its_reason(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    mine = await sent_row(pool)
    await told(
        pool, status("sent", tracker=mine.id), status("failed", tracker=mine.id, code=131026)
    )
    lost = await stored(pool, mine.id)
    assert (lost["state"], lost["error_code"], lost["reaction"]) == (
        "failed",
        131026,
        "unreachable",
    )
    assert "34600111222" not in lost["error"] + caplog.text
    assert await told(pool, status("sent", tracker=mine.id)) == 0


async def test_delivery_disproves_a_failure_but_not_the_reverse(pool: Pool) -> None:
    mine = await sent_row(pool)
    await told(pool, status("failed", tracker=mine.id, code=131026))
    await told(pool, status("delivered", tracker=mine.id))
    await told(pool, status("failed", tracker=mine.id, code=131026))
    assert await state(pool, mine.id) == "delivered"


async def test_a_transient_failure_is_sent_again_once_for_each_attempt(pool: Pool) -> None:
    mine = await sent_row(pool)
    failed = status("failed", tracker=mine.id, code=131000)
    assert await told(pool, failed) == 1
    assert round((await stored(pool, mine.id))["due_in"]) == 1
    assert await told(pool, failed, status("sent", tracker=mine.id)) == 0
    await rows.accepted(pool, mine.id, NAMES.message(WAMID))
    assert await state(pool, mine.id) == "requested"
    await make_due(pool)
    await rows.claim(pool, limit=1, lease=LEASE)
    await rows.accepted(pool, mine.id, "second")
    assert await told(pool, failed) == 0
    assert await told(pool, status("delivered", tracker=mine.id, wamid="wamid.2")) == 1
    assert await state(pool, mine.id) == "delivered"


async def test_a_failure_before_the_answer_of_the_send_counts(pool: Pool) -> None:
    mine = row()
    await add(pool, mine)
    await rows.claim(pool, limit=1, lease=LEASE)
    await told(pool, status("failed", tracker=mine.id, code=131047))
    await rows.accepted(pool, mine.id, NAMES.message(WAMID))
    lost = await stored(pool, mine.id)
    assert (lost["state"], lost["reaction"]) == ("failed", "template")


@pytest.mark.parametrize(("others_pass", "end"), [(True, "failed"), (False, "requested")])
async def test_failures_after_the_answer_end_after_four_tries_unless_all_fail(
    pool: Pool,
    others_pass: bool,  # noqa: FBT001 - a parameter of the table
    end: str,
) -> None:
    mine = row()
    await add(pool, mine)
    acting = refusals()
    for attempt in range(4):
        if others_pass:
            acting.passed(late=True)
        await make_due(pool)
        await rows.claim(pool, limit=1, lease=LEASE)
        await rows.accepted(pool, mine.id, NAMES.message(f"wamid.{attempt}"))
        failed = status("failed", tracker=mine.id, wamid=f"wamid.{attempt}", code=131000)
        assert (await apply(pool, [failed], NAMES, acting)).changed == 1
    assert await state(pool, mine.id) == end


async def test_refused_buttons_become_text_once(pool: Pool) -> None:
    buttons = Buttons(body="¿Cuándo?", buttons=(Button(id="a", title="Hoy"),))
    mine = await sent_row(pool, message=buttons)
    await told(pool, status("failed", tracker=mine.id, code=131051))
    [again] = (await rows.claim(pool, limit=1, lease=LEASE)).rows
    assert again.row.message == Text(body="¿Cuándo?\n\n- Hoy")
    await rows.accepted(pool, mine.id, NAMES.message("wamid.2"))
    await told(pool, status("failed", tracker=mine.id, wamid="wamid.2", code=131051))
    assert await state(pool, mine.id) == "failed"


async def test_lost_media_is_sent_again_once(pool: Pool) -> None:
    mine = await sent_row(pool, message=DocumentMessage(document="p", filename="p.pdf"))
    await told(pool, status("failed", tracker=mine.id, code=131053))
    [again] = (await rows.claim(pool, limit=1, lease=LEASE)).rows
    assert again.error_code == 131053
    await rows.accepted(pool, mine.id, NAMES.message("wamid.2"))
    await told(pool, status("failed", tracker=mine.id, wamid="wamid.2", code=131053))
    assert await state(pool, mine.id) == "failed"


async def test_an_answer_of_another_attempt_does_not_fail_the_row(pool: Pool) -> None:
    mine = await sent_row(pool)
    assert await told(pool, status("failed", tracker=mine.id, wamid="wamid.0", code=131026)) == 0
    assert await state(pool, mine.id) == "accepted"


async def test_unknown_receipts_are_ignored(pool: Pool) -> None:
    mine = await sent_row(pool)
    unknown = [
        status("sent", tracker=str(row().id), wamid="wamid.x"),
        status("failed", wamid="wamid.x", code=131026),
        status("warning", tracker=mine.id),
        {},
        {"status": ["sent"], "id": 7},
        {"status": "sent", "id": None, "biz_opaque_callback_data": {"a": 1}},
    ]
    assert await told(pool, *unknown) == 0
    assert await state(pool, mine.id) == "accepted"


async def test_a_price_of_a_general_assistant_raises_an_alarm(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    mine = await sent_row(pool)
    pricing = {"pricing": {"category": "general_purpose_ai"}}
    await told(pool, status("delivered", tracker=mine.id) | pricing)
    assert "general-purpose" in caplog.text
    assert await state(pool, mine.id) == "delivered"


UNREADABLE: list[tuple[object, int]] = [
    (None, 131000),
    ([], 131000),
    (["x"], 131000),
    ([{}], 131000),
    ([{"code": "131026"}], 131000),
    ([{"code": 10**12}], 131000),
    ([{"code": 131026, "title": "Undeliverable\0", "error_data": "x"}], 131026),
]


@pytest.mark.parametrize(("errors", "code"), UNREADABLE)
async def test_failures_without_a_readable_reason_are_transient(
    pool: Pool, errors: object, code: int
) -> None:
    mine = await sent_row(pool)
    assert await told(pool, status("failed", tracker=mine.id) | {"errors": errors}) == 1
    assert (await stored(pool, mine.id))["error_code"] == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = ["id", "status", "biz_opaque_callback_data", "errors", "pricing"]
STATUS = st.fixed_dictionaries(
    {}, optional={name: JSON | st.sampled_from(["failed", "sent"]) for name in FIELDS}
)


@given(STATUS)
def test_any_item_is_read_or_ignored(item: dict[str, Any]) -> None:
    receipt = read(item, NAMES)
    if receipt:
        assert receipt.tracker or receipt.wamid_id
        assert abs(receipt.code) < 2**31
        assert "\0" not in receipt.error


@given(st.sampled_from(["sending", "in_doubt", "accepted", "sent", "failed", "delivered", "read"]))
def test_a_failure_is_news_once_and_never_after_delivery(kind: Any) -> None:  # noqa: ANN401 - a state
    receipt = Receipt(None, "w", "failed")
    same = StoredRow(row(), kind, 1, wamid_id="w")
    fresh = StoredRow(row(), kind, 1)
    other = StoredRow(row(), kind, 1, wamid_id="other")
    assert concerns(receipt, same) == (kind in {"accepted", "sent"})
    assert concerns(receipt, fresh) == (kind not in {"failed", "delivered", "read"})
    assert not concerns(receipt, other)
