"""What happens to a contact beside his messages, from the webhook to what he and the reps see."""

import time
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs

from crm import contacts, handoffs
from domain.contact_events import DELETED
from tests.e2e.conftest import Company
from tests.e2e.model import newest
from tests.e2e.webhooks import Json, body, change, message

_ids = count(1)


def item(kind: str, content: Json, **more: object) -> Json:
    """An item of a kind with an id of its own, sent now."""
    name = f"wamid.event-{next(_ids)}"
    return {"id": name, "timestamp": str(int(time.time())), "type": kind, kind: content} | more


def echo(phone: str, kind: str, content: Json) -> bytes:
    sent = item(kind, content, to=phone, **{"from": "15550100199"})
    return body([change(field="smb_message_echoes", messages=None, message_echoes=[sent])])


def told(phone: str, kind: str, content: Json) -> bytes:
    return body([change(item(kind, content, **{"from": phone}))])


def edit(wamid: str, text: str) -> Json:
    return {"original_message_id": wamid, "message": {"type": "text", "text": {"body": text}}}


async def contact_of(company: Company, phone: str) -> str:
    contact = await contacts.by_phone(company.services.stores.pool, phone)
    assert contact
    return contact


async def stored(company: Company, phone: str, kind: str) -> None:
    """Wait until an event of this kind is stored, and for quiet."""

    async def there() -> bool:
        return bool(await company.of(phone, "contact_events", f"kind = '{kind}'"))

    await company.until(there, f"{kind} of {phone}")
    await company.quiet()


def asked(company: Company, words: str) -> dict[str, Any]:
    """What the model was asked when these were among the lead's newest words."""
    return next(r for r in reversed(company.model.asked) if words in newest(r))


async def test_a_rep_who_answers_from_the_phone_silences_a_draft_at_once(
    company: Company, phone: str
) -> None:
    company.model.pause()
    await company.graph.leads.say(phone, "hola, busco paneles")
    await company.until(company.heard("busco paneles"), "the model to be asked")
    assert await company.post(echo(phone, "text", {"body": "Hola, soy Luz, te ayudo yo"})) == 200
    await company.turned(phone, 1)  # the model has not answered yet, and is not waited for
    company.model.resume()

    [turn] = await company.of(phone, "turns")
    assert (turn["kind"], company.received(phone)) == ("silent", [])
    [handoff] = await company.of(phone, "handoffs")
    assert (handoff["reason"], handoff["released_at"]) == ("taken_over", None)
    lines = await company.of(phone, "messages", order="seq")
    assert [(line["direction"], line["text"]) for line in lines] == [
        ("rep", "Hola, soy Luz, te ayudo yo"),
        ("in", "hola, busco paneles"),
    ]

    sends = len(company.graph.sends)
    assert not await company.says(phone, "gracias Luz")
    assert len(company.graph.sends) == sends, "read or typing while a person has it"
    await handoffs.release(company.services.stores.pool, await contact_of(company, phone))
    assert await company.says(phone, "¿y cuánto cuesta?")
    assert "te ayudo yo" in str(asked(company, "cuánto cuesta")["messages"][1])


