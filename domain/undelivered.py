"""Messages that were given up: which of them a person must hear of, and when the lead is told.

Nothing that tells of a failure makes another one: neither a notice to a rep nor what belongs to a
handoff counts, whatever becomes of it.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.contact import Address
from domain.values import Value
from domain.window import is_open

_TAKEN_BACK = frozenset({"withdrawn", "opted_out", "stop_marketing"})
_NO_ANSWERS = ("followup/", "handoff/", "later/")
_NOT_THE_CHANNEL = frozenset({"document", "buttons", "menu", "contact_request"})
_CANNOT_READ_IT = frozenset({"unreachable", "template"})


class Lost(Value):
    """One of them. `kind` is its message's, `reaction` why it was given up, `to` its recipient."""

    turn_id: str
    kind: str | None
    reaction: str | None
    to: str


class Reach(Value):
    """What is known of writing to the lead."""

    address: Address
    last_inbound_at: datetime | None
    unreachable: bool
    opted_out: bool


def missed(lost: Sequence[Lost], address: Address) -> tuple[Lost, ...]:
    """What the lead was to get and nobody took back; reminders and nudges are let go."""
    names = {address.phone, address.bsuid}
    return tuple(
        one
        for one in lost
        if one.reaction not in _TAKEN_BACK
        and not one.turn_id.startswith(_NO_ANSWERS)
        and (one.kind != "template" or one.to in names)
    )


def may_be_told(lost: Sequence[Lost], reach: Reach, now: datetime) -> bool:
    """Whether a line reaches him: only a file or something to tap failed, not the way to him."""
    only_this = all(
        one.kind in _NOT_THE_CHANNEL and one.reaction not in _CANNOT_READ_IT for one in lost
    )
    return (
        only_this
        and bool(reach.address.identifiers)
        and not (reach.unreachable or reach.opted_out)
        and is_open(reach.last_inbound_at, now)
    )
