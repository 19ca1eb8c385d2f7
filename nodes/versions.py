"""State that outlives a deploy: an old version is brought up to date when a turn reads it.

To change the state's shape: raise VERSION, write the step from the version before, and put a sample
of the new one into `tests/data`. LangGraph loads only the keys that `State` names, so a key that a
step still reads stays there. A renamed stage is an entry in `domain.stages.RENAMED`.
"""

from collections.abc import Callable, Mapping
from typing import Any

Stored = Mapping[str, Any]
Step = Callable[[Stored], Stored]

VERSION = 2
"""Of the shape of `State` as it is written today."""


def _with_a_wish(stored: Stored) -> Stored:
    """The times that a lead has seen, and what he said of the time that he would like."""
    return {**stored, "version": 2, "shown_slots": stored.get("offered_slots", []), "wish": {}}


STEPS: dict[int, Step] = {1: _with_a_wish}
"""From each earlier version to the next one: pure, and never changed once released."""


def current(stored: Stored) -> Stored:
    """The state in today's shape.

    One written by a newer release, which was rolled back, is not guessed at: its messages alone are
    kept, which are LangChain's and not ours, and PostgreSQL's memory serves.
    """
    version = stored.get("version", VERSION)
    if version > VERSION:
        return {"messages": stored.get("messages", [])}
    for step in range(version, VERSION):
        stored = STEPS[step](stored)
    return stored
