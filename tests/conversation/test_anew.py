"""A draft that breaks a rule is written once more."""

from domain.errors import ModelError
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
