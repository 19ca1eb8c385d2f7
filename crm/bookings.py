"""Bookings in PostgreSQL, the authority on who has which time.

Every act takes the contact's advisory lock, then the rep's before it writes a live row: a write,
whatever its columns, checks the exclusion constraint again, and two that check at once deadlock.
"""

import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import asyncpg

from crm import bookings_sql as sql
from crm import sync
from crm.pool import Connection, Pool
from crm.sync import Event
from domain.bookings import NO_PAUSES, BookingRow, Pauses, Place
from domain.errors import LeaseLost, SlotTaken
from domain.slots import Interval, Slot
from domain.sync import EventKind

REP_LOCK = 7_301
CONTACT_LOCK = 7_303


class Bookings:
    """The port domain.bookings.BookingStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by_key(self, key: str) -> BookingRow | None:
        row = await self._pool.fetchrow(sql.BY_KEY, key)
        return booking_row(row) if row else None

    async def live(self, contact_id: str) -> BookingRow | None:
        row = await self._pool.fetchrow(sql.LIVE, contact_id)
        return booking_row(row) if row else None

    async def taken(self, start: datetime, end: datetime) -> dict[str, list[Interval]]:
        taken: dict[str, list[Interval]] = {}
        for row in await self._pool.fetch(sql.TAKEN, start, end):
            taken.setdefault(row["rep"], []).append((row["since"], row["until"]))
        return taken

    async def hold(
        self,
        contact_id: str,
        slot: Slot,
        *,
        key: str,
        lasting: timedelta,
        pauses: Pauses = NO_PAUSES,
    ) -> BookingRow:
        try:
            async with self._act(contact_id) as connection:
                if await connection.fetchval(sql.ERASED, contact_id):
                    raise LeaseLost(f"{contact_id} was erased")
                if known := await connection.fetchrow(sql.BY_KEY, key):
                    return await _renewed(connection, booking_row(known), key, lasting)
                await lock(connection, REP_LOCK, slot.rep)
                return await _held(connection, contact_id, slot, key, lasting, pauses)
        except asyncpg.ExclusionViolationError:
            raise SlotTaken(f"{slot.start.isoformat()} with {slot.rep} is taken") from None

    async def confirm(self, row: BookingRow, link: str | None) -> BookingRow | None:
        async with self._act(row.contact_id) as connection:
            await lock(connection, REP_LOCK, row.place.rep)
            confirmed = await connection.fetchrow(sql.CONFIRM, row.id, row.key, link)
            if confirmed is None:
                return None
            booked = booking_row(confirmed)
            kind = "booking.rescheduled" if row.previous else "booking.confirmed"
            await sync.note(connection, row.contact_id, *told(kind, booked))
        return booked

    async def release(self, row: BookingRow, *, stray: bool, expired: bool = False) -> bool:
        try:
            async with self._act(row.contact_id) as connection:
                await lock(connection, REP_LOCK, (row.previous or row.place).rep)
                statement = sql.GO_BACK if row.previous else sql.GIVE_UP
                done = await connection.fetchval(statement, row.id, row.key, stray, expired)
                if done:
                    await connection.execute("DELETE FROM booking_keys WHERE key = $1", row.key)
                return bool(done)
        except asyncpg.ExclusionViolationError:
            # somebody holds the old time for a moment; the calendar will refuse him
            return False

    async def cancel(self, row: BookingRow, *, key: str) -> BookingRow:
        async with self._act(row.contact_id) as connection:
            cancelled = await connection.fetchrow(sql.CANCEL, row.id, key)
            if cancelled is None:
                return row
            await _remember(connection, key, row.id)
            if row.status == "confirmed" or row.previous:
                was = row.model_copy(update={"place": row.previous or row.place})
                await sync.note(connection, row.contact_id, *told("booking.cancelled", was))
            return booking_row(cancelled)

    async def holds(self) -> list[BookingRow]:
        """The times that are held at this moment."""
        return [booking_row(row) for row in await self._pool.fetch(sql.HOLDS)]

    async def expired(self, limit: int) -> list[BookingRow]:
        return [booking_row(row) for row in await self._pool.fetch(sql.EXPIRED, limit)]

    async def strays(self, limit: int) -> list[tuple[str, str]]:
        return [(str(row["id"]), row["rep"]) for row in await self._pool.fetch(sql.STRAYS, limit)]

    async def cleared(self, booking_id: str, rep: str) -> None:
        contact_id = await self._pool.fetchval(sql.CONTACT, booking_id)
        async with self._act(str(contact_id)) as connection:
            await lock(connection, REP_LOCK, await connection.fetchval(sql.REP, booking_id))
            await connection.execute(sql.CLEARED, booking_id, rep)

    @contextlib.asynccontextmanager
    async def _act(self, contact_id: str) -> AsyncGenerator[Connection]:
        """A transaction in which nobody else acts on the contact's bookings."""
        async with self._pool.acquire() as connection, connection.transaction():
            await lock(connection, CONTACT_LOCK, contact_id)
            yield connection


async def lock(connection: Connection, kind: int, name: str) -> None:
    """Until the transaction ends; the contact's lock is taken before the rep's."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", kind, name)


async def _renewed(
    connection: Connection, row: BookingRow, key: str, lasting: timedelta
) -> BookingRow:
    if row.status == "held" and row.key == key:
        await lock(connection, REP_LOCK, row.place.rep)
        renew = "UPDATE bookings SET held_until = now() + $2 WHERE id = $1"
        await connection.execute(renew, row.id, lasting)
    return row


async def _held(  # noqa: PLR0917 - the hold's own arguments
    connection: Connection,
    contact_id: str,
    slot: Slot,
    key: str,
    lasting: timedelta,
    pauses: Pauses,
) -> BookingRow:
    live = await connection.fetchrow(sql.LIVE + " FOR UPDATE", contact_id)
    statement, of = (sql.MOVE, live["id"]) if live else (sql.NEW, contact_id)
    call = (slot.start, slot.end)
    values = (slot.rep, *call, *pauses.around(call), key, lasting)
    row = await connection.fetchrow(statement, of, *values)
    assert row is not None  # noqa: S101 - RETURNING
    await _remember(connection, key, row["id"])
    return booking_row(row)


async def _remember(connection: Connection, key: str, booking_id: object) -> None:
    remember = "INSERT INTO booking_keys (key, booking_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    await connection.execute(remember, key, booking_id)


def told(kind: EventKind, row: BookingRow) -> Event:
    """What outside CRMs are told of a booking."""
    place = row.place
    booking = {"id": row.id, "rep": place.rep, "link": row.link}
    times = {"start": place.start.isoformat(), "end": place.end.isoformat()}
    return kind, {"booking": booking | times}


def booking_row(row: asyncpg.Record) -> BookingRow:
    """From all columns of a booking."""
    previous = None
    if row["previous_rep"] is not None:
        previous = Place(
            rep=row["previous_rep"], start=row["previous_starts_at"], end=row["previous_ends_at"]
        )
    return BookingRow(
        id=str(row["id"]),
        contact_id=str(row["contact_id"]),
        place=Place(rep=row["rep"], start=row["starts_at"], end=row["ends_at"]),
        status=row["status"],
        key=row["key"],
        link=row["link"],
        previous=previous,
    )
