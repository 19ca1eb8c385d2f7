"""Another threshold over decisions that are on record."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.stages import Stage
from domain.thresholds import JudgedTurn, replay
from domain.triggers import judge
from domain.turn import Decision

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def turn(
    name: str,
    confidence: float,
    stage: Stage = "qualification",
    **known: Any,  # noqa: ANN401
) -> JudgedTurn:
    """As the threshold 0.7 decided it."""
    needed = known.pop("needed", None)
    signals: dict[str, Any] = {
        "wants_human": False,
        "resolved": True,
        "unresolved_before": 0,
    } | known
    verdict, unresolved = judge(stage, confidence=confidence, threshold=0.7, limit=3, **signals)
    kind = "handoff" if verdict not in ("answer", "clarify") else verdict
    decision = Decision.of(
        {
            "kind": kind, "reason": verdict if kind == "handoff" else "",
            "confidence": confidence, "resolved": unresolved == 0, "signals": signals,
        }
    )  # fmt: skip
    return JudgedTurn(
        turn_id=name, contact_id="c", at=NOW, stage_before=stage, decision=decision, needed=needed
    )


TURNS = [
    turn("low", 0.5, needed=True),
    turn("middle", 0.65, needed=False),
    turn("missed", 0.62, needed=True),
    turn("high", 0.75),
    turn("asked", 0.4, wants_human=True),
    turn("greeting", 0.3, "greeting"),
    turn("third", 0.5, resolved=False, unresolved_before=2),
]


def test_a_lower_threshold_makes_fewer() -> None:
    found = replay(TURNS, 0.6, 3)
    assert [(one.turn.turn_id, one.was, one.would) for one in found.turns] == [
        ("low", True, True), ("middle", True, False), ("missed", True, False),
    ]  # fmt: skip
    assert (found.made, found.would_make, found.labels, found.missed) == (3, 1, (1, 1), 1)


def test_a_higher_threshold_makes_more() -> None:
    found = replay(TURNS, 0.8, 3)
    assert [one.turn.turn_id for one in found.turns if not one.was] == ["high"]
    assert (found.would_make, found.labels) == (4, (2, 3))


def test_a_turn_from_before_the_signals_were_kept() -> None:
    bare = turn("old", 0.65)
    bare = bare.model_copy(update={"decision": bare.decision.model_copy(update={"signals": {}})})
    assert [one.would for one in replay([bare], 0.7, 3).turns] == [True]
    assert replay([bare], 0.6, 3).would_make == 0


@given(st.lists(st.floats(0, 1)), st.booleans(), st.integers(0, 4))
def test_the_threshold_of_then_makes_what_was_made(
    figures: list[float],
    resolved: bool,  # noqa: FBT001 - hypothesis gives it
    before: int,
) -> None:
    turns = [
        turn(str(n), figure, resolved=resolved, unresolved_before=before)
        for n, figure in enumerate(figures)
    ]
    assert all(one.was and one.would for one in replay(turns, 0.7, 3).turns)
