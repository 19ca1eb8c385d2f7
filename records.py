"""What the command line reads from the CRM, and the little that it changes there."""

import bootstrap
from crm import contacts, handoffs
from crm.handoffs import Case
from settings import Settings


async def open_handoffs(settings: Settings) -> str:
    """Each open handoff with its reason, signals and last messages."""
    async with bootstrap.database(settings) as pool:
        cases = await handoffs.cases(pool)
    return "\n\n".join(map(_case, cases)) or "no open handoffs"


async def release(settings: Settings, phone: str) -> str:
    """Give a conversation back to the agent."""
    async with bootstrap.database(settings) as pool:
        contact = await contacts.by_phone(pool, phone)
        released = contact is not None and await handoffs.release(pool, contact)
    return "the agent has it again" if released else "no person has this conversation"


def _case(case: Case) -> str:
    who = " ".join(filter(None, (case.profile_name, case.phone and f"+{case.phone}")))
    signals = ", ".join(f"{name}={value}" for name, value in case.signals.items())
    claimed = f"claimed {case.claimed_at:%Y-%m-%d %H:%M}" if case.claimed_at else "not claimed"
    head = (
        f"{who or case.contact_id}: {case.reason}, {case.rep}, {case.at:%Y-%m-%d %H:%M}, {claimed}"
    )
    lines = [f"  {line.direction:>3}: {line.text}" for line in case.messages]
    return "\n".join([head, f"  signals: {signals or '-'}", *lines])
