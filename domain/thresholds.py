"""What another confidence threshold would have made of the turns that are on record.

Each turn is judged again by `domain.triggers.judge` with what it was judged from then. One turn at
a time: what a lead would have said after another decision, nobody knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.stages import StoredStage
from domain.triggers import Verdict, judge
from domain.turn import Decision
from domain.values import Value


class JudgedTurn(Value):
    """A turn that a model answered, as it was decided. `needed`: what the rep said of its handoff.

    `words` are the lead's.
    """

    turn_id: str
    contact_id: str
    at: datetime
    stage_before: StoredStage
    decision: Decision
    words: str = ""
    needed: bool | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A turn, whether it was handed over for low confidence, and whether it would have been."""

    turn: JudgedTurn
    was: bool
    would: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """The turns that were handed over for low confidence, or would have been, in their order."""

    threshold: float
    turns: tuple[Replayed, ...]

    @property
    def made(self) -> int:
        return sum(one.was for one in self.turns)

    @property
    def would_make(self) -> int:
        return sum(one.would for one in self.turns)

    @property
    def labels(self) -> tuple[int, int]:
        """Of the handoffs that it would make: how many were needed, of how many labelled."""
        known = [one.turn.needed for one in self.turns if one.would]
        return known.count(True), len(known) - known.count(None)

    @property
    def missed(self) -> int:
        """Needed handoffs that it would not make."""
        return sum(one.was and not one.would and one.turn.needed is True for one in self.turns)


def replay(turns: Iterable[JudgedTurn], threshold: float, limit: int) -> Replay:
    """The turns again, with this threshold."""
    judged = (
        Replayed(
            turn,
            was=turn.decision.reason == "low_confidence",
            would=_verdict(turn, threshold, limit) == "low_confidence",
        )
        for turn in turns
    )
    return Replay(threshold, tuple(one for one in judged if one.was or one.would))


def _verdict(turn: JudgedTurn, threshold: float, limit: int) -> Verdict:
    """Turns from before these signals were kept are taken to follow on a resolved one."""
    decision, signals = turn.decision, turn.decision.signals
    before = signals.get("unresolved_before")
    verdict, _ = judge(
        turn.stage_before,
        wants_human=bool(signals.get("wants_human", decision.reason == "asked")),
        confidence=decision.confidence,
        resolved=bool(signals.get("resolved", decision.resolved)),
        unresolved_before=int(before) if isinstance(before, int | float) else 0,
        threshold=threshold,
        limit=limit,
    )
    return verdict
