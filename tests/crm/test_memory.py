from datetime import timedelta
from uuid import uuid4

import pytest

from crm.handoffs import record_rep_message, release
from crm.memory import Recalled, peek, recall
from crm.pool import Database, Pool
from crm.summaries import save
from crm.turn_rows import row_id
from crm.turns import commit
from domain.contact import Address
from domain.turn import Decision, Memory, Spoken, Summary
from tests.crm.made import ADDRESS, ANA, BOB, REPS, START, batch, committed, fact, handed_over


async def remembered(database: Database, contact_id: str = ANA, minute: int = 60) -> Memory:
    at = START + timedelta(minutes=minute)
    names = [f"alias-{n}-of-{contact_id}" for n in (1, 2)]
    return (await recall(database, contact_id, ADDRESS, "Ana", names, None, at)).memory


async def test_a_new_contact_is_stored_and_nothing_is_known(pool: Pool) -> None:
    assert await remembered(pool) == Memory(profile_name="Ana", timezone="America/Mexico_City")
    row = await pool.fetchrow("SELECT phone, bsuid, profile_name, last_inbound_at FROM contacts")
    assert row is not None
    assert tuple(row) == ("5215512345678", "MX.123", "Ana", START + timedelta(minutes=60))
    assert await pool.fetchval("SELECT count(*) FROM contact_aliases") == 2


async def test_what_is_known_is_never_overwritten_by_nothing(pool: Pool) -> None:
    await recall(pool, ANA, ADDRESS, "Ana", ["a"], "ad-7", START + timedelta(hours=1))
    await recall(pool, ANA, Address(bsuid="MX.9"), "", ["b"], "ad-8", START)
    row = await pool.fetchrow("SELECT * FROM contacts")
    assert row is not None
    assert (row["phone"], row["bsuid"], row["profile_name"]) == ("5215512345678", "MX.9", "Ana")
    assert row["referral"] == "ad-7"
    assert row["first_inbound_at"] == START
    assert row["last_inbound_at"] == START + timedelta(hours=1)


async def test_a_batch_of_somebody_known_by_another_id_stores_nothing(pool: Pool) -> None:
    at = START + timedelta(hours=9)
    await recall(pool, ANA, ADDRESS, "Ana", ["a1", "a2"], None, START)
    found = await recall(pool, BOB, Address(phone="1"), "Bob", ["a2", "new"], "ad", at)
    assert found == Recalled(ANA, (), Memory(), {})
    rows = await pool.fetch("SELECT id::text, last_inbound_at FROM contacts")
    assert [tuple(row) for row in rows] == [(ANA, START)]
    assert await pool.fetchval("SELECT count(*) FROM contact_aliases") == 2


async def test_the_first_alias_that_is_known_decides_and_the_others_are_told(pool: Pool) -> None:
    await recall(pool, ANA, ADDRESS, "Ana", ["a1"], None, START)
    await recall(pool, BOB, ADDRESS, "Bob", ["b1"], None, START)
    found = await recall(pool, ANA, ADDRESS, "Ana", ["new", "a1", "b1"], None, START)
    assert (found.home, found.others) == (ANA, (BOB,))
    assert (await recall(pool, ANA, ADDRESS, "Ana", ["new"], None, START)).home == ANA


async def test_everything_that_was_committed_comes_back(pool: Pool) -> None:
    first, second = fact("budget", "5000"), fact("budget", "8000", minute=1)
    declined = fact("authority", None)
    await committed(pool, "t1", facts=(first, declined), stage_after="qualification")
    await committed(pool, "t2", stage_after="qualification", facts=(second,), unresolved=2)
    await save(pool, ANA, Summary(text="Ana wants a CRM.", upto="t1-in"))
    memory = await remembered(pool)
    assert memory == Memory(
        stage="qualification",
        language="es",
        timezone="America/Mexico_City",
        profile_name="Ana",
        facts=(declined, second),
        unresolved=2,
        summary=Summary(text="Ana wants a CRM.", upto="t1-in"),
        recent=(
            Spoken(id="t1-in", by_lead=True, text="hola"),
            Spoken(id=row_id("t1", 0), by_lead=False, text="reply of t1"),
            Spoken(id="t2-in", by_lead=True, text="hola"),
            Spoken(id=row_id("t2", 0), by_lead=False, text="reply of t2"),
        ),
    )
    assert await peek(pool, ANA) == memory


