"""What is left of an erased contact in PostgreSQL, and who may write him again."""

import asyncio
import re

import asyncpg
import pytest

from crm import audit, erasure, handoff_acts, handoffs, outbox
from crm.contacts import seen
from crm.erasure import COUNTED, DELETED, IMPERSONAL
from crm.joining import join
from crm.memory import recall
from crm.outbox import OutboxRow
from crm.pool import Pool
from crm.turns import commit
from domain.errors import LeaseLost
from domain.messages import Template
from tests.crm.made import (
    ADDRESS,
    ANA,
    BOB,
    REPS,
    START,
    batch,
    committed,
    fact,
    handed_over,
    outcome,
)

FENCE = 100


async def erased(pool: Pool, contact_id: str) -> erasure.Person:
    async with pool.acquire() as connection, connection.transaction():
        person = await erasure.locked(connection, contact_id)
        for each in person.contact_ids:
            await erasure.empty(connection, each, fence=FENCE)
        await erasure.follow_up(connection, person, FENCE)
    return person


async def test_every_table_is_spoken_for(pool: Pool) -> None:
    """A new table is erased from, or somebody says why it holds nothing of a person."""
    rows = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    spoken_for = {*COUNTED, *DELETED, *IMPERSONAL}
    assert {row["tablename"] for row in rows} == spoken_for
    named = await pool.fetch(
        "SELECT table_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        " AND column_name = 'contact_id'"
    )
    kept = {"sync_outbox", "sync_refs", "audit"}
    assert {row["table_name"] for row in named} == {*COUNTED, *DELETED, *kept}


async def test_the_contacts_row_keeps_only_that_he_was_erased(pool: Pool) -> None:
    """A new column of contacts is emptied, too: it is filled here with whatever it takes."""
    await committed(pool, "t1")
    columns = await pool.fetch(
        "SELECT column_name AS name, data_type AS type FROM information_schema.columns"
        " WHERE table_name = 'contacts' AND column_name NOT IN"
        " ('id', 'fence', 'joined_into', 'timezone_source')"
    )
    example = {
        "text": "'x'", "timestamp with time zone": "now()", "jsonb": "'{}'", "uuid": f"'{BOB}'",
        "boolean": "true", "integer": "1", "bigint": "1",
    }  # fmt: skip
    filled = ", ".join(f"{c['name']} = {example[c['type']]}" for c in columns)
    await pool.execute(f"UPDATE contacts SET {filled} WHERE id = $1", ANA)  # noqa: S608 - constants
    await erased(pool, ANA)
    row = await pool.fetchrow("SELECT * FROM contacts WHERE id = $1", ANA)
    assert row
    left = {name for name, value in row.items() if value not in (None, "")}
    assert left == {"id", "fence", "erased_at"}


async def test_counts_stay_and_lead_back_to_nobody(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("name", "Ana"),))
    await commit(pool, batch("t2"), ADDRESS, handed_over("t2"), reps=REPS)
    await pool.execute(
        "UPDATE turns SET decision = jsonb_set(decision, '{signals}',"
        ' \'{"said": "Ana", "n": 1}\')'
    )
    assert await handoffs.set_brief(pool, "handoff-t2", "Ana wants panels")
    await erased(pool, ANA)
    turns = await pool.fetch("SELECT contact_id::text AS who, decision FROM turns")
    assert {row["who"] for row in turns} & {ANA} == set()
    assert [row["decision"]["signals"] for row in turns] == [{"n": 1}, {"n": 1}]
    [handoff] = await pool.fetch("SELECT * FROM handoffs")
    assert (handoff["brief"], handoff["released_at"] is not None) == (None, True)
    for table in DELETED:
        left = await pool.fetch(f"SELECT * FROM {table} WHERE contact_id = $1", ANA)  # noqa: S608 - constants
        assert [row["kind"] for row in left] == (["forget"] if table == "jobs" else [])


