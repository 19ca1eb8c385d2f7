from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budget import Budget, budget


@pytest.mark.parametrize(
    ("text", "low", "high", "currency"),
    [
        ("entre 3 y 5 mil dólares", 3000, 5000, "USD"),
        ("3-5k USD", 3000, 5000, "USD"),
        ("$3,000 - $5,000", 3000, 5000, "USD"),
        ("between 3 and 5 thousand dollars", 3000, 5000, "USD"),
        ("de 3 a 5 mil reais", 3000, 5000, "BRL"),
        ("hasta 5.000 USD", None, 5000, "USD"),
        ("no más de 4 mil euros", None, 4000, "EUR"),
        ("até R$ 20 mil", None, 20000, "BRL"),
        ("at least 10k", 10000, None, None),
        ("más de 2.000 dólares", 2000, None, "USD"),
        ("unos 4 mil", 4000, 4000, None),
        ("1.5 millones de pesos", 1_500_000, 1_500_000, None),
        ("tengo 500 USD al mes", 500, 500, "USD"),
        ("5000", 5000, 5000, None),
        ("somos 3, y tenemos 8000 USD", 8000, 8000, "USD"),
        ("entre 500 y 5000 dólares", 500, 5000, "USD"),
        ("6 a 8 millones de pesos", 6_000_000, 8_000_000, None),
        ("between 1 and 2 million", 1_000_000, 2_000_000, None),
        ("6000 EUR, máximo 7000 EUR", 6000, 7000, "EUR"),
        ("3.000 dólares, máximo 4.000", 3000, 4000, "USD"),
        ("about $5k, up to $6k", 5000, 6000, "USD"),
        ("uns 5 mil, no máximo 6 mil reais", 5000, 6000, "BRL"),
        ("unos seis mil, como mucho 7 mil euros", None, 7000, "EUR"),
        ("somos 2, máximo 7000 EUR", None, 7000, "EUR"),
        ("6 millones y medio", 6_500_000, 6_500_000, None),
        ("6 y medio millones de pesos", 6_500_000, 6_500_000, None),
        ("4k and a half quid", 4500, 4500, "GBP"),
        ("$15.000.000 COP", 15_000_000, 15_000_000, "COP"),
        ("$500 MXN", 500, 500, "MXN"),
        ("100 mil pesos mexicanos", 100_000, 100_000, "MXN"),
        ("$ 2 millones de pesos argentinos", 2_000_000, 2_000_000, "ARS"),
        ("20 millones de pesos colombianos", 20_000_000, 20_000_000, "COP"),
        ("$4 millones de pesos", 4_000_000, 4_000_000, None),
        ("entre 10 mil y 15 mil", 10_000, 15_000, None),
        ("entre 10 mil dólares y 15 mil dólares", 10_000, 15_000, "USD"),
        ("15 o 20 mil dólares", 15_000, 20_000, "USD"),
        ("5 or 6 thousand", 5000, 6000, None),
        ("10 mil a 15 mil euros", 10_000, 15_000, "EUR"),
        ("somos 3 o 4, y tenemos 8000 USD", 8000, 8000, "USD"),
        ("5 mil y pico euros", 5000, 5000, "EUR"),
        ("2 mil 500 dólares", 2500, 2500, "USD"),
        ("2 mil e 500 reais", 2500, 2500, "BRL"),
        ("1 millón 200 mil pesos mexicanos", 1_200_000, 1_200_000, "MXN"),
        ("20 mil, 10 mil ahora", 20_000, 20_000, None),
        ("1500 MN", 1500, 1500, None),
        ("no menos de 5000", 5000, None, None),
        ("not less than 5000", 5000, None, None),
        ("300 lucas", 300_000, 300_000, None),
        ("S/3500", 3500, 3500, "PEN"),
        ("S/.3,500", 3500, 3500, "PEN"),
        ("RD$ 300,000", 300_000, 300_000, "DOP"),
        ("15 lakhs", 1_500_000, 1_500_000, None),
        ("15 lakh rupees", 1_500_000, 1_500_000, "INR"),
        ("₹15,00,000", 1_500_000, 1_500_000, "INR"),
        ("2.5 crore rupees", 25_000_000, 25_000_000, "INR"),
        ("5m naira", 5_000_000, 5_000_000, "NGN"),
        ("₦5,000,000", 5_000_000, 5_000_000, "NGN"),
        ("$1.2M", 1_200_000, 1_200_000, "USD"),
        ("A$20k", 20_000, 20_000, "AUD"),
        ("20k Aussie dollars", 20_000, 20_000, "AUD"),
        ("9000 CHF", 9000, 9000, "CHF"),
        ("6ish grand", 6000, 6000, None),
        ("6k-ish", 6000, 6000, None),
        ("not more than 12 thousand", None, 12_000, None),
        ("not over 12k", None, 12_000, None),
        ("5k+", 5000, None, None),
        ("mi presupuesto para 2026 es 5000", 5000, 5000, None),
        ("my 2026 budget is 10k", 10_000, 10_000, None),
        ("unos 2026", 2026, 2026, None),
        ("no tengo más de 3 mil y pico", None, 3000, None),
        ("no llego a 3000", None, 3000, None),
        ("não passo de 20 mil reais", None, 20_000, "BRL"),
        ("I can't go over 5k", None, 5000, None),
        ("we won't spend more than 5k", None, 5000, None),
        ("tengo 5000 pero puedo subir a 7000", 5000, 7000, None),
        ("I have 5k, could stretch to 6k", 5000, 6000, None),
        ("no tenemos problema, más de 5000 seguro", 5000, None, None),
    ],
)
def test_the_range_and_the_currency(
    text: str, low: int | None, high: int | None, currency: str | None
) -> None:
    wanted = [None if bound is None else Decimal(bound) for bound in (low, high)]
    assert budget(text, "USD") == Budget(low=wanted[0], high=wanted[1], currency=currency)


@pytest.mark.parametrize("text", ["", "lo que haga falta", "depende del precio", "no idea"])
def test_no_amount_is_no_budget(text: str) -> None:
    assert budget(text, "USD") is None


def test_a_sign_of_many_currencies_is_the_own_one_where_it_can_be() -> None:
    assert budget("$ 900", "MXN") == Budget(low=Decimal(900), high=Decimal(900), currency="MXN")
    assert budget("900 pesos", "USD") == Budget(low=Decimal(900), high=Decimal(900), currency=None)


def test_words_made_to_be_slow_are_not() -> None:
    began = process_time()
    for words in ("de 2026 ", "desde 1 ", "entre 1 y ", "1 a a "):
        budget((words * 500)[:500], "USD")
    assert process_time() - began < 0.1


@given(st.text(max_size=80))
def test_any_text_gives_an_ordered_range_or_none(text: str) -> None:
    found = budget(text, "USD")
    if found and found.low is not None and found.high is not None:
        assert found.low <= found.high