async def test_the_last_six_messages_of_lead_and_agent_come_along(pool: Pool) -> None:
    for number in range(5):
        await committed(pool, f"t{number}")
    await record_rep_message(pool, ANA, "rep-1", "Soy Luz", START)
    recent = (await remembered(pool)).recent
    assert [line.text for line in recent] == [
        text for number in (2, 3, 4) for text in ("hola", f"reply of t{number}")
    ]


async def test_of_one_message_the_fact_said_last_holds(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("need", "CRM"), fact("need", "ERP")))
    assert [known.value for known in (await remembered(pool)).facts] == ["ERP"]


async def test_recall_is_one_round_trip(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("budget", "5000"),))
    queries: list[object] = []
    async with pool.acquire() as connection:
        with connection.query_logger(queries.append):
            assert (await remembered(connection)).facts
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("status", "hours", "found"),
    [
        ("confirmed", 24, True),
        ("held", 24, False),
        ("cancelled", 24, False),
        ("confirmed", -5, False),
    ],
)
async def test_only_a_confirmed_call_that_is_not_over_is_booked(
    pool: Pool, status: str, hours: int, *, found: bool
) -> None:
    await remembered(pool)
    start = START + timedelta(hours=hours)
    await pool.execute(
        "INSERT INTO bookings (id, contact_id, rep, starts_at, ends_at, link, status)"
        " VALUES ($1, $2, 'luz', $3, $4, 'https://meet', $5)",
        *(uuid4(), ANA, start, start + timedelta(minutes=30), status),
    )
    booking = (await remembered(pool)).booking
    assert (booking is not None) is found
    if booking:
        assert (booking.rep, booking.start, booking.link) == ("luz", start, "https://meet")


async def test_an_open_handoff_is_known_and_the_rep_is_not_quoted_yet(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await record_rep_message(pool, ANA, "r1", "Hola, soy Luz", START)
    memory = await remembered(pool)
    assert memory.handoff == handed_over("t1").handoff
    assert memory.rep_said == ()


async def test_after_the_release_the_agent_knows_what_the_rep_said_once(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await record_rep_message(pool, ANA, "r1", "Hola, soy Luz", START)
    await committed(pool, "t2", replies=(), decision=Decision(kind="silent"))
    await record_rep_message(pool, ANA, "r2", "Te hago 10 %", START)
    await release(pool, ANA)
    memory = await remembered(pool)
    assert memory.handoff is None
    assert memory.rep_said == ("Hola, soy Luz", "Te hago 10 %")
    await committed(pool, "t3")
    assert (await remembered(pool)).rep_said == ()


async def test_an_opt_out_holds_until_the_lead_opts_in(pool: Pool) -> None:
    await committed(pool, "t1", decision=Decision(kind="opt_out"))
    assert (await remembered(pool)).opted_out
    await committed(pool, "t2", decision=Decision(kind="opt_in"))
    assert not (await remembered(pool)).opted_out


async def test_contacts_do_not_see_each_other(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await committed(pool, "t2", facts=(fact("budget", "5000"),))
    of_bob = await remembered(pool, BOB)
    assert [(load.rep, load.open) for load in of_bob.workload] == [("luz", 1)]
    alone = of_bob.model_copy(update={"workload": ()})
    assert alone == Memory(profile_name="Ana", timezone="America/Mexico_City")


async def test_a_peek_stores_nobody(pool: Pool) -> None:
    assert await peek(pool, ANA) is None
    assert await pool.fetchval("SELECT count(*) FROM contacts") == 0
