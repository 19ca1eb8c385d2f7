"""What every scheduler keeps: the one in memory, and the one over PostgreSQL and a calendar."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from crm.bookings import Bookings
from crm.pool import Pool
from domain.business import Business
from domain.errors import SlotTaken
from domain.intervals import Interval
from domain.ports import Scheduler
from domain.slots import Booking, Slot
from domain.wishes import Wish
from sandbox.calendar_api import CalendarApi
from tests.crm import conftest as crm
from tests.tools.calendar_server import serving
from tests.tools.companies import NOW, acme
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.memory_scheduler import MemoryScheduler
from tools.scheduling import CallScheduler

HALF = timedelta(minutes=30)

crm_pool, pool = crm.crm_pool, crm.pool


@dataclass
class World:
    business: Business
    scheduler: Scheduler
    make_busy: Callable[[str, Interval], None]
    now: list[datetime] = field(default_factory=lambda: [NOW])

    async def book(self, contact_id: str, slot: Slot, key: str = "") -> Booking:
        return await self.scheduler.book(
            contact_id, slot, key=key or uuid4().hex, lead={"name": "María"}, language="es"
        )

    async def offers(self, limit: int = 3) -> tuple[Slot, ...]:
        return await self.scheduler.free(zone="America/Bogota", limit=limit)


def in_memory() -> World:
    business, now = acme(), [NOW]
    busy: dict[str, list[Interval]] = {}
    scheduler = MemoryScheduler(business, lambda: now[0], busy)
    return World(business, scheduler, lambda rep, one: busy.setdefault(rep, []).append(one), now)


@pytest.fixture(params=["memory", "google"])
async def world(
    request: pytest.FixtureRequest,
    pool: Pool,
) -> AsyncIterator[World]:
    if request.param == "memory":
        yield in_memory()
        return
    business, now = acme(), [NOW]
    api = CalendarApi([rep.calendar for rep in business.reps])
    async with serving(api) as url:
        calendar = GoogleCalendar(google_keys("", stand_in=True), api_url=url)
        scheduler = CallScheduler(business, calendar, Bookings(pool), clock=lambda: now[0])

        def make_busy(rep: str, one: Interval) -> None:
            times = {
                "start": {"dateTime": one[0].isoformat()},
                "end": {"dateTime": one[1].isoformat()},
            }
            api.calendars.insert(business.rep(rep).calendar, times, conferences=False)

        yield World(business, scheduler, make_busy, now)
        await calendar.aclose()


def lead() -> str:
    return str(uuid4())


async def test_offers_are_the_soonest_over_different_days(world: World) -> None:
    offers = await world.offers()

    assert [slot.start.date() for slot in offers] == [date(2026, 11, day) for day in (23, 24, 25)]
    # two hours of notice after eight o'clock in Bogota
    assert offers[0].start == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert all(slot.end - slot.start == HALF for slot in offers)


async def test_offers_are_filtered_by_the_lead_s_days_and_part_of_the_day(world: World) -> None:
    offers = await world.scheduler.free(
        zone="Europe/Madrid",
        wish=Wish(
            first_day=date(2026, 11, 26), last_day=date(2026, 11, 26), part_of_day="afternoon"
        ),
        limit=20,
    )

    assert len(offers) == 12
    assert offers[0].start == datetime(2026, 11, 26, 14, tzinfo=UTC)
    nearest = await world.scheduler.free(zone="Europe/Madrid", wish=Wish(part_of_day="morning"))
    # nine in Bogota is three in the afternoon
    assert [slot.start.hour for slot in nearest] == [14] * 3


async def test_more_are_others_than_those_that_he_has_seen(world: World) -> None:
    first = await world.offers()
    more = await world.scheduler.free(zone="America/Bogota", shown=[s.start for s in first])

    assert len(more) == 3
    assert not {slot.start for slot in first} & {slot.start for slot in more}


async def test_a_lead_keeps_the_rep_whom_he_knows(world: World) -> None:
    for rep in world.business.reps:
        offers = await world.scheduler.free(zone="America/Bogota", rep=rep.id)
        assert [slot.rep for slot in offers] == [rep.id] * 3
    gone = await world.scheduler.free(zone="America/Bogota", rep="somebody-who-left")
    assert len(gone) == 3


async def test_who_moves_his_call_is_not_offered_the_time_that_he_has(world: World) -> None:
    slot = (await world.offers())[0]
    contact = lead()
    booking = await world.book(contact, slot)

    others = await world.scheduler.free(zone="America/Bogota", moving=booking, limit=500)

    assert slot.start not in {other.start for other in others}
    assert slot.start + HALF in {other.start for other in others if other.rep == booking.rep}


async def test_a_busy_rep_is_not_offered(world: World) -> None:
    first = (await world.offers())[0]
    for rep in world.business.reps:
        world.make_busy(rep.id, (first.start, first.start + timedelta(days=1)))
    world.now[0] += timedelta(seconds=5)

    assert (await world.offers())[0].start >= first.start + timedelta(days=1)


async def test_a_booked_time_is_offered_to_nobody_else(world: World) -> None:
    slot = (await world.offers())[0]
    booking = await world.book(lead(), slot)

    assert (booking.rep, booking.start, booking.end) == (slot.rep, slot.start, slot.end)
    assert slot not in await world.offers(limit=500)
    with pytest.raises(SlotTaken):
        await world.book(lead(), slot)


async def test_an_overlapping_time_is_taken_too(world: World) -> None:
    slot = (await world.offers())[0]
    await world.book(lead(), slot)
    overlapping = slot.model_copy(
        update={"start": slot.start + HALF / 2, "end": slot.end + HALF / 2}
    )

    with pytest.raises(SlotTaken):
        await world.book(lead(), overlapping)


async def test_the_same_key_gives_the_same_booking(world: World) -> None:
    slot, other = (await world.offers())[:2]
    contact = lead()

    first = await world.book(contact, slot, "turn-1")
    again = await world.book(contact, slot, "turn-1")
    assert again == first

    moved = await world.book(contact, other, "turn-2")
    late = await world.book(contact, slot, "turn-1")
    assert late.id == moved.id
    assert other not in await world.offers(limit=500)


async def test_a_second_booking_moves_the_first(world: World) -> None:
    slot, other = (await world.offers())[:2]
    contact = lead()
    first = await world.book(contact, slot)

    moved = await world.book(contact, other)

    assert moved.id == first.id
    assert (moved.rep, moved.start) == (other.rep, other.start)
    free = await world.offers(limit=500)
    assert any(one.start == slot.start for one in free)
    assert other not in free
    await world.book(lead(), slot)


async def test_a_booking_may_move_over_its_own_old_time(world: World) -> None:
    slot = (await world.offers())[0]
    contact = lead()
    await world.book(contact, slot)
    later = slot.model_copy(update={"start": slot.start + HALF / 2, "end": slot.end + HALF / 2})

    assert (await world.book(contact, later)).start == later.start


async def test_a_move_to_a_taken_time_leaves_the_booking_where_it_was(world: World) -> None:
    slot, other = (await world.offers())[:2]
    contact = lead()
    first = await world.book(contact, slot)
    await world.book(lead(), other)

    with pytest.raises(SlotTaken):
        await world.book(contact, other)

    assert await world.scheduler.cancel(contact, key="cancel") == first


async def test_a_cancelled_time_is_free_again(world: World) -> None:
    slot = (await world.offers())[0]
    contact = lead()
    booking = await world.book(contact, slot)

    assert await world.scheduler.cancel(contact, key="turn-2") == booking
    assert await world.scheduler.cancel(contact, key="turn-2") == booking
    assert await world.scheduler.cancel(contact, key="turn-3") is None
    assert slot in await world.offers(limit=500) or slot.start in {
        one.start for one in await world.offers(limit=500)
    }
    await world.book(lead(), slot)


async def test_a_time_that_has_passed_cannot_be_booked(world: World) -> None:
    slot = (await world.offers())[0]
    world.now[0] = slot.start

    with pytest.raises(SlotTaken):
        await world.book(lead(), slot)


async def test_a_rep_who_left_cannot_be_booked(world: World) -> None:
    slot = (await world.offers())[0].model_copy(update={"rep": "nobody"})

    with pytest.raises(SlotTaken):
        await world.book(lead(), slot)


async def test_of_forty_leads_one_wins(world: World) -> None:
    slot = (await world.offers())[0]

    results = await asyncio.gather(
        *(world.book(lead(), slot) for _ in range(40)), return_exceptions=True
    )

    assert sum(isinstance(result, Booking) for result in results) == 1
    assert sum(isinstance(result, SlotTaken) for result in results) == 39
