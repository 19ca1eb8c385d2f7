"""Every event of a body comes out, and nothing that Meta or anyone else sends makes it raise."""

import copy
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.events import ContactEvent
from delivery.payload import Split, signature_ok, split
from domain.contact import Address
from domain.errors import Unreadable
from tests.delivery.webhooks import (
    BSUID,
    NUMBER,
    PHONE,
    Json,
    body,
    change,
    contact,
    item,
    payload,
    status,
    without,
)  # fmt: skip

SECRET = b"app secret"


def signed(raw: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()


def test_the_right_signature_is_taken() -> None:
    assert signature_ok(SECRET, b"\xffraw", signed(b"\xffraw"))


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha256=é", "\udcff", signed(b"other"), signed(b"raw", b"other"),
     signed(b"raw").removeprefix("sha256="), "sha1=" + "0" * 40],
)  # fmt: skip
def test_a_wrong_signature_is_just_wrong(header: str | None) -> None:
    assert not signature_ok(SECRET, b"raw", header)


def test_without_a_secret_no_signature_is_right() -> None:
    assert not signature_ok(b"", b"raw", signed(b"raw", b""))


def test_a_message_comes_with_its_sender_and_business_number() -> None:
    said = item(from_user_id=BSUID)
    [event] = split(body(change(messages=[said], contacts=[contact()]))).messages
    assert event.address == Address(phone=PHONE, bsuid=BSUID)
    assert (event.number, event.wamid, event.profile_name) == (NUMBER, "wamid.1", "Ana")
    assert event.at == datetime(2023, 10, 11, 16, 53, 43, tzinfo=UTC)
    assert event.item == said


def test_every_entry_change_and_item_comes_out_in_order() -> None:
    first = change(messages=[item(id="wamid.1"), item(id="wamid.2")], contacts=[contact()])
    second = change(messages=[item(id="wamid.3")], statuses=[status(), status("read")])
    whole = payload(first, second)
    whole["entry"].append({"id": "2", "changes": [change(messages=[item(id="wamid.4")])]})
    events = split(orjson.dumps(whole))
    assert [event.wamid for event in events.messages] == [f"wamid.{n}" for n in (1, 2, 3, 4)]
    assert [event.status for event in events.receipts] == ["sent", "read"]


def test_a_hundred_receipts_come_out_whatever_their_order() -> None:
    ladder = ["read", "delivered", "sent", "played", "failed"] * 20
    events = split(body(change(statuses=[status(kind) for kind in ladder])))
    assert [event.status for event in events.receipts] == ladder


def test_a_failed_receipt_without_contacts_is_kept_whole() -> None:
    failed = status("failed", errors=[{"code": 131047, "title": "Re-engagement message"}])
    [event] = split(body(change(statuses=[failed]))).receipts
    assert event.item["errors"][0]["code"] == 131047


@pytest.mark.parametrize(
    ("said", "contacts", "address", "name"),
    [
        (item(), None, Address(phone=PHONE), ""),
        (item(), [], Address(phone=PHONE), ""),
        (item(), "none", Address(phone=PHONE), ""),
        (item(), [None, 1, "x"], Address(phone=PHONE), ""),
        (item(), [without(contact(), "user_id")], Address(phone=PHONE), "Ana"),
        (item(), [without(contact(), "profile")], Address(phone=PHONE, bsuid=BSUID), ""),
        (item(), [{"profile": {"name": "Ana"}}], Address(phone=PHONE), "Ana"),
        (without(item(from_user_id=BSUID), "from"), [without(contact(), "wa_id")],
         Address(bsuid=BSUID), "Ana"),
        (without(item(), "from"), [without(contact(), "wa_id")], Address(bsuid=BSUID), "Ana"),
        (without(item(), "from"), [contact()], Address(phone=PHONE, bsuid=BSUID), "Ana"),
        (item() | {"from": BSUID}, None, Address(bsuid=BSUID), ""),
        (item() | {"from": int(PHONE)}, [contact()], Address(phone=PHONE, bsuid=BSUID), "Ana"),
        (item() | {"from": "+54 9 11 5555-0101"}, None, Address(phone=PHONE), ""),
        # Meta writes one Argentine number with and without its 9
        (item(), [contact(wa_id="541155550101")], Address(phone=PHONE, bsuid=BSUID), "Ana"),
    ],
)  # fmt: skip
def test_a_sender_is_found_whatever_is_left_out(
    said: dict[str, Any], contacts: object, address: Address, name: str
) -> None:
    value = {"messages": [said]} if contacts is None else {"messages": [said], "contacts": contacts}
    [event] = split(body(change("messages", **value))).messages
    assert (event.address, event.profile_name) == (address, name)


