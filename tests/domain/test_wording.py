import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import Business
from domain.lead import FACT_FIELDS, Fact, Facts
from domain.messages import Button, Buttons
from domain.sentences import SENTENCES
from domain.slots import Booking
from domain.triggers import HandoffReason, Trigger
from domain.values import LANGUAGES, Language
from domain.wording import (
    calendar_link,
    facts_line,
    handoff_when,
    moment,
    placeholders,
    reason_line,
    say,
    slot_title,
    zone_name,
)

ROOT = Path(__file__).parent.parent.parent
ZONES = ("America/Bogota", "America/Argentina/Buenos_Aires", "Europe/Madrid", "UTC")
TUESDAY = datetime(2026, 11, 24, 15, tzinfo=UTC)
LONG = "Ñandú & Compañía de Soluciones Inmobiliarias, Sociedad Anónima de Capital Variable " * 2


def business(**changes: object) -> Business:
    nine_to_six = [
        {"day": day, "opens": "09:00", "closes": "18:00"}
        for day in ("mon", "tue", "wed", "thu", "fri")
    ]
    values = {
        "company": "Casa Clara", "about": "", "tone": "", "timezone": "America/Bogota",
        "language": "es", "privacy_url": "https://example.com/p", "currency": "USD",
        "hours": nine_to_six,
        "reps": [{"id": "ana", "name": "Ana", "phone": "+15550100001", "calendar": "ana"}],
        "handoff_template": {"name": "handoff", "language": "es"},
    }  # fmt: skip
    return Business.of(values | changes)


def fact(field: str, value: str | None) -> Fact:
    return Fact.of({"field": field, "value": value, "quote": "q", "message_id": "m", "at": TUESDAY})


@pytest.mark.parametrize("key", SENTENCES)
def test_every_key_is_in_every_language_with_the_same_values(key: str) -> None:
    sentences = SENTENCES[key]
    assert tuple(sorted(sentences)) == tuple(sorted(LANGUAGES))
    shapes = {
        tuple(frozenset(placeholders(line)) for line in sentence.split("\n"))
        for sentence in sentences.values()
    }
    assert len(shapes) == 1


def test_every_key_that_the_code_says_exists() -> None:
    code = "".join(
        path.read_text("utf-8")
        for path in (*(ROOT / "nodes").glob("*.py"), *(ROOT / "domain").glob("*.py"))
    )
    said = set(re.findall(r"\bsay\((?:\w+(?:\.\w+)*, )?\"(\w+)\"", code))
    assert said <= set(SENTENCES)
    assert said >= {"clarify", "apology", "today"}
    for trigger in get_args(Trigger):
        assert f"handoff_{trigger}" in SENTENCES
    for reason in get_args(HandoffReason):
        assert reason_line(reason, "en")
    assert set(FACT_FIELDS) <= set(SENTENCES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", SENTENCES)
def test_sentences_fit_whatsapp(key: str, language: Language) -> None:
    values = {
        name: "America/Argentina/ComodRivadavia" if name == "zone" else LONG
        for name in placeholders(SENTENCES[key][language])
    }
    text = say(language, key, **values)
    assert 1 <= len(text) <= 1024
    assert "{" not in text


def test_a_line_without_its_value_is_left_out() -> None:
    told = say("es", "booked", rep="Ana", when="martes", link="", calendar="")
    assert told == "¡Listo! Tu llamada con Ana queda para el martes."


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert "{rep}" in say("en", "booked", rep="{rep}", when="x", link="y", calendar="z")


def test_the_calendar_link_names_the_instants_and_the_meeting() -> None:
    start = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("America/Bogota"))
    end = start + timedelta(minutes=30)
    call = Booking(id="1", rep="ana", start=start, end=end, link="https://meet.google.com/a-b")

    link = calendar_link(call, "Casa Clara & co")

    query = parse_qs(urlsplit(link).query)
    assert query["dates"] == ["20261124T140000Z/20261124T143000Z"]
    assert (query["text"], query["location"]) == (["Casa Clara & co"], [call.link])


def test_an_unknown_key_and_a_missing_value_are_errors() -> None:
    with pytest.raises(KeyError):
        say("es", "no_such_key")
    with pytest.raises(KeyError):
        say("es", "booked", rep="Ana")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("es", "martes 24 de noviembre, 10:00 (hora de Bogotá)"),
        ("en", "Tuesday, 24 November, 10:00 (Bogota time)"),
        ("pt", "terça-feira, 24 de novembro, 10:00 (horário de Bogotá)"),
    ],
)
def test_moment_names_day_hour_and_zone(language: Language, told: str) -> None:
    assert moment(TUESDAY, "America/Bogota", language) == told


