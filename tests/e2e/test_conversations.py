"""Whole conversations through the signed webhook; after each, what is stored and what arrived."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm import contacts, handoffs
from tests.e2e.conftest import Company, words

Rows = list[dict[str, Any]]

TALKS = {
    "es": (
        "hola",
        "soy Ana de Acme y busco paneles solares para mi bodega",
        "perdemos dinero porque la luz sale muy cara",
        "unos 20 mil dólares",
        "decido yo",
        "el próximo mes",
    ),
    "en": (
        "Hi there",
        "I'm John from Blue Ocean and I need solar panels",
        "our power bill is too high, we lose money every month",
        "$12,000",
        "my boss decides",
        "in two weeks",
    ),
    "pt": (
        "oi, tudo bem?",
        "meu nome é João e procuro painéis solares para minha loja",
        "queremos economizar na conta de luz",
        "R$ 50 mil",
        "junto com meu sócio",
        "ainda este ano",
    ),
}
NAMES = {"es": "Ana", "en": "John", "pt": "João"}
PRICES = Path(__file__).parents[2] / "business" / "documents" / "casa-clara-precios.pdf"
CALL = {"es": "llamada", "en": "call", "pt": "ligação"}


@dataclass(frozen=True)
class Record:
    """What PostgreSQL holds of one contact."""

    contact: dict[str, Any]
    lead: dict[str, Any]
    facts: Rows
    messages: Rows
    stages: Rows
    bookings: Rows
    handoffs: Rows
    outbox: Rows

    def value(self, field: str) -> Any:  # noqa: ANN401 - a column
        return [fact["value"] for fact in self.facts if fact["field"] == field][-1]


async def record(company: Company, phone: str) -> Record:
    await company.quiet()
    contact = (await _rows(company, "contacts", "phone = $1", phone))[0]
    mine = ("contact_id = $1", contact["id"])
    return Record(
        contact,
        (await _rows(company, "leads", *mine))[0],
        await _rows(company, "facts", *mine, order="id"),
        await _rows(company, "messages", *mine, order="seq"),
        await _rows(company, "stage_events", *mine, order="id"),
        await _rows(company, "bookings", *mine, order="created_at"),
        await _rows(company, "handoffs", *mine, order="at"),
        await _rows(company, "outbox", *mine, order="seq"),
    )


async def _rows(
    company: Company, table: str, where: str, *values: object, order: str = "1"
) -> Rows:
    query = f"SELECT * FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608 - constants
    return [dict(row) for row in await company.fetch(query, *values)]


def assert_consistent(company: Company, phone: str, kept: Record) -> None:
    """Facts are proven, nothing is unsent, and the phone shows what the records say."""
    said = {m["id"]: m["text"] for m in kept.messages if m["direction"] == "in"}
    for fact in kept.facts:
        assert fact["quote"] in said[fact["message_id"]], fact
    to_lead = [row for row in kept.outbox if row["recipient"] == phone]
    assert {row["state"] for row in kept.outbox} <= {"accepted", "sent", "delivered", "read"}
    assert len(to_lead) == len(company.received(phone))
    assert len({row["id"] for row in kept.outbox}) == len(kept.outbox)
    sent = [m["text"] for m in kept.messages if m["direction"] == "out"]
    assert len(sent) == len(to_lead)


def stages(kept: Record) -> list[tuple[str, str]]:
    return [(event["from_stage"], event["to_stage"]) for event in kept.stages]


def choices(company: Company, phone: str) -> list[str]:
    """The ids of the times that were offered last."""
    return [choice for choice, _ in _shown(company, phone) if choice.startswith("slot:")]


def _title(company: Company, phone: str, choice: str) -> str:
    """What a time that was offered last is called."""
    return dict(_shown(company, phone))[choice]


def _shown(company: Company, phone: str) -> list[tuple[str, str]]:
    """Ids and titles of the buttons or rows that were shown last."""
    offers = [m for m in company.received(phone) if m.kind == "interactive"]
    action = offers[-1].content["interactive"]["action"]
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    buttons = [button["reply"] for button in action.get("buttons", [])]
    return [(each["id"], each["title"]) for each in (*rows, *buttons)]


async def qualified(company: Company, phone: str, language: str = "es") -> str:
    """Lead a phone to the offered times; gives the last words."""
    said = ""
    for line in TALKS[language]:
        said = await company.says(phone, line)
    return said


async def booked(company: Company, phone: str) -> str:
    await qualified(company, phone)
    return await company.taps(phone, choices(company, phone)[0])


@pytest.mark.parametrize("language", TALKS)
async def test_a_lead_goes_through_all_stages_to_a_booked_call(
    company: Company, phone: str, language: str
) -> None:
    offer = await qualified(company, phone, language)
    assert offer.count("[") == 4
    assert len(choices(company, phone)) == 3
    confirmed = await company.taps(phone, choices(company, phone)[1])
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert CALL[language] in confirmed
    assert kept.contact["language"] == language
    assert kept.value("name") == NAMES[language]
    assert {fact["field"] for fact in kept.facts} >= {
        "name", "intent", "budget", "authority", "need", "timeline"
    }  # fmt: skip
    assert stages(kept) == [("greeting", "qualification"), ("qualification", "scheduling")]
    assert [booking["status"] for booking in kept.bookings] == ["confirmed"]
    assert kept.bookings[0]["link"] in confirmed
    assert kept.handoffs == []
    assert len(kept.messages) == len(TALKS[language]) + 1 + len(company.received(phone))


async def test_the_call_stands_in_the_reps_calendar_and_his_time_is_not_offered_again(
    company: Company, phone: str
) -> None:
    await booked(company, phone)
    booking = (await record(company, phone)).bookings[0]
    rep = company.services.business.rep(booking["rep"])
    free = await company.services.scheduler.free(zone="America/Bogota", limit=500)
    assert not [s for s in free if s.rep == rep.id and s.start == booking["starts_at"]]


async def test_a_lead_that_asks_for_a_person_at_once_gets_one(company: Company, phone: str) -> None:
    said = await company.says(phone, "quiero hablar con una persona")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "Ya avisé a una persona" in said
    assert [turn["calls"] for turn in await company.of(phone, "turns")] == [0]
    assert [(h["reason"], h["released_at"]) for h in kept.handoffs] == [("asked", None)]
    assert stages(kept) == [("greeting", "handoff")]
    rep = company.services.business.rep(kept.handoffs[0]["rep"])
    told = company.received(rep.phone.removeprefix("+"))[-1]
    assert told.kind == "template"
    assert f"+{phone}" in words(told)


async def test_the_agent_is_silent_until_the_rep_gives_the_conversation_back(
    company: Company, phone: str
) -> None:
    await company.says(phone, "I want to talk to a human")
    before = len(company.received(phone))
    assert not await company.says(phone, "are you there?")
    contact = await contacts.by_phone(company.services.stores.pool, phone)
    assert contact
    await handoffs.record_rep_message(
        company.services.stores.pool, contact, "rep-1", "We install in two days", datetime.now(UTC)
    )
    assert not await company.says(phone, "ok, thank you")
    assert len(company.received(phone)) == before
    assert await handoffs.release(company.services.stores.pool, contact)
    assert await company.says(phone, "I'm Peter and I need solar panels")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert len(kept.handoffs) == 1
    assert kept.lead["stage"] == "qualification"
    assert "We install in two days" in str(company.model.asked[-1])


async def test_a_lead_that_is_never_understood_gets_a_person_after_three_turns(
    company: Company, phone: str
) -> None:
    first = await company.says(phone, "asdf qwer zxcv")
    second = await company.says(phone, "jfdksl sdfghj")
    assert "con otras palabras" in first
    assert "con otras palabras" in second
    assert (await record(company, phone)).lead["unresolved"] == 2
    third = await company.says(phone, "kjhg kjhgf wrtz")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "Ya avisé a una persona" in third
    assert [h["reason"] for h in kept.handoffs] == ["unresolved"]
    assert kept.facts == []


async def test_a_lead_that_changes_the_budget_while_scheduling_has_both_on_record(
    company: Company, phone: str
) -> None:
    await qualified(company, phone)
    said = await company.says(phone, "mejor digamos 30 mil dólares de presupuesto")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert said
    budgets = [fact["value"] for fact in kept.facts if fact["field"] == "budget"]
    assert [value[:2] for value in budgets] == ["20", "30"]
    assert kept.lead["stage"] == "scheduling"
    assert "llamada" in await company.taps(phone, choices(company, phone)[0])


async def test_a_document_that_is_asked_for_arrives_as_the_file_itself(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    await company.says(phone, "me mandas la lista de precios por favor?")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    sent = next(m for m in company.received(phone) if m.kind == "document").content["document"]
    assert sent["filename"] == "casa-clara-precios.pdf"
    stored = company.graph.media.get(sent["id"])
    assert stored.data == PRICES.read_bytes()


async def test_a_call_is_moved_when_the_lead_asks_for_another_time(
    company: Company, phone: str
) -> None:
    await booked(company, phone)
    before = (await record(company, phone)).bookings[0]
    offer = await company.says(phone, "necesito cambiar la hora de la llamada")
    assert "[" in offer
    moved = await company.taps(phone, choices(company, phone)[-1])
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "llamada" in moved
    assert [b["status"] for b in kept.bookings] == ["confirmed"]
    assert kept.bookings[0]["starts_at"] != before["starts_at"]
    assert kept.bookings[0]["id"] == before["id"]


async def test_a_call_is_cancelled_when_the_lead_asks_for_it(company: Company, phone: str) -> None:
    await booked(company, phone)
    said = await company.says(phone, "quiero cancelar la llamada")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "cancel" in said
    assert [b["status"] for b in kept.bookings] == ["cancelled"]


async def test_a_second_tap_on_the_booked_time_confirms_it_again(
    company: Company, phone: str
) -> None:
    await qualified(company, phone)
    choice = choices(company, phone)[0]
    await company.taps(phone, choice)
    said = await company.taps(phone, choice)
    booking = (await record(company, phone)).bookings[0]
    assert booking["status"] == "confirmed"
    assert "no lo tengo entre los libres" not in said


async def test_two_leads_who_tap_the_same_time_are_each_told_the_truth(
    company: Company, phone: str
) -> None:
    other = f"{int(phone) + 500_000}"
    await qualified(company, phone)
    await qualified(company, other)
    (choice,) = set(choices(company, phone)[:1]) & set(choices(company, other)[:1])
    title = _title(company, other, choice)
    await company.taps(phone, choice)
    said = await company.taps(other, choice)
    kept = [await record(company, lead) for lead in (phone, other)]
    calls = [(b["rep"], b["starts_at"]) for r in kept for b in r.bookings]
    assert len(calls) == len(set(calls))
    assert "ocuparse" not in said or title not in said


async def test_a_model_that_fails_is_admitted_and_after_three_times_a_person_takes_over(
    company: Company, phone: str
) -> None:
    company.model.fail()
    for line in ("hola", "busco paneles"):
        assert "no puedo responderte bien" in await company.says(phone, line)
    third = await company.says(phone, "soy Ana")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "Ya avisé a una persona" in third
    assert [h["reason"] for h in kept.handoffs] == ["unresolved"]


async def test_a_brief_that_postgresql_could_not_store_harms_nobody(
    company: Company, phone: str
) -> None:
    company.model.prose = "half a \0 brief"
    await company.says(phone, "quiero hablar con una persona")

    async def briefed() -> bool:
        rows = await company.of(phone, "handoffs")
        return rows[0]["brief"] is not None

    await company.until(briefed, "the brief")
    company.model.prose = None
    assert "half a" in (await company.of(phone, "handoffs"))[0]["brief"]
    assert await company.says(f"{int(phone) + 500_000}", "hola")


async def test_what_he_says_as_he_asks_for_a_person_is_kept_with_its_proof(
    company: Company, phone: str
) -> None:
    words = "soy Ana, tengo 20000 USD de presupuesto, quiero hablar con una persona"
    assert "persona" in await company.says(phone, words)

    async def learnt() -> bool:
        return {"name", "budget"} <= {row["field"] for row in await company.of(phone, "facts")}

    await company.until(learnt, "the facts")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert len(company.received(phone)) == 1
    assert all(row["quote"] in words for row in await company.of(phone, "facts"))


async def test_an_old_button_is_answered_with_the_times_that_are_free_now(
    company: Company, phone: str
) -> None:
    await qualified(company, phone)
    old = choices(company, phone)
    await company.taps(phone, old[0])
    said = await company.taps(phone, old[1])
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert [b["status"] for b in kept.bookings] == ["confirmed"]
    assert said


async def test_stop_is_answered_once_and_recorded_with_its_proof(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    said = await company.says(phone, "BAJA")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert said
    assert kept.contact["opted_out_at"]
    consents = await company.fetch(
        "SELECT kind, message_id FROM consents WHERE contact_id = $1", kept.contact["id"]
    )
    assert [c["kind"] for c in consents] == ["opt_out"]
    assert consents[0]["message_id"] == kept.messages[-2]["id"]


async def test_a_returning_lead_is_known_when_redis_forgot_everything(
    company: Company, phone: str
) -> None:
    for line in TALKS["es"][:4]:
        await company.says(phone, line)
    await company.services.stores.redis.flushdb()
    said = await company.says(phone, "decido yo")
    kept = await record(company, phone)
    assert_consistent(company, phone, kept)
    assert "nombre" not in said
    assert kept.value("authority")
    assert kept.lead["stage"] == "qualification"
