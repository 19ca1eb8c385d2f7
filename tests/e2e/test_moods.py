"""Leads who want to be left alone, who are angry, or who are none, through the signed webhook."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.followups import Followups
from domain.sentences import SENTENCES
from domain.values import Language
from tests.e2e.conftest import Company
from tests.e2e.test_conversations import TALKS, record

MOODS: dict[str, dict[Language, str]] = {
    "later": {
        "es": "ahora no puedo, te escribo luego",
        "en": "I'm busy right now",
        "pt": "agora não, te escrevo depois",
    },
    "not_interested": {
        "es": "no me interesa, gracias",
        "en": "I'm not interested, thanks",
        "pt": "não tenho interesse, obrigado",
    },
    "wrong_number": {
        "es": "perdón, me equivoqué de número",
        "en": "sorry, wrong number",
        "pt": "desculpe, número errado",
    },
    "angry": {
        "es": "son unos inútiles, esto es una vergüenza",
        "en": "this is ridiculous, you are useless",
        "pt": "isso é um absurdo, vocês são inúteis",
    },
}
CASES = [(mood, language) for mood, said in MOODS.items() for language in said]


@pytest.mark.parametrize(("mood", "language"), CASES)
async def test_the_mood_is_recorded_and_nothing_is_asked(
    company: Company, phone: str, mood: str, language: Language
) -> None:
    for line in TALKS[language][:3]:
        await company.says(phone, line)
    said = await company.says(phone, MOODS[mood][language])
    kept = await record(company, phone)
    [*_, turn] = await company.of(phone, "turns", order="at")
    assert turn["decision"]["signals"]["mood"] == mood
    assert said
    assert "?" not in said
    assert (SENTENCES["person_offered"][language] in said) is (mood == "angry")
    assert (kept.lead["stage"], kept.handoffs) == ("qualification", [])
    assert await company.says(phone, TALKS[language][3])
    assert (await record(company, phone)).value("budget")


async def test_who_wants_to_be_left_alone_gets_no_nudge(company: Company, phone: str) -> None:
    other = f"{int(phone) + 500_000}"
    for lead in (phone, other):
        for line in TALKS["es"][:3]:
            await company.says(lead, line)
    await company.says(phone, MOODS["later"]["es"])
    later = datetime.now(UTC) + timedelta(hours=1)
    services = company.services
    await Followups(services.stores.pool, services.business, lambda: later).work()
    assert await company.of(phone, "followups") == []
    contact = await company.of(other, "leads")
    [seen] = await company.fetch(
        "SELECT silence_for FROM contacts WHERE id = $1", contact[0]["contact_id"]
    )
    assert seen["silence_for"]


async def test_spam_is_answered_once_and_recorded(company: Company, phone: str) -> None:
    assert await company.says(phone, "Make money fast from home! Forward this to ten friends")
    assert not await company.says(phone, "You have won! Make money online today")
    assert not await company.says(phone, "crypto signals, forward this message to all")
    kept = await record(company, phone)
    assert (len(kept.messages), kept.handoffs, kept.lead["unresolved"]) == (4, [], 0)
    assert await company.says(phone, "hi, I'm John and I need solar panels")


async def test_a_machine_that_repeats_itself_is_no_longer_answered(
    company: Company, phone: str
) -> None:
    machine = "Su mensaje es importante: nuestras oficinas abren de lunes a viernes a las ocho"
    for _ in range(3):
        await company.says(phone, machine)
    asked = len(company.model.asked)
    handed = (await record(company, phone)).handoffs
    assert not await company.says(phone, machine)
    assert len(company.model.asked) == asked
    assert (await record(company, phone)).handoffs == handed


async def test_a_declined_budget_is_asked_for_no_third_time(company: Company, phone: str) -> None:
    for line in TALKS["es"][:3]:
        await company.says(phone, line)
    await company.says(phone, "prefiero no decirlo")
    for line in ("decido yo", "¿tienen garantía?", "el próximo mes"):
        assert "presupuesto" not in await company.says(phone, line)
    assert (await record(company, phone)).value("budget") is None
