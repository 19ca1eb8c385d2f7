"""Conversations that a person has or had: at most one open handoff a contact."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import asyncpg

from crm import contacts, sync
from crm.messages import Line
from crm.pool import Connection, Database, Pool, storable, transaction
from crm.sync import Event
from domain.triggers import HandoffReason
from domain.turn import Handoff
from domain.values import Plain, Value


class Case(Value):
    """A handoff as a rep sees it, with the conversation's last messages, oldest first.

    `not_delivered`: the ids of those among them that did not reach the lead.
    """

    id: str
    contact_id: str
    reason: HandoffReason
    rep: str
    signals: Plain
    at: datetime
    told: tuple[str, ...]
    claimed_at: datetime | None
    first_word_at: datetime | None
    released_at: datetime | None
    unclaimed_at: datetime | None
    needed: bool | None
    brief: str | None
    profile_name: str
    phone: str | None
    messages: tuple[Line, ...]
    not_delivered: tuple[str, ...] = ()


_OPEN = """
WITH opened AS (
    INSERT INTO handoffs
        (id, contact_id, turn_id, reason, rep, signals, at, told, told_at, next_step_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, ARRAY[$5::text], $7, $7)
    ON CONFLICT DO NOTHING RETURNING rep, at
), in_turn AS (
    INSERT INTO handoff_rota (rep, last_at) SELECT rep, at FROM opened
    ON CONFLICT (rep) DO UPDATE SET last_at = greatest(handoff_rota.last_at, excluded.last_at)
)
SELECT true FROM opened
"""

_TAKE_OVER = """
WITH claimed AS (
    UPDATE handoffs SET rep = $3, claimed_at = $4
    WHERE contact_id = $2 AND released_at IS NULL AND claimed_at IS NULL
)
INSERT INTO handoffs (id, contact_id, turn_id, reason, rep, signals, at, claimed_at)
VALUES ($1, $2, $1, 'taken_over', $3, '{}', $4, $4) ON CONFLICT DO NOTHING RETURNING true
"""

TAKEN = """
SELECT EXISTS (SELECT FROM handoffs
    WHERE contact_id = $1 AND released_at IS NULL AND claimed_at IS NOT NULL)
"""
"""Whether a person has taken the conversation."""

_WITHDRAW = """
WITH withdrawn AS (
    UPDATE outbox SET state = 'failed', reaction = 'withdrawn', updated_at = now()
    FROM contacts, handoffs open
    WHERE outbox.contact_id = $1 AND contacts.id = $1
        AND state IN ('requested', 'withheld')
        AND open.contact_id = $1 AND released_at IS NULL AND claimed_at IS NOT NULL
        AND (recipient_phone = contacts.phone OR recipient_bsuid = contacts.bsuid)
        AND NOT EXISTS (
            SELECT FROM messages WHERE messages.id = outbox.id::text AND direction = 'rep')
    RETURNING outbox.id
), unsaid AS (
    DELETE FROM messages USING withdrawn WHERE messages.id = withdrawn.id::text
)
SELECT id FROM withdrawn
"""

_RELEASE = """
WITH over AS (
    UPDATE handoffs SET released_at = now() WHERE contact_id = $1 AND released_at IS NULL
    RETURNING contact_id
), begun_anew AS (
    UPDATE leads SET unresolved = 0 FROM over WHERE leads.contact_id = over.contact_id
)
SELECT true FROM over
"""

_FAILED = """
SELECT true FROM handoffs
WHERE contact_id = $1 AND reason = 'failed' AND claimed_at IS NULL AND released_at IS NULL
"""

_CASES = """
SELECT handoff.id, handoff.contact_id::text, reason, rep, signals, handoff.at, told, claimed_at,
    first_word_at, released_at, unclaimed_at, needed, brief, profile_name,
    coalesce(phone, callback_phone) AS phone, (
        SELECT coalesce(jsonb_agg(to_jsonb(line) - 'seq' ORDER BY seq), '[]') FROM (
            SELECT id, direction, kind, text, at, seq FROM messages
            WHERE contact_id = handoff.contact_id ORDER BY seq DESC LIMIT $2
        ) line
    ) AS messages, (
        SELECT coalesce(array_agg(outbox.id::text), '{}') FROM outbox
        WHERE contact_id = handoff.contact_id AND state IN ('withheld', 'failed')
    ) AS not_delivered
