"""A draft that breaks a rule, or leaves the lead with nothing to answer, is written once more."""

import pytest

from domain.errors import ModelError
from domain.messages import Menu, Text
from domain.proposal import Proposal
from tests.conversation.conftest import QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer, call, find

_INVENTED = "Te lo dejo en 123 USD. ¿Qué presupuesto tienes?"


async def test_a_refused_draft_is_written_anew_and_its_facts_are_kept(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    model.script = [
        answer(_INVENTED, ("need", "bajar la luz", "bajar la luz")),
        answer("El Kit Hogar 3 kW cuesta 3900 USD. ¿Qué presupuesto tienes?"),
    ]
    outcome = await lead.says("bajar la luz, ¿cuánto vale el kit?")
    assert "3900" in read(outcome)
    assert [fact.field for fact in outcome.facts] == ["need"]
    assert (outcome.unresolved, outcome.usage.calls) == (0, 2)


async def test_the_model_is_told_its_draft_and_the_rule(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer(_INVENTED), answer("¿Cómo te llamas?")]
    await lead.says("¿cuánto vale?")
    first, second = model.requests
    assert list(second[: len(first)]) == list(first)
    assert second[-2] == {"role": "assistant", "content": _INVENTED}
    assert "`price`" in str(second[-1]["content"]).splitlines()[1]


async def test_a_booking_in_words_becomes_one_in_the_calendar(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("scheduling", **QUALIFIED)
    model.script = [find()]
    await lead.says("¿qué horas tienen?")
    shown = lead.graph.get_state({"configurable": {"thread_id": lead.contact_id}})
    slot = shown.values["offered_slots"][0]["id"]
    claimed = answer("¡Listo! Te agendo esa.", ("email", "ana@acme.com", "ana@acme.com"))
    model.script = [claimed, call("book_call", slot_id=slot)]
    outcome = await lead.says("esa me viene bien, ana@acme.com")
    assert outcome.booking is not None
    assert [fact.field for fact in outcome.facts] == ["email"]


async def test_a_second_draft_that_fails_leaves_the_first_which_is_not_sent(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    model.script = [
        answer(_INVENTED, ("need", "bajar la luz", "bajar la luz")), ModelError("too late")
    ]  # fmt: skip
    outcome = await lead.says("bajar la luz")
    assert "123" not in read(outcome)
    assert [fact.field for fact in outcome.facts] == ["need"]
    assert outcome.decision.signals["output_check"] == "price"


async def test_a_draft_is_written_anew_only_once(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer(_INVENTED), answer(_INVENTED), answer("Nunca leído.")]
    outcome = await lead.says("¿cuánto vale?")
    assert len(model.requests) == 2
    assert "123" not in read(outcome)
    assert outcome.unresolved == 1


_ALL_BUT_ONE = {
    "need": "luz",
    "budget": "5000 USD",
    "authority": "yo",
    "name": "Ana",
    "intent": "x",
}
_NEXT_STEP = "Perfecto, Ana. El siguiente paso es una llamada con un colega."


async def test_a_fact_quoted_loosely_is_quoted_anew_and_the_times_follow(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", **_ALL_BUT_ONE)
    model.script = [
        answer(_NEXT_STEP, ("timeline", "quiero tenerlo en marzo", "marzo"), stage_done=True),
        answer(_NEXT_STEP, ("timeline", "para marzo", "marzo"), stage_done=True),
    ]
    outcome = await lead.says("lo queremos para marzo")
    assert [fact.field for fact in outcome.facts] == ["timeline"]
    assert outcome.stage_after == "scheduling"
    assert [type(reply) for reply in outcome.replies] == [Text, Menu]
    assert "`missing`" in str(model.requests[1][-1]["content"]).splitlines()[1]


async def test_what_he_never_said_is_asked_for(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", **_ALL_BUT_ONE)
    asked = answer("¿Para cuándo lo quieres?")
    model.script = [answer(_NEXT_STEP, stage_done=True), asked]
    outcome = await lead.says("sí, decido yo")
    assert read(outcome) == "¿Para cuándo lo quieres?"
    assert outcome.decision.confidence == 0.95


@pytest.mark.parametrize(
    "draft",
    [
        answer(_NEXT_STEP + " ¿Te parece?", stage_done=True),
        answer("Con gusto, Ana."),
        answer("Claro, cuando quieras.", stage_done=True, mood="later"),
        answer("Claro, te entiendo.", stage_done=True, wants_human=True),
        answer("Te comunico con una persona del equipo.", wants_human=True),
    ],
    ids=["asks", "not done", "later", "wants a person", "is handed over with our words"],
)
async def test_words_that_leave_the_talk_open_stand(
    lead: Lead, model: ScriptedModel, draft: Proposal
) -> None:
    lead.memory = known("qualification", **_ALL_BUT_ONE)
    model.script = [draft]
    await lead.says("sí, decido yo")
    assert len(model.requests) == 1
