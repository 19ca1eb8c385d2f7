"""The saga over PostgreSQL and the calendar stand-in, with faults at its steps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from crm.bookings import Bookings
from crm.pool import Pool
from domain.bookings import event_id
from domain.errors import CalendarUnavailable, SlotTaken
from domain.intervals import Interval
from domain.lead import FactField
from domain.slots import Booking, Slot
from sandbox.calendar_api import CalendarApi
from sandbox.calendar_faults import Fault
from tests.crm import conftest as crm
from tests.tools.calendar_server import serving
from tests.tools.companies import NOW, acme
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.scheduling import CallScheduler, Swept

crm_pool, pool = crm.crm_pool, crm.pool

HALF = timedelta(minutes=30)


@dataclass
class World:
    api: CalendarApi
    pool: Pool
    scheduler: CallScheduler
    impatient: CallScheduler
    """The same whose holds are over at once, as if their process had died."""

    async def slot(self, rep: str, nth: int = 0) -> Slot:
        offers = await self.scheduler.free(zone="America/Bogota", limit=500)
        return offers[nth].model_copy(update={"rep": rep})

    async def book(self, contact_id: str, slot: Slot, key: str = "") -> Booking:
        return await booked(self.scheduler, contact_id, slot, key)

    def fail(self, kind: str, **more: object) -> None:
        self.api.faults.waiting.append(Fault(kind, **more))  # type: ignore[arg-type]  # shorthand

    def events(self, rep: str) -> list[Interval]:
        return [
            (
                datetime.fromisoformat(event["start"]["dateTime"]),
                datetime.fromisoformat(event["end"]["dateTime"]),
            )
            for event in self.api.calendars.listed(f"{rep}@acme.example")
        ]

    async def rows(self) -> list[tuple[str, datetime, str]]:
        query = "SELECT rep, starts_at, status FROM bookings ORDER BY created_at"
        return [
            (row["rep"], row["starts_at"], row["status"]) for row in await self.pool.fetch(query)
        ]


async def booked(
    scheduler: CallScheduler, contact_id: str, slot: Slot, key: str = "", email: str = ""
) -> Booking:
    lead: dict[FactField, str] = {"name": "María", "company": "Lumen", "need": "más ventas"}
    if email:
        lead["email"] = email
    return await scheduler.book(contact_id, slot, key=key or uuid4().hex, lead=lead, language="es")


@pytest.fixture
async def world(pool: Pool) -> AsyncIterator[World]:
    business, store = acme(), Bookings(pool)
    api = CalendarApi([rep.calendar for rep in business.reps])
    async with serving(api) as url:
        calendar = GoogleCalendar(
            google_keys("", stand_in=True), api_url=url, timeout=0.5, retries=0
        )
        patient = CallScheduler(business, calendar, store, clock=lambda: NOW)
        over = CallScheduler(business, calendar, store, clock=lambda: NOW, hold=timedelta())
        yield World(api, pool, patient, over)
        await calendar.aclose()


def lead() -> str:
    return str(uuid4())


def times(slot: Slot) -> dict[str, dict[str, str]]:
    return {
        "start": {"dateTime": slot.start.isoformat()},
        "end": {"dateTime": slot.end.isoformat()},
    }


async def test_a_booked_call_is_a_row_and_an_event_with_a_link(world: World) -> None:
    slot = await world.slot("ana")

    booking = await world.book(lead(), slot)

    assert booking.link is not None
    assert world.events("ana") == [(slot.start, slot.end)]
    assert await world.rows() == [("ana", slot.start, "confirmed")]
    event = world.api.calendars.get("ana@acme.example", event_id(booking.id))
    assert event["summary"] == "Llamada: María, Lumen – Acme"
    assert "más ventas" in event["description"]


async def test_an_invited_lead_does_not_read_what_is_known_of_him(world: World) -> None:
    slot = await world.slot("ana")

    booking = await booked(world.scheduler, lead(), slot, email="maria@lumen.example")

    event = world.api.calendars.get("ana@acme.example", event_id(booking.id))
    assert event["attendees"] == [{"email": "maria@lumen.example"}]
    assert event["description"] == ""


async def test_a_time_that_a_person_took_meanwhile_is_refused(world: World) -> None:
    slot = await world.slot("ana")
    world.api.calendars.insert("ana@acme.example", times(slot), conferences=False)

    with pytest.raises(SlotTaken):
        await world.book(lead(), slot)

    assert await world.rows() == [("ana", slot.start, "cancelled")]


async def test_all_calendars_are_read_in_one_request_for_a_few_seconds(world: World) -> None:
    world.fail("refuse", path="freeBusy", times=1)

    with pytest.raises(CalendarUnavailable):
        await world.slot("ana")
    await world.slot("ana")
    world.fail("refuse", path="freeBusy", times=1)
    await world.slot("ana")

    assert len(world.api.faults.waiting) == 1


@pytest.mark.parametrize("path", ["freeBusy", "/events"])
async def test_a_refused_step_gives_the_time_back(world: World, path: str) -> None:
    slot = await world.slot("ana")
    world.fail("refuse", path=path, times=1)

    with pytest.raises(CalendarUnavailable):
        await world.book(lead(), slot, "turn-1")

    assert await world.rows() == [("ana", slot.start, "cancelled")]
    again = await world.book(lead(), slot, "turn-1")
    assert again.start == slot.start


@pytest.mark.parametrize("fault", [{"kind": "lose"}, {"kind": "delay", "seconds": 0.8}])
async def test_an_event_whose_answer_was_lost_is_found_and_confirmed(
    world: World, fault: dict[str, object]
) -> None:
    slot = await world.slot("ana")
    world.fail(**fault, method="POST", path="/events")  # type: ignore[arg-type]  # shorthand

    booking = await world.book(lead(), slot)

    assert booking.link is not None
    assert world.events("ana") == [(slot.start, slot.end)]
    assert await world.rows() == [("ana", slot.start, "confirmed")]


async def test_an_event_of_unknown_fate_is_removed_by_the_sweep(world: World) -> None:
    slot = await world.slot("ana")
    world.fail("lose", method="POST", path="/events")
    world.fail("refuse", method="GET", path="/events")

    with pytest.raises(CalendarUnavailable):
        await booked(world.impatient, lead(), slot)
    assert world.events("ana") == [(slot.start, slot.end)]

    assert await world.scheduler.sweep() == Swept(removed=1)
    assert world.events("ana") == []
    assert await world.rows() == [("ana", slot.start, "cancelled")]
    assert await world.scheduler.sweep() == Swept()


async def died_after_hold(world: World, contact_id: str, slot: Slot) -> None:
    await Bookings(world.pool).hold(contact_id, slot, key="turn-1", lasting=timedelta())


async def died_after_insert(world: World, contact_id: str, slot: Slot) -> None:
    row = await Bookings(world.pool).hold(contact_id, slot, key="turn-1", lasting=timedelta())
    world.api.calendars.insert(
        f"{slot.rep}@acme.example", {"id": row.event_id, **times(slot)}, conferences=False
    )


@pytest.mark.parametrize("died", [died_after_hold, died_after_insert])
async def test_a_redone_turn_goes_on_where_the_crash_was(
    world: World, died: Callable[[World, str, Slot], Awaitable[None]]
) -> None:
    slot, contact = await world.slot("ana"), lead()
    await died(world, contact, slot)

    booking = await world.book(contact, slot, "turn-1")

    assert booking.start == slot.start
    assert world.events("ana") == [(slot.start, slot.end)]
    assert await world.rows() == [("ana", slot.start, "confirmed")]


async def test_the_sweep_releases_a_hold_without_an_event(world: World) -> None:
    slot = await world.slot("ana")
    await died_after_hold(world, lead(), slot)

    assert (await world.scheduler.sweep()).released == 1

    assert await world.rows() == [("ana", slot.start, "cancelled")]
    await world.book(lead(), slot)


async def test_the_sweep_confirms_a_hold_with_its_event(world: World) -> None:
    slot, contact = await world.slot("ana"), lead()
    await died_after_insert(world, contact, slot)

    assert await world.scheduler.sweep() == Swept(confirmed=1)

    assert await world.rows() == [("ana", slot.start, "confirmed")]
    assert (await world.book(contact, slot, "turn-1")).start == slot.start


async def test_the_sweep_leaves_a_running_hold_alone(world: World) -> None:
    slot = await world.slot("ana")
    await Bookings(world.pool).hold(lead(), slot, key="turn-1", lasting=timedelta(minutes=2))

    assert await world.scheduler.sweep() == Swept()
    assert await world.rows() == [("ana", slot.start, "held")]


async def test_the_sweep_tries_again_when_the_calendar_is_away(world: World) -> None:
    slot = await world.slot("ana")
    await died_after_hold(world, lead(), slot)
    world.fail("refuse", times=1)

    assert await world.scheduler.sweep() == Swept(failed=1)
    assert (await world.scheduler.sweep()).released == 1


async def test_a_move_patches_the_same_event(world: World) -> None:
    contact = lead()
    first = await world.book(contact, await world.slot("ana"))
    later = await world.slot("ana", 3)

    moved = await world.book(contact, later)

    assert (moved.id, moved.link) == (first.id, first.link)
    assert world.events("ana") == [(later.start, later.end)]
    assert await world.rows() == [("ana", later.start, "confirmed")]


async def test_a_move_to_another_rep_leaves_nothing_with_the_first(world: World) -> None:
    contact = lead()
    await world.book(contact, await world.slot("ana"))
    later = await world.slot("luis", 3)

    await world.book(contact, later)

    assert world.events("ana") == []
    assert world.events("luis") == [(later.start, later.end)]
    assert await world.rows() == [("luis", later.start, "confirmed")]


async def test_an_event_left_with_the_first_rep_is_swept(world: World) -> None:
    contact = lead()
    await world.book(contact, await world.slot("ana"))
    later = await world.slot("luis", 3)
    world.fail("refuse", method="DELETE")

    await booked(world.impatient, contact, later)
    assert len(world.events("ana")) == 1

    assert await world.scheduler.sweep() == Swept(removed=1)
    assert world.events("ana") == []
    assert world.events("luis") == [(later.start, later.end)]


@pytest.mark.parametrize("rep", ["ana", "luis"])
@pytest.mark.parametrize("path", ["freeBusy", "/events"])
async def test_a_move_that_fails_leaves_the_call_where_it_was(
    world: World, rep: str, path: str
) -> None:
    contact, slot = lead(), await world.slot("ana")
    first = await world.book(contact, slot)
    later = await world.slot(rep, 3)
    world.fail("refuse", path=path)

    with pytest.raises(CalendarUnavailable):
        await world.book(contact, later)

    assert world.events("ana") == [(slot.start, slot.end)]
    assert world.events("luis") == []
    assert await world.rows() == [("ana", slot.start, "confirmed")]
    assert await world.scheduler.cancel(contact, key="cancel") == first


@pytest.mark.parametrize("lost", [True, False])
async def test_a_move_of_unknown_fate_goes_back_and_holds_nothing(
    world: World, *, lost: bool
) -> None:
    contact, slot = lead(), await world.slot("ana")
    await world.book(contact, slot)
    later = await world.slot("ana", 3)
    world.fail("lose" if lost else "refuse", method="PATCH")
    world.fail("refuse", method="GET")

    with pytest.raises(CalendarUnavailable):
        await booked(world.scheduler, contact, later)

    assert await world.rows() == [("ana", slot.start, "confirmed")]
    # where the event stands is for the watch to see
    start = later.start if lost else slot.start
    assert world.events("ana") == [(start, start + HALF)]
    assert await world.scheduler.sweep() == Swept()


async def test_a_cancelled_call_is_off_at_once_and_its_event_as_soon_as_the_calendar_answers(
    world: World,
) -> None:
    contact, slot = lead(), await world.slot("ana")
    booking = await world.book(contact, slot)
    world.fail("refuse", method="DELETE")

    assert await world.scheduler.cancel(contact, key="turn-2") == booking
    assert await world.rows() == [("ana", slot.start, "cancelled")]
    assert len(world.events("ana")) == 1

    assert await world.scheduler.sweep() == Swept(removed=1)
    assert await world.scheduler.cancel(contact, key="turn-2") == booking
    assert world.events("ana") == []


async def test_two_tries_of_one_turn_at_once_make_one_booking(world: World) -> None:
    contact, slot = lead(), await world.slot("ana")

    results = await asyncio.gather(*(world.book(contact, slot, "turn-1") for _ in range(8)))

    assert len(set(results)) == 1
    assert world.events("ana") == [(slot.start, slot.end)]


async def test_a_storm_with_faults_leaves_rows_and_events_in_step(world: World) -> None:
    offers = await world.scheduler.free(zone="America/Bogota", limit=4)
    slots = [slot.model_copy(update={"rep": rep}) for slot in offers for rep in ("ana", "luis")]
    for kind in ("refuse", "lose", "refuse", "lose"):
        world.fail(kind, times=2)

    results = await asyncio.gather(
        *(booked(world.impatient, lead(), slots[n % len(slots)]) for n in range(48)),
        return_exceptions=True,
    )
    for _ in range(2):
        await world.scheduler.sweep()

    allowed = (Booking, SlotTaken, CalendarUnavailable)
    assert all(isinstance(result, allowed) for result in results)
    confirmed = {(rep, start) for rep, start, status in await world.rows() if status == "confirmed"}
    events = {(rep, start) for rep in ("ana", "luis") for start, _ in world.events(rep)}
    told = {(one.rep, one.start) for one in results if isinstance(one, Booking)}
    assert told
    assert told <= confirmed
    assert confirmed == events
    assert "held" not in {status for _, _, status in await world.rows()}
