"""The three triggers, exactly as DESIGN states them, and what a handoff does."""

from uuid import NAMESPACE_URL, uuid5

import pytest

from domain.errors import ModelError
from domain.messages import Inbound
from domain.ports import Ports
from domain.stages import Stage
from domain.turn import Batch, Memory
from nodes.handoff import given_up
from tests.conversation.conftest import MONDAY, QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer


async def test_asking_for_a_person_in_the_first_message_needs_no_model(
    lead: Lead, model: ScriptedModel
) -> None:
    outcome = await lead.says("quiero hablar con una persona")
    assert (outcome.decision.kind, outcome.decision.reason) == ("handoff", "asked")
    assert outcome.decision.signals == {"guard": True}
    assert model.requests == []
    assert "persona" in read(outcome)


@pytest.mark.parametrize("stage", ["greeting", "qualification", "scheduling"])
async def test_the_model_hears_a_wish_for_a_person_in_any_stage(
    lead: Lead, model: ScriptedModel, stage: Stage
) -> None:
    lead.memory = known(stage, name="Ana")
    model.script = [answer(wants_human=True)]
    outcome = await lead.says("esto no me sirve, ¿hay alguien ahí?")
    assert (outcome.decision.reason, outcome.stage_after) == ("asked", "handoff")


@pytest.mark.parametrize(
    ("stage", "confidence", "kind"),
    [
        ("greeting", 69, "clarify"),
        ("greeting", 70, "answer"),
        ("qualification", 69, "handoff"),
        ("qualification", 70, "answer"),
        ("scheduling", 69, "handoff"),
        ("scheduling", 70, "answer"),
    ],
)
async def test_low_confidence_clarifies_in_greeting_and_hands_over_after_it(
    lead: Lead, model: ScriptedModel, stage: Stage, confidence: int, kind: str
) -> None:
    lead.memory = known(stage, name="Ana")
    model.script = [answer(confidence=confidence)]
    outcome = await lead.says("bueno, pues eso mismo")
    assert outcome.decision.kind == kind


async def test_three_unresolved_turns_in_a_row_hand_over_in_any_stage(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [answer(resolved=False), answer(confidence=20), ModelError("late")]
    kinds = [(await lead.says(text)).decision.kind for text in ("una cosa", "otra cosa", "y otra")]
    assert kinds == ["answer", "clarify", "handoff"]
    assert lead.memory.handoff is not None
    assert lead.memory.handoff.reason == "unresolved"


async def test_a_resolved_turn_resets_the_count(lead: Lead, model: ScriptedModel) -> None:
    model.script = [
        answer(resolved=False),
        answer(resolved=False),
        answer(),
        answer(resolved=False),
    ]
    for text in ("una cosa", "otra cosa", "bien", "y otra"):
        outcome = await lead.says(text)
    assert outcome.unresolved == 1


async def test_a_burst_counts_once(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer(resolved=False)]
    outcome = await lead.says("una cosa", "otra cosa", "y otra más")
    assert outcome.unresolved == 1


async def test_thresholds_are_knobs(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana")
    lead.knobs = type(lead.knobs)(confidence_threshold=0.5)
    model.script = [answer(confidence=60)]
    assert (await lead.says("bueno, pues eso mismo")).decision.kind == "answer"


async def test_the_rep_is_told_what_is_known_and_why(lead: Lead) -> None:
    lead.memory = known("qualification", **QUALIFIED)
    outcome = await lead.says("prefiero hablar con un asesor humano")
    (notice,) = outcome.notices
    name, phone, reason, facts, _ = notice.message.params
    assert (name, phone) == ("Ana", "{phone}")
    assert "persona" in reason
    assert "20000 USD" in facts
    assert outcome.handoff is not None
    assert notice.rep == outcome.handoff.rep


async def test_the_agent_is_silent_while_a_person_has_the_conversation(
    lead: Lead, model: ScriptedModel
) -> None:
    await lead.says("quiero hablar con una persona")
    outcome = await lead.says("¿cuánto cuesta?")
    assert (outcome.decision.kind, outcome.replies) == ("silent", ())
    assert model.requests == []


async def test_given_back_the_agent_goes_on_where_the_facts_put_it(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("handoff", **QUALIFIED).model_copy(update={"rep_said": ("Hola, soy Luis",)})
    outcome = await lead.says("entonces agendemos")
    assert outcome.stage_before == "scheduling"
    assert "Hola, soy Luis" in str(model.requests[0][1]["content"])


async def test_stop_is_heard_also_while_a_person_has_the_conversation(lead: Lead) -> None:
    await lead.says("quiero hablar con una persona")
    outcome = await lead.says("STOP")
    assert outcome.decision.kind == "opt_out"
    assert lead.memory.handoff is not None


@pytest.mark.parametrize(
    ("text", "zone", "told"),
    [
        ("oi, quanto custa a bateria?", None, "Desculpe"),
        ("battery?", "America/New_York", "Sorry"),
        ("precio?", "America/New_York", "Disculpa"),
    ],
)
def test_who_could_not_be_answered_is_told_in_his_language(
    ports: Ports, text: str, zone: str | None, told: str
) -> None:
    message = Inbound(id="m1", wamid="m1", kind="text", text=text, at=MONDAY)
    contact = str(uuid5(NAMESPACE_URL, text))
    batch = Batch(contact_id=contact, turn_id=contact, messages=(message,))
    outcome = given_up(ports.business, batch, Memory(stage="greeting", timezone=zone), MONDAY)
    assert read(outcome).startswith(told)
