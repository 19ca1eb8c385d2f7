"""When the agent hands the conversation over. Three triggers, decided here and nowhere else."""

from typing import Literal

from domain.stages import Stage

Trigger = Literal["asked", "low_confidence", "unresolved"]
Verdict = Literal["answer", "clarify"] | Trigger

HandoffReason = Literal[Trigger, "taken_over", "undelivered", "failed"]
"""Why a person has a conversation: a trigger, because a person took it, because something that the
lead was to get could not be delivered, or because his messages could not be answered."""


def judge(
    stage: Stage,
    *,
    wants_human: bool,
    confidence: float | None,
    resolved: bool,
    unresolved_before: int,
    threshold: float,
    limit: int,
) -> tuple[Verdict, int]:
    """What to do with a turn, and how many turns in a row are unresolved with it.

    `stage` is the one that answered; `confidence` is 0 to 1, None when no model judged; exactly the
    threshold is enough.

    1. The lead asks for a person, in any stage.
    2. Confidence below the threshold in qualification or beyond. Before that the lead is asked to
       say it differently, which counts as unresolved.
    3. `limit` unresolved turns in a row, in any stage. A resolved turn resets the count.
    """
    unsure = confidence is not None and round(confidence, 4) < threshold
    clarify = unsure and stage == "greeting"
    unresolved = unresolved_before + 1 if clarify or not resolved else 0
    if wants_human:
        return "asked", unresolved
    if unresolved >= limit:
        return "unresolved", unresolved
    if clarify:
        return "clarify", unresolved
    return ("low_confidence" if unsure else "answer"), unresolved
