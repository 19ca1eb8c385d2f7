"""Handoff: a person takes the conversation over.

Done when the CRM record is written, the rep is notified and the lead is told; all three stand in
the outcome and are committed together. Afterwards the agent is silent until the rep gives the
conversation back.
"""

from typing import get_args
from uuid import UUID, uuid5

from langgraph.runtime import Runtime

from domain.business import Rep, assigned
from domain.messages import Template
from domain.ports import Ports
from domain.proposal import Proposal
from domain.triggers import Trigger
from domain.turn import Decision, Handoff, Notice, Outcome
from domain.wording import facts_line, handoff_when, reason_line
from nodes.knobs import Knobs
from nodes.state import State
from nodes.turn import Node, Turn
from nodes.writing import write

PHONE = "{phone}"
"""Stands in a notice for the lead's number: the graph does not know it, the commit fills it in."""


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
    rep = assigned(turn.ports.business, turn.talk.batch.contact_id)
    told = turn.say(f"handoff_{reason}", when=handoff_when(turn.ports.business, now, turn.language))
    return turn.outcome(
        decision,
        told,
        stage_after="handoff",
        handoff=Handoff(id=str(uuid5(UUID(int=0), turn.id)), reason=reason, rep=rep.id, at=now),
        notices=(_notice(turn, rep, reason),),
    )


def _guarded() -> Decision:
    """The guard heard the lead ask for a person, so no model was asked."""
    return Decision(kind="handoff", reason="asked", signals={"guard": True})


def _notice(turn: Turn, rep: Rep, reason: Trigger) -> Notice:
    business = turn.ports.business
    template = business.handoff_template
    facts = turn.talk.facts
    name = facts["name"].value if "name" in facts else turn.talk.memory.profile_name
    params = (
        name or "-",
        PHONE,
        reason_line(reason, business.language),
        facts_line(facts, business.language) or "-",
    )
    return Notice(
        rep=rep.id,
        message=Template(name=template.name, language=template.language, params=params),
    )


def addressed(outcome: Outcome, number: str | None) -> Outcome:
    """The outcome with the lead's number (digits, None unknown) in its notices."""
    phone = f"+{number}" if number else "-"
    notices = tuple(_with_phone(notice, phone) for notice in outcome.notices)
    return outcome.model_copy(update={"notices": notices})


def _with_phone(notice: Notice, phone: str) -> Notice:
    params = tuple(phone if param == PHONE else param for param in notice.message.params)
    return Notice(rep=notice.rep, message=notice.message.model_copy(update={"params": params}))
