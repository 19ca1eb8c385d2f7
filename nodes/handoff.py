"""Handoff: a person takes the conversation over.

Done when the CRM record is written, the rep is notified and the lead is told; all three stand in
the outcome and are committed together. Afterwards the agent is silent until the rep gives the
conversation back.
"""

from datetime import datetime
from typing import get_args
from uuid import UUID, uuid5

from langgraph.runtime import Runtime

from domain.business import Business, Rep
from domain.handoff_link import HandoffLinks
from domain.handoff_notice import filled, handoff_notice
from domain.language import home_language, language_of
from domain.lead import latest
from domain.messages import Text
from domain.ports import Ports
from domain.proposal import Proposal
from domain.rota import assign
from domain.triggers import Trigger
from domain.turn import Batch, Decision, Handoff, Memory, Notice, Outcome
from domain.wording import handoff_when, say
from nodes.knobs import Knobs
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write


def handoff(ports: Ports) -> Node:
    """The node, over its ports."""

    async def node(state: State, runtime: Runtime[Knobs]) -> State:
        turn = Turn.begin(ports, state, runtime)
        if turn.talk.outcome is None:
            await ports.turns.seal(turn.id, Proposal())
        if turn.talk.memory.handoff:
            return write(turn.talk, turn.outcome(Decision(kind="silent", reason="handed over")))
        return write(turn.talk, _hand_over(turn))

    return node


def _hand_over(turn: Turn) -> Outcome:
    decision = turn.talk.outcome.decision if turn.talk.outcome else _guarded()
    reason: Trigger = next(r for r in get_args(Trigger) if r == decision.reason)
    now = turn.ports.clock()
    business, memory = turn.ports.business, turn.talk.memory
    rep = assign(business, memory.workload, memory.rep, now)
    when = handoff_when(business, rep, now, turn.language, turn.zone)
    angry = decision.signals.get("mood") == "angry"
    told = turn.say("handoff_angry" if angry else f"handoff_{reason}", when=when)
    return turn.outcome(
        decision,
        told,
        stage_after="handoff",
        handoff=Handoff(id=_handoff_id(turn.id), reason=reason, rep=rep.id, at=now),
        notices=(_notice(turn, rep, reason),),
    )


def given_up(business: Business, batch: Batch, memory: Memory, now: datetime) -> Outcome:
    """The outcome of messages at which every try failed: a person gets them, and the lead is told.

    Where a person has the conversation, the agent is silent about that too.
    """
    default = home_language(memory.timezone) or business.language
    said = "\n".join(message.text for message in batch.messages)
    language = language_of(said, memory.language, default)
    outcome = Outcome(
        turn_id=batch.turn_id,
        stage_before=memory.stage,
        stage_after=memory.stage,
        language=language,
        decision=Decision(kind="apology", reason="given up", resolved=False),
        unresolved=memory.unresolved + 1,
    )
    if memory.handoff:
        return outcome
    rep = assign(business, memory.workload, memory.rep, now)
    when = handoff_when(business, rep, now, language, memory.timezone)
    name, facts = memory.profile_name, latest(memory.facts)
    notice = handoff_notice(business, name=name, reason="failed", facts=facts)
    return outcome.model_copy(
        update={
            "stage_after": "handoff",
            "replies": (Text(body=say(language, "handoff_failed", when=when)),),
            "handoff": Handoff(id=_handoff_id(batch.turn_id), reason="failed", rep=rep.id, at=now),
            "notices": (Notice(rep=rep.id, message=notice),),
        }
    )


def _handoff_id(turn_id: str) -> str:
    return str(uuid5(UUID(int=0), turn_id))


def _guarded() -> Decision:
    """The guard heard the lead ask for a person, so no model was asked."""
    return Decision(kind="handoff", reason="asked", signals={"guard": True})


def _notice(turn: Turn, rep: Rep, reason: Trigger) -> Notice:
    message = handoff_notice(
        turn.ports.business,
        name=turn.talk.memory.profile_name,
        reason=reason,
        facts=turn.talk.facts,
    )
    return Notice(rep=rep.id, message=message)


def addressed(outcome: Outcome, number: str | None, links: HandoffLinks | None) -> Outcome:
    """The outcome with the lead's number (digits, None unknown) and the rep's link in its notices.

    The graph knows neither.
    """
    phone, case = f"+{number}" if number else None, outcome.handoff
    notices = tuple(
        notice.model_copy(
            update={
                "message": filled(
                    notice.message,
                    phone=phone,
                    link=links.address(case.id, notice.rep, case.at) if links and case else None,
                )
            }
        )
        for notice in outcome.notices
    )
    return outcome.model_copy(update={"notices": notices})
