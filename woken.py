"""A turn in which the lead says nothing new: a person gave the conversation back, or just took it.

What the lead wrote meanwhile was recorded in silence. When the last word was his and the customer
service window is open, the agent answers it now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid5

from crm.memory import peek
from crm.messages import Line
from crm.pool import Pool
from crm.unanswered import waiting
from delivery.mailbox import Lease
from delivery.wake import wake_name
from domain import window
from domain.contact import Address
from domain.messages import Inbound, InboundKind, needs_turn
from domain.turn import Batch, Memory


@dataclass(frozen=True)
class Woken:
    """A turn over messages that stand in the record already."""

    batch: Batch
    memory: Memory
    address: Address


def wakes(lease: Lease) -> tuple[str, ...]:
    """The names of the lease's wakes."""
    return tuple(filter(None, map(wake_name, lease.bodies)))


def alone(lease: Lease) -> bool:
    """Whether the lease holds nothing that Meta sent."""
    return len(wakes(lease)) == len(lease.bodies)


def turn_id(lease: Lease) -> str:
    """Of a turn that wakes alone began; a repeat has the same."""
    return lease.turn_id or str(uuid5(UUID(lease.contact), "/".join(wakes(lease))))


async def left_open(pool: Pool, lease: Lease, now: datetime) -> Woken | None:
    """What the agent is to answer; None when a person has the conversation, or nothing waits."""
    found, memory = await waiting(pool, lease.contact), await peek(pool, lease.contact)
    if found is None or memory is None or memory.handoff or memory.opted_out:
        return None
    messages = tuple(map(recorded, found.messages))
    if not any(map(needs_turn, messages)) or not window.is_open(found.last_inbound_at, now):
        return None
    batch = Batch(contact_id=lease.contact, turn_id=turn_id(lease), messages=messages)
    return Woken(batch, memory, found.address)


def recorded(line: Line) -> Inbound:
    """A message of the record; of the wamid only the hash was kept, which Meta is not asked for."""
    kind = cast("InboundKind", line.kind)
    return Inbound(id=line.id, wamid=line.id, kind=kind, text=line.text, at=line.at)
