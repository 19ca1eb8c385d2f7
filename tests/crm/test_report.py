"""The report over small worlds whose figures are reckoned by hand, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from crm.erasure import empty, same_person
from crm.handoffs import record_rep_message
from crm.joining import join
from crm.model_uses import note
from crm.pool import Pool
from crm.report import report
from crm.turns import commit
from domain.messages import Text
from domain.proposal import Usage
from domain.report import PRICES, Report, Spread, total
from report_text import as_json, text
from tests.crm.made import ADDRESS, REPS, batch, inbound, outcome

T0 = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
END = T0 + timedelta(days=30)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


async def lead(pool: Pool, minute: float, *, qualified: float | None = None) -> str:
    """A contact whose first message was answered four seconds later."""
    contact, turn, row = (str(uuid4()) for _ in range(3))
    await pool.execute(
        "INSERT INTO contacts (id, first_inbound_at) VALUES ($1, $2)", contact, at(minute)
    )
    await pool.execute(
        "INSERT INTO leads (contact_id, stage, qualified_at) VALUES ($1, 'greeting', $2)",
        contact,
        None if qualified is None else at(qualified),
    )
    await pool.execute(
        "INSERT INTO turns VALUES ($1, $2, 'greeting', 'greeting', 'answer', '{}', 1, true,"
        " 'gpt-4o', 1, 1000, 100, 1, 0, $3, 400)",
        turn, contact, at(minute),
    )  # fmt: skip
    await pool.executemany(
        "INSERT INTO messages (id, contact_id, turn_id, direction, kind, text, at)"
        " VALUES ($1, $2, $3, $4, 'text', 'x', $5)",
        [(f"in{row}", contact, turn, "in", at(minute)), (row, contact, turn, "out", at(minute))],
    )
    await pool.execute(
        "INSERT INTO outbox (id, contact_id, turn_id, position, recipient_phone, message, heard_at,"
        " sent_at) VALUES ($1, $2, $3, 0, '1', '{}', $4, $5)",
        row, contact, turn, at(minute), at(minute) + timedelta(seconds=4),
    )  # fmt: skip
    return contact


async def call(pool: Pool, contact: str, made: float, status: str, key: str) -> None:
    await pool.execute(
        "INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status, key, created_at)"
        " VALUES ($1, 'luz', $2, $3, $4, $5, $6)",
        contact, at(made + 60), at(made + 90), status, key, at(made),
    )  # fmt: skip


async def hand_over(pool: Pool, contact: str, minute: float) -> None:
    await pool.execute(
        "INSERT INTO handoffs (id, contact_id, turn_id, reason, rep, signals, at)"
        " VALUES ($1, $2, 't', 'asked', 'luz', '{}', $3)",
        str(uuid4()), contact, at(minute),
    )  # fmt: skip


def counts(found: Report) -> dict[str, int]:
    return {step.name: step.count for step in found.funnel}


async def test_a_world_reckoned_by_hand(pool: Pool) -> None:
    alone = await lead(pool, 0, qualified=10)
    helped = await lead(pool, 1, qualified=20)
    await lead(pool, 2)
    await lead(pool, -5, qualified=5)  # first wrote before the period
    await call(pool, alone, 12, "confirmed", "a")
    await call(pool, helped, 30, "cancelled", "released:x")  # a hold that ran out
    await hand_over(pool, helped, 15)
    await hand_over(pool, alone, 40)
    await record_rep_message(pool, helped, "r", "soy Luz", at(18))

    found = await report(pool, T0, END)

    assert counts(found) == {
        "contacts": 3, "greeted": 3, "qualification": 2, "qualified": 2, "scheduling": 1,
        "booked": 1, "held": 1,
    }  # fmt: skip
    assert found.without_human == 1
    assert (found.conversations, found.qualified, found.bookings) == (3, 3, 1)
    assert found.reply == Spread(count=3, p50=4, p95=4)
    assert found.messages_before_booking == Spread(count=1, p50=1, p95=1)
    assert found.first_word == Spread(count=1, p50=180, p95=180)
    assert found.without_word == 1
    # 3 turns of 600 fresh, 400 cached, 100 out: 3 * (600*2.5 + 400*1.25 + 100*10) / 1e6
    assert total(found.spent, PRICES) == 0.009
    assert total(found.spent, {}) is None


async def test_an_empty_database_has_zeros_and_dashes(pool: Pool) -> None:
    found = await report(pool, T0, END)
    assert set(counts(found).values()) == {0}
    assert found.reply == Spread()
    assert "Fully qualified without a human" in text(found, PRICES)


async def test_a_step_that_nobody_took_took_no_time(pool: Pool) -> None:
    await lead(pool, 0, qualified=10)
    await lead(pool, 1)
    found = {step.name: step.seconds for step in (await report(pool, T0, END)).funnel}
    assert found == {
        "contacts": None, "greeted": 0, "qualification": 600, "qualified": 0, "scheduling": None,
        "booked": None, "held": None,
    }  # fmt: skip


async def test_the_period_begins_with_its_first_moment_and_ends_before_its_last(
    pool: Pool,
) -> None:
    await lead(pool, 0)
    assert (await report(pool, T0, at(1))).conversations == 1
    assert (await report(pool, at(-1), T0)).conversations == 0


async def test_summaries_and_briefs_are_paid_too(pool: Pool) -> None:
    await lead(pool, 0)
    paid = Usage(model="gpt-4o", calls=1, input_tokens=1000, cached_tokens=400, output_tokens=100)
    for purpose in ("summary", "brief", "discarded"):
        await note(pool, purpose, paid)
    await note(pool, "brief", Usage())
    until = datetime.now(UTC) + timedelta(minutes=1)
    found = await report(pool, T0, until)
    assert {spent.purpose: spent.calls for spent in found.spent} == {
        "answer": 1, "summary": 1, "brief": 1, "discarded": 1,
    }  # fmt: skip
    assert total(found.spent, PRICES) == 0.012
    shown = as_json(found, PRICES)["usd"]
    assert (shown["total"], shown["by_model"]) == (0.012, {"gpt-4o": 0.012})


async def test_an_erased_lead_stays_in_the_funnel(pool: Pool) -> None:
    booked = await lead(pool, 0, qualified=10)
    await call(pool, booked, 12, "confirmed", "a")
    other = await lead(pool, 1)
    await call(pool, other, 30, "cancelled", "released:x")
    before = await report(pool, T0, END)
    async with pool.acquire() as connection, connection.transaction():
        for each in (booked, other):
            await empty(connection, each, fence=1)
    after = await report(pool, T0, END)
    assert counts(after) == counts(before)
    assert (after.bookings, after.conversations) == (1, 2)
    assert after.messages_before_booking == Spread()  # how many there were is known no more


async def test_a_person_who_was_two_contacts_is_one_lead_once_erased_too(pool: Pool) -> None:
    whole, part = await lead(pool, 0), await lead(pool, 5)
    async with pool.acquire() as connection, connection.transaction():
        await join(connection, whole, [part])
        for each in await same_person(connection, whole):
            await empty(connection, each, fence=1)
    found = await report(pool, T0, END)
    assert (counts(found)["contacts"], found.conversations) == (1, 2)


async def test_the_report_waits_for_no_lock_and_none_waits_for_it(pool: Pool) -> None:
    contact = await lead(pool, 0)
    async with pool.acquire() as other, other.transaction():
        await other.execute("UPDATE contacts SET language = 'es' WHERE id = $1", contact)
        assert (await report(pool, T0, END)).conversations == 1


async def test_a_report_that_takes_too_long_ends(pool: Pool) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE turns IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimeoutError):
            await report(pool, T0, END, seconds=0.2)
    assert (await report(pool, T0, END)).conversations == 0


@pytest.mark.parametrize("leads", [0, 1])
async def test_no_line_is_wider_than_a_terminal(pool: Pool, leads: int) -> None:
    for minute in range(leads):
        contact = await lead(pool, minute, qualified=minute + 10)
        await call(pool, contact, 12, "confirmed", "a")
        await hand_over(pool, contact, 15)
    lines = text(await report(pool, T0, END), PRICES).splitlines()
    assert max(map(len, lines)) <= 80


async def test_a_turns_first_reply_knows_when_it_was_asked_for(pool: Pool) -> None:
    two = (Text(body="Hola."), Text(body="¿Qué necesitas?"))
    messages = (inbound("a", minute=1), inbound("b", minute=2))
    done = outcome("t1", replies=two)
    await commit(pool, batch("t1", *messages), ADDRESS, done, reps=REPS)
    await commit(pool, batch("t2"), ADDRESS, outcome("t2"), reps=REPS, wakes=("released",))
    heard = await pool.fetch("SELECT heard_at FROM outbox ORDER BY seq")
    assert [row["heard_at"] for row in heard] == [messages[0].at, None, None]
