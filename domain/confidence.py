"""How sure the agent is of a turn: the model's own figure, held down by what code can see."""

from domain.proposal import Proposal
from domain.turn import Signals

BROKEN_REPLY = 0.5
"""A reply that breaks a rule is never surer than this."""


def confidence(proposal: Proposal, broken_rule: str | None) -> tuple[float | None, Signals]:
    """0 to 1 with the signals it came from; None when the model gave no figure (a tool call)."""
    signals: Signals = {
        "resolved_probability": proposal.resolved_probability,
        "output_check": broken_rule,
    }
    if proposal.answer is None:
        return None, signals
    own = proposal.answer.confidence / 100
    capped = min(own, BROKEN_REPLY) if broken_rule else own
    return capped, {"model": own, "stage_done": proposal.answer.stage_done, **signals}
