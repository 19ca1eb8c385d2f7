from datetime import datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.choice import picked

ZONE = ZoneInfo("Europe/Madrid")
STARTS = [
    datetime(2026, 11, 24, 10, tzinfo=ZONE),
    datetime(2026, 11, 25, 16, tzinfo=ZONE),
    datetime(2026, 11, 26, 10, tzinfo=ZONE),
]
"""Tuesday at ten, Wednesday at four, Thursday at ten."""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("la primera", 0), ("la segunda por favor", 1), ("the third one, please", 2),
        ("a primeira", 0), ("o segundo", 1), ("2", 1), ("opción 3", 2), ("sí, la 1a", 0),
        ("el jueves a las 10", 2), ("Thursday at 10", 2), ("quinta às 10h", 2),
        ("el martes a las 10:00", 0), ("a las 4", 1), ("at 4 pm", 1), ("às 16h", 1), ("16:00", 1),
        ("quiero el miércoles a las 4", 1), ("I'll take the second one!", 1),
    ],
)  # fmt: skip
def test_words_that_pick_one_time(text: str, place: int) -> None:
    assert picked(text, STARTS, "es") == place


@pytest.mark.parametrize(
    "text",
    [
        # two of them, none of them
        "a las 10", "el jueves", "el jueves a las 11", "la cuarta", "7", "el viernes a las 10",
        # more than a choice
        "no la primera", "el jueves a las 10 no puedo", "¿el jueves a las 10?", "la primera o la 2",
        "el jueves a las 10 de la noche", "not the second one", "la segunda si es por video",
        "el otro jueves a las 10", "jueves 3 a las 10", "on second thought no", "sí", "", "ok",
        # the second, or four o'clock, or ten
        "a las 2", "10", "4", "4 am", "25", "la 4", "a 4", "la 1", "a la 1", "para 2",
        # early in the morning, midnight
        "a primera hora", "a las 0",
    ],
)  # fmt: skip
def test_words_that_are_left_to_the_model(text: str) -> None:
    assert picked(text, STARTS, "es") is None


def test_segunda_is_monday_too() -> None:
    monday = datetime(2026, 11, 30, 9, tzinfo=ZONE)
    assert picked("a segunda", [*STARTS[:1], monday], "pt") == 1
    assert picked("a segunda", [monday, *STARTS[:1]], "pt") is None
    assert picked("la segunda", [monday, *STARTS[:1]], "es") == 1
    assert picked("a segunda", STARTS, "pt") == 1


def test_the_number_of_a_time_is_not_the_hour_of_another() -> None:
    three_oclock = datetime(2026, 11, 23, 15, tzinfo=ZONE)
    assert picked("la 3", [three_oclock, *STARTS[:2]], "es") is None
    assert picked("a las 3", [three_oclock, *STARTS[:2]], "es") == 0
    assert picked("la 2", STARTS, "es") == 1
    assert picked("a las 12", [datetime(2026, 11, 23, 12, tzinfo=ZONE)], "es") == 0
    assert picked("a las 0", [datetime(2026, 11, 23, 12, tzinfo=ZONE)], "es") is None


def test_the_longest_message_takes_no_time() -> None:
    began = process_time()
    assert picked("…" * 4095 + "x", STARTS, "es") is None
    assert process_time() - began < 0.5


@given(st.text(), st.integers(0, 3))
def test_any_words_pick_a_time_that_was_shown_or_none(text: str, shown: int) -> None:
    assert picked(text, STARTS[:shown], "pt") in {None, *range(shown)}
