"""The report over small worlds whose figures are reckoned by hand, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from crm.handoffs import record_rep_message
from crm.pool import Pool
from crm.report import report
from domain.report import PRICES, Report, Spread, total
from report_text import text

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
