"""A scheduler that keeps its bookings in memory, for Studio and for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4
from zoneinfo import ZoneInfo

from domain.business import Business
from domain.errors import SlotTaken
from domain.lead import FactField
from domain.ports import Clock
from domain.slots import (
    Booking,
    Interval,
    PartOfDay,
    Slot,
    busy_time,
    choose,
    free_slots,
    matching,
    overlaps,
)
from domain.values import Language


@dataclass
class MemoryScheduler:
    """The port domain.ports.Scheduler. `busy`: times by rep at which no call may be."""

    business: Business
    clock: Clock
    busy: Mapping[str, Sequence[Interval]] = field(default_factory=dict[str, Sequence[Interval]])
    live: dict[str, Booking] = field(default_factory=dict[str, Booking])
    _done: dict[str, Booking] = field(default_factory=dict[str, Booking])

    async def free(
        self,
        *,
        zone: str,
        first_day: date | None = None,
        last_day: date | None = None,
        part_of_day: PartOfDay = "any",
        limit: int = 3,
    ) -> tuple[Slot, ...]:
        """Up to `limit` free times, soonest first, spread over days."""
        lead_zone = ZoneInfo(zone)
        busy = {rep.id: self._busy(rep.id) for rep in self.business.reps}
        fitting = matching(
            free_slots(self.business, busy, self.clock()),
            lead_zone,
            first_day=first_day,
            last_day=last_day,
            part_of_day=part_of_day,
        )
        return choose(fitting, lead_zone, limit, busy_time(busy))

    async def book(
        self,
        contact_id: str,
        slot: Slot,
        *,
        key: str,
        lead: dict[FactField, str],  # noqa: ARG002 - the port's; there is no event to write it in
        language: Language,  # noqa: ARG002 - the same
    ) -> Booking:
        """Book, or move the contact's live booking to the slot. Raises SlotTaken."""
        if done := self._done.get(key):
            return done
        known = slot.rep in {rep.id for rep in self.business.reps}
        wanted, old = (slot.start, slot.end), self.live.get(contact_id)
        others = self._busy(slot.rep, besides=contact_id)
        if not known or slot.start <= self.clock() or any(overlaps(wanted, one) for one in others):
            raise SlotTaken(f"{slot.start.isoformat()} with {slot.rep} is taken")
        booking = Booking(
            id=old.id if old else str(uuid4()), rep=slot.rep, start=slot.start, end=slot.end
        )
        self.live[contact_id] = self._done[key] = booking
        return booking

    async def cancel(self, contact_id: str, *, key: str) -> Booking | None:
        """Cancel the live booking; None when there is none."""
        if done := self._done.get(key):
            return done
        booking = self.live.pop(contact_id, None)
        if booking:
            self._done[key] = booking
        return booking

    def _busy(self, rep: str, besides: str = "") -> list[Interval]:
        booked = [
            (booking.start, booking.end)
            for contact_id, booking in self.live.items()
            if booking.rep == rep and contact_id != besides
        ]
        return [*self.busy.get(rep, ()), *booked]
