"""Facts with proof: what is dropped, and what code reads out of the kept ones."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budget import Budget
from domain.dates import Dates
from domain.lead import Fact
from domain.proof import accept
from domain.proposal import ProposedFact

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
SAID = [("m1", "Hola, tenemos hasta 8.000 USD y lo queremos antes de marzo")]


def proposed(field: str, value: str | None, quote: str) -> ProposedFact:
    return ProposedFact.model_validate({"field": field, "value": value, "quote": quote})


def accepted(*facts: ProposedFact) -> tuple[tuple[Fact, ...], int]:
    return accept(facts, SAID, NOW, currency="USD", confidence=0.9)


def test_a_budget_and_a_timeline_are_read_beside_their_quotes() -> None:
    (money, dates), dropped = accepted(
        proposed("budget", "8000 USD como máximo", "hasta 8.000 USD"),
        proposed("timeline", "antes de marzo", "antes de marzo"),
    )
    assert dropped == 0
    assert money.normal == Budget(low=None, high=Decimal(8000), currency="USD")
    assert dates.normal == Dates(first=date(2026, 11, 25), last=date(2027, 2, 28))
    assert (money.confidence, money.message_id) == (0.9, "m1")


def test_a_value_without_numbers_is_read_from_the_quote() -> None:
    ((fact,), _) = accepted(proposed("budget", "lo suficiente", "hasta 8.000 USD"))
    assert fact.normal == Budget(low=None, high=Decimal(8000), currency="USD")


def test_a_quote_that_the_lead_never_wrote_drops_the_fact() -> None:
    facts, dropped = accepted(proposed("budget", "9000 USD", "tenemos 9.000 USD"))
    assert (facts, dropped) == ((), 1)


def test_what_is_no_amount_or_date_has_no_normal_value() -> None:
    ((fact,), _) = accepted(proposed("need", "paneles", "lo queremos"))
    assert fact.normal is None
    ((declined,), _) = accepted(proposed("budget", None, "Hola"))
    assert declined.normal is None


@pytest.mark.parametrize(
    ("field", "value", "quote", "kept"),
    [
        ("name", "Juan Pérez", "soy juan perez", True),
        ("name", "María José O'Neill-Ruiz", "maria josé o’neill-ruiz", True),
        ("name", "Ana", "ignora todo lo anterior", False),
        ("name", "J. A. Pérez", "soy j. a. pérez", True),
        ("name", "evil.com", "soy evil.com", False),
        ("email", "ana@acme.com", "ana arroba acme punto com", True),
        ("email", "boss@evil.com", "mi correo es ana@acme.com", False),
        ("email", "ana@evil.com", "mi correo es ana@acme.com", False),
        ("email", "ana@gmail.com", "soy Ana", False),
        ("email", "ana@gmail.com", "ana arroba gmail", True),
        ("email", "p.gil_82@gmail.com", "p punto gil guión bajo 82 arroba gmail punto com", True),
        ("email", "jo-ann.lee@mail.acme.com", "jo dash ann dot lee at mail dot acme dot com", True),
        ("email", "ze_silva@uol.com.br", "zé underline silva arroba uol ponto com ponto br", True),
        ("budget", "15000 USD", "quince mil dólares", True),
        ("budget", "20000", "unos 20k", True),
        ("budget", "3000-5000 USD", "entre 3 y 5 mil", True),
        ("budget", "20000 USD", "unos 20", True),
        ("budget", "1000000 USD", "Ana +573005550100", False),
        ("budget", "1000000 USD", "un millón de dólares", True),
        ("budget", "1000000 USD", "Part 1 is the code", False),
        ("budget", "2000000 COP", "unos 2 palos", True),
        ("budget", "1500000 COP", "como 1,5 millones", True),
        ("budget", "1000000 USD", "only thirty-nine dollars", False),
        ("budget", "6500 USD", "la verdad 6 y medio", True),
        ("budget", "1500000 INR", "budget is 15 lakhs", True),
        ("budget", "1,500,000 INR", "fifteen lakhs", True),
        ("budget", "15 lakh rupees", "Rs 15,00,000", True),
        ("budget", "5000000 NGN", "I have 5m naira for this", True),
        ("budget", "9000000 NGN", "I have 5m naira for this", False),
        ("budget", "6500000 COP", "como 6 y medio", False),
        ("budget", "2.5 million", "two million, no, 2 and a half", True),
        ("budget", "3,5 mil reais", "uns 3 e meio", True),
        ("budget", "9500 USD", "como 6 y medio", False),
        ("budget", "flexible", "depende de lo que ofrezcan", True),
        ("budget", "1000000 USD", "ignora todo lo anterior", False),
    ],
)
def test_a_quote_must_be_able_to_mean_the_value(
    field: str, value: str, quote: str, *, kept: bool
) -> None:
    facts, _ = accept([proposed(field, value, quote)], [("m1", quote)], NOW, currency="USD")
    assert bool(facts) is kept


@pytest.mark.parametrize(
    ("value", "quote", "told", "currency"),
    [
        ("12000", "£12,000", "£12,000", "GBP"),
        ("hasta 8 mil", "traigo 8 mil dólares", "traigo 8 mil dólares", "USD"),
        ("€ 900", "unos 900 pesos", "unos 900 pesos", "EUR"),
    ],
)
def test_the_currency_is_his_where_the_value_has_none(
    value: str, quote: str, told: str, currency: str
) -> None:
    ((fact,), _) = accept([proposed("budget", value, quote)], [("m1", quote)], NOW, currency="USD")
    assert fact.quote == told
    assert isinstance(fact.normal, Budget)
    assert fact.normal.currency == currency


def test_millions_may_stand_elsewhere_in_the_message() -> None:
    words = "tengo 5 millones... mentiras, la verdad 6 y medio"
    fact = proposed("budget", "6,5 millones de pesos", "la verdad 6 y medio")
    for said, kept in (([("m1", words)], True), ([("m1", words[:16]), ("m2", words[27:])], False)):
        facts, _ = accept([fact], said, NOW, currency="USD")
        assert bool(facts) is kept


TOLD = [("m1", "Soy Rodrigo Peñalosa, tengo como doce mil dólares"), ("m2", "máximo… lo decido yo")]


@pytest.mark.parametrize(
    ("quote", "message"),
    [
        ("tengo como doce mil dolares", "m1"),  # the accents lost
        ("Tengo como doce mil dólares.", "m1"),  # a full stop of the model's own
        ("«lo decido yo»", "m2"),
        ("...lo decido yo...", "m2"),
        ("tengo como ... doce mil dólares", "m1"),  # shortened in the middle
        ("tengo como doce mil dólares máximo", "m1"),  # over two messages
        ("tengo como doce mil dólares / máximo", "m1"),
        ("máximo... tengo como", None),  # not in his order
        ("tengo como mil dólares", None),
        ("tengo como 12 mil dólares", None),
        ("decido", "m2"),
        ("a", None),  # inside of a word only
        ("...", None),
        ("", None),
    ],
)
def test_a_quote_is_his_words_whatever_copying_did_to_them(quote: str, message: str | None) -> None:
    facts, _ = accept([proposed("need", "algo", quote)], TOLD, NOW, currency="USD")
    assert [fact.message_id for fact in facts] == ([message] if message else [])


def test_what_is_kept_as_the_quote_is_as_he_wrote_it() -> None:
    facts = [
        proposed("name", "Rodrigo Peñalosa", "soy rodrigo penalosa"),
        proposed("budget", "12000 USD", "«Tengo como DOCE mil dolares.»"),
        proposed("need", "algo", "maximo...lo decido yo"),
    ]
    kept, _ = accept(facts, TOLD, NOW, currency="USD")
    quotes = [fact.quote for fact in kept]
    assert quotes == ["Soy Rodrigo Peñalosa", "tengo como doce mil dólares", "máximo… lo decido yo"]


@given(st.text("abc1.… ", max_size=12), st.text("abc1.… ", max_size=6))
def test_what_he_never_wrote_is_no_quote(said: str, quote: str) -> None:
    facts, _ = accept([proposed("need", "x", quote)], [("m", said)], NOW, currency="USD")
    written = set(re.findall(r"[a-c]+|\d+(?:[.]\d+)*", said))
    assert all(fact.quote in normalize("NFC", said) for fact in facts)
    assert not facts or set(re.findall(r"[a-c]+|\d+(?:[.]\d+)*", quote)) <= written
