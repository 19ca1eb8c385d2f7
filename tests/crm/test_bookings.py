"""PostgreSQL as the authority: no overlap, one live booking a contact, no deadlock."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from crm.bookings import Bookings
from crm.pool import Pool
from domain.bookings import BookingRow, Pauses, Place
from domain.errors import SlotTaken
from domain.slots import Slot

NINE = datetime(2026, 11, 24, 14, tzinfo=UTC)
HALF = timedelta(minutes=30)
LONG = timedelta(minutes=2)


def slot(nth: float = 0, rep: str = "ana") -> Slot:
    start = NINE + nth * HALF
    return Slot(id="slot", rep=rep, start=start, end=start + HALF)


async def held(
    store: Bookings, what: Slot, contact_id: str = "", key: str = "", lasting: timedelta = LONG
) -> BookingRow:
    return await store.hold(
        contact_id or str(uuid4()), what, key=key or uuid4().hex, lasting=lasting
    )


async def test_the_database_itself_refuses_an_overlap(pool: Pool) -> None:
    insert = (
        "INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status)"
        " VALUES ($1, 'ana', $2, $3, 'confirmed')"
    )
    await pool.execute(insert, uuid4(), NINE, NINE + HALF)
    await pool.execute(insert, uuid4(), NINE + HALF, NINE + 2 * HALF)

    with pytest.raises(asyncpg.ExclusionViolationError):
        await pool.execute(insert, uuid4(), NINE + HALF / 2, NINE + HALF)


async def test_reps_do_not_stand_in_each_other_s_way(pool: Pool) -> None:
    store = Bookings(pool)

    await held(store, slot(rep="ana"))
    await held(store, slot(rep="luis"))

    with pytest.raises(SlotTaken):
        await held(store, slot(0.5, rep="ana"))


async def test_a_contact_has_one_live_booking(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    first = await store.confirm(await held(store, slot(0), contact), "link")
    assert first is not None

    moved = await held(store, slot(2, "luis"), contact)

    assert moved.id == first.id
    assert moved.previous == Place(rep="ana", start=NINE, end=NINE + HALF)
    assert await store.live(contact) == moved
    assert await store.taken(NINE, NINE + 4 * HALF) == {
        "luis": [(NINE + 2 * HALF, NINE + 3 * HALF)]
    }


async def test_a_key_that_was_used_gives_its_booking(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    first = await held(store, slot(0), contact, "turn-1")

    assert await held(store, slot(5), contact, "turn-1") == first
    await held(store, slot(2), contact, "turn-2")
    late = await held(store, slot(0), contact, "turn-1")

    assert (late.id, late.key, late.place.start) == (first.id, "turn-2", NINE + 2 * HALF)


async def test_an_act_that_was_overtaken_confirms_nothing(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    overtaken = await held(store, slot(0), contact, "turn-1")
    current = await held(store, slot(2), contact, "turn-2")

    assert await store.confirm(overtaken, None) is None
    assert not await store.release(overtaken, stray=False)
    assert await store.live(contact) == current


async def test_a_release_forgets_the_key_and_frees_the_time(pool: Pool) -> None:
    store = Bookings(pool)
    row = await held(store, slot(), key="turn-1")

    assert await store.release(row, stray=False)

    assert await store.by_key("turn-1") is None
    assert (await held(store, slot(), key="turn-1")).id != row.id


async def test_a_move_waits_to_go_back_while_its_old_time_is_held(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    await store.confirm(await held(store, slot(0), contact), None)
    move = await held(store, slot(2), contact)
    other = await held(store, slot(0))

    assert not await store.release(move, stray=True)
    await store.release(other, stray=False)
    assert await store.release(move, stray=True)

    live = await store.live(contact)
    assert live is not None
    assert (live.place.start, live.status) == (NINE, "confirmed")


async def test_only_expired_holds_are_expired(pool: Pool) -> None:
    store = Bookings(pool)
    running = await held(store, slot(0))
    over = await held(store, slot(2), lasting=timedelta())

    assert await store.expired(10) == [over]
    assert not await store.release(running, stray=True, expired=True)
    assert await store.release(over, stray=True, expired=True)
    assert await store.strays(10) == [(over.id, "ana")]
    await store.cleared(over.id, "ana")
    assert await store.strays(10) == []


async def test_the_pauses_around_a_call_are_nobody_else_s(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    pauses = Pauses(before=HALF / 3, after=HALF / 2)
    row = await store.hold(contact, slot(2), key="turn-1", lasting=LONG, pauses=pauses)
    await store.confirm(row, None)

    assert await store.taken(NINE, NINE + 6 * HALF) == {
        "ana": [(row.place.start - HALF / 3, row.place.end + HALF / 2)]
    }
    for nth in (1, 3):
        with pytest.raises(SlotTaken):
            await held(store, slot(nth))
    await held(store, slot(3.5))
    move = await store.hold(contact, slot(9), key="turn-2", lasting=LONG)
    assert await store.release(move, stray=False)
    with pytest.raises(SlotTaken):
        await held(store, slot(1))


async def test_a_cancelled_booking_s_event_is_a_stray_until_it_is_cleared(pool: Pool) -> None:
    store = Bookings(pool)
    row = await held(store, slot())

    await store.cancel(row, key="turn-2")

    assert await store.strays(10) == [(row.id, "ana")]
    await store.cleared(row.id, "ana")
    assert await store.strays(10) == []


async def test_a_cancelled_booking_frees_its_time(pool: Pool) -> None:
    store, contact = Bookings(pool), str(uuid4())
    row = await held(store, slot(), contact)

    cancelled = await store.cancel(row, key="turn-2")

    assert (cancelled.id, cancelled.status) == (row.id, "cancelled")
    assert await store.by_key("turn-2") == cancelled
    assert await store.live(contact) is None
    await held(store, slot())


async def test_forty_leads_over_neighbouring_times_never_deadlock(pool: Pool) -> None:
    store = Bookings(pool)
    outcomes: list[str] = []

    async def live_through(nth: int) -> None:
        contact = str(uuid4())
        for step in range(6):
            try:
                row = await held(store, slot((nth + step) % 5), contact, lasting=timedelta())
            except SlotTaken:
                outcomes.append("taken")
            else:
                await held(store, slot(), contact, row.key, timedelta())
                confirmed = await store.confirm(row, None) if (nth + step) % 3 else None
                outcomes.append("confirmed" if confirmed else "released")
                await store.release(row, stray=True)
                if (nth + step) % 2:
                    await store.cancel(row, key=uuid4().hex)

    async with asyncio.timeout(60), asyncio.TaskGroup() as leads:
        for nth in range(40):
            leads.create_task(live_through(nth))

    assert set(outcomes) == {"taken", "confirmed", "released"}
    overlaps = await pool.fetchval(
        "SELECT count(*) FROM bookings a JOIN bookings b ON a.id < b.id AND a.rep = b.rep"
        " AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)"
        " WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'"
    )
    assert overlaps == 0


async def test_confirming_while_others_try_the_same_time_never_deadlocks(pool: Pool) -> None:
    store, owner = Bookings(pool), str(uuid4())
    await held(store, slot(), owner)
    done = asyncio.Event()

    async def keep_confirming() -> int:
        rows = [await store.confirm(await held(store, slot(), owner), None) for _ in range(60)]
        done.set()
        return sum(row is not None for row in rows)

    async def keep_trying() -> None:
        while not done.is_set():
            with pytest.raises(SlotTaken):
                await held(store, slot())

    async with asyncio.timeout(60), asyncio.TaskGroup() as leads:
        confirmed = leads.create_task(keep_confirming())
        for _ in range(6):
            leads.create_task(keep_trying())

    assert confirmed.result() == 60