def test_each_message_of_a_batch_gets_its_own_contact() -> None:
    ben = {"profile": {"name": "Ben"}, "wa_id": "4915112345678", "user_id": "DE.2"}
    said = [
        item() | {"from": "4915112345678"},
        item(),
        without(item(from_user_id="DE.2"), "from"),
    ]
    events = split(body(change(messages=said, contacts=[contact(), ben]))).messages
    assert [event.profile_name for event in events] == ["Ben", "Ana", "Ben"]
    assert events[0].address == events[2].address == Address(phone="4915112345678", bsuid="DE.2")


def test_a_contact_that_names_somebody_else_adds_nothing() -> None:
    ben = {"profile": {"name": "Ben"}, "wa_id": "4915112345678", "user_id": "DE.2"}
    only_phone = without(ben, "user_id")
    stranger = without(item(from_user_id=BSUID), "from")
    [first] = split(body(change(messages=[item()], contacts=[ben]))).messages
    [second] = split(body(change(messages=[stranger], contacts=[only_phone]))).messages
    assert (first.address, first.profile_name) == (Address(phone=PHONE), "")
    assert (second.address, second.profile_name) == (Address(bsuid=BSUID), "")


@pytest.mark.parametrize(
    "broken",
    [None, 1, "x", [], {}, without(item(), "id"), item(id=""), item(id={}), item(id="x" * 1000),
     without(item(), "from"), item() | {"from": None}, item() | {"from": ["1"]}],
)  # fmt: skip
def test_a_broken_item_takes_no_neighbour_with_it(broken: object) -> None:
    said = [item(id="wamid.1"), broken, item(id="wamid.3")]
    events = split(body(change(messages=said, statuses=[broken, status()])))
    assert [event.wamid for event in events.messages] == ["wamid.1", "wamid.3"]
    assert len(events.receipts) == 1
    assert [event.where for event in events.unreadable] == [
        "entry[0].changes[0].messages[1]", "entry[0].changes[0].statuses[0]"
    ]  # fmt: skip


@pytest.mark.parametrize("broken", [None, 1, "x", [], {}, {"value": None}, {"value": [1]}])
def test_a_broken_change_or_entry_takes_no_neighbour_with_it(broken: object) -> None:
    good = change(messages=[item()])
    changes = {"entry": [{"changes": [broken, good]}, {"changes": [good]}]}
    entries = {"entry": [broken, {"changes": [good]}]}
    for whole, messages in ((changes, 2), (entries, 1)):
        events = split(orjson.dumps(whole))
        assert (len(events.messages), len(events.unreadable)) == (messages, 1)


def test_items_that_are_no_list_are_reported() -> None:
    events = split(body(change(messages={"id": "wamid.1"}, statuses=[status()])))
    assert (len(events.messages), len(events.receipts), len(events.unreadable)) == (0, 1, 1)


@pytest.mark.parametrize("timestamp", [None, "", "soon", "9" * 5000, -(10**18), 1.5, True, []])
def test_a_message_without_a_readable_time_is_kept(timestamp: object) -> None:
    [event] = split(body(change(messages=[item(timestamp=timestamp)]))).messages
    assert event.at is None


def test_a_message_without_metadata_is_kept() -> None:
    value = {"messages": [item()]}
    [event] = split(orjson.dumps({"entry": [{"changes": [{"value": value}]}]})).messages
    assert event.number == ""


def test_a_group_message_is_not_a_lead_writing() -> None:
    events = split(body(change(messages=[item(group_id="Y2Fw")])))
    assert (events.messages, [event.field for event in events.others]) == ((), ["group_messages"])


STOP = {
    "wa_id": PHONE, "user_id": BSUID, "category": "marketing_messages", "value": "stop",
    "timestamp": "1697043223",
}  # fmt: skip
ECHO = {
    "from": "5491100000000", "to": PHONE, "to_user_id": BSUID, "id": "wamid.9", "type": "text",
    "text": {"body": "Hola, soy Luz"}, "timestamp": "1697043223",
}  # fmt: skip


def test_a_preference_is_mail_of_its_contact() -> None:
    [event] = split(body(change("user_preferences", user_preferences=[STOP]))).mail
    assert isinstance(event, ContactEvent)
    assert (event.field, event.item) == ("user_preferences", STOP)
    assert event.address == Address(phone=PHONE, bsuid=BSUID)