def test_zone_names() -> None:
    assert zone_name("America/Argentina/Buenos_Aires", "es") == "hora de Buenos Aires"
    assert zone_name("America/Sao_Paulo", "pt") == "horário de São Paulo"
    assert zone_name("UTC", "es") == "UTC"
    assert say("es", "offer", zone="America/Bogota").endswith("(hora de Bogotá)")


@pytest.mark.parametrize(
    ("language", "title"),
    [("es", "mar 24 nov 10:00"), ("en", "Tue 24 Nov 10:00"), ("pt", "ter 24 nov 10:00")],
)
def test_slot_title(language: Language, title: str) -> None:
    assert slot_title(TUESDAY, "America/Bogota", language) == title


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.sampled_from(ZONES),
    st.sampled_from(LANGUAGES),
)
def test_titles_fit_buttons(at: datetime, zone: str, language: Language) -> None:
    title = slot_title(at, zone, language)
    buttons = Buttons(body="x", buttons=(Button(id="a", title=title),))
    assert buttons.buttons[0].title == title


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 11, 24, 15, tzinfo=UTC), "hoy mismo"),
        (datetime(2026, 11, 24, 12, tzinfo=UTC), "hoy a partir de las 09:00 (hora de Bogotá)"),
        (
            datetime(2026, 11, 24, 22, 30, tzinfo=UTC),
            "el miércoles 25 de noviembre, a partir de las 09:00 (hora de Bogotá)",
        ),
        (
            datetime(2026, 11, 28, 1, tzinfo=UTC),
            "el lunes 30 de noviembre, a partir de las 09:00 (hora de Bogotá)",
        ),
    ],
)
def test_handoff_when(now: datetime, told: str) -> None:
    company = business()
    assert handoff_when(company, company.reps[0], now, "es") == told


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("America/Mexico_City", "el lunes 23 de noviembre, a partir de las 09:00 (hora de Bogotá)"),
        ("Europe/Madrid", "hoy a partir de las 09:00 (hora de Bogotá)"),
        (None, "hoy a partir de las 09:00 (hora de Bogotá)"),
    ],
)
def test_today_is_said_where_it_is_his_today_too(zone: str | None, told: str) -> None:
    company, after_midnight = business(), datetime(2026, 11, 23, 5, 50, tzinfo=UTC)
    assert handoff_when(company, company.reps[0], after_midnight, "es", zone) == told


def test_handoff_when_with_a_break_at_noon() -> None:
    hours = [
        {"day": "tue", "opens": "14:00", "closes": "18:00"},
        {"day": "tue", "opens": "09:00", "closes": "12:00"},
    ]
    noon = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    evening = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    company = business(hours=hours)
    (ana,) = company.reps
    assert handoff_when(company, ana, noon, "en") == "today from 14:00 (Bogota time)"
    later = handoff_when(company, ana, evening, "en")
    assert later.startswith("on Tuesday, 1 December, from 09:00")


def test_handoff_when_a_rep_is_away() -> None:
    ana = {"id": "ana", "name": "Ana", "phone": "+15550100001", "calendar": "ana"}
    week = {"first": "2026-11-23", "last": "2026-11-29"}
    for_ever = {"first": "2026-11-23", "last": "2027-11-29"}
    for absence, told in ((week, "on Monday, 30 November, from 09:00"), (for_ever, "as soon as")):
        company = business(reps=[ana | {"absences": [absence]}])
        assert handoff_when(company, company.reps[0], TUESDAY, "en").startswith(told)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2026, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_handoff_when_always_says_a_time(now: datetime) -> None:
    if now.year < 9999:
        company = business()
        assert handoff_when(company, company.reps[0], now, "pt")


def test_facts_line() -> None:
    facts: Facts = {
        "name": fact("name", "Ana"), "need": fact("need", "más\nventas    ya"),
        "budget": fact("budget", None),
    }  # fmt: skip
    assert facts_line(facts, "es") == "presupuesto: no quiso decir · necesidad: más ventas ya"
    assert facts_line({}, "es") == ""
    assert len(facts_line({"need": fact("need", "x" * 5000)}, "en")) == 600
