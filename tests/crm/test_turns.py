import pytest

from crm.memory import peek
from crm.pool import Pool
from crm.turn_rows import row_id
from crm.turns import answered, commit
from domain.messages import Button, Buttons, Template, Text
from domain.turn import Decision, Notice
from tests.crm.made import (
    ADDRESS,
    ANA,
    REPS,
    batch,
    committed,
    fact,
    handed_over,
    inbound,
    outcome,
)


async def test_a_turn_leaves_its_words_in_order(pool: Pool) -> None:
    said = batch("t1", inbound("b", "hola"), inbound("a", "¿precio?", 1))
    replies = (
        Text(body="Cuesta 500."),
        Buttons(body="¿Agendamos?", buttons=(Button(id="1", title="Sí"),)),
    )
    assert await commit(pool, said, ADDRESS, outcome("t1", replies=replies), reps=REPS)
    rows = await pool.fetch("SELECT direction, kind, text FROM messages ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        ("in", "text", "hola"),
        ("in", "text", "¿precio?"),
        ("out", "text", "Cuesta 500."),
        ("out", "buttons", "¿Agendamos?\n[Sí]"),
    ]


async def test_the_turn_row_holds_decision_and_cost(pool: Pool) -> None:
    decision = Decision(kind="clarify", confidence=0.5, resolved=False, signals={"limit": 3})
    usage = {"model": "gpt-4o", "calls": 1, "input_tokens": 900, "output_tokens": 80}
    await committed(pool, "t1", decision=decision, usage=usage, facts_dropped=2, unresolved=1)
    row = await pool.fetchrow("SELECT * FROM turns")
    assert row is not None
    assert Decision.of(row["decision"]) == decision
    assert (row["kind"], row["confidence"], row["resolved"]) == ("clarify", 0.5, False)
    assert (row["model"], row["calls"], row["input_tokens"]) == ("gpt-4o", 1, 900)
    assert row["facts_dropped"] == 2
    assert await pool.fetchval("SELECT unresolved FROM leads") == 1


async def test_a_contradiction_keeps_both_facts_and_the_last_holds(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("budget", "5000"), fact("need", "CRM")))
    await committed(pool, "t2", facts=(fact("budget", None, minute=1),))
    assert await pool.fetchval("SELECT count(*) FROM facts WHERE field = 'budget'") == 2
    known = await peek(pool, ANA)
    assert known is not None
    assert {fact.field: fact.value for fact in known.facts} == {"budget": None, "need": "CRM"}
    assert await pool.fetchval("SELECT score FROM leads") == 25


async def test_the_score_stays_when_a_turn_finds_nothing_out(pool: Pool) -> None:
    known = tuple(fact(field, "said") for field in ("budget", "authority", "need", "timeline"))
    await committed(pool, "t1", facts=known)
    await committed(pool, "t2")
    row = await pool.fetchrow("SELECT score, qualified FROM leads")
    assert row is not None
    assert tuple(row) == (100, True)


async def test_a_lead_that_said_nothing_has_no_score(pool: Pool) -> None:
    await committed(pool, "t1")
    row = await pool.fetchrow("SELECT score, qualified FROM leads")
    assert row is not None
    assert tuple(row) == (None, False)


async def test_a_stage_event_only_when_the_stage_changed(pool: Pool) -> None:
    await committed(pool, "t1")
    await committed(pool, "t2", stage_after="qualification")
    rows = await pool.fetch("SELECT turn_id, from_stage, to_stage FROM stage_events")
    assert [tuple(row) for row in rows] == [("t2", "greeting", "qualification")]
    assert await pool.fetchval("SELECT stage FROM leads") == "qualification"


async def test_replies_go_to_the_lead_and_notices_to_the_rep(pool: Pool) -> None:
    assert await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    rows = await pool.fetch("SELECT id::text, recipient_phone FROM outbox ORDER BY position")
    assert [tuple(row) for row in rows] == [
        (row_id("t1", 0), "5215512345678"),
        (row_id("t1", 1), "525598765432"),
    ]


async def test_a_notice_to_a_rep_who_left_goes_to_the_first(pool: Pool) -> None:
    notice = Notice(rep="gone", message=Template(name="handoff", language="es"))
    await committed(pool, "t1", replies=(), notices=(notice,))
    assert await pool.fetchval("SELECT recipient_phone FROM outbox") == "525598765432"
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'out'") == 0


async def test_a_handoff_asks_for_its_brief_and_keeps_its_signals(pool: Pool) -> None:
    await commit(pool, batch("t1"), ADDRESS, handed_over("t1"), reps=REPS)
    row = await pool.fetchrow("SELECT contact_id::text, reason, rep, signals FROM handoffs")
    assert row is not None
    assert tuple(row) == (ANA, "asked", "luz", {"wants_human": True})
    assert await pool.fetchval("SELECT turn_id FROM jobs WHERE kind = 'brief'") == "t1"


async def test_a_second_handoff_while_one_is_open_adds_none(pool: Pool) -> None:
    for turn in ("t1", "t2"):
        assert await commit(pool, batch(turn), ADDRESS, handed_over(turn), reps=REPS)
    assert await pool.fetchval("SELECT array_agg(id) FROM handoffs") == ["handoff-t1"]
    assert await pool.fetchval("SELECT count(*) FROM jobs WHERE kind = 'brief'") == 1


@pytest.mark.parametrize(("kind", "silenced"), [("opt_out", True), ("opt_in", False)])
async def test_consent_is_kept_with_its_proof(pool: Pool, kind: str, *, silenced: bool) -> None:
    await committed(pool, "t1", decision=Decision(kind="opt_out"))
    await committed(pool, "t2", decision=Decision.of({"kind": kind}))
    row = await pool.fetchrow("SELECT kind, message_id FROM consents ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert tuple(row) == (kind, "t2-in")
    assert await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM contacts") is silenced


async def test_a_batch_without_a_turn_is_recorded(pool: Pool) -> None:
    assert await commit(pool, batch("t1"), ADDRESS, None, reps=REPS)
    assert await answered(pool, ["t1-in", "other"]) == {"t1-in": "t1"}
    assert await pool.fetchval("SELECT count(*) FROM messages") == 1
    assert await pool.fetchval("SELECT count(*) FROM turns") == 0
    assert await pool.fetchval("SELECT count(*) FROM leads") == 0


async def test_a_known_phone_survives_a_message_without_one(pool: Pool) -> None:
    await committed(pool, "t1")
    anonymous = ADDRESS.model_copy(update={"phone": None, "bsuid": "MX.456"})
    await commit(pool, batch("t2"), anonymous, outcome("t2"), reps=REPS)
    row = await pool.fetchrow("SELECT phone, bsuid FROM contacts")
    assert row is not None
    assert tuple(row) == ("5215512345678", "MX.456")


async def test_what_postgresql_cannot_hold_does_not_block_a_contact(pool: Pool) -> None:
    said = batch("t1", inbound("m1", "nul \0 and half a pair \ud83d"))
    assert await commit(pool, said, ADDRESS, outcome("t1"), reps=REPS)
    text = await pool.fetchval("SELECT text FROM messages WHERE id = 'm1'")
    assert text == "nul \ufffd and half a pair ?"
