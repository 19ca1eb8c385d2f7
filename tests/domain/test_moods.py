import pytest

from domain.moods import asks, left_alone, same_again, silenced

LONG = "Gracias por comunicarte con Panadería Sol. Te responderemos en breve."


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ([LONG] * 3, True),
        ([LONG] * 2, False),
        ([LONG, LONG.upper(), f" {LONG} "], True),
        ([LONG, "hola", LONG], False),
        ([], False),
    ],
)
def test_a_machine_says_the_same_again(before: list[str], *, again: bool) -> None:
    assert same_again(LONG, before) is again


def test_a_short_word_may_be_said_as_often_as_he_likes() -> None:
    assert not same_again("hola", ["hola"] * 9)


def test_spam_is_answered_once() -> None:
    assert not silenced("spam", None)
    assert silenced("spam", "spam")
    assert not silenced("usual", "spam")


def test_whom_to_leave_alone() -> None:
    assert left_alone("later")
    assert not left_alone("angry")
    assert asks("¿Por qué no?")
