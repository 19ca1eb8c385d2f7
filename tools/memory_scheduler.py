"""A scheduler that keeps its bookings in memory, for Studio and for tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from domain.business import Business
from domain.errors import SlotTaken
from domain.intervals import Interval, overlaps
from domain.lead import FactField
from domain.offers import OFFERS, Request, offers
from domain.ports import Clock
from domain.slots import Booking, Slot
from domain.values import Language
from domain.wishes import ANY, Wish


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
        wish: Wish = ANY,
        limit: int = OFFERS,
        rep: str | None = None,
        moving: Booking | None = None,
        shown: Collection[datetime] = (),
    ) -> tuple[Slot, ...]:
        """Up to `limit` free times that fit, or the nearest."""
        busy = {each.id: self.busy.get(each.id, ()) for each in self.business.reps}
        taken = {each.id: self._calls(each.id) for each in self.business.reps}
        request = Request(ZoneInfo(zone), wish, limit, rep, moving, shown)
        return offers(self.business, self.clock(), busy, taken, request)

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
        wanted, old = self._blocked(slot), self.live.get(contact_id)
        others = [*self.busy.get(slot.rep, ()), *self._calls(slot.rep, besides=contact_id)]
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

    def _calls(self, rep: str, besides: str = "") -> list[Interval]:
        return [
            self._blocked(booking)
            for contact_id, booking in self.live.items()
            if booking.rep == rep and contact_id != besides
        ]

    def _blocked(self, call: Slot | Booking) -> Interval:
        before, after = self.business.call.buffers
        return call.start - before, call.end + after