def test_a_preference_of_a_kind_that_is_not_known_is_told_and_not_mail() -> None:
    events = split(body(change("user_preferences", user_preferences=[STOP | {"value": "less"}])))
    assert (events.mail, [event.field for event in events.others]) == ((), ["user_preferences"])


def test_an_echo_is_mail_of_the_contact_it_went_to() -> None:
    [event] = split(body(change("smb_message_echoes", message_echoes=[ECHO]))).mail
    assert isinstance(event, ContactEvent)
    assert event.field == "smb_message_echoes"
    assert event.address == Address(phone=PHONE, bsuid=BSUID)


def test_a_new_user_id_is_mail_of_the_former_one_whatever_the_contacts_say() -> None:
    ids = {"user_id": {"previous": "AR.1", "current": BSUID}, "wa_id": PHONE, "timestamp": "1"}
    [event] = split(body(change("user_id_update", user_id_update=[ids], contacts=[contact()]))).mail
    assert event.address == Address(bsuid="AR.1")


@pytest.mark.parametrize(
    "system",
    [
        {"type": "user_changed_user_id", "previous_user_id": "CO.12", "user_id": "MX.34"},
        {"type": "user_changed_user_id", "user_id": "MX.34",
         "body": "User changed from CO.12 to MX.34"},
        {"type": "user_changed_user_id", "user_id": "MX.34",
         "body": "User Ana changed from CO.12 to MX.34"},
    ],
)  # fmt: skip
def test_a_system_message_without_a_sender_is_of_the_former_user_id(system: Json) -> None:
    said = without(item("system", system), "from")
    [event] = split(body(change(messages=[said]))).messages
    assert event.address == Address(bsuid="CO.12")


@pytest.mark.parametrize(
    ("field", "key", "nobody"),
    [
        ("user_preferences", "user_preferences", without(STOP, "wa_id", "user_id")),
        ("smb_message_echoes", "message_echoes", without(ECHO, "to", "to_user_id")),
        ("smb_message_echoes", "message_echoes", without(ECHO, "id")),
        ("user_id_update", "user_id_update", {"user_id": {"current": BSUID}}),
        ("messages", "messages", without(item("system", {"type": "user_changed_user_id"}), "from")),
    ],
)
def test_an_event_of_nobody_is_reported(field: str, key: str, nobody: Json) -> None:
    events = split(body(change(field, **{key: [nobody]})))
    assert (events.mail, events.others, len(events.unreadable)) == ((), (), 1)


def test_mail_keeps_the_order_of_the_body_over_its_kinds() -> None:
    events = split(
        body(
            change(messages=[item()]),
            change("smb_message_echoes", message_echoes=[ECHO]),
            change("user_preferences", user_preferences=[STOP]),
            change(messages=[item(id="wamid.2")]),
        )
    )
    assert [event.kind for event in events.mail] == ["message", "contact", "contact", "message"]


def test_errors_alone_are_events() -> None:
    error = {"code": 130429, "title": "Rate limit hit"}
    [event] = split(body(change(errors=[error]))).others
    assert (event.field, event.item, event.number) == ("errors", error, NUMBER)


@pytest.mark.parametrize(
    "field", ["account_update", "phone_number_quality_update", "account_alerts", "of_2027"]
)
def test_any_other_change_keeps_its_field_and_value(field: str) -> None:
    [event] = split(body(change(field, event="X"))).others
    assert (event.field, event.item["event"]) == (field, "X")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"null", b"[]", b"1", b'"x"', b"{}", b'{"entry":{}}', b'{"entry":null}',
     b"\xff\xfe{}", b'{"entry":["\xe9"]}', b'{"entry":[NaN]}', b"[" * 100_000,
     b'{"entry":' + b"[" * 2000 + b"]" * 2000 + b"}"],
)  # fmt: skip
def test_what_is_no_webhook_body_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        split(raw)


def test_no_entries_are_no_events() -> None:
    assert split(b'{"entry":[]}') == Split((), (), (), ())


def test_half_a_surrogate_pair_does_not_cost_the_message() -> None:
    raw = body(change(messages=[item(content={"body": "EMOJI"})])).replace(
        b"EMOJI", rb"hola \ud83d"
    )
    [event] = split(raw).messages
    assert event.item["text"]["body"] == "hola ?"


def test_an_item_too_deep_to_be_written_again_is_reported() -> None:
    deep = b'{"id":"1","from":"1","x":' + b"[" * 400 + b"]" * 400 + b"}"
    raw = body(change(messages=["DEEP", item()])).replace(b'"DEEP"', deep)
    events = split(raw)
    assert (len(events.messages), len(events.unreadable)) == (1, 1)


