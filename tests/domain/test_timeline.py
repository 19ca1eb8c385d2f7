from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import Dates
from domain.timeline import timeline

TODAY = date(2026, 11, 25)
"""A Wednesday."""


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("este mes", "2026-11-25", "2026-11-30"),
        ("el próximo mes", "2026-12-01", "2026-12-31"),
        ("mês que vem", "2026-12-01", "2026-12-31"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("esta semana", "2026-11-25", "2026-11-29"),
        ("next week", "2026-11-30", "2026-12-06"),
        ("la semana que viene", "2026-11-30", "2026-12-06"),
        ("next quarter", "2027-01-01", "2027-03-31"),
        ("this year", "2026-11-25", "2026-12-31"),
        ("el próximo año", "2027-01-01", "2027-12-31"),
        ("en dos semanas", "2026-11-25", "2026-12-09"),
        ("within 3 months", "2026-11-25", "2027-02-23"),
        ("em um mês", "2026-11-25", "2026-12-25"),
        ("en 15 días", "2026-11-25", "2026-12-10"),
        ("in a couple of weeks", "2026-11-25", "2026-12-09"),
        ("en marzo", "2027-03-01", "2027-03-31"),
        ("para diciembre", "2026-12-01", "2026-12-31"),
        ("in March 2028", "2028-03-01", "2028-03-31"),
        ("antes de marzo", "2026-11-25", "2027-02-28"),
        ("before January", "2026-11-25", "2026-12-31"),
        ("a partir de enero", "2027-01-01", None),
        ("Q1", "2027-01-01", "2027-03-31"),
        ("Q4 2026", "2026-11-25", "2026-12-31"),
        ("primer trimestre del año que viene", "2027-01-01", "2027-03-31"),
        ("no primeiro trimestre do ano que vem", "2027-01-01", "2027-03-31"),
        ("first quarter of 2027", "2027-01-01", "2027-03-31"),
        ("second quarter", "2027-04-01", "2027-06-30"),
        ("para el segundo semestre", "2026-11-25", "2026-12-31"),
        ("primer semestre", "2027-01-01", "2027-06-30"),
        ("no segundo semestre de 2027", "2027-07-01", "2027-12-31"),
        ("first half of next year", "2027-01-01", "2027-06-30"),
        ("antes de Navidad, a más tardar en enero", "2026-11-25", "2026-12-24"),
        ("before Christmas", "2026-11-25", "2026-12-24"),
        ("depois do Natal", "2026-12-25", None),
        ("a fin de mes", "2026-11-25", "2026-11-30"),
        ("end of the year", "2026-11-25", "2026-12-31"),
        ("fim do ano", "2026-11-25", "2026-12-31"),
        ("lo antes posible", "2026-11-25", None),
        ("ASAP", "2026-11-25", None),
        ("o quanto antes", "2026-11-25", None),
        ("en 2027", "2027-01-01", "2027-12-31"),
        ("a más tardar en mayo", "2026-11-25", "2027-05-31"),
        ("no later than March", "2026-11-25", "2027-03-31"),
        ("no máximo em abril", "2026-11-25", "2027-04-30"),
        ("até março", "2026-11-25", "2027-03-31"),
        ("entre el 10 y el 15 de enero", "2027-01-10", "2027-01-15"),
        ("15 a 20 de diciembre", "2026-12-15", "2026-12-20"),
        ("by March", "2026-11-25", "2027-02-28"),
        ("antes del 15 de diciembre", "2026-11-25", "2026-12-14"),
        ("para el 1º de marzo de 2028", "2028-03-01", "2028-03-01"),
        ("by December 15th", "2026-11-25", "2026-12-15"),
        ("a partir del 10 de enero", "2027-01-10", None),
        ("dia 20 de novembro", "2027-11-20", "2027-11-20"),
        ("até 31 de janeiro", "2026-11-25", "2027-01-31"),
        ("on the 3rd of February 2027", "2027-02-03", "2027-02-03"),
        ("el 31 de febrero", "2027-02-01", "2027-02-28"),
        ("este fin de semana", "2026-11-25", "2026-11-29"),
        ("not before March", "2027-03-01", None),
        ("no antes de marzo", "2027-03-01", None),
        ("after 3 months", "2027-02-23", None),
        ("más de 6 meses", "2027-05-24", None),
        ("en enero o febrero", "2027-01-01", "2027-02-28"),
        ("de enero a marzo", "2027-01-01", "2027-03-31"),
        ("December or January", "2026-12-01", "2027-01-31"),
        ("entre noviembre y diciembre", "2026-11-25", "2026-12-31"),
        ("March to May 2028", "2028-03-01", "2028-05-31"),
        ("dezembro a janeiro de 2028", "2027-12-01", "2028-01-31"),
        ("by the end of January", "2026-11-25", "2027-01-31"),
        ("by end of May 2027", "2026-11-25", "2027-05-31"),
        ("antes de fin de marzo", "2026-11-25", "2027-03-31"),
        ("at the end of March", "2027-03-21", "2027-03-31"),
        ("a finales de marzo", "2027-03-21", "2027-03-31"),
        ("mid-January", "2027-01-11", "2027-01-20"),
        ("em meados de janeiro", "2027-01-11", "2027-01-20"),
        ("a mediados de enero", "2027-01-11", "2027-01-20"),
        ("early February 2027", "2027-02-01", "2027-02-10"),
        ("first week of January", "2027-01-01", "2027-01-10"),
        ("principios de diciembre", "2026-12-01", "2026-12-10"),
        ("late November", "2026-11-25", "2026-11-30"),
        ("by end of Q1", "2026-11-25", "2027-03-31"),
        ("fin del Q2 de 2027", "2026-11-25", "2027-06-30"),
        ("EOQ", "2026-11-25", "2026-12-31"),
        ("EOY", "2026-11-25", "2026-12-31"),
        ("by year end", "2026-11-25", "2026-12-31"),
        ("end of the week", "2026-11-25", "2026-11-29"),
        ("end of next month", "2026-11-25", "2026-12-31"),
        ("end of next quarter", "2026-11-25", "2027-03-31"),
        ("early next year", "2027-01-01", "2027-03-31"),
        ("a principios del próximo año", "2027-01-01", "2027-03-31"),
        ("half a year", "2026-11-25", "2027-05-26"),
        ("en medio año", "2026-11-25", "2027-05-26"),
        ("in ten days", "2026-11-25", "2026-12-05"),
        ("en ocho semanas", "2026-11-25", "2027-01-20"),
        ("from January to March", "2027-01-01", "2027-03-31"),
        ("entre marzo y mayo", "2027-03-01", "2027-05-31"),
        ("March or April", "2027-03-01", "2027-04-30"),
        ("November to January", "2026-11-25", "2027-01-31"),
        ("2027-02-01", "2027-02-01", "2027-02-01"),
        ("by 2027-02-01", "2026-11-25", "2027-02-01"),
        ("2027-02", "2027-02-01", "2027-02-28"),
        ("H1 2027", "2027-01-01", "2027-06-30"),
        ("el 15/01/2027", "2027-01-15", "2027-01-15"),
        ("antes del 15/1", "2026-11-25", "2027-01-14"),
        ("para el 15-1-27", "2027-01-15", "2027-01-15"),
        ("by 12/20/2026", "2026-11-25", "2026-12-20"),
        ("usamos otro desde hace 3 meses, lo queremos en un mes", "2026-11-25", "2026-12-25"),
        ("el mes que entra", "2026-12-01", "2026-12-31"),
        ("lo más pronto posible", "2026-11-25", None),
        ("not before the end of January", "2027-01-21", None),
    ],
)
def test_the_dates_of_what_is_said(text: str, first: str | None, last: str | None) -> None:
    assert timeline(text, TODAY) == Dates(first=day(first), last=day(last))