async def test_no_moment_of_the_erasure_leads_from_his_row_to_the_counts(pool: Pool) -> None:
    """One transaction has one time: it would be the same to the microsecond on both sides."""
    await committed(pool, "t1")
    await commit(pool, batch("t2"), ADDRESS, handed_over("t2"), reps=REPS)
    await pool.execute(
        "INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status, key)"
        " VALUES ($1, 'luz', now() + '1 day', now() + '1 day 1 hour', 'confirmed', 'k')",
        ANA,
    )
    await erased(pool, ANA)
    moment = await erasure.erased_at(pool, ANA)
    for table in COUNTED.keys() | {"contacts"}:
        rows = await pool.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own names
        others = [row for row in rows if str(row.get("id")) != ANA]
        assert others or table == "conversations"
        assert [row for row in others if moment in row.values()] == []
    answered = {row["at"] for row in await pool.fetch("SELECT at FROM answered")}
    assert answered
    assert answered.isdisjoint({row["at"] for row in await pool.fetch("SELECT at FROM turns")})


async def test_a_handoff_of_an_erased_lead_is_over_for_who_has_its_link(pool: Pool) -> None:
    """Even one that had gone back to the agent unclaimed, which could be claimed until then."""
    await committed(pool, "t1")
    await commit(pool, batch("t2"), ADDRESS, handed_over("t2"), reps=REPS)
    await pool.execute("UPDATE handoffs SET released_at = now(), unclaimed_at = now()")
    await erased(pool, ANA)
    assert await handoff_acts.act(pool, "handoff-t2", "luz", "claim", START) == "refused"
    assert await handoffs.cases(pool) == ()


async def test_a_lease_of_before_writes_him_no_more_and_a_later_one_does(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("name", "Ana"),))
    await erased(pool, ANA)
    for token in (FENCE - 1, FENCE):
        with pytest.raises(LeaseLost):
            await commit(pool, batch("t2"), ADDRESS, outcome("t2"), reps=REPS, token=token)
        with pytest.raises(LeaseLost):
            await recall(pool, ANA, ADDRESS, "Ana", ["a1"], None, START, token=token)
        async with pool.acquire() as connection:
            with pytest.raises(LeaseLost):
                await seen(connection, ANA, ADDRESS, None, None, token=token)
    assert await pool.fetchval("SELECT phone FROM contacts WHERE id = $1", ANA) is None
    assert await pool.fetchval("SELECT count(*) FROM contact_aliases") == 0
    later = await recall(pool, ANA, ADDRESS, "Ana", ["a1"], None, START, token=FENCE + 1)
    assert (later.memory.facts, later.memory.recent) == ((), ())
    assert await commit(pool, batch("t3"), ADDRESS, outcome("t3"), reps=REPS, token=FENCE + 1)


async def test_all_who_became_one_are_erased_by_any_of_their_ids(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", contact_id=BOB)
    async with pool.acquire() as connection, connection.transaction():
        await join(connection, ANA, [BOB])
    person = await erased(pool, BOB)
    assert set(person.contact_ids) == {ANA, BOB}
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_send_that_is_being_settled_leaves_no_row_behind(pool: Pool) -> None:
    """It adds a row of its own, to his number, which a deletion that began before does not see."""
    await committed(pool, "t1")

    async def waits() -> bool:
        asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(await pool.fetchval(asked))

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE outbox SET state = 'withheld'")
        erasing = asyncio.create_task(erased(pool, ANA))
        async with asyncio.timeout(5):
            while not await waits():  # noqa: ASYNC110 - PostgreSQL rings no bell
                await asyncio.sleep(0.01)
        row = OutboxRow(BOB, ANA, "reopen/1", 0, ADDRESS, Template(name="reopen", language="es"))
        await outbox.add(connection, [row])
    await erasing
    assert await pool.fetch("SELECT FROM outbox") == []


async def test_the_audit_trail_cannot_be_changed(pool: Pool) -> None:
    await audit.note(pool, "test", "export", ANA)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await pool.execute(statement)
    columns = await pool.fetch(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'audit'"
    )
    assert not any(re.search(r"phone|text|name", column["name"]) for column in columns)
