"""Bookings in PostgreSQL, the authority on who has which time.

Every act takes the contact's advisory lock, then the rep's before it writes a live row: a write,
whatever its columns, checks the exclusion constraint again, and two that check at once deadlock.
"""

import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import asyncpg

from crm.pool import Connection, Pool
from domain.bookings import BookingRow, Place
from domain.errors import SlotTaken
from domain.slots import Interval, Slot

_REP_LOCK = 7_301
_CONTACT_LOCK = 7_303

_LIVE = "SELECT * FROM bookings WHERE contact_id = $1 AND status IN ('held', 'confirmed')"

_BY_KEY = """
SELECT b.* FROM bookings b JOIN booking_keys k ON k.booking_id = b.id WHERE k.key = $1
"""

_TAKEN = """
SELECT rep, starts_at, ends_at FROM bookings
WHERE status IN ('held', 'confirmed') AND starts_at < $2 AND ends_at > $1
"""

_NEW = """
INSERT INTO bookings (contact_id, rep, starts_at, ends_at, key, held_until, status)
VALUES ($1, $2, $3, $4, $5, now() + $6, 'held') RETURNING *
"""

# an unconfirmed hold that is moved on may have left its event with its rep
_MOVE = """
UPDATE bookings SET
    rep = $2, starts_at = $3, ends_at = $4, key = $5, held_until = now() + $6,
    status = 'held',
    previous_rep = CASE status WHEN 'confirmed' THEN rep ELSE previous_rep END,
    previous_starts_at = CASE status WHEN 'confirmed' THEN starts_at ELSE previous_starts_at END,
    previous_ends_at = CASE status WHEN 'confirmed' THEN ends_at ELSE previous_ends_at END,
    strays = array_remove(
        CASE WHEN status = 'held' AND rep IS DISTINCT FROM previous_rep
             THEN strays || rep ELSE strays END, $2)
WHERE id = $1 RETURNING *
"""

_CONFIRM = """
UPDATE bookings SET
    status = 'confirmed', link = $3,
    strays = CASE WHEN previous_rep <> rep THEN strays || previous_rep ELSE strays END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL
WHERE id = $1 AND key = $2 AND status = 'held' RETURNING *
"""

_GIVE_UP = """
UPDATE bookings SET
    status = 'cancelled', key = 'released:' || id,
    strays = CASE WHEN $3 THEN strays || rep ELSE strays END
WHERE id = $1 AND key = $2 AND status = 'held' AND previous_rep IS NULL
    AND (NOT $4 OR held_until <= now())
RETURNING true
"""

_GO_BACK = """
UPDATE bookings SET
    rep = previous_rep, starts_at = previous_starts_at, ends_at = previous_ends_at,
    status = 'confirmed', key = 'released:' || id,
    strays = CASE WHEN $3 AND previous_rep <> rep THEN strays || rep ELSE strays END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL
WHERE id = $1 AND key = $2 AND status = 'held' AND previous_rep IS NOT NULL
    AND (NOT $4 OR held_until <= now())
RETURNING true
"""

_CANCEL = """
UPDATE bookings SET
    status = 'cancelled', key = $2, held_until = now(),
    strays = CASE WHEN previous_rep <> rep THEN strays || previous_rep ELSE strays END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL
WHERE id = $1 AND status IN ('held', 'confirmed') RETURNING *
"""

_EXPIRED = """
SELECT * FROM bookings WHERE status = 'held' AND held_until <= now() ORDER BY held_until LIMIT $1
"""

# a write that was on its way has arrived by the end of the hold; a calendar that is
# closed to us for a day will not be opened by asking on
_STRAYS = """
SELECT id, unnest(strays) AS rep FROM bookings
WHERE strays <> '{}' AND held_until BETWEEN now() - interval '1 day' AND now()
ORDER BY held_until LIMIT $1
"""

_CONTACT = "SELECT contact_id FROM bookings WHERE id = $1"
_REP = "SELECT rep FROM bookings WHERE id = $1"
_CLEARED = "UPDATE bookings SET strays = array_remove(strays, $2) WHERE id = $1"


