"""How sure the agent is of a turn, and what that came from.

A reply that the output check refused says nothing of how well the lead was understood: the turn is
unresolved then, and he is offered a person in place of it.
"""

from domain.proposal import Proposal
from domain.turn import Signals


def confidence(proposal: Proposal, broken_rule: str | None) -> tuple[float | None, Signals]:
    """0 to 1 with the signals beside it; None when the model gave no figure (a tool call)."""
    signals: Signals = {
        "resolved_probability": proposal.resolved_probability,
        "output_check": broken_rule,
    }
    if proposal.answer is None:
        return None, signals
    own = proposal.answer.confidence / 100
    return own, {"model": own, "stage_done": proposal.answer.stage_done, **signals}
