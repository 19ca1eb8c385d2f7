"""Leads who want to be left alone, who are angry, or who are none."""

import pytest

from domain.moods import Mood
from domain.proposal import Answer
from domain.sentences import SENTENCES
from tests.conversation.conftest import QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer

SPAM = "Gane dinero fácil, inversión garantizada"


@pytest.mark.parametrize("mood", ["later", "not_interested", "wrong_number"])
async def test_is_asked_nothing(lead: Lead, model: ScriptedModel, mood: Mood) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    model.script = [answer("Claro. ¿Y por qué?", mood=mood), answer("¿Qué buscas?")]
    outcome = await lead.says("otro día")
    assert read(outcome) == SENTENCES[f"leaves_{mood}"]["es"].format(company="Casa Clara")
    assert (outcome.stage_after, outcome.decision.signals["mood"]) == ("qualification", mood)
    assert "¿Qué buscas?" in read(await lead.says("¿siguen ahí?"))


async def test_the_models_own_kind_word_is_said(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    model.script = [answer("Claro, aquí estoy. El kit trae garantía.", mood="later")]
    assert "El kit trae" in read(await lead.says("luego, pero ¿trae garantía?"))


async def test_only_the_question_is_left_out_of_a_kind_word(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    reply = "Claro, sin prisa. El kit trae inversor. ¿Te mando el folleto?"
    model.script = [answer(reply, mood="later")]
    assert read(await lead.says("luego")) == "Claro, sin prisa. El kit trae inversor."


async def test_no_times_are_shown_to_who_is_not_interested(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", **(QUALIFIED | {"timeline": None}))
    model.script = [answer("Entendido.", ("timeline", "nunca", None), mood="not_interested")]
    outcome = await lead.says("nunca, no me interesa")
    assert outcome.stage_after == "qualification"
    assert [reply.kind for reply in outcome.replies] == ["text"]


async def test_an_angry_lead_is_offered_a_person(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana", intent="paneles")
    model.script = [answer("Lo siento mucho.", mood="angry")]
    said = read(await lead.says("son unos inútiles"))
    assert said == f"Lo siento mucho.\n\n{SENTENCES['person_offered']['es']}"


async def test_an_angry_lead_who_gets_a_person_reads_that_we_are_sorry(
    lead: Lead, model: ScriptedModel
) -> None:
    model.script = [answer("Lo siento mucho.", mood="angry", wants_human=True)]
    outcome = await lead.says("se me llueve el techo, y no me vengan con un robot")
    assert outcome.decision.reason == "asked"
    assert f"\n\n{SENTENCES['sorry']['es']} Ya avisé a una persona" in read(outcome)


async def test_spam_is_answered_once_and_brings_no_person(lead: Lead, model: ScriptedModel) -> None:
    model.script = [answer("No, gracias.", mood="spam", confidence=10, resolved=False)] * 4
    assert "No, gracias." in read(await lead.says(SPAM))
    for n in range(3):
        outcome = await lead.says(f"{SPAM} {n}")
        assert (outcome.replies, outcome.decision.kind) == ((), "silent")
        assert (outcome.handoff, outcome.unresolved) == (None, 0)
    assert read(await lead.says("hola, soy Ana y busco paneles"))


async def test_a_message_that_comes_for_the_fourth_time_is_not_answered(
    lead: Lead, model: ScriptedModel
) -> None:
    machine = "Gracias por comunicarte con Panadería Sol. Te responderemos en breve."
    for _ in range(3):
        assert (await lead.says(machine)).replies
    asked = len(model.requests)
    outcome = await lead.says(machine)
    assert (outcome.replies, outcome.decision.reason) == ((), "repeated")
    assert len(model.requests) == asked


def test_an_answer_that_was_sealed_before_there_were_moods_is_read() -> None:
    plain = answer("Hola").plain()["answer"]
    del plain["mood"]
    assert Answer.model_validate(plain).mood == "usual"
