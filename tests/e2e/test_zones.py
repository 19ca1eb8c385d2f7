"""A lead in Madrid and a company in Bogota, through the webhook and PostgreSQL."""

from itertools import count
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import Company
from tests.e2e.test_conversations import TALKS, choices

_IN_SPAIN = count(34600110000)
NAMED = {"es": "hora de Madrid", "en": "Madrid time", "pt": "horário de Madri"}
MORE = {"es": "¿y otros horarios?", "en": "any other times?", "pt": "tem outros horários?"}
MOVED = {"es": "estoy en Bogotá", "en": "I'm in Bogotá", "pt": "estou em Bogotá"}


@pytest.mark.parametrize("language", TALKS)
async def test_a_lead_in_madrid_sees_and_books_times_of_madrid(
    company: Company, language: str
) -> None:
    phone = str(next(_IN_SPAIN))
    for line in TALKS[language][:-1]:
        await company.says(phone, line)
    offered = await company.says(phone, TALKS[language][-1])
    [contact] = await company.fetch("SELECT * FROM contacts WHERE phone = $1", phone)
    assert (contact["timezone"], contact["timezone_source"]) == ("Europe/Madrid", "phone")
    assert NAMED[language] in offered

    asked = len(company.model.asked)
    seen = choices(company, phone)
    more = await company.taps(phone, "more:")
    assert NAMED[language] in more
    assert not set(seen) & set(choices(company, phone))
    assert len(company.model.asked) == asked

    confirmed = await company.taps(phone, choices(company, phone)[0])
    [booking] = await company.of(phone, "bookings")
    start = booking["starts_at"].astimezone(ZoneInfo("Europe/Madrid"))
    assert f"{start:%H:%M} ({NAMED[language]})" in confirmed
    assert len(company.model.asked) == asked


@pytest.mark.parametrize("language", TALKS)
async def test_what_he_says_of_his_place_holds_from_then_on(
    company: Company, language: str
) -> None:
    phone = str(next(_IN_SPAIN))
    for line in TALKS[language]:
        await company.says(phone, line)
    told = await company.says(phone, MOVED[language])
    assert NAMED[language] not in told
    assert "Bogot" in told
    [contact] = await company.fetch("SELECT * FROM contacts WHERE phone = $1", phone)
    assert (contact["timezone"], contact["timezone_source"]) == ("America/Bogota", "said")
    assert "Bogot" in await company.says(phone, MORE[language])


async def test_a_lead_who_returns_is_offered_times_with_the_same_rep(company: Company) -> None:
    phone = str(next(_IN_SPAIN))
    for line in TALKS["es"]:
        await company.says(phone, line)
    await company.taps(phone, choices(company, phone)[1])
    [booking] = await company.of(phone, "bookings")
    await company.says(phone, "quiero cancelar la llamada")
    await company.says(phone, "¿qué otros horarios hay?")
    await company.taps(phone, choices(company, phone)[0])
    again = await company.of(phone, "bookings", "status = 'confirmed'")
    assert [row["rep"] for row in again] == [booking["rep"]]
