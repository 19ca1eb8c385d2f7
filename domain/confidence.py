"""How sure the agent is of a turn: the model's own figures, held down by what code can see."""

from domain.output_check import Rule
from domain.proposal import Proposal
from domain.turn import Signals

BROKEN_REPLY = 0.5
"""A reply that breaks a rule, also when it was written anew, is never surer than this."""
REFUSED = 0.0
_FALSE_CLAIMS: frozenset[Rule] = frozenset({"call", "person"})


def confidence(proposal: Proposal, broken_rule: Rule | None) -> tuple[float | None, Signals]:
    """0 to 1, the lowest of its signals, which stand beside it; None when there is no signal.

    A tool call carries no figure. How likely the model held `resolved` to be true counts only where
    it says so: what it knows to be unresolved, it may be sure of. A deed that is falsely claimed is
    no doubt, as what really does it goes out in its place: the times that book, a person's offer.
    """
    answer, probable = proposal.answer, proposal.resolved_probability
    signals: Signals = {
        "resolved_probability": probable,
        "output_check": broken_rule,
        "refused": proposal.refused,
    }
    found: list[float] = []
    if answer:
        own = answer.confidence / 100
        signals |= {"model": own, "stage_done": answer.stage_done}
        found = [own] if probable is None or not answer.resolved else [own, probable]
    if broken_rule and broken_rule not in _FALSE_CLAIMS:
        found.append(BROKEN_REPLY)
    if proposal.refused:
        found.append(REFUSED)
    return min(found, default=None), signals
