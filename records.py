"""What the command line shows of the handoffs, and who has a conversation."""

from uuid import uuid4

import connections
import outgoing
from crm import handoffs
from crm.conversation import find
from crm.handoffs import Case
from crm.messages import Line
from domain.errors import SettingsError
from domain.values import Plain
from settings import Settings

_LATER = """
The workers could not be told through REDIS_URL: an answer that is being written may still go out.
What the lead writes next is left to the person."""
_UNANSWERED = """
The workers could not be told through REDIS_URL: the agent speaks when the lead writes next."""


async def listed_handoffs(settings: Settings, *, every: bool = False) -> str:
    """Each open handoff, or every one, with its reason, signals and last messages.

    With every one also what else waits for somebody, handed over or not.
    """
    async with connections.records(settings) as pool:
        cases = await handoffs.cases(pool, only_open=not every)
    told = "\n\n".join(map(_case, cases)) or f"no {'' if every else 'open '}handoffs"
    if not every:
        return told
    waiting = (*await outgoing.parked(settings), *await outgoing.withheld(settings))
    return "\n\n".join(filter(None, (told, "\n".join(waiting))))


async def take_over(settings: Settings, phone: str, rep: str | None) -> str:
    """Take a conversation from the agent. Raises SettingsError when there is no such rep."""
    async with connections.desk(settings) as desk:
        contact = await find(desk.pool, phone)
        if contact is None:
            return f"no conversation with {phone}"
        whose = await desk.rep(contact, rep, connections.now())
        if whose is None:
            known = ", ".join(desk.business.people)
            raise SettingsError(f"no rep is called {rep}: the business folder has {known}")
        key, at = str(uuid4()), connections.now()
        change = await desk.take_over(contact, rep=whose, key=key, at=at)
    taken = f"{whose} has the conversation" if change.changed else "a person had it before"
    return f"{taken}: the agent is silent{'' if change.woken else _LATER}"


async def release(settings: Settings, phone: str) -> str:
    """Give a conversation back to the agent."""
    async with connections.desk(settings) as desk:
        contact = await find(desk.pool, phone)
        change = await desk.release(contact) if contact else None
    if change is None or not change.changed:
        return "no person has this conversation"
    return f"the agent has it again{'' if change.woken else _UNANSWERED}"


async def missed_call(settings: Settings, phone: str) -> str:
    """The lead did not come to his call."""
    async with connections.desk(settings) as desk:
        contact = await find(desk.pool, phone)
        marked = contact is not None and await desk.missed_call(contact, connections.now)
    return "the lead is asked once for another time" if marked else "no call to mark"


def signals_line(signals: Plain) -> str:
    """What a decision was made from, in one line."""
    return ", ".join(f"{name}={value}" for name, value in signals.items()) or "-"


def _case(case: Case) -> str:
    who = " ".join(filter(None, (case.profile_name, case.phone and f"+{case.phone}")))
    head = (
        f"{who or case.contact_id}: {case.reason}, {case.rep}, {case.at:%Y-%m-%d %H:%M},"
        f" {_standing(case)}"
    )
    lines = [f"  {line.direction:>3}: {line.text}{_lost(case, line)}" for line in case.messages]
    signals = f"  signals: {signals_line(case.signals)}"
    return "\n".join([head, f"  id: {case.id}", signals, *lines])


def _lost(case: Case, line: Line) -> str:
    return " (not delivered)" if line.id in case.not_delivered else ""


def _standing(case: Case) -> str:
    """How far it has come, and what the rep said of it."""
    moments = {
        "claimed": case.claimed_at,
        "first word": case.first_word_at,
        "given back": None if case.unclaimed_at else case.released_at,
        "given back unclaimed": case.unclaimed_at,
    }
    known = [f"{what} {at:%Y-%m-%d %H:%M}" for what, at in moments.items() if at]
    waiting = [] if case.claimed_at or case.unclaimed_at else ["not claimed"]
    label = {True: ["needed"], False: ["not needed"], None: list[str]()}[case.needed]
    told = [f"told {', '.join(case.told)}"] if len(case.told) > 1 else []
    return ", ".join([*waiting, *known, *told, *label])
