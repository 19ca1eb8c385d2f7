"""What a turn leaves in the outbox: the replies first, then the notices to reps."""

from collections.abc import Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from crm.outbox import OutboxRow
from domain.contact import Address
from domain.turn import Notice, Outcome


def row_id(turn_id: str, position: int) -> str:
    """The id of a turn's outbox row: a repeat of the turn gives the same."""
    return str(uuid5(NAMESPACE_URL, f"vendedor:{turn_id}/{position}"))


def outbox_rows(
    contact_id: str,
    address: Address,
    outcome: Outcome,
    reps: Mapping[str, str],
    heard_at: datetime | None = None,
) -> list[OutboxRow]:
    """Numbered through. `reps` are phones by id; a notice to one who left goes to the first.

    `heard_at`: when the first message arrived that is answered.
    """
    sent = [
        *((address, reply) for reply in outcome.replies),
        *((_rep_address(notice, reps), notice.message) for notice in outcome.notices),
    ]
    return [
        OutboxRow(
            id=row_id(outcome.turn_id, position),
            contact_id=contact_id,
            turn_id=outcome.turn_id,
            position=position,
            recipient=recipient,
            message=message,
            heard_at=heard_at if position == 0 and outcome.replies else None,
        )
        for position, (recipient, message) in enumerate(sent)
    ]


def _rep_address(notice: Notice, reps: Mapping[str, str]) -> Address:
    phone = reps.get(notice.rep, next(iter(reps.values())))
    return Address(phone=phone.removeprefix("+"))
