"""The report in a terminal: readable at 80 columns, and unknown is never zero."""

from datetime import UTC, datetime, timedelta

from crm.report import STEPS
from domain.report import PRICES, Reason, Report, Spent, Spread, Step
from report_text import as_json, text

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING = Report(
    since=UNTIL - timedelta(days=30),
    until=UNTIL,
    funnel=tuple(Step(name=name, count=0) for name in STEPS),
    no_shows=0,
    without_human=0,
    conversations=0,
    qualified=0,
    bookings=0,
    messages_before_booking=Spread(),
    reply=Spread(),
    handoffs=(),
    first_word=Spread(),
    without_word=0,
    spent=(),
)


def spent(model: str, purpose: str) -> Spent:
    return Spent.of({
        "model": model, "purpose": purpose, "calls": 123_456, "input_tokens": 345_678_901,
        "cached_tokens": 234_567_890, "output_tokens": 12_345_678,
    })  # fmt: skip


BUSY = NOTHING.model_copy(
    update={
        "funnel": tuple(Step(name=name, count=123_456, seconds=86_399.0) for name in STEPS),
        "messages_before_booking": Spread(count=123_456, p50=12.5, p95=123.5),
        "reply": Spread(count=123_456, p50=1.25, p95=59.94),
        "first_word": Spread(count=123_456, p50=3_599.0, p95=863_990.0),
        "without_human": 98_765,
        "conversations": 234_567,
        "qualified": 3,
        "handoffs": (Reason(reason="low_confidence", handoffs=12_345, conversations=12_344),),
        "spent": (
            spent("gpt-4o-2024-08-06", "answer"),
            spent("gpt-4o-2024-08-06", "discarded"),
            spent("gpt-6-luna", "summary"),
        ),
    }
)


def lines(report: Report) -> dict[str, str]:
    """What stands behind each name; of two alike, the last."""
    parts = (line.strip().split("  ", 1) for line in text(report, PRICES).splitlines())
    return {part[0]: part[-1].strip() for part in parts}


def test_no_line_is_wider_than_a_terminal() -> None:
    for report in (NOTHING, BUSY):
        assert max(map(len, text(report, PRICES).splitlines())) <= 80


def test_what_was_never_measured_is_a_dash() -> None:
    said = lines(NOTHING)
    assert said["Reply time, p50/p95"].split()[0] == "–"
    assert said["Per booking"] == "–"
    assert said["Total"] == "0.00"
    told = as_json(NOTHING, PRICES)
    assert told["reply"] == {"count": 0, "p50": None, "p95": None}
    assert told["qualified_without_human_percent"] is None
    assert told["usd"]["per_conversation"] is None


def test_money_adds_up_over_the_purposes_of_a_model() -> None:
    usd = as_json(BUSY, PRICES)["usd"]
    # 111.111011 M fresh at 2.5, 234.56789 M cached at 1.25, 12.345678 M out at 10
    each = 111.111011 * 2.5 + 234.56789 * 1.25 + 12.345678 * 10
    assert round(usd["by_model"]["gpt-4o-2024-08-06"], 6) == round(2 * each, 6)
    assert round(sum(usd["by_model"].values()) - usd["total"], 6) == 0
    assert usd["per_qualified_lead"] == usd["total"] / 3
    assert usd["per_booking"] is None


def test_a_model_without_a_price_makes_the_money_unknown_and_says_what_to_set() -> None:
    own = BUSY.model_copy(update={"spent": (spent("own-model", "answer"),)})
    assert as_json(own, PRICES)["usd"]["by_model"] == {"own-model": None}
    assert lines(own)["Total"] == lines(own)["Per booking"] == "unknown"
    assert "MODEL_PRICES" in text(own, PRICES)
