"""The table of messages on their way to WhatsApp, and the only ways in which a row may change.

    requested ─claim─> sending ─> accepted ─> sent ─> delivered ─> read      (failed: given up)
      │ ^                 │ no answer, or the sender died
      │ └─ retry_later    └─> in_doubt ─ no receipt in time: claim ─> sending
      ├─> merged (into the message of an earlier row)
      └─> withheld (the window is closed; `crm.withheld`) ─ the lead writes ─> requested

A state only moves on, except that an attempt known to have failed puts the row back to
`requested`. No lock is held over HTTP: a claim is a lease, the count of tries its fencing token.
A claim takes only what may go now: it keeps the order of a recipient, the pace and the pauses.
"""

import logging
from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from crm import outbox_sql as sql
from crm import pauses
from crm.outbox_row import (
    META_RATES,
    UNFINISHED,
    Claimed,
    Failure,
    GivenUp,
    Known,
    OutboxRow,
    Rates,
    State,
    StoredRow,
    Survey,
    readable,
)
from crm.pool import Connection, Database
from crm.script import Script
from domain.contact import Address
from domain.messages import Outbound

__all__ = [
    "UNFINISHED", "Claimed", "Failure", "GivenUp", "Known", "OutboxRow", "Rates", "State",
    "StoredRow", "Survey", "accepted", "add", "claim", "doubt", "failed", "find", "given_up",
    "hold", "merge", "receipts", "retry_failed", "retry_later",
    "survey", "use_fallback", "waiting",
]  # fmt: skip

_log = logging.getLogger(__name__)