@pytest.mark.parametrize(
    "text",
    [
        "", "no sé todavía", "depende", "sin prisa", "maybe later",
        "2027-13-01", "24/7", "hace 3 meses", "3 months ago", "há dois anos", "el 31/31/2027",
        "no es urgente", "not now", "ahora mismo no", "nada urgente", "não é urgente",
    ],
)  # fmt: skip
def test_what_names_no_date_is_none(text: str) -> None:
    assert timeline(text, TODAY) is None


words = st.sampled_from(
    ["en", "in", "em", "2", "tres", "a", "week", "meses", "próximo", "año", "q3", "marzo", "may",
     "antes de", "after", "fin de", "ya", "2027", "this", "que viene", "days", "999", "to", "by",
     "mid", "early", "next", "2027-02-30", "half", "end of", "h2", "first", "30/2/27", "el 9/9"]
)  # fmt: skip


@given(st.lists(words, max_size=7).map(" ".join), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_any_words_give_an_ordered_range_or_none(text: str, today: date) -> None:
    found = timeline(text, today)
    if found and found.first and found.last:
        assert found.first <= found.last


def test_a_quarter_ends_with_itself() -> None:
    may = date(2026, 5, 10)
    assert timeline("by the end of the quarter", may) == Dates(first=may, last=date(2026, 6, 30))
