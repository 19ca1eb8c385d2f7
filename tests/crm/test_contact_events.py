"""Each event is stored and acted on once, whatever is repeated and in whatever order they come."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from crm import handoffs, messages
from crm.contact_events import apply
from crm.memory import recall
from crm.outbox import OutboxRow, accepted, add
from crm.pool import Pool
from crm.turns import commit
from crm.unanswered import waiting
from domain.contact import Address
from domain.contact_events import (
    DELETED,
    ContactEvent,
    Deleted,
    Edited,
    Noted,
    Preference,
    Renamed,
    RepWrote,
)
from domain.messages import Text
from domain.turn import Decision, Memory, Spoken
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
)

LATER = START + timedelta(hours=1)


async def apply_all(pool: Pool, *events: ContactEvent, address: Address = ADDRESS) -> str:
    return await apply(pool, ANA, address, ["a1", "a2"], events, rep="luz")


async def remembered(pool: Pool, contact_id: str = ANA) -> Memory:
    return (await recall(pool, contact_id, ADDRESS, "", [], None, START)).memory


async def row(pool: Pool, query: str, *values: object) -> dict[str, Any]:
    found = await pool.fetchrow(query, *values)
    assert found is not None
    return dict(found)


def echo(name: str = "e1", text: str = "Soy Luz", at: datetime = START) -> RepWrote:
    return RepWrote(id=name, at=at, said="text", text=text)


def edited(target: str, text: str, minute: int = 0, name: str = "") -> Edited:
    at = START + timedelta(minutes=minute)
    return Edited(id=name or f"edit-{target}-{minute}", at=at, target=target, text=text)


def deleted(target: str) -> Deleted:
    return Deleted(id=f"delete-{target}", at=LATER, target=target)


async def test_an_echo_makes_a_contact_whose_conversation_a_person_has(pool: Pool) -> None:
    assert await apply_all(pool, echo()) == ANA
    known = await row(pool, "SELECT phone, first_inbound_at, last_inbound_at FROM contacts")
    assert tuple(known.values()) == (ADDRESS.phone, None, None)
    [line] = await messages.recent(pool, ANA, 9)
    assert (line.id, line.direction, line.text, line.at) == ("e1", "rep", "Soy Luz", START)
    handoff = (await remembered(pool)).handoff
    assert handoff is not None
    assert (handoff.reason, handoff.rep) == ("taken_over", "luz")


async def test_a_repeated_event_changes_nothing(pool: Pool) -> None:
    await apply_all(pool, echo())
    await handoffs.release(pool, ANA)
    await pool.execute("UPDATE handoffs SET released_at = $1", START - timedelta(days=1))
    await apply_all(pool, echo())
    assert (await remembered(pool)).handoff is None
    assert await pool.fetchval("SELECT count(*) FROM contact_events") == 1


async def test_an_open_handoff_stays_with_the_rep_who_has_it(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    await apply(pool, ANA, ADDRESS, ["a1"], [echo()], rep="max")
    [case] = await handoffs.cases(pool)
    assert (case.rep, case.reason, case.claimed_at) == ("luz", "asked", START)


async def test_words_from_before_the_release_take_nothing_over(pool: Pool) -> None:
    await apply_all(pool, echo())
    await handoffs.release(pool, ANA)
    await apply_all(pool, echo("e0", "llego tarde", START - timedelta(days=1)))
    memory = await remembered(pool)
    assert memory.handoff is None
    assert memory.rep_said == ("Soy Luz", "llego tarde")


async def test_what_we_sent_ourselves_is_no_word_of_a_rep(pool: Pool) -> None:
    await committed(pool, "t1")
    row_id = "0b0b0a52-6c1e-5b7e-9d9a-000000000001"
    ours = OutboxRow(row_id, ANA, "t1", 7, ADDRESS, Text(body="hola"))
    async with pool.acquire() as connection:
        await add(connection, [ours])
    await accepted(pool, row_id, "wamid-hash")
    await apply_all(pool, echo("wamid-hash"))
    assert (await remembered(pool)).handoff is None
    assert await pool.fetchval("SELECT count(*) FROM contact_events") == 0


async def test_an_edit_reaches_the_record_and_the_state_hears_of_it(pool: Pool) -> None:
    await committed(pool, "t1")
    await apply_all(pool, edited("t1-in", "segundo", minute=2), edited("t1-in", "primero", 1))
    memory = await remembered(pool)
    assert memory.revised == (Spoken(id="t1-in", by_lead=True, text="segundo"),)
    assert memory.recent[0].text == "segundo"


async def test_nothing_is_left_of_a_deleted_message(pool: Pool) -> None:
    quoted = fact("budget", "5000").model_copy(update={"message_id": "t1-in"})
    await committed(pool, "t1", facts=(quoted,))
    await pool.execute(
        "INSERT INTO media (message_id, contact_id, turn_id, kind, media_id, mime_type, filename,"
        " sha256, voice, status, content)"
        " VALUES ('t1-in', $1, 't1', 'image', '1', '', '', '', false, 'stored', 'secret')",
        ANA,
    )
    await apply_all(pool, edited("t1-in", "otra cosa"), deleted("t1-in"))
    memory = await remembered(pool)
    assert (memory.recent[0].text, memory.revised[0].text) == (DELETED, DELETED)
    assert [(known.value, known.quote) for known in memory.facts] == [("5000", "")]
    assert await pool.fetchval("SELECT count(*) FROM media") == 0
    assert await pool.fetchval("SELECT count(text) FROM contact_events") == 0
    await apply_all(pool, edited("t1-in", "vuelve", minute=90))
    assert (await remembered(pool)).recent[0].text == DELETED


async def test_a_deleted_message_is_not_answered_later(pool: Pool) -> None:
    await committed(pool, "t1", replies=(), decision=Decision(kind="silent"))
    await committed(pool, "t2", replies=(), decision=Decision(kind="silent"))
    await apply_all(pool, deleted("t1-in"))
    found = await waiting(pool, ANA)
    assert found is not None
    assert [line.id for line in found.messages] == ["t2-in"]


async def test_our_own_words_and_another_contacts_cannot_be_changed(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", contact_id=BOB)
    ours = str(await pool.fetchval("SELECT id FROM messages WHERE direction = 'out' LIMIT 1"))
    await apply_all(pool, edited(ours, "x"), deleted(ours), edited("t2-in", "x"), deleted("t2-in"))
    assert (
        await pool.fetchval("SELECT count(*) FROM messages WHERE text IN ('x', $1)", DELETED) == 0
    )


async def test_what_the_rep_deleted_is_not_told_to_the_agent(pool: Pool) -> None:
    await apply_all(pool, echo(), echo("e2", "el precio es 5"), edited("e2", "es 6"), deleted("e1"))
    await handoffs.release(pool, ANA)
    assert (await remembered(pool)).rep_said == ("es 6",)


async def test_an_edit_or_deletion_before_its_message_holds_when_it_comes(pool: Pool) -> None:
    await apply_all(pool, edited("m1", "b", 2), edited("m1", "a", 1), deleted("m2"))
    known = await recall(pool, ANA, ADDRESS, "", ["a1"], None, START, ["m1", "m2", "m3"])
    assert known.now_say == {"m1": "b", "m2": None}
    others = await recall(pool, BOB, ADDRESS, "", ["b1"], None, START, ["m1"])
    assert others.now_say == {}


async def test_the_last_choice_about_marketing_holds_in_any_order(pool: Pool) -> None:
    stop = Preference(kind="marketing_stop", id="p2", at=LATER)
    resume = Preference(kind="marketing_resume", id="p1", at=START)
    await apply_all(pool, stop, resume)
    stopped = "SELECT marketing_stopped_at, opted_out_at FROM contacts"
    assert tuple((await row(pool, stopped)).values()) == (LATER, None)
    proofs = await pool.fetch("SELECT kind, message_id, turn_id FROM consents ORDER BY at")
    assert [tuple(proof) for proof in proofs] == [
        ("marketing_resume", "p1", None), ("marketing_stop", "p2", None)
    ]  # fmt: skip
    await apply_all(pool, resume.model_copy(update={"id": "p3", "at": LATER + timedelta(1)}))
    assert tuple((await row(pool, stopped)).values()) == (None, None)


@pytest.mark.parametrize(("moved", "phone"), [(True, "5215500000000"), (False, ADDRESS.phone)])
async def test_a_new_identifier(pool: Pool, *, moved: bool, phone: str) -> None:
    await remembered(pool)
    new = Address(phone="5215500000000", bsuid="MX.new")
    event = Renamed(id="r", at=START, new=new, moved=moved)
    await apply_all(pool, event, address=Address(bsuid="MX.123"))
    known = await row(pool, "SELECT phone, bsuid FROM contacts")
    assert tuple(known.values()) == (phone, "MX.new")


async def test_what_is_only_noted_is_stored(pool: Pool) -> None:
    await apply_all(pool, Noted(kind="identity_change", id="n", at=START))
    assert (await row(pool, "SELECT kind, target FROM contact_events")) == {
        "kind": "identity_change", "target": None
    }  # fmt: skip


async def test_the_events_of_somebody_known_by_another_id_are_left_to_him(pool: Pool) -> None:
    await recall(pool, BOB, ADDRESS, "", ["a2"], None, START)
    assert await apply_all(pool, echo()) == BOB
    assert await pool.fetchval("SELECT count(*) FROM contact_events") == 0
    assert await pool.fetchval("SELECT count(*) FROM contacts") == 1


async def test_a_contact_of_its_own_behind_a_new_number_becomes_one_with_the_old(
    pool: Pool,
) -> None:
    await committed(pool, "t1", facts=(fact("need", "CRM"),))
    await recall(pool, ANA, ADDRESS, "Ana", ["a1"], None, START)
    await committed(pool, "t2", contact_id=BOB, facts=(fact("budget", "5000", 1),))
    await recall(pool, BOB, Address(phone="5215500000000"), "Ana B", ["a2", "a3"], None, LATER)
    await handoffs.take_over(pool, BOB, rep="max", key="k", at=START)
    event = Renamed(id="r", at=START, new=Address(phone="5215500000000"), moved=True)
    assert await apply_all(pool, event) == ANA

    memory = await remembered(pool)
    assert {known.field: known.value for known in memory.facts} == {"need": "CRM", "budget": "5000"}
    assert {line.id for line in memory.recent} >= {"t1-in", "t2-in"}
    assert memory.handoff is not None
    assert memory.handoff.rep == "max"
    assert (await recall(pool, BOB, ADDRESS, "", ["a3"], None, START)).home == ANA
    left = await row(pool, "SELECT phone, profile_name FROM contacts WHERE id = $1", BOB)
    assert tuple(left.values()) == (None, "")
    known = await row(pool, "SELECT last_inbound_at, phone FROM contacts WHERE id = $1", ANA)
    assert tuple(known.values()) == (LATER, ADDRESS.phone)


async def test_of_two_open_handoffs_the_contacts_own_stays(pool: Pool) -> None:
    for contact, alias in ((ANA, "a1"), (BOB, "a2")):
        await recall(pool, contact, ADDRESS, "", [alias], None, START)
        await handoffs.take_over(pool, contact, rep=next(iter(REPS)), key=contact, at=START)
    await apply_all(pool)
    owners = await pool.fetch("SELECT contact_id::text FROM handoffs ORDER BY 1")
    assert {row["contact_id"] for row in owners} == {ANA, BOB}
