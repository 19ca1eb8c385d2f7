"""Bookings that follow their events, and what is said about it: each change in one transaction.

A booking is changed only as it was read (its last act's key), so nothing is told twice and no act
of the lead's is undone.
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg

from crm import messages, outbox, sync
from crm.bookings import CONTACT_LOCK, REP_LOCK, booking_row, lock, told
from crm.outbox import OutboxRow
from crm.pool import Connection, Pool
from crm.turn_rows import row_id
from domain.bookings import BookingRow, Place, Written
from domain.calendar_watch import Applied, Call, Entry, Saying
from domain.contact import Address
from domain.slots import Interval

# whose turn it is: the moment when it is due moves on with the claim, and the token comes along
_CLAIM = """
INSERT INTO calendar_cursors (calendar, due_at) VALUES ($1, now() + $2)
ON CONFLICT (calendar) DO UPDATE SET due_at = excluded.due_at
    WHERE calendar_cursors.due_at <= now()
RETURNING token
"""

_KEEP = "UPDATE calendar_cursors SET token = $2, read_at = now() WHERE calendar = $1"

_CALLS = """
SELECT booking.*, contact.phone, contact.bsuid, contact.language, contact.timezone,
    contact.last_inbound_at, contact.opted_out_at IS NOT NULL AS opted_out,
    contact.unreachable_at IS NOT NULL AS unreachable
FROM bookings booking LEFT JOIN contacts contact ON contact.id = booking.contact_id
WHERE booking.status = 'confirmed' AND rep = ANY($1) AND ends_at > $2
ORDER BY starts_at
"""

_NAMED = "SELECT * FROM bookings WHERE event_id = ANY($1) AND status IN ('held', 'confirmed')"

_MOVE = """
UPDATE bookings SET
    starts_at = $4, ends_at = $5, blocked_from = $6, blocked_until = $7,
    link = coalesce($8, link), key = $3, astray = false
WHERE id = $1 AND key = $2 AND status = 'confirmed' RETURNING true
"""

_CALL_OFF = """
UPDATE bookings SET status = 'cancelled', key = $3, held_until = now(), astray = false
WHERE id = $1 AND key = $2 AND status = 'confirmed' RETURNING true
"""

_STRAY = """
UPDATE bookings SET astray = $3
WHERE id = $1 AND key = $2 AND status = 'confirmed' AND astray <> $3 RETURNING true
"""

_CLASH = """
INSERT INTO calendar_clashes (booking_id, event_id, starts_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING true
"""


class CalendarWatchStore:
    """The port domain.calendar_watch.WatchStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, calendar: str, every: timedelta) -> tuple[bool, str | None]:
        claimed = await self._pool.fetchrow(_CLAIM, calendar, every)
        return claimed is not None, claimed["token"] if claimed else None

    async def keep(self, calendar: str, token: str) -> None:
        await self._pool.execute(_KEEP, calendar, token)

    async def calls(self, reps: Sequence[str], now: datetime) -> list[Call]:
        return [_call(row) for row in await self._pool.fetch(_CALLS, list(reps), now)]

    async def named(self, event_ids: Sequence[str]) -> list[BookingRow]:
        return [booking_row(row) for row in await self._pool.fetch(_NAMED, list(event_ids))]

    async def move(
        self, call: Call, to: Written, blocked: Interval, said: Sequence[Saying]
    ) -> Applied:
        values = (*to.interval, *blocked, to.link)
        try:
            async with self._act(call) as connection:
                done = await _applied(connection, call, _MOVE, values, said)
                if done == "done":
                    place = Place(rep=call.row.place.rep, start=to.start, end=to.end)
                    row = call.row.model_copy(
                        update={"place": place, "link": to.link or call.row.link}
                    )
                    event = told("booking.rescheduled", row)
                    await sync.note(connection, row.contact_id, *event)
                return done
        except asyncpg.ExclusionViolationError:
            return "taken"

    async def call_off(self, call: Call, said: Sequence[Saying]) -> Applied:
        async with self._act(call) as connection:
            done = await _applied(connection, call, _CALL_OFF, (), said)
            if done == "done":
                event = told("booking.cancelled", call.row)
                await sync.note(connection, call.row.contact_id, *event)
            return done

    async def stray(self, call: Call, *, astray: bool, said: Sequence[Saying]) -> Applied:
        async with self._act(call) as connection:
            row = call.row
            if not await connection.fetchval(_STRAY, row.id, row.key, astray):
                return "stale"
            await _say(connection, call, f"calendar:{uuid4()}", said)
            return "done"

    async def clash(self, call: Call, entry: Entry, said: Sequence[Saying]) -> bool:
        row = call.row
        async with self._act(call) as connection:
            noted = (row.id, entry.event_id, row.place.start)
            new = await connection.fetchval(_CLASH, *noted)
            if new:
                await _say(connection, call, f"calendar:{uuid4()}", said)
            return bool(new)

    @contextlib.asynccontextmanager
    async def _act(self, call: Call) -> AsyncGenerator[Connection]:
        """A transaction in which nobody else acts on the contact's or the rep's bookings."""
        async with self._pool.acquire() as connection, connection.transaction():
            await lock(connection, CONTACT_LOCK, call.row.contact_id)
            await lock(connection, REP_LOCK, call.row.place.rep)
            yield connection


async def _applied(
    connection: Connection,
    call: Call,
    statement: str,
    values: Sequence[object],
    said: Sequence[Saying],
) -> Applied:
    key = f"calendar:{uuid4()}"
    row = call.row
    if not await connection.fetchval(statement, row.id, row.key, key, *values):
        return "stale"
    await _say(connection, call, key, said)
    return "done"


async def _say(connection: Connection, call: Call, key: str, said: Sequence[Saying]) -> None:
    """Into the outbox, and into the conversation what the lead reads."""
    contact_id = call.row.contact_id
    rows = [
        OutboxRow(
            id=row_id(key, position),
            contact_id=contact_id,
            turn_id=key,
            position=position,
            recipient=saying.to,
            message=saying.message,
        )
        for position, saying in enumerate(said)
    ]
    await outbox.add(connection, rows)
    spoken = [
        (row.id, row.message) for row, saying in zip(rows, said, strict=True) if saying.spoken
    ]
    # without a turn: no word of a rep counts as answered by it
    await connection.execute(messages.ADD, *messages.lines(contact_id, None, [], spoken))


def _call(row: asyncpg.Record) -> Call:
    return Call(
        row=booking_row(row),
        astray=row["astray"],
        address=Address(phone=row["phone"], bsuid=row["bsuid"]),
        language=row["language"],
        timezone=row["timezone"],
        last_inbound_at=row["last_inbound_at"],
        opted_out=row["opted_out"],
        unreachable=row["unreachable"],
    )