async def test_a_rep_stops_also_the_draft_that_no_lead_can_stop(
    company: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("one_turn.REDOS", 0)
    company.model.pause()
    await company.graph.leads.say(phone, "hola, busco inversores")
    await company.until(company.heard("busco inversores"), "the model to be asked")
    assert await company.post(echo(phone, "text", {"body": "Yo te atiendo"})) == 200
    company.model.resume()
    await company.turned(phone, 1)
    assert company.received(phone) == []


async def test_the_same_echo_again_changes_nothing(company: Company, phone: str) -> None:
    sent = echo(phone, "text", {"body": "Hola, soy Luz"})
    for _ in range(3):
        assert await company.post(sent) == 200
    await stored(company, phone, "echo")
    assert len(await company.of(phone, "messages")) == 1
    assert len(await company.of(phone, "handoffs")) == 1


async def test_the_reps_own_edit_and_deletion_reach_the_record(
    company: Company, phone: str
) -> None:
    sent = item("text", {"body": "cuesta 5"}, to=phone)
    wrapped = change(field="smb_message_echoes", messages=None, message_echoes=[sent])
    assert await company.post(body([wrapped])) == 200
    assert await company.post(echo(phone, "edit", edit(sent["id"], "cuesta 6"))) == 200
    await stored(company, phone, "edit")
    assert [m["text"] for m in await company.of(phone, "messages")] == ["cuesta 6"]
    assert await company.post(echo(phone, "revoke", {"original_message_id": sent["id"]})) == 200
    await stored(company, phone, "deletion")
    assert [m["text"] for m in await company.of(phone, "messages")] == [DELETED]


async def test_an_edit_before_the_answer_is_what_is_answered(company: Company, phone: str) -> None:
    company.model.pause()
    wamid = await company.graph.leads.say(phone, "busco cinco sillas rojas")
    await company.until(company.heard("sillas rojas"), "the model to be asked")
    assert await company.post(told(phone, "edit", edit(wamid, "busco diez mesas azules"))) == 200
    await company.until(company.heard("mesas azules"), "the model to be asked anew")
    company.model.resume()
    await company.turned(phone, 1)
    assert len(company.received(phone)) == 1
    assert "rojas" not in str(asked(company, "mesas azules")["messages"])
    [said] = await company.of(phone, "messages", "direction = 'in'")
    assert said["text"] == "busco diez mesas azules"


async def test_a_message_deleted_before_the_answer_gets_none(company: Company, phone: str) -> None:
    company.model.pause()
    wamid = await company.graph.leads.say(phone, "un secreto que no era para ustedes")
    await company.until(company.heard("un secreto"), "the model to be asked")
    assert await company.post(told(phone, "revoke", {"original_message_id": wamid})) == 200
    await stored(company, phone, "deletion")
    company.model.resume()
    assert company.received(phone) == []
    assert await company.of(phone, "messages") == await company.of(phone, "turns") == []
    assert await company.says(phone, "hola")
    assert "secreto" not in str(asked(company, "hola")["messages"])


@pytest.mark.parametrize("kind", ["edit", "revoke"])
async def test_what_was_answered_changes_in_the_record_and_in_the_state(
    company: Company, phone: str, kind: str
) -> None:
    wamid = await company.graph.leads.say(phone, "hola, me llamo Bertoldo Quintanilla")
    await company.turned(phone, 1)
    content = edit(wamid, "hola de nuevo") if kind == "edit" else {"original_message_id": wamid}
    assert await company.post(told(phone, kind, content)) == 200
    await stored(company, phone, "edit" if kind == "edit" else "deletion")
    assert len(await company.of(phone, "turns")) == len(company.received(phone)) == 1
    text = "hola de nuevo" if kind == "edit" else DELETED
    [said] = await company.of(phone, "messages", "direction = 'in'")
    assert said["text"] == text

    await company.says(phone, "¿tienen paneles solares?")
    window = asked(company, "paneles solares")["messages"][2:]
    assert text in str(window)
    assert "me llamo Bertoldo" not in str(window)
    thread = {"configurable": {"thread_id": await contact_of(company, phone)}}
    state = await company.services.graph.aget_state(thread)  # type: ignore[arg-type] - a RunnableConfig
    assert "me llamo Bertoldo" not in str(state.values["messages"])


async def test_a_new_number_keeps_the_thread(company: Company, phone: str) -> None:
    new = f"{int(phone) + 700_000}"
    await company.says(phone, "hola, me llamo Ana")
    thread = await contact_of(company, phone)
    moved = {"type": "user_changed_number", "wa_id": new, "body": "User A changed"}
    assert await company.post(told(phone, "system", moved)) == 200
    await stored(company, new, "new_identifier")
    assert await company.says(new, "busco paneles solares")
    assert await contact_of(company, new) == thread
    assert len(await company.of(new, "turns")) == 2
    assert await company.of(phone, "turns") == []


async def test_a_new_number_that_wrote_first_joins_the_thread(company: Company, phone: str) -> None:
    new = f"{int(phone) + 700_000}"
    await company.says(phone, "hola, me llamo Ana")
    await company.says(new, "hola, busco paneles para mi bodega")
    thread = await contact_of(company, phone)
    assert await contact_of(company, new) != thread
    assert (
        await company.post(told(phone, "system", {"type": "user_changed_number", "wa_id": new}))
        == 200
    )
    await stored(company, new, "new_identifier")
    assert await company.says(new, "¿me ayudan?")
    assert await contact_of(company, new) == thread
    said = await company.of(new, "messages", "direction = 'in'", order="seq")
    assert [m["text"] for m in said] == [
        "hola, me llamo Ana", "hola, busco paneles para mi bodega", "¿me ayudan?"
    ]  # fmt: skip


async def test_a_marketing_stop_is_a_consent_with_proof_and_service_goes_on(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    stop = {
        "wa_id": phone, "category": "marketing_messages", "value": "stop",
        "timestamp": int(time.time()),
    }  # fmt: skip
    chosen = body([change(field="user_preferences", messages=None, user_preferences=[stop])])
    assert await company.post(chosen) == await company.post(chosen) == 200
    await stored(company, phone, "marketing_stop")
    [consent] = await company.of(phone, "consents")
    [event] = await company.of(phone, "contact_events")
    assert (consent["kind"], consent["message_id"]) == ("marketing_stop", event["id"])
    query = "SELECT marketing_stopped_at, opted_out_at FROM contacts WHERE phone = $1"
    [known] = await company.fetch(query, phone)
    assert known["marketing_stopped_at"] is not None
    assert known["opted_out_at"] is None
    assert await company.says(phone, "¿tienen paneles?")


async def test_a_changed_identity_is_noted_and_nothing_follows(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    before = await company.fetch("SELECT last_inbound_at FROM contacts WHERE phone = $1", phone)
    changed = told(phone, "system", {"type": "customer_identity_changed", "body": "changed"})
    assert await company.post(changed) == 200
    await stored(company, phone, "identity_change")
    assert len(company.received(phone)) == 1
    after = await company.fetch("SELECT last_inbound_at FROM contacts WHERE phone = $1", phone)
    assert after == before, "only a lead's own message opens the window"


async def test_one_lead_stays_one_when_redis_forgot_by_which_name_he_came(
    company: Company, phone: str
) -> None:
    lead = company.graph.leads.phone(phone, username=f"user.{phone}")
    await company.says(phone, "hola, me llamo Ana Robles")
    [known] = await company.fetch("SELECT id FROM contacts WHERE bsuid = $1", lead.bsuid)
    await company.quiet()
    await company.services.stores.redis.flushdb()
    lead.username = None
    assert await company.says(phone, "busco paneles solares")
    assert await contact_of(company, phone) == str(known["id"])
    rows = await company.fetch("SELECT id FROM contacts WHERE bsuid = $1", lead.bsuid)
    assert [row["id"] for row in rows] == [known["id"]]
    assert len(await company.of(phone, "turns")) == 2
    # and the push itself knows it again
    assert await company.says(phone, "¿cuánto cuestan?")
    assert len(await company.of(phone, "turns")) == 3


async def test_a_new_number_is_known_after_redis_was_lost(company: Company, phone: str) -> None:
    new = f"{int(phone) + 700_000}"
    await company.says(phone, "hola, me llamo Ana")
    thread = await contact_of(company, phone)
    moved = told(phone, "system", {"type": "user_changed_number", "wa_id": new})
    assert await company.post(moved) == 200
    await stored(company, new, "new_identifier")
    await company.services.stores.redis.flushdb()
    assert await company.says(new, "busco paneles solares")
    assert await contact_of(company, new) == thread
    sent = echo(new, "text", {"body": "Soy Luz"})
    await company.services.stores.redis.flushdb()
    assert await company.post(sent) == 200
    await stored(company, new, "echo")
    assert await contact_of(company, new) == thread


async def test_what_an_operator_must_act_on_is_an_error_in_the_log(company: Company) -> None:
    paused = change(
        field="message_template_status_update",
        messages=None,
        event="PAUSED",
        message_template_name="handoff_notice",
    )
    with capture_logs() as lines:
        assert await company.post(body([paused])) == 200
    [line] = [line for line in lines if line["event"] == "webhook event"]
    assert (line["log_level"], line["template"]) == ("error", "handoff_notice")


@pytest.mark.parametrize(
    "variants",
    [
        ("5215512345601", "525512345601"),
        ("5491155550103", "541155550103"),
        ("551187654321", "5511987654321"),
    ],
)
async def test_the_ways_in_which_meta_writes_a_number_are_one_lead(
    company: Company, variants: tuple[str, str]
) -> None:
    company.wrote(*variants)
    names = company.services.stores.pseudonyms
    ids: list[str] = []
    for variant in variants:
        said = message(variant, "hola", timestamp=str(int(time.time())))
        assert await company.post(body([change(said)])) == 200
        ids.append(names.message(said["id"]))

        async def answered() -> bool:
            known = "SELECT 1 FROM messages WHERE id = ANY($1)"
            return len(await company.fetch(known, ids)) == len(ids)

        await company.until(answered, f"the answer to {variant}")
    owners = await company.fetch("SELECT contact_id FROM messages WHERE id = ANY($1)", ids)
    assert len(owners) == 2
    assert len({owner["contact_id"] for owner in owners}) == 1


@pytest.mark.parametrize("by", ["system", "webhook"])
async def test_a_user_id_that_is_issued_anew_keeps_the_thread(
    company: Company, phone: str, by: str
) -> None:
    before = company.graph.leads.phone(phone, username=f"a.{phone}")
    after = company.graph.leads.phone(f"{int(phone) + 700_000}", username=f"b.{phone}")
    await company.says(phone, "hola, me llamo Ana")
    [known] = await company.fetch("SELECT id FROM contacts WHERE bsuid = $1", before.bsuid)
    kind = "user_changed_user_id"
    told_so = item(
        "system", {"type": kind, "previous_user_id": before.bsuid, "user_id": after.bsuid}
    )
    ids = {"user_id": {"previous": before.bsuid, "current": after.bsuid}, "timestamp": "1795000000"}
    changes = {
        "system": change(messages=[told_so], contacts=[]),
        "webhook": change(field="user_id_update", messages=None, user_id_update=[ids]),
    }
    assert await company.post(body([changes[by]])) == 200
    assert await company.says(after.number, "busco paneles solares")
    rows = await company.fetch("SELECT id FROM contacts WHERE bsuid = $1", after.bsuid)
    assert [row["id"] for row in rows] == [known["id"]]
    assert await company.fetch("SELECT 1 FROM contacts WHERE bsuid = $1", before.bsuid) == []
