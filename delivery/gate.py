"""Whether a message may still go to its recipient, asked at the moment of sending."""

from datetime import datetime
from typing import Literal

from crm.outbox import StoredRow
from domain.messages import Template
from domain.turn import SAID_TO_ANYBODY
from domain.window import is_open

Verdict = Literal["send", "reopen", "opted_out", "unreachable", "stop_marketing"]


def verdict(stored: StoredRow, now: datetime) -> Verdict:
    """What the contact's record says of a row.

    "reopen": the window is closed, which only a template passes. A template to somebody else (a
    rep) always goes.
    """
    message, known = stored.row.message, stored.known
    template = isinstance(message, Template)
    if template and not _to_the_lead(stored):
        return "send"
    if known.opted_out_at and not _wanted(stored):
        return "opted_out"
    if known.unreachable_at:
        return "unreachable"
    if isinstance(message, Template):
        stopped = message.marketing and known.marketing_stopped_at
        return "stop_marketing" if stopped else "send"
    return "send" if is_open(known.last_inbound_at, now) else "reopen"


def spoken_by_the_agent(stored: StoredRow) -> bool:
    """Whether it is a reply that a person makes needless who takes the conversation."""
    kind = stored.known.turn_kind
    return kind is not None and kind not in SAID_TO_ANYBODY and _to_the_lead(stored)


def _to_the_lead(stored: StoredRow) -> bool:
    to = stored.row.recipient
    return (to.phone or to.bsuid) in {stored.known.phone, stored.known.bsuid} - {None}


def _wanted(stored: StoredRow) -> bool:
    """After STOP: its confirmation, and answers to what the lead has written since by himself."""
    known = stored.known
    if known.turn_kind == "opt_out":
        return True
    wrote_since = (
        known.last_inbound_at is not None
        and known.opted_out_at is not None
        and known.last_inbound_at > known.opted_out_at
    )
    return wrote_since and not isinstance(stored.row.message, Template)
