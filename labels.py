"""What reps say of handoffs afterwards, and what another threshold would have made of them."""

import connections
from crm import handoff_acts
from crm.judged_turns import judged_turns
from domain.thresholds import Replay, Replayed, replay
from settings import Settings

_WORDS = 160


async def label(settings: Settings, handoff: str, *, needed: bool) -> str:
    """Keep whether a handoff was needed."""
    async with connections.records(settings) as pool:
        actor = connections.operator()
        known = await handoff_acts.label(pool, handoff, needed=needed, actor=actor)
    return ("needed" if needed else "not needed") if known else f"no handoff has the id {handoff}"


async def replay_threshold(settings: Settings, threshold: float) -> str:
    """How many handoffs, and which, this threshold would have made by low confidence."""
    async with connections.records(settings) as pool:
        turns = await judged_turns(pool, threshold)
    return shown(replay(turns, threshold, settings.unresolved_limit))


def shown(found: Replay) -> str:
    """A line for the figures, and two for each handoff that was or would have been made."""
    needed, labelled = found.labels
    said = (
        f"{needed} of the {labelled} that reps labelled were needed"
        if labelled
        else "no rep has labelled any of them"
    )
    head = (
        f"at {found.threshold:g}: {found.would_make} handoffs by low confidence, {found.made} were"
        f" made; {said}; {found.missed} needed ones would not have been made"
    )
    return "\n".join([head, *map(_line, found.turns)])


def _line(one: Replayed) -> str:
    turn, label = one.turn, {True: ", needed", False: ", not needed", None: ""}[one.turn.needed]
    sign = {(True, True): "=", (False, True): "+", (True, False): "-"}[one.was, one.would]
    words = " ".join(turn.words.split())[:_WORDS]
    return (
        f"{sign} {turn.turn_id} {turn.at:%Y-%m-%d %H:%M} {turn.stage_before}"
        f" {turn.decision.confidence:.2f}{label}\n    {words}"
    )