async def add(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Store rows in their order of sending; a row that is already there stays as it is."""
    await connection.execute(sql.ADD, *columns(rows))


def columns(rows: Sequence[OutboxRow]) -> list[list[object]]:
    """The parameters of the statement ADD."""
    every = [_values(row) for row in rows]
    return [[row[column] for row in every] for column in range(8)]


async def claim(
    database: Database,
    *,
    contact_id: str | None = None,
    limit: int,
    lease: timedelta,
    rates: Rates = META_RATES,
) -> Claimed:
    """Take due rows for `lease` that may go now, at most the first unfinished one a recipient.

    Replies go before templates. A row whose message no longer fits the model is given up, so that
    it cannot stop the others.
    """
    pair = timedelta(seconds=rates.pair_seconds)
    pace = (rates.per_second, rates.burst, pair, rates.pair_burst)
    statement = sql.CLAIM_OF if contact_id else sql.CLAIM
    records = await database.fetch(statement, contact_id, limit, lease, *pace)
    claimed = {r["id"]: _stored(r) for r in records if r["id"]}
    if broken := [row_id for row_id, stored in claimed.items() if stored is None]:
        await database.execute(sql.UNREADABLE, broken)
        _log.error("%d outbox rows cannot be read and were given up", len(broken))
    rows = tuple(stored for stored in claimed.values() if stored)
    return Claimed(rows, records[0]["held_back"] if records else 0)


async def hold(database: Database, claimed: Sequence[StoredRow], lease: timedelta) -> None:
    """Their sender lives: renew the leases."""
    ids, tries = [stored.row.id for stored in claimed], [stored.tries for stored in claimed]
    await database.execute(sql.HOLD, ids, tries, lease)


async def survey(database: Database, *, wait: timedelta) -> Survey:
    """Put rows whose sender died in doubt for `wait`, and look how the outbox stands."""
    script = Script()
    script.do("lapsed", sql.DOUBT_LAPSED, wait)
    script.tell("lapsed", "SELECT count(*) FROM lapsed")
    script.tell("oldest_seconds", sql.OLDEST)
    script.tell("paused", pauses.COUNT)
    return Survey(**await script.run(database))


async def accepted(database: Database, row_id: str, wamid_id: str) -> bool:
    """Meta took the message; holds whoever has the lease, and whatever receipt came before.

    True when more waits for the same recipient, which may go now.
    """
    return bool(await database.fetchval(sql.ACCEPTED, row_id, wamid_id))


async def retry_later(
    database: Database,
    stored: StoredRow,
    after: timedelta,
    failure: Failure,
    *,
    counted: bool = True,
    message: Outbound | None = None,
    phone: str | None = None,
) -> bool:
    """The attempt failed: try again, with `message` or to `phone` instead if given.

    False if it moved on.
    """
    plain = message.plain() if message else None
    uncounted = 0 if counted else 1
    return await _moved(database, sql.RETRY, stored, failure, after, uncounted, plain, phone)


async def failed(database: Database, stored: StoredRow, failure: Failure) -> bool:
    """Give the row up, which sets the recipient's later rows free. False if it moved on."""
    return await _moved(database, sql.FAILED, stored, failure, failure.reaction)


async def doubt(database: Database, stored: StoredRow, wait: timedelta, failure: Failure) -> bool:
    """Meta may have taken it: wait for a receipt, then send again. False if it moved on."""
    return await _moved(database, sql.DOUBT, stored, failure, wait)


async def receipts(
    database: Database, told: Sequence[tuple[str | None, str | None, State]]
) -> list[bool]:
    """Receipts, each of tracker, wamid and state, say sent, delivered or read, in any order.

    Gives of each row to which they told something new whether it was unfinished until then.
    """
    columns = ([receipt[column] for receipt in told] for column in range(3))
    return [row["was_unfinished"] for row in await database.fetch(sql.RECEIPTS, *columns)]


async def doubt_goes_on(database: Database, stored: StoredRow, wait: timedelta) -> None:
    """A claim that ends without a send: the row is in doubt as before, for `wait` at least."""
    await database.execute(sql.DOUBT_GOES_ON, *_fence(stored), wait)


async def held(database: Database, stored: StoredRow) -> bool:
    """Whether the claim still holds: no receipt ended it, and nobody else has it."""
    return bool(await database.fetchval(sql.HELD, *_fence(stored)))


async def find(
    connection: Connection, *, tracker: str | None, wamid_id: str | None
) -> StoredRow | None:
    """The row of a receipt, by tracker first, locked until the transaction ends; None without."""
    record = await connection.fetchrow(sql.FIND, tracker, wamid_id)
    return _stored(record) if record else None


async def waiting(connection: Connection, row_id: str, limit: int) -> list[tuple[str, Outbound]]:
    """What waits behind a row for the same recipient and is no template, in order, locked."""
    records = await connection.fetch(sql.WAITING, row_id, limit)
    read = ((str(record["id"]), readable(record["message"])) for record in records)
    return [(name, message) for name, message in read if message]


async def merge(
    connection: Connection, stored: StoredRow, whole: Outbound, absorbed: Sequence[str]
) -> bool:
    """Let the row carry what others were to say, which settles them. False if it moved on."""
    plain = whole.plain()
    return bool(await connection.fetchval(sql.MERGE, *_fence(stored), plain, list(absorbed)))


async def given_up(
    database: Database, *, contact_id: str | None = None, limit: int = 100
) -> list[GivenUp]:
    """Messages that did not go, the newest first."""
    rows = await database.fetch(sql.GIVEN_UP, contact_id, limit)
    return [GivenUp(**row) for row in rows]


async def retry_failed(
    database: Database, *, contact_id: str | None = None, row_id: str | None = None
) -> int:
    """Send once more what was given up, of one contact or row if named; gives how many.

    What a person or the lead himself took back stays back, and so does what a later message has
    overtaken, unless it is named. A lead whose window has closed gets the template, as always.
    """
    return len(await database.fetch(sql.RETRY_FAILED, contact_id, row_id))


async def use_fallback(database: Database, template: str, fallback: str) -> None:
    """While the template is paused, rows that wait for it go by another one."""
    await database.execute(sql.USE_FALLBACK, template, fallback)


async def _moved(
    database: Database, query: str, stored: StoredRow, failure: Failure, *values: object
) -> bool:
    attempt = (failure.code, failure.error, failure.wamid_id)
    return bool(await database.fetchval(query, *_fence(stored), *attempt, *values))


def _fence(stored: StoredRow) -> tuple[str, str, int]:
    """What a claim is known by."""
    return stored.row.id, stored.state, stored.tries


def _values(row: OutboxRow) -> tuple[object, ...]:
    to = row.recipient
    return (
        *(row.id, row.contact_id, row.turn_id, row.position),
        *(to.phone, to.bsuid, row.message.plain(), row.heard_at),
    )


def _stored(record: Any) -> StoredRow | None:  # noqa: ANN401 - asyncpg.Record has no typed fields
    if (message := readable(record["message"])) is None:
        return None
    row = OutboxRow(
        id=str(record["id"]),
        contact_id=str(record["contact_id"]),
        turn_id=record["turn_id"],
        position=record["position"],
        recipient=Address(phone=record["recipient_phone"], bsuid=record["recipient_bsuid"]),
        message=message,
    )
    return StoredRow(
        row=row,
        state=record["state"],
        tries=record["tries"],
        error_code=record["error_code"],
        wamid_id=record["wamid_id"],
        again=record["again"],
        age=record["age"],
        known=Known(**{field.name: record[field.name] for field in fields(Known)}),
    )
