"""What reps do in their calendars reaches the bookings and the leads, exactly once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from crm.bookings import Bookings
from crm.calendar_watch import CalendarWatchStore
from crm.pool import Pool
from domain.bookings import event_id
from domain.business import Business, LeadTemplate
from domain.errors import CalendarUnavailable
from domain.intervals import Interval
from domain.slots import Booking
from sandbox.calendar_api import CalendarApi
from sandbox.calendar_faults import Fault
from tests.crm import conftest as crm
from tests.tools.calendar_server import serving
from tests.tools.companies import NOW, acme
from tools.calendar_watch import CalendarWatch, Watched
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.scheduling import CallScheduler

crm_pool, pool = crm.crm_pool, crm.pool

HOUR = timedelta(hours=1)
MADRID = "Europe/Madrid"
PHONE = "34600000000"


def company() -> Business:
    templates = {
        purpose: LeadTemplate(name=f"t_{purpose}", languages=("es", "en"))
        for purpose in ("call_moved", "call_cancelled", "rep_clash")
    }
    return acme().model_copy(update={"templates": templates})


@dataclass
class World:
    api: CalendarApi
    pool: Pool
    google: GoogleCalendar
    scheduler: CallScheduler
    watch: CalendarWatch
    business: Business
    now: list[datetime] = field(default_factory=lambda: [NOW])

    async def lead(self, **more: object) -> str:
        columns = {
            "phone": PHONE, "language": "es", "timezone": MADRID, "last_inbound_at": NOW, **more,
        }  # fmt: skip
        contact = str(uuid4())
        names = ", ".join(["id", *columns])
        marks = ", ".join(f"${n}" for n in range(1, len(columns) + 2))
        insert = f"INSERT INTO contacts ({names}) VALUES ({marks})"  # noqa: S608 - names of a test
        await self.pool.execute(insert, contact, *columns.values())
        return contact

    async def call(self, contact: str, nth: int = 0, rep: str = "ana") -> Booking:
        offers = await self.scheduler.free(zone="America/Bogota", limit=500)
        slot = [one for one in offers if one.start >= NOW + 24 * HOUR][nth]
        slot = slot.model_copy(update={"rep": rep})
        return await self.scheduler.book(contact, slot, key=uuid4().hex, lead={}, language="es")

    def drag(self, booking: Booking, start: datetime) -> None:
        length = booking.end - booking.start
        times = {
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": (start + length).isoformat()},
        }
        calendar = f"{booking.rep}@acme.example"
        self.api.calendars.patch(calendar, event_id(booking.id), times, conferences=False)

    def delete(self, booking: Booking) -> None:
        self.api.calendars.delete(f"{booking.rep}@acme.example", event_id(booking.id))

    async def events(self, rep: str) -> list[Interval]:
        at = (NOW, NOW + timedelta(days=30))
        return (await self.google.busy([f"{rep}@acme.example"], *at))[f"{rep}@acme.example"]

    async def row(self, booking: Booking) -> tuple[str, datetime]:
        query = "SELECT status, starts_at FROM bookings WHERE id = $1"
        row = await self.pool.fetchrow(query, booking.id)
        assert row is not None
        return row["status"], row["starts_at"]

    async def sent(self) -> list[tuple[str, str]]:
        """Recipient and words of everything in the outbox."""
        query = "SELECT recipient, message FROM outbox ORDER BY seq"
        rows = await self.pool.fetch(query)
        return [
            (row["recipient"], row["message"].get("body") or row["message"]["name"]) for row in rows
        ]


@pytest.fixture
async def world(pool: Pool) -> AsyncIterator[World]:
    business = company()
    api = CalendarApi([rep.calendar for rep in business.reps])
    now = [NOW]
    async with serving(api) as url:
        google = GoogleCalendar(google_keys("", stand_in=True), api_url=url, timeout=0.5, retries=0)
        clock = lambda: now[0]  # noqa: E731 - a clock that a test turns
        yield World(
            api=api,
            pool=pool,
            google=google,
            scheduler=CallScheduler(business, google, Bookings(pool), clock=clock),
            watch=CalendarWatch(
                business, google, CalendarWatchStore(pool), clock=clock, every=timedelta()
            ),
            business=business,
            now=now,
        )
        await google.aclose()


async def test_our_own_acts_are_no_news(world: World) -> None:
    contact = await world.lead()
    await world.watch.look()

    await world.call(contact)
    assert await world.watch.look() == Watched()
    await world.call(contact, 3)
    await world.call(contact, 4, rep="luis")
    assert await world.watch.look() == Watched()
    await world.scheduler.cancel(contact, key="cancel")

    assert await world.watch.look() == Watched()
    assert await world.sent() == []


async def test_a_call_that_the_rep_moves_is_moved_and_the_lead_is_told_once(world: World) -> None:
    booking = await world.call(await world.lead())
    await world.watch.look()

    later = booking.start + 2 * HOUR
    world.drag(booking, later)

    assert await world.watch.look() == Watched(moved=1)
    assert await world.watch.look() == Watched()
    assert await world.row(booking) == ("confirmed", later)
    ((recipient, words),) = await world.sent()
    assert recipient == PHONE
    # eleven in Bogota is seventeen in Madrid
    assert "Tu llamada con ana cambió de hora: ahora es el martes 24 de noviembre, 17:00" in words
    assert booking.link is not None
    assert booking.link in words
    said = await world.pool.fetchrow("SELECT direction, text, turn_id FROM messages")
    assert said is not None
    assert (said["direction"], said["text"], said["turn_id"]) == ("out", words, None)


async def test_a_move_of_which_nobody_knew_whether_it_was_done_is_told_when_it_was(
    world: World,
) -> None:
    contact = await world.lead()
    booking = await world.call(contact)
    await world.watch.look()
    world.api.faults.waiting += [
        Fault("lose", method="PATCH"), Fault("refuse", method="GET", path="/events/call"),
    ]  # fmt: skip
    with pytest.raises(CalendarUnavailable):
        await world.call(contact, 5)
    assert await world.row(booking) == ("confirmed", booking.start)

    assert await world.watch.look() == Watched(moved=1)
    ((start, _),) = await world.events("ana")
    assert await world.row(booking) == ("confirmed", start)
    assert len(await world.sent()) == 1


async def test_the_lead_may_move_on_from_where_the_rep_put_it(world: World) -> None:
    contact = await world.lead()
    booking = await world.call(contact)
    world.drag(booking, booking.start + HOUR)
    await world.watch.look()

    moved = await world.call(contact, 8)

    assert moved.id == booking.id
    assert await world.watch.look() == Watched()
    assert await world.row(booking) == ("confirmed", moved.start)


async def test_a_deleted_call_is_cancelled_and_the_lead_is_told_once(world: World) -> None:
    contact = await world.lead(language="en")
    booking = await world.call(contact)
    await world.watch.look()

    world.delete(booking)

    assert await world.watch.look() == Watched(cancelled=1)
    assert await world.watch.look() == Watched()
    assert (await world.row(booking))[0] == "cancelled"
    ((_, words),) = await world.sent()
    assert words.startswith("Sorry: ana had to cancel your call on Tuesday, 24 November, 15:00")
    again = await world.call(contact)
    assert again.id != booking.id


async def test_what_happened_while_nobody_looked_is_found_by_a_whole_list(world: World) -> None:
    first, second = await world.call(await world.lead()), await world.call(await world.lead(), 3)
    world.drag(first, first.start + HOUR)
    world.delete(second)

    assert await world.watch.look() == Watched(moved=1, cancelled=1)


async def test_an_expired_token_loses_nothing(world: World) -> None:
    booking = await world.call(await world.lead())
    await world.watch.look()
    world.api.calendars.expire_tokens()
    world.delete(booking)

    assert await world.watch.look() == Watched(cancelled=1)
    assert len(await world.sent()) == 1


async def test_a_calendar_that_does_not_answer_is_read_from_the_same_place_again(
    world: World,
) -> None:
    booking = await world.call(await world.lead())
    await world.watch.look()
    world.drag(booking, booking.start + HOUR)
    world.api.faults.waiting.append(Fault("refuse", method="GET", path="/ana"))

    assert await world.watch.look() == Watched(failed=1)
    assert await world.watch.look() == Watched(moved=1)
    world.drag(booking, booking.start + 2 * HOUR)
    world.api.faults.waiting.append(Fault("refuse", method="GET", path="/events/call"))
    assert await world.watch.look() == Watched(failed=1)
    assert await world.watch.look() == Watched(moved=1)
    assert len(await world.sent()) == 2


async def test_outside_of_the_window_a_template_tells_it(world: World) -> None:
    booking = await world.call(await world.lead(last_inbound_at=NOW - 25 * HOUR))
    world.delete(booking)

    await world.watch.look()

    message = await world.pool.fetchval("SELECT message FROM outbox")
    assert (message["kind"], message["name"], message["language"]) == (
        "template", "t_call_cancelled", "es",
    )  # fmt: skip
    assert message["params"] == ["martes 24 de noviembre, 15:00 (hora de Madrid)", "ana"]


@pytest.mark.parametrize("which", ["opted_out_at", "unreachable_at"])
async def test_who_may_not_be_written_to_is_not(world: World, which: str) -> None:
    booking = await world.call(await world.lead(**{which: NOW}))
    world.delete(booking)

    assert await world.watch.look() == Watched(cancelled=1)
    assert await world.sent() == []


async def test_a_call_moved_onto_another_stays_and_its_rep_is_warned_until_it_is_put_right(
    world: World,
) -> None:
    first, second = await world.call(await world.lead()), await world.call(await world.lead(), 3)
    await world.watch.look()
    world.drag(first, second.start)

    assert await world.watch.look() == Watched(astray=1)
    assert await world.watch.look() == Watched()
    assert await world.row(first) == ("confirmed", first.start)
    assert await world.sent() == [("573001112233", "t_rep_clash")]

    # the other call makes room: the first one can follow its event now
    world.drag(second, second.start + 3 * HOUR)
    found = await world.watch.look()
    found += await world.watch.look()
    assert found == Watched(moved=2)
    assert await world.row(first) == ("confirmed", second.start)


async def test_a_call_moved_into_the_past_or_made_a_whole_day_stays(world: World) -> None:
    booking = await world.call(await world.lead())
    world.drag(booking, NOW - HOUR)
    assert await world.watch.look() == Watched(astray=1)
    world.drag(booking, booking.start)
    assert await world.watch.look() == Watched()

    day = {"start": {"date": "2026-11-26"}, "end": {"date": "2026-11-27"}}
    world.api.calendars.put("ana@acme.example", event_id(booking.id), day, conferences=False)
    assert await world.watch.look() == Watched(astray=1)
    assert await world.row(booking) == ("confirmed", booking.start)


async def test_a_call_that_is_over_is_nobody_s_news(world: World) -> None:
    booking = await world.call(await world.lead())
    await world.watch.look()
    world.now[0] = booking.end + HOUR
    world.delete(booking)

    assert await world.watch.look() == Watched()
    assert (await world.row(booking))[0] == "confirmed"


async def test_an_event_over_a_booked_call_warns_the_rep_once(world: World) -> None:
    booking = await world.call(await world.lead())
    await world.watch.look()
    calendars = world.api.calendars
    weekly = {
        "id": "standup",
        "start": {"dateTime": (booking.start - timedelta(days=7)).isoformat(), "timeZone": "UTC"},
        "end": {"dateTime": (booking.end - timedelta(days=7)).isoformat(), "timeZone": "UTC"},
        "recurrence": ["RRULE:FREQ=WEEKLY"],
    }
    free = {**weekly, "id": "free1", "transparency": "transparent"}
    calendars.insert("ana@acme.example", free, conferences=False)
    assert await world.watch.look() == Watched()

    calendars.insert("ana@acme.example", weekly, conferences=False)
    assert await world.watch.look() == Watched(clashes=1)
    calendars.patch("ana@acme.example", "standup", {"summary": "x"}, conferences=False)
    assert await world.watch.look() == Watched()
    assert await world.sent() == [("573001112233", "t_rep_clash")]


async def test_while_an_act_is_under_way_its_event_is_left_for_later(world: World) -> None:
    contact = await world.lead()
    booking = await world.call(contact)
    await world.watch.look()
    offers = await world.scheduler.free(zone="America/Bogota", limit=500)
    later = offers[-1].model_copy(update={"rep": "ana"})
    hold = await Bookings(world.pool).hold(contact, later, key="turn-2", lasting=timedelta())
    world.drag(booking, booking.start + HOUR)

    assert await world.watch.look() == Watched()
    await world.scheduler.sweep()
    assert hold.previous is not None
    assert await world.watch.look() == Watched(moved=1)
    assert await world.row(booking) == ("confirmed", booking.start + HOUR)


async def test_many_who_look_at_once_tell_it_once(world: World) -> None:
    bookings = [await world.call(await world.lead(), nth) for nth in range(4)]
    await world.watch.look()
    for booking in bookings[:2]:
        world.delete(booking)
    for booking in bookings[2:]:
        world.drag(booking, booking.start + 30 * HOUR)

    found = sum(await asyncio.gather(*(world.watch.look() for _ in range(8))), start=Watched())

    assert found == Watched(moved=2, cancelled=2)
    assert len(await world.sent()) == 4


async def test_a_calendar_is_read_by_one_and_only_when_it_is_due(world: World) -> None:
    store = CalendarWatchStore(world.pool)
    claims = [await store.claim("ana@acme.example", HOUR) for _ in range(2)]
    assert claims == [(True, None), (False, None)]
    await store.keep("ana@acme.example", "token")

    await world.pool.execute("UPDATE calendar_cursors SET due_at = now()")
    assert await store.claim("ana@acme.example", HOUR) == (True, "token")
