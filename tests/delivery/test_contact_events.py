"""A batch parted into words and events, for every shape in which Meta tells of something."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery import renames
from delivery.contact_events import Parted, parted, revised
from delivery.envelope import aliases, envelope, mail_id, post, read
from delivery.events import Mail
from delivery.payload import split
from domain.contact import Address, Pseudonyms
from domain.contact_events import Deleted, Edited, Noted, Preference, Renamed, RepWrote
from tests.delivery.webhooks import (
    BSUID,
    NUMBER,
    PHONE,
    Json,
    body,
    change,
    contact,
    item,
    without,
)

NAMES = Pseudonyms(b"secret")
SENT = datetime(2023, 10, 11, 16, 53, 43, tzinfo=UTC)
NOW = SENT + timedelta(seconds=2)
NEW_PHONE = "5491155550102"

ECHO = {
    "from": "5491100000000", "to": PHONE, "id": "wamid.9", "type": "text",
    "text": {"body": "Hola, soy Luz"}, "timestamp": "1697043223",
}  # fmt: skip
STOP = {"wa_id": PHONE, "category": "marketing_messages", "value": "stop", "timestamp": 1697043223}
NEW_ID = {
    "wa_id": PHONE, "detail": "User changed phone number", "timestamp": "1697043223",
    "user_id": {"previous": BSUID, "current": "AR.9"},
}  # fmt: skip


def mail(*changes: Json) -> tuple[Mail, ...]:
    """What a body puts into mailboxes, as it comes out of them."""
    return tuple(read(envelope(event)) for event in split(body(*changes)).mail)


def of(*changes: Json) -> Parted:
    return parted(mail(*changes), NAMES, now=NOW)


def messages(*items: Json) -> Json:
    return change(messages=list(items))


def echoes(*items: Json) -> Json:
    return change("smb_message_echoes", message_echoes=list(items))


def edit(text: str, of: str = "wamid.1", **more: object) -> Json:
    new = {"type": "text", "text": {"body": text}}
    return item("edit", {"original_message_id": of, "message": new}, id="wamid.e", **more)


def revoke(of: str = "wamid.1") -> Json:
    return item("revoke", {"original_message_id": of}, id="wamid.r")


def system(kind: str, **more: object) -> Json:
    return item("system", {"type": kind} | more, id="wamid.s")


def as_echo(said: Json) -> Json:
    return without(said, "from") | {"to": PHONE}


def echoed(said: Json) -> Json:
    return echoes(as_echo(said))


def test_messages_are_words_and_nothing_else_happens() -> None:
    found = of(messages(item(), item("image", {"id": "1"}, id="wamid.2")))
    assert [message.kind for message in found.messages] == ["text", "image"]
    assert (found.events, found.address) == ((), Address(phone=PHONE))
    assert found.aliases == (NAMES.alias(NUMBER, "541155550101"),)


def test_an_echo_is_what_the_rep_wrote_under_its_own_id() -> None:
    [event] = of(echoes(ECHO)).events
    assert event == RepWrote(
        id=NAMES.message("wamid.9"), at=SENT, said="text", text="Hola, soy Luz"
    )


@pytest.mark.parametrize(
    ("sent", "said", "text"),
    [
        ({"type": "image", "image": {"id": "1", "caption": "mirá"}}, "image", "mirá"),
        ({"type": "of_2027"}, "unsupported", ""),
        ({"type": "text"}, "unsupported", ""),
        ({"type": "unsupported", "errors": [{"code": 131060}]}, "unsupported", ""),
    ],
)
def test_whatever_a_rep_sends_counts_as_his_words(sent: Json, said: str, text: str) -> None:
    [event] = of(echoes(without(ECHO, "type", "text") | sent)).events
    assert isinstance(event, RepWrote)
    assert (event.said, event.text) == (said, text)


def test_a_reaction_of_the_rep_is_no_word_of_his() -> None:
    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}
    [event] = of(echoes(without(ECHO, "text") | reaction)).events
    assert isinstance(event, Noted)
    assert event.kind == "rep_reaction"


@pytest.mark.parametrize("wrap", [messages, echoed])
def test_an_edit_and_a_deletion_name_their_message(wrap: Callable[[Json], Json]) -> None:
    target = NAMES.message("wamid.1")
    [edited] = of(wrap(edit("corregido"))).events
    assert edited == Edited(id=NAMES.message("wamid.e"), at=SENT, target=target, text="corregido")
    [deleted] = of(wrap(revoke())).events
    assert deleted == Deleted(id=NAMES.message("wamid.r"), at=SENT, target=target)


@pytest.mark.parametrize(
    "broken",
    [
        item("edit", {"original_message_id": "wamid.1", "message": {"type": "poll"}}),
        item("edit", {"message": {"type": "text", "text": {"body": "?"}}}),
        item("edit", "wamid.1"),
        item("revoke", {}),
        item("revoke"),
        system("of_2027"),
        system("user_changed_number"),
        system("user_changed_number", wa_id=PHONE),
        system("user_changed_user_id", user_id={"current": "AR.9"}),
    ],
)
def test_what_cannot_be_read_is_noted_and_changes_nothing(broken: Json) -> None:
    found = of(messages(broken))
    assert found.messages == ()
    assert [event.kind for event in found.events] == ["system"]
    assert found.address == Address(phone=PHONE)


@pytest.mark.parametrize("kind", ["customer_identity_changed", "user_identity_changed"])
def test_a_changed_identity_and_an_opened_chat_are_noted(kind: str) -> None:
    found = of(messages(system(kind), item("request_welcome", id="wamid.w")))
    assert [event.kind for event in found.events] == ["identity_change", "chat_opened"]


@pytest.mark.parametrize(
    ("value", "kind"), [("stop", "marketing_stop"), ("resume", "marketing_resume")]
)
def test_a_preference_is_named_by_who_what_and_when(value: str, kind: str) -> None:
    chosen = STOP | {"value": value}
    [event] = of(change("user_preferences", user_preferences=[chosen])).events
    assert isinstance(event, Preference)
    assert (event.kind, event.at) == (kind, SENT)
    ids = {
        mail_id(mail(change("user_preferences", user_preferences=[STOP | other]))[0], NAMES)
        for other in ({}, {"value": "resume"}, {"timestamp": "1697043224"}, {"wa_id": "5491"}, {})
    }
    assert len(ids) == 4


def test_a_new_number_is_where_he_is_written_to_and_another_name_of_his() -> None:
    told = system("user_changed_number", wa_id=NEW_PHONE, user_id="AR.9")
    found = of(messages(item(from_user_id=BSUID), told))
    [event] = found.events
    assert event == Renamed(
        id=NAMES.message("wamid.s"),
        at=SENT,
        new=Address(phone=NEW_PHONE, bsuid="AR.9"),
        moved=True,
    )
    assert found.address == Address(phone=NEW_PHONE, bsuid="AR.9")
    names = ("541155550101", BSUID, "541155550102", "AR.9")
    assert found.aliases == tuple(NAMES.alias(NUMBER, name) for name in names)


def test_the_former_number_names_the_mailbox_and_the_new_one_is_known_from_the_push_on() -> None:
    [told] = mail(messages(system("customer_changed_number", new_wa_id=NEW_PHONE)))
    pushed = post(told, NAMES)
    assert pushed.contact == NAMES.contact(NUMBER, "541155550101")
    assert pushed.aliases == aliases(told, NAMES)
    assert len(pushed.aliases) == 2


def test_a_new_user_id_leaves_the_number_as_it_is() -> None:
    [by_webhook] = of(change("user_id_update", user_id_update=[NEW_ID])).events
    assert isinstance(by_webhook, Renamed)
    assert (by_webhook.new, by_webhook.moved) == (Address(phone=PHONE, bsuid="AR.9"), False)
    told = without(system("user_changed_user_id", previous_user_id=BSUID, user_id="AR.9"), "from")
    found = of(messages(told))
    [by_system] = found.events
    assert isinstance(by_system, Renamed)
    assert (by_system.new, by_system.moved) == (Address(bsuid="AR.9"), False)
    assert found.address == Address(bsuid="AR.9")
    assert found.aliases == (NAMES.alias(NUMBER, BSUID), NAMES.alias(NUMBER, "AR.9"))


def test_a_time_in_the_future_is_now() -> None:
    [event] = of(echoes(ECHO | {"timestamp": "4102444800"})).events
    assert event.at == NOW


def test_revised_messages_say_what_their_sender_has_left_of_them() -> None:
    one, two, three = of(
        messages(item(), item(id="wamid.2"), item("image", {"caption": "a"}, id="wamid.3"))
    ).messages
    left = revised((one, two, three), {one.id: None, three.id: "b"})
    assert left == (two, three.model_copy(update={"text": "b"}))


def test_an_entry_from_before_there_were_fields_is_a_message() -> None:
    [said] = mail(messages(item()))
    before = without(orjson.loads(envelope(said)), "field")
    assert read(orjson.dumps(before)) == said


SAMPLES = [
    messages(item(from_user_id=BSUID), edit("x"), revoke(), system("user_changed_number")),
    messages(system("user_changed_number", wa_id=NEW_PHONE, user_id="AR.9")),
    messages(without(system("user_changed_user_id", previous_user_id=BSUID, user_id="A"), "from")),
    echoes(ECHO, as_echo(edit("y")), as_echo(revoke())),
    change("user_preferences", user_preferences=[STOP], contacts=[contact()]),
    change("user_id_update", user_id_update=[NEW_ID]),
]
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8)
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=4), SCALARS)

Node = dict[Any, Any] | list[Any]


def spots(node: object) -> list[tuple[Node, Any]]:
    if not isinstance(node, dict | list):
        return []
    inside = cast("Node", node)
    keys: list[Any] = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    return [(inside, key) for key in keys] + [s for key in keys for s in spots(inside[key])]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_raises_or_loses_an_event(data: st.DataObject) -> None:
    whole = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    items = next(value for key, value in whole["value"].items() if key in KEYS)
    for _ in range(data.draw(st.integers(1, 4))):
        if places := spots(items[0]):
            node, key = data.draw(st.sampled_from(places))
            node[key] = data.draw(JSON)
    events = split(body(whole))
    assert len(events.mail) + len(events.others) + len(events.unreadable) == len(items)
    told = [read(envelope(event)) for event in events.mail]
    assert told == list(events.mail)
    if told:
        found = parted(told, NAMES, now=NOW)
        assert len(found.messages) + len(found.events) == len(told)
        assert found.address.identifiers
        assert all(renames.names(each) for each in told)


KEYS = {"messages", "message_echoes", "user_preferences", "user_id_update"}