FROM handoffs handoff JOIN contacts ON contacts.id = handoff.contact_id
WHERE (released_at IS NULL OR NOT $1) AND ($4::text IS NULL OR handoff.id = $4)
ORDER BY handoff.at DESC LIMIT $3
"""

_SPOKEN = """
UPDATE handoffs SET first_word_at = greatest($2, at)
WHERE contact_id = $1 AND released_at IS NULL AND first_word_at IS NULL
"""

_REP_WROTE = """
WITH claimed AS (
    UPDATE handoffs SET claimed_at = coalesce(claimed_at, now()),
        first_word_at = coalesce(first_word_at, greatest($4, at))
    WHERE contact_id = $2 AND released_at IS NULL
)
INSERT INTO messages (id, contact_id, direction, kind, text, at)
VALUES ($1, $2, 'rep', 'text', $3, $4) ON CONFLICT (id) DO NOTHING
"""


async def begin(
    connection: Connection, contact_id: str, turn_id: str, handoff: Handoff, signals: Plain
) -> bool:
    """Store a handoff; false when it is there already or the contact has an open one."""
    values = (handoff.reason, handoff.rep, signals, handoff.at)
    opened = await connection.fetchval(_OPEN, handoff.id, contact_id, turn_id, *values)
    return bool(opened)


def requested(reason: str, rep: str) -> Event:
    """What outside CRMs are told of a handoff."""
    return "handoff.requested", {"handoff": {"reason": reason, "rep": rep}}


async def take_over(
    database: Database, contact_id: str, *, rep: str, key: str, at: datetime
) -> bool:
    """A person takes the conversation: from now on the agent is silent, and unsent words too.

    `key` names the act: one that opened a handoff opens none again when it is repeated. True when
    the conversation was not a person's before. The contact must exist.
    """
    handoff_id = str(uuid5(NAMESPACE_URL, f"vendedor:takeover:{key}"))
    async with transaction(database) as connection:
        # the replies of a commit are all there, or see the handoff
        await contacts.lock(connection, contact_id)
        if await connection.fetchval("SELECT true FROM handoffs WHERE id = $1", handoff_id):
            return False
        opened = await connection.fetchval(_TAKE_OVER, handoff_id, contact_id, rep, at)
        await withdraw(connection, contact_id)
        if opened:
            await sync.note(connection, contact_id, *requested("taken_over", rep))
    return bool(opened)


async def withdraw(database: Database, contact_id: str) -> int:
    """Keep back what the agent wanted to say and the lead did not get; gives how much it was.

    Nothing is kept back unless a person took the conversation. What the lead never got leaves the
    record of the conversation too; the outbox keeps it.
    """
    return len(await database.fetch(_WITHDRAW, contact_id))


async def cases(
    pool: Pool, *, only_open: bool = True, messages: int = 10, limit: int = 50
) -> tuple[Case, ...]:
    """Handoffs, the newest first, each with its last `messages`."""
    return tuple(map(_case, await pool.fetch(_CASES, only_open, messages, limit, None)))


async def case(pool: Pool, handoff_id: str, *, messages: int = 10) -> Case | None:
    """One handoff, open or over; None when there is none of this id."""
    row = await pool.fetchrow(_CASES, False, messages, 1, handoff_id)  # noqa: FBT003 - of any state
    return _case(row) if row else None


async def claim(pool: Pool, handoff_id: str) -> bool:
    """The rep takes the conversation; false when it was taken or is over."""
    done = await pool.execute(
        "UPDATE handoffs SET claimed_at = now()"
        " WHERE id = $1 AND claimed_at IS NULL AND released_at IS NULL",
        handoff_id,
    )
    return _changed(done)


async def release(database: Database, contact_id: str) -> bool:
    """The rep gives the conversation back; false when there is none to give.

    What was unresolved before is over: else the next doubt would hand over again at once.
    """
    async with transaction(database) as connection:
        await contacts.lock(connection, contact_id)
        released = bool(await connection.fetchval(_RELEASE, contact_id))
        if released:
            await sync.note(connection, contact_id, "handoff.released")
    return released


async def release_failed(database: Database, contact_id: str) -> bool:
    """Give back what came to a person because the agent failed, unless he has taken it."""
    async with transaction(database) as connection:
        await contacts.lock(connection, contact_id)
        waits = await connection.fetchval(_FAILED, contact_id)
        return bool(waits) and await release(connection, contact_id)


async def set_brief(database: Database, handoff_id: str, brief: str) -> bool:
    """Store the brief for the rep; false when there is no such handoff."""
    done = await database.execute("UPDATE handoffs SET brief = $2 WHERE id = $1", handoff_id, brief)
    return _changed(done)


async def spoken(connection: Connection, contact_id: str, at: datetime) -> None:
    """A person said something to the lead: the first time counts."""
    await connection.execute(_SPOKEN, contact_id, at)


async def record_rep_message(
    database: Database, contact_id: str, message_id: str, text: str, at: datetime
) -> bool:
    """Store what the rep wrote to the lead, which also claims; false when it was there already."""
    return _changed(await database.execute(_REP_WROTE, message_id, contact_id, storable(text), at))


def _case(row: asyncpg.Record) -> Case:
    return Case.of(dict(row))


def _changed(status: str) -> bool:
    return status.endswith(" 1")
