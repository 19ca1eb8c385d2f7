from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.window import FREE_ENTRY, WINDOW, closes_at, free_entry_ends_at, is_open

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@given(st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3)))
def test_window_is_open_until_it_closes(later: timedelta) -> None:
    assert is_open(NOON, NOON + later) is (NOON + later < closes_at(NOON))


def test_window_closes_24_hours_after_the_leads_last_message() -> None:
    assert is_open(NOON, NOON + WINDOW - MOMENT)
    assert not is_open(NOON, NOON + WINDOW)


def test_a_lead_who_never_wrote_has_no_window() -> None:
    assert not is_open(None, NOON)


def test_free_entry_counts_from_our_answer_when_that_came_in_time() -> None:
    answered = NOON + WINDOW
    assert free_entry_ends_at(NOON, answered) == answered + FREE_ENTRY
    assert free_entry_ends_at(NOON, answered + MOMENT) is None
