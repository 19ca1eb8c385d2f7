"""What the guard hears before any model: a stop by button, a stale tap, thanks after a stop."""

import pytest

from domain.bubbles import at_most_two
from domain.messages import ContactRequest, Menu, Text
from domain.sentences import SENTENCES
from tests.conversation.conftest import Lead, known, read
from tests.conversation.scripted import ScriptedModel


@pytest.mark.parametrize(
    ("payload", "title"),
    [("STOP", "Stop promotions"), ("stop-1", "Detener promociones"), ("BAJA", "No, gracias")],
)
async def test_a_stop_by_a_templates_button_is_heard(
    lead: Lead, model: ScriptedModel, payload: str, title: str
) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.taps(payload, title)
    assert outcome.decision.kind == "opt_out"
    assert model.requests == []


@pytest.mark.parametrize(
    ("choice", "title"), [("slot:gone", "mar 24 nov 10:00"), ("more:", "Más horarios"), ("x", "")]
)
async def test_a_tap_that_nobody_waits_for_is_told_as_stale(
    lead: Lead, model: ScriptedModel, choice: str, title: str
) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.taps(choice, title)
    assert read(outcome) == SENTENCES["stale_choice"]["es"]
    assert (outcome.decision.kind, outcome.unresolved) == ("noted", 0)
    assert model.requests == []


@pytest.mark.parametrize("thanks", ["gracias", "Ok, muchas gracias!", "thanks", "obrigada"])
async def test_thanks_after_a_stop_are_the_last_word(
    lead: Lead, model: ScriptedModel, thanks: str
) -> None:
    lead.memory = known("qualification", name="Ana")
    await lead.says("BAJA")
    outcome = await lead.says(thanks)
    assert outcome.replies == ()
    assert model.requests == []


def test_the_request_for_a_number_goes_with_the_words_before_it() -> None:
    request, menu = ContactRequest(body="¿Me das tu número?"), Menu.model_construct(body="…")
    bubbles = at_most_two((Text(body="Anotado."), request, menu))
    assert bubbles == (request.model_copy(update={"body": "Anotado.\n\n¿Me das tu número?"}), menu)
