from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lead import Fact
from domain.proof import accept
from domain.proposal import ProposedFact
from domain.zones import known, phone_zone, zone_said
from tests.tools.companies import NOW


@pytest.mark.parametrize(
    ("phone", "zone", "sure"),
    [
        ("34600123456", "Europe/Madrid", True),
        ("573001234567", "America/Bogota", True),
        ("56912345678", "America/Santiago", True),
        ("351912345678", "Europe/Lisbon", True),
        ("447911123456", "Europe/London", True),
        ("5491123456789", "America/Buenos_Aires", True),
        ("593991234567", "America/Guayaquil", True),
        ("18095551234", "America/Santo_Domingo", True),
        # countries with several zones: the likely one, to be asked about
        ("5215512345678", "America/Mexico_City", False),
        ("526641234567", "America/Tijuana", False),
        ("551187654321", "America/Sao_Paulo", False),
        ("5592987654321", "America/Manaus", False),
        ("13105550123", "America/Los_Angeles", False),
        ("12125551234", "America/New_York", False),
        ("14165550123", "America/Toronto", False),
        ("61412345678", "Australia/Sydney", False),
        ("79161234567", "Europe/Moscow", False),
    ],
)
def test_a_phone_tells_the_zone(phone: str, zone: str, sure: bool) -> None:  # noqa: FBT001 - parametrized
    found = phone_zone(phone)
    assert found is not None
    assert (found.name, found.sure) == (zone, sure)


@pytest.mark.parametrize("phone", ["", "0", "999999999", "no phone", "+", "1"])
def test_what_is_no_number_tells_nothing(phone: str) -> None:
    assert phone_zone(phone) is None


@given(st.text(alphabet="0123456789", max_size=18))
def test_any_digits_give_a_zone_that_exists_or_none(phone: str) -> None:
    if found := phone_zone(phone):
        assert known(found.name)
        ZoneInfo(found.name)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS - {"AC", "TA", "XK"}))
def test_every_country_has_a_zone(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    found = phone_zone(f"{number.country_code}{number.national_number}")
    assert found is not None
    assert known(found.name)


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("estoy en Madrid", "Europe/Madrid"),
        ("vivo en Ciudad de México", "America/Mexico_City"),
        ("moro em São Paulo", "America/Sao_Paulo"),
        ("Houston, Texas", "America/Chicago"),
        ("I'm in New York", "America/New_York"),
        ("Barcelona", "Europe/Madrid"),
        ("entre Madrid y Bogotá", None),
        ("meu nome é Ana", None),
        ("a las cuatro", None),
        ("", None),
    ],
)
def test_a_place_in_words_is_a_zone(words: str, zone: str | None) -> None:
    assert zone_said(words) == zone


@pytest.mark.parametrize(
    ("quote", "value", "zone"),
    [
        ("estoy en Tarragona", "Europe/Madrid", "Europe/Madrid"),
        ("estoy en Madrid", "Madrid", "Europe/Madrid"),
        # what he said himself wins over what the model made of it
        ("estoy en Madrid", "America/Bogota", "Europe/Madrid"),
        ("estoy en mi casa", "Mars/Olympus", None),
        ("estoy en mi casa", "Etc/GMT+5", None),
        ("estoy en mi casa", "UTC", None),
    ],
)
def test_a_zone_is_a_fact_only_when_it_exists(quote: str, value: str, zone: str | None) -> None:
    proposed = [ProposedFact(field="timezone", quote=quote, value=value)]
    facts, dropped = accept(proposed, [("m1", quote)], NOW, currency="USD")
    assert [fact.value for fact in facts] == ([zone] if zone else [])
    assert dropped == (zone is None)
    assert all(isinstance(fact, Fact) for fact in facts)