def test_a_body_of_megabytes_is_read() -> None:
    said = [item(content={"body": "x" * 4000}, id=f"wamid.{n}") for n in range(500)]
    assert len(split(body(change(messages=said))).messages) == 500


def test_no_event_shows_a_phone_number_when_printed() -> None:
    events = split(body(change(messages=[item()], statuses=[status()], contacts=[contact()])))
    assert PHONE not in repr(events)
    assert "Ana" not in repr(events)


def cases(corpora: Path) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path.stem, name, case)
        for path in sorted((corpora / "webhooks").glob("*.json"))
        for name, case in orjson.loads(path.read_bytes()).items()
    ]


def test_published_payloads_give_one_event_of_the_right_kind(corpora: Path) -> None:
    kinds = {"message": "mail", "callback_button": "mail", "callback_selection": "mail",
             "message_status": "receipts"}  # fmt: skip
    seen = 0
    for file, name, case in cases(corpora):
        events = split(orjson.dumps(case))
        kind = kinds.get(file, "others")
        counts = {kind: len(getattr(events, kind)) for kind in Split._fields}
        assert counts == {**dict.fromkeys(Split._fields, 0), kind: 1}, (file, name)
        seen += 1
    assert seen >= 40


def test_published_messages_have_their_sender(corpora: Path) -> None:
    for _, name, case in cases(corpora):
        for event in split(orjson.dumps(case)).messages:
            assert event.address.phone == "972987654321", name
            assert event.address.bsuid == "US.13491208655302741918", name
            assert event.profile_name == "Test Name", name


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
SAMPLE = payload(
    change(messages=[item(), item("interactive", {"type": "button_reply", "button_reply": {
        "id": "slot:1", "title": "10:00"}}, context={"id": "wamid.0"})], contacts=[contact()]),
    change(statuses=[status("failed", errors=[{"code": 1}])]),
    change("user_preferences", user_preferences=[STOP]),
    change("smb_message_echoes", message_echoes=[ECHO]),
    change(messages=[item("system", {"type": "user_changed_number", "wa_id": "5491155550102"}),
                     item("edit", {"original_message_id": "wamid.1", "message": {
                         "type": "text", "text": {"body": "no"}}})]),
    change("user_id_update", user_id_update=[{"user_id": {"previous": "AR.1", "current": BSUID}}]),
    change("message_template_status_update", event="PAUSED", message_template_name="handoff"),
)  # fmt: skip


Node = dict[Any, Any] | list[Any]


def spots(node: object) -> list[tuple[Node, Any]]:
    """Every place in a JSON value that can be taken away or given another value."""
    if not isinstance(node, dict | list):
        return []
    inside = cast("Node", node)
    keys: list[Any] = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    here: list[tuple[Node, Any]] = [(inside, key) for key in keys]
    return here + [spot for key in keys for spot in spots(inside[key])]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    whole = copy.deepcopy(SAMPLE)
    for _ in range(draw(st.integers(1, 4))):
        places = spots(whole)
        if not places:
            break
        node, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["remove", "retype", "add"])):
            case "remove":
                del node[key]
            case "add" if isinstance(node, dict):
                node[draw(st.text(max_size=8))] = draw(JSON)
            case _:
                node[key] = draw(JSON)
    return whole


def only_unreadable(raw: bytes) -> Split | None:
    try:
        return split(raw)
    except Unreadable:
        return None


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_no_mutation_makes_it_raise_anything_else(whole: dict[str, Any]) -> None:
    only_unreadable(orjson.dumps(whole))


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_no_json_makes_it_raise_anything_else(value: object) -> None:
    only_unreadable(orjson.dumps(value))
    only_unreadable(orjson.dumps({"entry": value}))
    only_unreadable(orjson.dumps({"entry": [{"changes": [{"value": value}]}]}))


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise_anything_else(raw: bytes) -> None:
    only_unreadable(raw)


@settings(max_examples=200, deadline=None)
@given(JSON, st.integers(0, 2))
def test_a_readable_message_is_never_lost_to_its_neighbour(junk: object, place: int) -> None:
    said: list[object] = [item(id="wamid.a"), item(id="wamid.b")]
    said.insert(place, junk)
    events = split(body(change(messages=said, contacts=[contact()])))
    assert [event.wamid for event in events.messages if event.wamid in {"wamid.a", "wamid.b"}] == [
        "wamid.a", "wamid.b"
    ]  # fmt: skip
