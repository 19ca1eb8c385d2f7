"""What each stage takes, passes on, and says."""

from dataclasses import replace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from delivery.turn import UnsharedTurns
from domain.business import Section
from domain.confidence import BROKEN_REPLY
from domain.errors import CalendarUnavailable, ModelError, ModelRefused, SlotTaken, Superseded
from domain.lead import FactField
from domain.messages import DocumentMessage, Menu, words
from domain.ports import Ports
from domain.proposal import Proposal
from domain.sentences import SENTENCES
from domain.slots import Booking, Slot, slot_id
from domain.stages import Stage
from graph import build_graph
from tests.conversation.conftest import MONDAY, QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer, call, find
from tools.memory_scheduler import MemoryScheduler


async def test_who_asks_for_a_person_at_once_is_not_offered_one(lead: Lead) -> None:
    said = read(await lead.says("quiero hablar con una persona"))
    assert "asistente virtual" in said
    assert "Si prefieres" not in said


async def test_the_first_words_say_that_an_assistant_writes(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [answer("¿Cómo te llamas?"), answer("¿Y qué buscas?")]
    first, second = await lead.says("hola"), await lead.says("qué tal")
    assert "asistente" in read(first)
    assert read(first).endswith("¿Cómo te llamas?")
    assert read(second) == "¿Y qué buscas?"


async def test_a_fact_whose_quote_the_lead_never_wrote_is_dropped_and_counted(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [answer("Bien", ("name", "Ana", "Ana"), ("budget", "un millón", "1000000"))]
    outcome = await lead.says("Soy Ana")
    assert [fact.field for fact in outcome.facts] == ["name"]
    assert outcome.facts_dropped == 1


async def test_a_quote_may_stand_in_an_earlier_message(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer(), answer("Ana, ¿verdad?", ("name", "soy ANA", "Ana"))]
    await lead.says("Hola,  soy Ana")
    outcome = await lead.says("eso")
    assert outcome.facts[0].message_id == "m1"


async def test_everything_said_at_once_passes_through_to_scheduling_in_one_call(
    lead: Lead, model: ScriptedModel
) -> None:
    text = "Soy Ana, quiero paneles para bajar la factura, 20000 USD, decido yo, en enero"
    proposed: list[tuple[FactField, str, str | None]] = [
        ("name", "Ana", "Ana"),
        ("intent", "paneles", "paneles"),
        ("need", "bajar la factura", "bajar la factura"),
        ("budget", "20000 USD", "20000 USD"),
        ("authority", "decido yo", "él mismo"),
        ("timeline", "en enero", "enero"),
    ]
    model.script = [answer("¡Perfecto!", *proposed)]
    outcome = await lead.says(text)
    assert (outcome.stage_before, outcome.stage_after) == ("greeting", "scheduling")
    assert len(model.requests) == 1
    offer = outcome.replies[-1]
    assert isinstance(offer, Menu)
    assert [row.id[:5] for row in offer.rows] == ["slot:"] * 3 + ["more:"]


async def test_a_declined_fact_is_not_missing(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", **{**QUALIFIED, "budget": None})
    assert lead.memory.facts
    model.script = [answer()]
    outcome = await lead.says("pues nada más")
    assert outcome.stage_after == "scheduling"


async def test_a_question_that_is_never_answered_is_let_go(lead: Lead) -> None:
    rest = {name: value for name, value in QUALIFIED.items() if name != "budget"}
    lead.memory = known("qualification", **rest)
    stages = [(await lead.says(f"cuéntame algo {n}")).stage_after for n in range(3)]
    assert stages == ["qualification", "qualification", "scheduling"]


async def test_a_new_budget_while_scheduling_replaces_the_old_one(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("scheduling", **QUALIFIED)
    model.script = [answer("Anotado.", ("budget", "mejor 30 mil", "30000 USD"))]
    outcome = await lead.says("mejor 30 mil de presupuesto")
    assert [(fact.field, fact.value) for fact in outcome.facts] == [("budget", "30000 USD")]
    assert outcome.stage_after == "scheduling"


async def test_a_model_that_fails_is_an_honest_line_and_unresolved(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [ModelError("too late")]
    outcome = await lead.says("hola")
    assert (outcome.decision.kind, outcome.unresolved) == ("apology", 1)
    assert "guardado" in read(outcome)


async def test_a_reply_with_an_invented_price_is_not_sent(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer("Te lo dejo en 123 USD, precio especial.")] * 2
    outcome = await lead.says("¿cuánto cuesta?")
    assert "123" not in read(outcome)
    assert outcome.decision.signals["output_check"] == "price"
    assert outcome.unresolved == 1


async def test_who_would_have_read_a_refused_reply_is_offered_a_person(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [answer("Te lo dejo en 123 USD."), answer("Te lo dejo en 122 USD.")]
    outcome = await lead.says("¿cuánto cuesta?")
    assert SENTENCES["handoff_offer"]["es"] in read(outcome)
    assert (outcome.decision.kind, outcome.unresolved) == ("clarify", 1)
    assert outcome.decision.confidence == BROKEN_REPLY


@pytest.mark.parametrize("stage", ["qualification", "scheduling"])
async def test_a_reply_refused_twice_brings_a_person_once_the_lead_is_known(
    lead: Lead, model: ScriptedModel, stage: Stage
) -> None:
    lead.memory = known(stage, name="Ana")
    model.script = [answer("Te lo dejo en 123 USD."), answer("Te lo dejo en 122 USD.")]
    outcome = await lead.says("¿cuánto cuesta?")
    assert (outcome.decision.kind, outcome.decision.reason) == ("handoff", "low_confidence")
    signals = outcome.decision.signals
    assert (signals["model"], signals["output_check"]) == (0.95, "price")


@pytest.mark.parametrize(("stage", "kind"), [("greeting", "clarify"), ("scheduling", "handoff")])
async def test_a_model_that_declines_to_answer_is_not_sure(
    lead: Lead, model: ScriptedModel, stage: Stage, kind: str
) -> None:
    lead.memory = known(stage, name="Ana") if stage != "greeting" else lead.memory
    model.script = [ModelRefused("no")]
    decision = (await lead.says("cuéntame algo")).decision
    assert (decision.kind, decision.confidence, decision.signals["refused"]) == (kind, 0.0, True)


@pytest.mark.parametrize(
    ("resolved", "probable", "kind"),
    [(True, 0.9, "answer"), (True, 0.5, "handoff"), (False, 0.1, "answer")],
)
async def test_what_the_model_held_for_resolved_with_doubt_is_doubted(
    lead: Lead, model: ScriptedModel, probable: float, kind: str, *, resolved: bool
) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    proposal = answer("Trae inversor.", resolved=resolved)
    model.script = [proposal.model_copy(update={"resolved_probability": probable})]
    decision = (await lead.says("¿trae inversor?")).decision
    assert (decision.kind, decision.signals["resolved_probability"]) == (kind, probable)


async def test_his_own_budget_may_be_repeated_in_other_figures(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    reply = "Anoto 15 millones de pesos de presupuesto. ¿Quién decide?"
    model.script = [answer(reply, ("budget", "como 15 palos", "15 millones de pesos"))]
    assert read(await lead.says("tengo como 15 palos")) == reply


async def test_a_question_is_counted_when_it_is_asked(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    told, asked = answer("El kit trae inversor."), answer("¿Qué quieres resolver?")
    model.script = [told, told, told, asked, asked]
    for said in ("¿y el inversor?", "¿trae inversor?", "¿seguro?", "ajá"):
        await lead.says(said)
    assert '"missing":["need"' in str(model.requests[-1][1]["content"])
    await lead.says("no sé")
    await lead.says("que no sé")
    assert '"missing":["budget"' in str(model.requests[-1][1]["content"])


async def test_a_call_that_was_booked_only_in_words_is_not_told_and_times_are_shown_again(
    lead: Lead, model: ScriptedModel
) -> None:
    await _offered(lead, model)
    claimed = answer("¡Listo! Tu llamada quedó agendada para el martes a las 12:00.")
    model.script = [claimed, claimed]
    outcome = await lead.says("esa última me sirve, gracias")
    assert outcome.booking is None
    assert "Listo" not in read(outcome)
    assert isinstance(outcome.replies[0], Menu)
    assert outcome.decision.signals["output_check"] == "call"


async def test_a_booked_call_may_be_told_and_no_other(lead: Lead, model: ScriptedModel) -> None:
    slots = await _offered(lead, model)
    await lead.taps(f"slot:{slots[0]}", "lun 11:00")
    model.script = [answer("Tu llamada está agendada para hoy a las 11:00.")]
    true = await lead.says("¿a qué hora era?")
    other = answer("Tu llamada está agendada para hoy a las 16:00.")
    model.script = [other, other]
    false = await lead.says("¿segura?")
    assert "11:00" in read(true)
    assert "16:00" not in read(false)


async def test_a_person_is_not_announced_but_offered(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    announced = answer("Ya avisé a una persona del equipo. ¿Qué presupuesto tienes?")
    model.script = [announced, announced]
    outcome = await lead.says("¿llegan a Cúcuta?")
    assert outcome.handoff is None
    assert "avisé" not in read(outcome)
    assert "¿Quieres que te escriba una persona" in read(outcome)


async def test_a_document_is_sent_with_the_models_words(lead: Lead, model: ScriptedModel) -> None:
    model.script = [call("send_document", document_id="brochure", reply="Aquí lo tienes.")]
    outcome = await lead.says("mándame el folleto")
    text, sent = outcome.replies
    assert read(outcome).count("Aquí lo tienes.") == 1
    assert isinstance(sent, DocumentMessage)
    assert sent.document == "brochure"
    assert text.kind == "text"


async def test_a_document_that_does_not_exist_is_unresolved(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [call("send_document", document_id="secret", reply="Toma.")]
    outcome = await lead.says("mándame el folleto")
    assert all(reply.kind == "text" for reply in outcome.replies)
    assert outcome.unresolved == 1
    assert "Toma." not in read(outcome)


async def test_a_document_may_come_without_words(lead: Lead, model: ScriptedModel) -> None:
    await lead.says("hola")
    model.script = [call("send_document", document_id="brochure", reply=" ")]
    (sent,) = (await lead.says("mándame el folleto")).replies
    assert isinstance(sent, DocumentMessage)


async def test_a_document_may_be_called_by_its_name(lead: Lead, model: ScriptedModel) -> None:
    model.script = [call("send_document", document_id="Folleto", reply="Aquí lo tienes.")]
    sent = (await lead.says("mándame el folleto")).replies[-1]
    assert isinstance(sent, DocumentMessage)
    assert sent.document == "brochure"


async def test_each_stage_binds_its_own_tools(lead: Lead, model: ScriptedModel) -> None:
    await lead.says("hola")
    lead.memory = known("scheduling", **QUALIFIED)
    await lead.says("a ver")
    assert model.tools == [
        ("send_document",),
        ("find_slots", "book_call", "cancel_call", "send_document"),
    ]


async def test_a_large_knowledge_folder_is_searched_with_a_second_call(
    ports: Ports, model: ScriptedModel
) -> None:
    sections = tuple(Section(title=f"Tema {n}", body="palabras " * 200) for n in range(9))
    business = ports.business.model_copy(update={"knowledge": sections})
    lead = Lead(build_graph(replace(ports, business=business), InMemorySaver()))
    model.script = [call("search_knowledge", query="garantía"), answer("Cinco años.")]
    outcome = await lead.says("¿qué garantía tienen?")
    assert outcome.usage.calls == 2
    assert model.requests[1][-1]["role"] == "tool"
    assert model.tools == [("send_document", "search_knowledge"), ("send_document",)]


async def test_a_voice_note_gets_an_honest_answer_without_a_model(
    lead: Lead, model: ScriptedModel
) -> None:
    outcome = await lead.says("", kind="audio")
    assert outcome.decision.kind == "unreadable"
    assert model.requests == []


async def test_the_way_out_and_back_in(lead: Lead) -> None:
    assert (await lead.says("BAJA")).decision.kind == "opt_out"
    assert (await lead.says("ALTA")).decision.kind == "opt_in"


class Refusing(UnsharedTurns):
    """Something newer is always unread."""

    async def seal(self, turn_id: str, proposal: Proposal) -> None:
        raise Superseded(turn_id, proposal)


async def test_a_superseded_draft_leaves_no_trace_in_the_state(
    ports: Ports, model: ScriptedModel
) -> None:
    saver = InMemorySaver()
    model.script = [answer("un borrador", ("name", "Ana", "Ana"))]
    lead = Lead(build_graph(replace(ports, turns=Refusing()), saver))
    with pytest.raises(Superseded):
        await lead.says("Soy Ana")
    patient = Lead(build_graph(ports, saver))
    patient.count = lead.count
    await patient.says("y busco paneles")
    assert "borrador" not in str(model.requests[-1])


async def test_a_turn_that_the_state_holds_ends_with_the_stored_outcome(
    lead: Lead, model: ScriptedModel
) -> None:
    message = lead.message("hola")
    first = await lead.turn(message)
    again = await lead.turn(message)
    assert again == first
    assert len(model.requests) == 1


class Sealed(UnsharedTurns):
    """An earlier try of each turn froze this proposal."""

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal

    def sealed(self, turn_id: str) -> Proposal | None:
        del turn_id
        return self.proposal


async def test_a_takeover_acts_on_the_frozen_proposal(ports: Ports, model: ScriptedModel) -> None:
    turns = Sealed(answer("Lo que ya se decidió."))
    lead = Lead(build_graph(replace(ports, turns=turns), InMemorySaver()))
    assert read(await lead.says("hola")).endswith("Lo que ya se decidió.")
    assert model.requests == []


async def test_a_booking_is_confirmed_by_code_in_one_call(lead: Lead, model: ScriptedModel) -> None:
    slots = await _offered(lead, model)
    model.script = [call("book_call", slot_id=slots[1])]
    outcome = await lead.says("el segundo me va bien")
    assert outcome.booking is not None
    assert outcome.usage.calls == 1
    assert "hora de" in read(outcome)


async def test_what_else_he_asked_is_answered_beside_the_booking(
    lead: Lead, model: ScriptedModel
) -> None:
    slots = await _offered(lead, model)
    also = "La instalación toma de 1 a 3 días."
    model.script = [call("book_call", slot_id=slots[1], reply=also)]
    outcome = await lead.says("el segundo, ¿y cuánto tarda la instalación?")
    assert outcome.booking is not None
    answered, booked = outcome.replies
    assert words(answered) == also
    assert "hora de" in words(booked)


async def test_what_may_not_be_said_is_not_said_beside_a_booking_either(
    lead: Lead, model: ScriptedModel
) -> None:
    slots = await _offered(lead, model)
    cheap = call("book_call", slot_id=slots[1], reply="Te lo dejo en 99 USD.")
    model.script = [cheap, cheap]
    outcome = await lead.says("el segundo, ¿y me haces precio?")
    assert outcome.booking is not None
    assert "99" not in read(outcome)


async def test_a_tapped_time_needs_no_model(lead: Lead, model: ScriptedModel) -> None:
    slots = await _offered(lead, model)
    asked = len(model.requests)
    outcome = await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    assert outcome.booking is not None
    assert len(model.requests) == asked


@pytest.mark.parametrize("made_up", ["slot-of-my-own", ""])
async def test_a_time_that_was_not_offered_is_never_booked(
    lead: Lead, model: ScriptedModel, made_up: str
) -> None:
    await _offered(lead, model)
    model.script = [call("book_call", slot_id=made_up)]
    outcome = await lead.says("mañana a las 3 de la madrugada")
    assert outcome.booking is None
    assert isinstance(outcome.replies[0], Menu)


async def test_a_booked_call_is_moved_and_cancelled(lead: Lead, model: ScriptedModel) -> None:
    slots = await _offered(lead, model)
    booked = await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    model.script = [find(first_day="2026-11-25", last_day="2026-11-26", part_of_day="morning")]
    offer = (await lead.says("¿y el miércoles por la mañana?")).replies[-1]
    assert isinstance(offer, Menu)
    moved = await lead.taps(offer.rows[0].id, offer.rows[0].title)
    model.script = [call("cancel_call", quote="cancélala")]
    cancelled = await lead.says("cancélala por favor")
    assert booked.booking is not None
    assert moved.booking is not None
    assert moved.booking.start > booked.booking.start
    assert cancelled.cancelled
    assert lead.memory.booking is None


async def test_a_call_is_cancelled_only_by_words_that_the_lead_wrote(
    lead: Lead, model: ScriptedModel
) -> None:
    slots = await _offered(lead, model)
    await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    model.script = [
        call("cancel_call", quote="cancélala"),
        call("cancel_call", quote="sí, por favor"),
    ]
    asked = await lead.says("¿a qué hora era?")
    assert not asked.cancelled
    assert lead.memory.booking is not None
    assert "¿Quieres que cancele tu llamada" in read(asked)
    assert (await lead.says("Sí, por favor")).cancelled
    assert lead.memory.booking is None


class Broken:
    """A scheduler whose calendar does not answer, or whose times are always taken."""

    def __init__(self, inner: object, error: Exception) -> None:
        self.free = inner.free  # type: ignore[attr-defined]
        self._error = error

    async def book(self, *_: object, **__: object) -> Booking:
        raise self._error

    async def cancel(self, *_: object, **__: object) -> Booking | None:
        raise self._error


async def test_a_lost_slot_is_told_and_others_are_offered_in_the_same_turn(
    ports: Ports, model: ScriptedModel
) -> None:
    scheduler = Broken(ports.scheduler, SlotTaken("gone"))
    lead = Lead(build_graph(replace(ports, scheduler=scheduler), InMemorySaver()))
    slots = await _offered(lead, model)
    outcome = await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    assert outcome.booking is None
    assert "ocuparse" in read(outcome)
    assert isinstance(outcome.replies[0], Menu)


async def test_a_dead_calendar_is_told_and_three_times_hand_over(
    ports: Ports, model: ScriptedModel
) -> None:
    scheduler = Broken(ports.scheduler, CalendarUnavailable("down"))
    lead = Lead(build_graph(replace(ports, scheduler=scheduler), InMemorySaver()))
    slots = await _offered(lead, model)
    kinds = [(await lead.taps(f"slot:{slots[0]}", "x")).decision.kind for _ in range(3)]
    assert kinds == ["apology", "apology", "handoff"]


async def _offered(lead: Lead, model: ScriptedModel) -> list[str]:
    """Bring the lead into scheduling; the ids of the times that he is offered."""
    rest = {name: value for name, value in QUALIFIED.items() if name != "timeline"}
    lead.memory = known("qualification", **rest)
    model.script = [answer("¡Bien!", ("timeline", "enero", "enero"))]
    offer = (await lead.says("en enero")).replies[-1]
    assert isinstance(offer, Menu)
    assert MONDAY
    return [row.id.removeprefix("slot:") for row in offer.rows if row.id.startswith("slot:")]


async def test_the_leads_own_earlier_amount_may_be_said_back(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana", budget="7531 USD")
    model.script = [answer("Con 7531 USD se puede empezar. ¿Para cuándo?")]
    assert "7531" in read(await lead.says("¿alcanza con eso?"))


async def test_a_time_that_another_rep_has_free_is_booked_with_him(
    ports: Ports, lead: Lead, model: ScriptedModel
) -> None:
    await _offered(lead, model)
    (slot,) = await ports.scheduler.free(zone=ports.business.timezone, limit=1)
    await ports.scheduler.book("somebody else", slot, key="first", lead={}, language="es")
    outcome = await lead.taps(f"slot:{slot.id}", "lun 10:00")
    assert outcome.booking is not None
    assert outcome.booking.start == slot.start
    assert outcome.booking.rep != slot.rep
    assert "ocuparse" not in read(outcome)


class Raced(MemoryScheduler):
    """Whenever a call is to be booked, somebody else is faster, as often as `rivals` says."""

    rivals = 0

    async def book(self, contact_id: str, slot: Slot, **about: Any) -> Booking:  # noqa: ANN401 - passed on
        if self.rivals:
            self.rivals -= 1
            rival = f"rival {self.rivals}"
            await super().book(rival, slot, key=rival, lead={}, language="es")
        return await super().book(contact_id, slot, **about)


@pytest.mark.parametrize(("rivals", "booked"), [(2, True), (3, False)])
async def test_of_three_reps_the_last_who_is_free_gets_the_call(
    ports: Ports, model: ScriptedModel, *, rivals: int, booked: bool
) -> None:
    first = ports.business.reps[0]
    reps = tuple(first.model_copy(update={"id": name}) for name in ("ana", "bea", "cruz"))
    business = ports.business.model_copy(update={"reps": reps})
    scheduler = Raced(business, clock=lambda: MONDAY)
    raced = replace(ports, business=business, scheduler=scheduler)
    lead = Lead(build_graph(raced, InMemorySaver()))
    slots = await _offered(lead, model)
    scheduler.rivals = rivals
    outcome = await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    assert (outcome.booking is not None) is booked
    assert ("ocuparse" not in read(outcome)) is booked


async def test_a_call_with_a_rep_who_left_can_still_be_asked_for(
    ports: Ports, lead: Lead, model: ScriptedModel
) -> None:
    slots = await _offered(lead, model)
    await lead.taps(f"slot:{slots[0]}", "lun 10:00")
    business = ports.business.model_copy(update={"reps": ports.business.reps[:1]})
    gone = lead.memory.booking
    assert gone is not None
    booking = gone.model_copy(update={"rep": "somebody-who-left"})
    later = Lead(build_graph(replace(ports, business=business), InMemorySaver()))
    later.memory = lead.memory.model_copy(update={"booking": booking})
    choice = slot_id(booking.rep, booking.start)
    assert business.company in read(await later.taps(f"slot:{choice}", "lun 10:00"))
