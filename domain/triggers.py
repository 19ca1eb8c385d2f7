"""When a person takes the conversation over. Three triggers, decided here and nowhere else."""

from typing import Literal

from domain.stages import Stage

HandoffReason = Literal["asked", "low_confidence", "unresolved"]
Verdict = Literal["answer", "clarify"] | HandoffReason


def verdict(
    stage: Stage,
    *,
    wants_human: bool,
    confidence: float | None,
    unresolved: int,
    threshold: float,
    limit: int,
) -> Verdict:
    """What to do with a turn, from the stage it was answered in.

    `confidence` is 0 to 1, None when no model answered; `unresolved` counts turns in a row that were
    not resolved, this one included. Exactly the threshold is enough. 1: the lead asks for a person,
    in any stage. 2: confidence below the threshold in qualification or beyond; before that the lead
    is asked to say it differently. 3: `limit` unresolved turns in a row, in any stage.
    """
    if wants_human:
        return "asked"
    if unresolved >= limit:
        return "unresolved"
    if confidence is not None and round(confidence, 4) < threshold:
        return "clarify" if stage == "greeting" else "low_confidence"
    return "answer"
