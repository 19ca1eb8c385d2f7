"""Which node comes next: pure functions of a turn, one for each point where paths part."""

from typing import Literal

from domain.handoff import asks_for_human
from domain.stages import Stage
from nodes.guard import guarded
from nodes.state import Talk

Entry = Literal["greeting", "qualification", "scheduling", "handoff", "guard", "end"]
Exit = Literal["qualification", "scheduling", "handoff", "end"]


def entry(talk: Talk) -> Entry:
    """Where a turn starts. What a lead may always say comes before the stage and the model.

    A turn that the state already holds (a repeat after a crash) ends with its stored outcome.
    """
    if talk.outcome:
        return "end"
    if talk.memory.handoff:
        return "guard" if talk.words and guarded(talk) else "handoff"
    if guarded(talk):
        return "guard"
    if any(asks_for_human(message.text) for message in talk.batch.messages):
        return "handoff"
    return "guard" if talk.memory.over else talk.stage


def leaving(stage: Stage, talk: Talk) -> Exit:
    """Where a stage leads: into a handoff, on into the next stage, or to the end of the turn."""
    if talk.outcome is None:
        return "end"
    if talk.outcome.decision.kind == "handoff":
        return "handoff"
    following = talk.outcome.stage_after
    if following in ("qualification", "scheduling") and following != stage:
        return following
    return "end"


def leaving_guard(talk: Talk) -> Literal["handoff", "end"]:
    """A lead who sends nothing but what cannot be opened gets a person."""
    return "handoff" if talk.outcome and talk.outcome.decision.kind == "handoff" else "end"
