"""What a lead says of himself as he asks for a person.

He is handed over before any model is asked; what he said beside it is heard afterwards, by the
request of a usual turn, of which the facts alone are taken.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.business import Business
from domain.errors import ModelRefused
from domain.lead import Fact
from domain.ports import Model
from domain.proof import accept, changed
from domain.proposal import Usage
from domain.turn import Batch, Memory
from nodes.context import instructions, request
from nodes.state import read


async def hear(
    model: Model, business: Business, batch: Batch, memory: Memory, now: datetime
) -> tuple[tuple[Fact, ...], Usage]:
    """The new facts with their proof, and what asking cost. Raises ModelError."""
    at_work = memory.model_copy(update={"stage": "qualification", "handoff": None})
    talk = read({"batch": batch.plain(), "memory": at_work.plain()}, now)
    clock = now.astimezone(ZoneInfo(memory.timezone or business.timezone))
    language = memory.language or business.language
    system = instructions("qualification", business)
    try:
        proposal = await model.propose(
            request(system, talk, business, language=language, now=clock), ()
        )
    except ModelRefused as refused:
        return (), refused.usage
    facts, _ = accept(
        proposal.facts,
        talk.said,
        talk.at.astimezone(business.zone),
        currency=business.currency,
        confidence=proposal.answer.confidence / 100 if proposal.answer else None,
    )
    return changed(facts, talk.facts), proposal.usage
