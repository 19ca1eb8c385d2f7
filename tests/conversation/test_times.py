"""A company in Bogota and leads elsewhere, who say times in odd ways; the rules are the model."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import orjson
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from domain.messages import Buttons, Menu, Outbound
from domain.ports import Ports
from domain.turn import Memory, Outcome
from domain.values import Language
from graph import build_graph
from nodes.booking import ANYTHING, wish_of
from tests.conversation.conftest import MONDAY, QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer, call, find
from tools.memory_scheduler import MemoryScheduler

MADRID, BOGOTA = "Europe/Madrid", "America/Bogota"
OPENING: dict[Language, tuple[str, str]] = {
    "es": ("muéstrame otros horarios", "hora de Madrid"),
    "en": ("which other times do you have?", "Madrid time"),
    "pt": ("quais outros horários você tem?", "horário de Madri"),
}


def at_scheduling(language: Language, zone: str | None = MADRID, *, sure: bool = True) -> Memory:
    memory = known("scheduling", **QUALIFIED)
    changes = {"language": language, "timezone": zone, "timezone_sure": sure}
    return memory.model_copy(update=changes)


def ids(message: Outbound) -> list[str]:
    assert isinstance(message, Buttons | Menu)
    shown = message.buttons if isinstance(message, Buttons) else message.rows
    return [each.id for each in shown]


async def starts(lead: Lead, zone: str) -> list[str]:
    """The times on offer, on a clock."""
    config = {"configurable": {"thread_id": lead.contact_id}}
    slots = (await lead.graph.aget_state(config)).values["offered_slots"]  # type: ignore[arg-type] - a RunnableConfig
    return [
        datetime.fromisoformat(slot["start"]).astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M")
        for slot in slots
    ]


@pytest.mark.parametrize("language", OPENING)
async def test_offers_are_on_the_leads_clock_and_name_it(talker: Lead, language: Language) -> None:
    talker.memory = at_scheduling(language)
    asked, named = OPENING[language]
    said = read(await talker.says(asked))
    assert named in said
    assert "Bogot" not in said
    # eight in Bogota is two in Madrid, and nobody is called after nine in the evening
    hours = [int(start[7:9]) for start in await starts(talker, MADRID)]
    assert hours
    assert all(14 <= hour < 21 for hour in hours)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("es", "¿y el jueves a las 4?", ["Thu 26 16:00"]),
        ("en", "what about Thursday at 4?", ["Thu 26 16:00"]),
        ("pt", "e na quinta às 16h?", ["Thu 26 16:00"]),
        ("es", "el jueves por la tarde", ["Thu 26 14:00", "Thu 26 14:30", "Thu 26 15:00"]),
        ("en", "next week but not Monday", ["Tue 01 14:00", "Wed 02 14:00", "Thu 03 14:00"]),
        ("pt", "amanhã depois das 19h", ["Tue 24 19:00", "Tue 24 19:30", "Tue 24 20:00"]),
        # nine in the morning in Madrid is night in Bogota: the nearest instead
        ("es", "el jueves a las 9 de la mañana", ["Wed 25 14:00", "Thu 26 14:00", "Thu 26 14:30"]),
        ("pt", "amanhã cedo", ["Tue 24 14:00", "Tue 24 14:30", "Wed 25 14:00"]),
    ],
)
async def test_odd_ways_to_say_a_time_find_it_or_the_nearest_in_one_call(
    talker: Lead, language: Language, text: str, expected: list[str]
) -> None:
    talker.memory = at_scheduling(language)
    outcome = await talker.says(text)
    assert outcome.usage.calls == 1
    assert await starts(talker, MADRID) == expected
    is_honest = "nada livre" in read(outcome) or "nada libre" in read(outcome)
    assert is_honest == (text in FITS_NOTHING)


FITS_NOTHING = ("el jueves a las 9 de la mañana", "amanhã cedo")


async def test_a_free_hour_that_he_names_is_booked_by_a_yes(talker: Lead) -> None:
    talker.memory = at_scheduling("es")
    shown = await talker.says("¿y el jueves a las 4?")
    assert "¿Te lo reservo?" in read(shown)
    booked = await talker.says("sí")
    assert booked.booking is not None
    assert booked.booking.start.astimezone(ZoneInfo(MADRID)).strftime("%a %H:%M") == "Thu 16:00"
    assert "jueves 26 de noviembre, 16:00 (hora de Madrid)" in read(booked)


async def test_more_times_needs_no_model_and_keeps_to_the_wish(
    ports: Ports, lead: Lead, model: ScriptedModel
) -> None:
    del ports
    lead.memory = at_scheduling("es")
    model.script = [find(first_day="2026-11-26", last_day="2026-11-26", earliest="17:00")]
    first = await lead.says("el jueves después de las cinco")
    asked = len(model.requests)
    seen = await starts(lead, MADRID)
    more = await lead.taps("more:", "Más horarios")
    assert len(model.requests) == asked
    others = await starts(lead, MADRID)
    assert not set(seen) & set(others)
    assert all(start.startswith("Thu 26") for start in (*seen, *others))
    assert ids(first.replies[-1])[-1] == ids(more.replies[-1])[-1] == "more:"
    # a row of the first offers can still be tapped
    booked = await lead.taps(ids(first.replies[-1])[0], seen[0])
    assert booked.booking is not None
    assert len(model.requests) == asked


async def test_when_he_has_seen_all_times_they_begin_anew_and_he_is_told(
    ports: Ports, model: ScriptedModel
) -> None:
    rules = ports.business.call.model_copy(update={"horizon_days": 1, "notice_hours": 0})
    business = ports.business.model_copy(update={"call": rules})
    scheduler = MemoryScheduler(business, clock=lambda: MONDAY)
    lead = Lead(build_graph(replace(ports, business=business, scheduler=scheduler, model=model),
                            InMemorySaver()))  # fmt: skip
    lead.memory = at_scheduling("es", BOGOTA)
    model.script = [find()]
    told = [read(await lead.says("¿qué horarios hay?"))]
    while len(told) < 40 and "Empiezo otra vez" not in told[-1]:
        told.append(read(await lead.taps("more:", "Más horarios")))
    assert "Empiezo otra vez" in told[-1]
    assert len(told) > 5


@pytest.mark.parametrize(
    ("first_day", "told"),
    [("2026-11-20", "ya pasó"), ("2027-02-01", "agendo hasta el lunes 7 de diciembre")],
)
async def test_a_day_that_is_over_or_too_far_is_told(
    lead: Lead, model: ScriptedModel, first_day: str, told: str
) -> None:
    lead.memory = at_scheduling("es")
    model.script = [find(first_day=first_day, last_day=first_day)]
    assert told in read(await lead.says("ese día"))


async def test_a_lead_whose_country_has_several_zones_is_asked_once(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = at_scheduling("es", "America/Mexico_City", sure=False)
    model.script = [find(), find(), answer("Gracias.", ("timezone", "Tijuana", "America/Tijuana"))]
    first = read(await lead.says("¿qué horarios hay?"))
    again = read(await lead.says("¿y otros?"))
    assert "hora de Ciudad de México" in first
    assert "en qué ciudad" in first
    assert "en qué ciudad" not in again
    there = await lead.says("estoy en Tijuana")
    assert "hora de Tijuana" in read(there)
    assert [(fact.field, fact.value) for fact in there.facts] == [("timezone", "America/Tijuana")]
    assert lead.memory.timezone == "America/Mexico_City"
    model.script = [find()]
    assert "hora de Tijuana" in read(await lead.says("¿otra vez?"))


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("es", "estoy en Madrid", "hora de Madrid"),
        ("en", "I'm in Madrid", "Madrid time"),
        ("pt", "estou em Madri", "horário de"),
    ],
)
async def test_who_says_where_he_is_sees_times_of_that_place(
    talker: Lead, language: Language, text: str, named: str
) -> None:
    talker.memory = at_scheduling(language, BOGOTA)
    await talker.says(OPENING[language][0])
    outcome = await talker.says(text)
    assert named in read(outcome)
    assert outcome.usage.calls == 1


async def test_an_hour_of_another_place_is_never_taken_for_an_offered_one(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = at_scheduling("es", BOGOTA)
    model.script = [find()]
    offered = ids((await lead.says("¿qué horarios hay?")).replies[-1])
    fact = {"field": "timezone", "quote": "en Madrid", "value": MADRID}
    model.script = [
        call("book_call", facts=[fact], slot_id=offered[0].removeprefix("slot:")),
    ]
    outcome = await lead.says("estoy en Madrid, a las 10")
    assert outcome.booking is None
    assert "hora de Madrid" in read(outcome)


async def test_a_lead_who_comes_back_keeps_his_rep(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = at_scheduling("es", BOGOTA).model_copy(update={"rep": "mateo"})
    model.script = [find()]
    outcome: Outcome = await lead.says("¿qué horarios hay?")
    config = {"configurable": {"thread_id": lead.contact_id}}
    slots = (await lead.graph.aget_state(config)).values["offered_slots"]  # type: ignore[arg-type] - a RunnableConfig
    assert {slot["rep"] for slot in slots} == {"mateo"}
    assert isinstance(outcome.replies[-1], Menu)


@pytest.mark.parametrize("words", ["la segunda", "2", "el miércoles a las 5"])
async def test_words_that_pick_a_time_need_no_model(
    lead: Lead, model: ScriptedModel, words: str
) -> None:
    lead.memory = at_scheduling("es")
    model.script = [find(earliest="17:00")]
    await lead.says("¿qué horarios hay después de las cinco?")
    asked, shown = len(model.requests), await starts(lead, MADRID)
    outcome = await lead.says(words)
    assert shown == ["Mon 23 17:00", "Tue 24 17:00", "Wed 25 17:00"]
    assert outcome.booking is not None
    assert len(model.requests) == asked


async def test_the_same_words_go_to_the_model_when_something_else_was_said_since(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = at_scheduling("es")
    model.script = [find(), answer("¿Cuántos paneles necesitas?"), answer("Anotado.")]
    await lead.says("¿qué horarios hay?")
    await lead.says("quiero preguntar algo antes")
    outcome = await lead.says("2")
    assert outcome.booking is None
    assert len(model.requests) == 3


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("16:00", time(16)),
        ("16:00:00", time(16)),
        ("16", time(16)),
        ("11h", time(11)),
        ("11h30", time(11, 30)),
        ("4pm", time(16)),
        ("4:30 p. m.", time(16, 30)),
        ("12 am", time(0)),
        ("2026-11-24T16:00:00-05:00", time(16)),
        ("25:00", None),
        ("tarde", None),
        ("", None),
        (None, None),
    ],
)
def test_an_hour_is_read_however_the_model_writes_it(
    written: str | None, hour: time | None
) -> None:
    assert wish_of(ANYTHING.model_copy(update={"at": written})).at == hour


async def test_the_model_is_told_which_times_the_lead_has_not_seen(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = at_scheduling("es")
    model.script = [answer("¿Cuál te sirve?"), find(), answer("Claro.")]

    async def seen(words: str) -> set[object]:
        await lead.says(words)
        context = str(model.requests[-1][1]["content"])
        known = orjson.loads(context.removeprefix("<context>").removesuffix("</context>"))
        return {slot["seen"] for slot in known["offered_slots"]}

    assert await seen("la primera") == {False}
    assert await seen("¿qué horarios hay?") == {False}
    assert await seen("¿y cuánto dura?") == {True}
