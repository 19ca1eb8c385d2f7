"""The stages of a conversation and when each is done."""

from typing import Literal, get_args

from domain.lead import BANT, FactField, Facts

Stage = Literal["greeting", "qualification", "scheduling", "handoff"]
STAGES: tuple[Stage, ...] = get_args(Stage)


_ASKED: dict[Stage, tuple[FactField, ...]] = {
    "greeting": ("name", "intent"),
    "qualification": BANT,
    "scheduling": (),
    "handoff": (),
}


def missing(stage: Stage, facts: Facts) -> tuple[FactField, ...]:
    """What the stage still has to find out; a fact that the lead declined is not missing."""
    return tuple(field for field in _ASKED[stage] if field not in facts)


def settle(stage: Stage, facts: Facts) -> Stage:
    """The stage that the conversation is in once these facts are known.

    A stage whose facts are complete passes on; several may pass in one turn. A conversation never
    moves back by itself, and only `domain.handoff` moves it into or out of a handoff.
    """
    if stage == "greeting" and not missing("greeting", facts):
        stage = "qualification"
    if stage == "qualification" and not missing("qualification", facts):
        stage = "scheduling"
    return stage