class Bookings:
    """The port domain.bookings.BookingStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by_key(self, key: str) -> BookingRow | None:
        row = await self._pool.fetchrow(_BY_KEY, key)
        return _row(row) if row else None

    async def live(self, contact_id: str) -> BookingRow | None:
        row = await self._pool.fetchrow(_LIVE, contact_id)
        return _row(row) if row else None

    async def taken(self, start: datetime, end: datetime) -> dict[str, list[Interval]]:
        taken: dict[str, list[Interval]] = {}
        for row in await self._pool.fetch(_TAKEN, start, end):
            taken.setdefault(row["rep"], []).append((row["starts_at"], row["ends_at"]))
        return taken

    async def hold(
        self, contact_id: str, slot: Slot, *, key: str, lasting: timedelta
    ) -> BookingRow:
        try:
            async with self._act(contact_id) as connection:
                if known := await connection.fetchrow(_BY_KEY, key):
                    return await _renewed(connection, _row(known), key, lasting)
                await _lock(connection, _REP_LOCK, slot.rep)
                return await _held(connection, contact_id, slot, key, lasting)
        except asyncpg.ExclusionViolationError:
            raise SlotTaken(f"{slot.start.isoformat()} with {slot.rep} is taken") from None

    async def confirm(self, row: BookingRow, link: str | None) -> BookingRow | None:
        async with self._act(row.contact_id) as connection:
            await _lock(connection, _REP_LOCK, row.place.rep)
            confirmed = await connection.fetchrow(_CONFIRM, row.id, row.key, link)
        return _row(confirmed) if confirmed else None

    async def release(self, row: BookingRow, *, stray: bool, expired: bool = False) -> bool:
        try:
            async with self._act(row.contact_id) as connection:
                await _lock(connection, _REP_LOCK, (row.previous or row.place).rep)
                statement = _GO_BACK if row.previous else _GIVE_UP
                done = await connection.fetchval(statement, row.id, row.key, stray, expired)
                if done:
                    await connection.execute("DELETE FROM booking_keys WHERE key = $1", row.key)
                return bool(done)
        except asyncpg.ExclusionViolationError:
            # somebody holds the old time for a moment; the calendar will refuse him
            return False

    async def cancel(self, row: BookingRow, *, key: str) -> BookingRow:
        async with self._act(row.contact_id) as connection:
            cancelled = await connection.fetchrow(_CANCEL, row.id, key)
            if cancelled is None:
                return row
            await _remember(connection, key, row.id)
            return _row(cancelled)

    async def expired(self, limit: int) -> list[BookingRow]:
        return [_row(row) for row in await self._pool.fetch(_EXPIRED, limit)]

    async def strays(self, limit: int) -> list[tuple[str, str]]:
        return [(str(row["id"]), row["rep"]) for row in await self._pool.fetch(_STRAYS, limit)]

    async def cleared(self, booking_id: str, rep: str) -> None:
        contact_id = await self._pool.fetchval(_CONTACT, booking_id)
        async with self._act(str(contact_id)) as connection:
            await _lock(connection, _REP_LOCK, await connection.fetchval(_REP, booking_id))
            await connection.execute(_CLEARED, booking_id, rep)

    @contextlib.asynccontextmanager
    async def _act(self, contact_id: str) -> AsyncGenerator[Connection]:
        """A transaction in which nobody else acts on the contact's bookings."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock(connection, _CONTACT_LOCK, contact_id)
            yield connection


async def _lock(connection: Connection, kind: int, name: str) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", kind, name)


async def _renewed(
    connection: Connection, row: BookingRow, key: str, lasting: timedelta
) -> BookingRow:
    if row.status == "held" and row.key == key:
        await _lock(connection, _REP_LOCK, row.place.rep)
        renew = "UPDATE bookings SET held_until = now() + $2 WHERE id = $1"
        await connection.execute(renew, row.id, lasting)
    return row


async def _held(
    connection: Connection, contact_id: str, slot: Slot, key: str, lasting: timedelta
) -> BookingRow:
    live = await connection.fetchrow(_LIVE + " FOR UPDATE", contact_id)
    statement, of = (_MOVE, live["id"]) if live else (_NEW, contact_id)
    row = await connection.fetchrow(statement, of, slot.rep, slot.start, slot.end, key, lasting)
    assert row is not None  # noqa: S101 - RETURNING
    await _remember(connection, key, row["id"])
    return _row(row)


async def _remember(connection: Connection, key: str, booking_id: object) -> None:
    remember = "INSERT INTO booking_keys (key, booking_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    await connection.execute(remember, key, booking_id)


def _row(row: asyncpg.Record) -> BookingRow:
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
