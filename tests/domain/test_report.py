"""The report's arithmetic: unknown stays unknown, and parts add up."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.report import PRICES, Spent, begin, money, per, percent, total

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=BOGOTA)

counts = st.integers(0, 10**9)


@st.composite
def spendings(draw: st.DrawFn) -> Spent:
    fresh, cached = draw(counts), draw(counts)
    return Spent(
        model=draw(st.sampled_from(sorted(PRICES))),
        purpose=draw(st.sampled_from(["answer", "summary", "brief", "discarded"])),
        calls=draw(counts),
        input_tokens=fresh + cached,
        cached_tokens=cached,
        output_tokens=draw(counts),
    )


@given(part=counts, more=counts)
def test_a_percentage_lies_between_0_and_100_and_is_unknown_of_nothing(
    part: int, more: int
) -> None:
    of_all = percent(part, part + more)
    assert (of_all is None) == (part + more == 0)
    assert of_all is None or 0 <= of_all <= 100


@given(st.lists(spendings()))
def test_the_total_is_the_sum_of_its_parts_in_any_order(spent: list[Spent]) -> None:
    whole = total(spent, PRICES)
    assert whole == total(reversed(spent), PRICES)
    assert whole == pytest.approx(sum(money(part, PRICES) or 0 for part in spent))


@given(st.lists(spendings(), min_size=1), st.data())
def test_one_unknown_price_makes_the_total_unknown(spent: list[Spent], data: st.DataObject) -> None:
    strange = data.draw(st.sampled_from(spent)).model_copy(update={"model": "somebody-else"})
    assert total([*spent, strange], PRICES) is None


@given(spendings())
def test_cached_input_never_costs_more_than_fresh(spent: Spent) -> None:
    fresh = money(spent.model_copy(update={"cached_tokens": 0}), PRICES)
    paid = money(spent, PRICES)
    assert paid is not None
    assert fresh is not None
    assert 0 <= paid <= fresh


def test_a_dated_model_has_the_price_of_its_family() -> None:
    spent = Spent(
        model="gpt-4o-2024-08-06", purpose="answer", calls=1,
        input_tokens=1_900, cached_tokens=1_408, output_tokens=50,
    )  # fmt: skip
    assert money(spent, PRICES) == pytest.approx(0.00349)


def test_nothing_is_shared_among_nobody() -> None:
    assert per(12.0, 0) is None
    assert per(None, 3) is None
    assert per(12.0, 3) == 4.0


@given(st.integers(0, 99_999), st.sampled_from(["h", "d"]))
def test_a_span_reaches_back_as_far_as_it_says(count: int, unit: str) -> None:
    span = timedelta(hours=count) if unit == "h" else timedelta(days=count)
    try:
        since = begin(f"{count}{unit}", NOW, BOGOTA)
    except OverflowError:
        assert span > NOW.replace(tzinfo=None) - datetime.min  # noqa: DTZ901 - no zone can be older
    else:
        assert NOW - since == span


def test_a_date_begins_at_midnight_of_the_business() -> None:
    assert begin("2026-11-01", NOW, BOGOTA) == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert begin("2026-11-22", NOW, BOGOTA) < NOW


@given(st.text(max_size=12))
def test_anything_else_is_refused_or_lies_in_the_past(words: str) -> None:
    try:
        since = begin(words, NOW, BOGOTA)
    except (ValueError, OverflowError):
        return
    assert since <= NOW
