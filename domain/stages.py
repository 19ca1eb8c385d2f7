"""The stages of a conversation and when each is done."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from domain.lead import FactField, Facts

Stage = Literal["greeting", "qualification", "scheduling", "handoff"]

RENAMED: dict[str, Stage] = {}
"""Former names of stages: states and rows outlive a deploy. An entry stays as long as its rows."""


def _today(name: object) -> object:
    return RENAMED.get(name, name) if isinstance(name, str) else name


StoredStage = Annotated[Stage, BeforeValidator(_today)]
"""A stage as it is read back, under the name that it has today."""

TIMES_ASKED = 2
"""A lead who did not answer a question this often is not asked again."""

_FINDS_OUT: dict[Stage, tuple[FactField, ...]] = {
    "greeting": ("name", "intent"),
    "qualification": ("need", "budget", "authority", "timeline"),
    "scheduling": (),
    "handoff": (),
}
_NEXT: dict[Stage, Stage] = {"greeting": "qualification", "qualification": "scheduling"}

Asked = Mapping[FactField, int]


def missing(stage: Stage, facts: Facts, asked: Asked) -> tuple[FactField, ...]:
    """What the stage still has to find out, in the order in which to ask.

    A fact that the lead declined is known, and one that he was asked for often enough is let go.
    """
    return tuple(
        field
        for field in _FINDS_OUT[stage]
        if field not in facts and asked.get(field, 0) < TIMES_ASKED
    )


def after(stage: Stage, facts: Facts, asked: Asked) -> Stage:
    """The stage that follows once these facts are known: the same one while something is missing.

    Only `domain.triggers` moves a conversation into a handoff, and a booked call is the end of
    scheduling, in which the conversation stays for questions and changes.
    """
    return stage if missing(stage, facts, asked) else _NEXT.get(stage, stage)


def resume(facts: Facts, asked: Asked) -> Stage:
    """The stage of a conversation that a person gives back."""
    stage: Stage = "greeting"
    while (following := after(stage, facts, asked)) != stage:
        stage = following
    return stage
