"""What a lead sent, in the domain's words, for every kind of message that Meta delivers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.envelope import envelope, post, read
from delivery.events import MessageEvent, message_event
from delivery.inbound import inbound
from delivery.payload import split
from domain.contact import OwnPhone, Pseudonyms
from domain.errors import Unreadable
from domain.messages import Inbound, InboundKind, Media, Referral
from tests.delivery.webhooks import BSUID, NUMBER, PHONE, Json, body, change, contact, item

NAMES = Pseudonyms(b"secret")
SENT = datetime(2023, 10, 11, 16, 53, 43, tzinfo=UTC)
NOW = SENT + timedelta(seconds=2)


def event(said: Json) -> MessageEvent:
    return message_event(NUMBER, PHONE, BSUID, "Ana", said)


def read_item(said: Json) -> Inbound:
    return inbound(event(said), NAMES, now=NOW)


def through_the_mailbox(sent: MessageEvent) -> MessageEvent:
    found = read(envelope(sent))
    assert isinstance(found, MessageEvent)
    return found


def reply(kind: str, **more: object) -> Json:
    return {"type": kind, kind: more}


CARD = {
    "name": {"formatted_name": "Chandler Bing", "first_name": "Chandler"},
    "phones": [{"phone": "+1 555-555-5555", "wa_id": "1555"}, {"wa_id": "1666"}],
}
PRODUCTS = [
    {"product_retailer_id": "HAMBURGER", "quantity": 3, "item_price": 30},
    {"product_retailer_id": "SODA", "quantity": 2},
]
KINDS: list[tuple[Json, InboundKind, str, str | None]] = [
    (item(), "text", "hola", None),
    (item(content={"body": "a\u202eb\x00"}), "text", "ab", None),
    (item("button", {"payload": "STOP", "text": "Parar"}), "choice", "Parar", "STOP"),
    (item("button", {"text": "Parar"}), "choice", "Parar", "Parar"),
    (item("interactive", reply("button_reply", id="slot:1", title="10:00")),
     "choice", "10:00", "slot:1"),
    (item("interactive", reply("list_reply", id="row", title="Martes", description="a las 10")),
     "choice", "Martes", "row"),
    (item("interactive", reply("nfm_reply", body="Sent", response_json="{}")),
     "unsupported", "", None),
    (item("interactive", reply("call_permission_reply", response="accept")),
     "unsupported", "", None),
    (item("location", {"latitude": 12.25089, "longitude": -43.9, "name": "Bar", "address": "1 St"}),
     "location", "12.25089,-43.9 Bar 1 St", None),
    (item("location", {"latitude": 0, "longitude": 0}), "location", "0,0", None),
    (item("location", {"name": "Bar"}), "location", "Bar", None),
    (item("contacts", [CARD, {"name": {"first_name": "Ben"}}]),
     "contacts", "Chandler Bing +1 555-555-5555 1666; Ben", None),
    (item("contacts", [{"origin": "contact_request/1", "phones": [{"phone": "+54 11"}]}]),
     "contacts", "", None),
    (item("contacts", [{"origin": "other", "phones": [{"phone": "+54 11"}]}]),
     "contacts", "+54 11", None),
    (item("image", {"id": "1", "caption": "mira"}), "image", "mira", None),
    (item("video", {"id": "1"}), "video", "", None),
    (item("document", {"id": "1", "filename": "a.pdf", "caption": "leé"}), "document", "leé", None),
    (item("audio", {"id": "1", "voice": True}), "audio", "", None),
    (item("sticker", {"id": "1", "animated": True}), "sticker", "", None),
    (item("order", {"text": "por favor", "product_items": PRODUCTS}),
     "order", "por favor\n3 x HAMBURGER, 2 x SODA", None),
    (item("reaction", {"message_id": "wamid.0", "emoji": "👍"}), "reaction", "👍", None),
    (item("reaction", {"message_id": "wamid.0", "emoji": ""}), "reaction", "", None),
    (item("reaction", {"message_id": "wamid.0"}), "reaction", "", None),
    (item("system", {"body": "User changed number", "type": "user_changed_number"}),
     "system", "User changed number", None),
    (item("request_welcome"), "system", "", None),
    (item("edit", {"original_message_id": "wamid.0", "message": {
        "type": "text", "text": {"body": "corregido"}}}), "system", "corregido", None),
    (item("edit", {"original_message_id": "wamid.0", "message": {
        "type": "image", "image": {"caption": "nuevo"}}}), "system", "nuevo", None),
    (item("revoke", {"original_message_id": "wamid.0"}), "system", "", None),
    (item("unsupported", {"type": "poll"}, errors=[{"code": 131051}]), "unsupported", "", None),
    (item(errors=[{"code": 131060}]), "unsupported", "hola", None),
    (item("image", {"caption": "mira"}, errors=[{"code": 131052}]), "unsupported", "mira", None),
    (item("ephemeral"), "unsupported", "", None),
    (item("of_2027", {"body": "?"}), "unsupported", "", None),
    (item() | {"type": None}, "text", "hola", None),
    (item() | {"type": 7}, "text", "hola", None),
    (item("text", "hola"), "unsupported", "", None),
    (item("text", {"body": {"x": 1}}), "unsupported", "", None),
    (item("text", {"body": "\u200b"}), "unsupported", "", None),
    (item("interactive", []), "unsupported", "", None),
    (item("contacts", "x"), "contacts", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "text", "choice"), KINDS)
def test_every_kind_has_a_kind_and_words(
    said: Json, kind: InboundKind, text: str, choice: str | None
) -> None:
    message = read_item(said)
    assert (message.kind, message.text, message.choice) == (kind, text, choice)


def test_the_cases_cover_every_kind() -> None:
    assert {kind for _, kind, _, _ in KINDS} == set(get_args(InboundKind))


def test_a_message_is_named_by_its_hash_and_keeps_the_wamid_for_meta() -> None:
    message = read_item(item())
    assert (message.id, message.wamid) == (NAMES.message("wamid.1"), "wamid.1")
    assert "wamid" not in repr(message)


@pytest.mark.parametrize(
    "said",
    [
        item(context={"id": "wamid.0", "from": "1"}),
        item("interactive", reply("list_reply", id="r", title="t"), context={"id": "wamid.0"}),
        item("reaction", {"message_id": "wamid.0", "emoji": "👍"}),
        item("edit", {"original_message_id": "wamid.0", "message": {}}),
        item("revoke", {"original_message_id": "wamid.0"}),
    ],
)
def test_what_is_quoted_is_named_by_its_hash(said: Json) -> None:
    assert read_item(said).quoted == NAMES.message("wamid.0")


@pytest.mark.parametrize("context", [None, {}, {"forwarded": True}, {"id": ""}, {"id": 1.5}, "x"])
def test_a_context_without_an_id_quotes_nothing(context: object) -> None:
    assert read_item(item(context=context)).quoted is None


@pytest.mark.parametrize(
    ("referral", "read"),
    [
        ({"headline": "50% off\u202e", "body": "x", "ctwa_clid": "c"},
         Referral(headline="50% off", ctwa_clid="c")),
        ({"body": "Status ad", "source_id": "1", "source_type": "ad", "source_url": "https://fb.me/x"},
         Referral(headline="Status ad", source_id="1", source_type="ad",
                  source_url="https://fb.me/x")),
        ({"headline": "x" * 1000}, Referral(headline="x" * 200)),
        ({"source_id": 7, "headline": ["x"], "ctwa_clid": {}}, Referral(source_id="7")),
        ({}, None),
        ("ad", None),
    ],
)  # fmt: skip
def test_a_referral_says_where_the_lead_came_from(referral: object, read: Referral | None) -> None:
    assert read_item(item(referral=referral)).referral == read


@pytest.mark.parametrize(
    ("kind", "file", "media"),
    [
        ("audio", {"id": "77", "mime_type": "audio/ogg", "sha256": "eA==", "voice": True},
         Media(id="77", mime_type="audio/ogg", sha256="eA==", voice=True)),
        ("document", {"id": 77, "filename": "..\\a/../plano [1]\u202e.pdf"},
         Media(id="77", filename="a .. plano 1 .pdf")),
        ("image", {"id": "77", "filename": "x" * 900, "voice": "yes"},
         Media(id="77", filename="x" * 120)),
        ("sticker", {"id": "../77"}, None),
        ("video", {"id": "x" * 200}, None),
        ("video", {"id": {"a": 1}}, None),
        ("image", {"caption": "mira"}, None),
        ("image", "77", None),
    ],
)  # fmt: skip
def test_a_file_is_told_by_what_fits_into_an_address(
    kind: str, file: object, media: Media | None
) -> None:
    assert read_item(item(kind, file)).media == media


def test_a_files_id_is_in_no_log() -> None:
    assert "77" not in repr(read_item(item("image", {"id": "77"})).media)


OWN = {"name": {"formatted_name": "Ana López"}, "phones": [{"phone": "+57 300 1112233"}]}
OTHERS = {"name": {"formatted_name": "Luz Díaz"}, "phones": [{"phone": "+57 300 9998877"}]}
REQUESTED = {"origin": "contact_request", "phones": [{"phone": "+57 300", "wa_id": "573001112233"}]}


def shared(name: str, *cards: Json) -> Inbound:
    """Cards from a lead who has no number, and this name."""
    said = item("contacts", list(cards))
    return inbound(message_event(NUMBER, None, BSUID, name, said), NAMES, now=NOW)


@pytest.mark.parametrize(
    "card", [REQUESTED, REQUESTED | {"origin": "contact_request/7"}, OWN | {"user_id": BSUID}]
)
def test_a_number_that_whatsapp_vouches_for_names_the_lead(card: Json) -> None:
    message = shared("Otra", card)
    alias = NAMES.alias(NUMBER, "573001112233")
    assert message.own_phone == OwnPhone(phone="573001112233", vouched=True, alias=alias)
    assert message.text == ""
    assert "573001112233" not in repr(message)


def test_a_card_in_the_leads_full_name_is_his_word_for_a_number_and_no_more() -> None:
    message = shared("ana  lópez", OWN)
    assert message.own_phone == OwnPhone(phone="573001112233", vouched=False)
    assert message.text == "Ana López +57 300 1112233"


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("Ana López", [OTHERS]),
        ("Ana López", [OWN, OTHERS]),
        ("Ana López", [REQUESTED, OTHERS]),
        ("Ana López", [OWN | {"phones": [*OWN["phones"], *OTHERS["phones"]]}]),
        ("Ana López", [{"name": OWN["name"]}]),
        ("Ana López", [OTHERS | {"user_id": "US.somebody"}]),
        ("Ana", [OWN | {"name": {"formatted_name": "Ana"}}]),
        ("", [OWN | {"name": {}}]),
        ("Ana López", []),
    ],
)
def test_nobody_elses_number_becomes_the_leads(name: str, cards: list[Json]) -> None:
    assert shared(name, *cards).own_phone is None


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("1697043223", SENT),
        (1697043223, SENT),
        (None, NOW),
        ("soon", NOW),
        ("4102444800", NOW),
        (str(int(SENT.timestamp()) + 60), SENT + timedelta(seconds=60)),
    ],
)
def test_the_time_is_metas_unless_it_is_missing_or_far_ahead(
    timestamp: object, at: datetime
) -> None:
    assert read_item(item(timestamp=timestamp)).at == at


def test_words_and_choices_are_bounded() -> None:
    assert len(read_item(item(content={"body": "x" * 9000})).text) == 4096
    assert len(read_item(item("contacts", [CARD] * 1000)).text) <= 4096
    assert len(read_item(item("button", {"payload": "x" * 9000, "text": "t"})).choice or "") == 256


def test_the_envelope_brings_back_everything() -> None:
    for phone, bsuid in ((PHONE, None), (None, BSUID), (PHONE, BSUID)):
        sent = message_event(NUMBER, phone, bsuid, "Ana", item(context={"id": "wamid.0"}))
        assert read(envelope(sent)) == sent


@pytest.mark.parametrize(
    "junk",
    [b"", b"{", b"[]", b"null", b"{}", b'{"phone":"1"}', b'{"phone":"1","item":{}}',
     b'{"phone":"x","item":{"id":"1"}}', b'{"item":{"id":"1"}}', b'{"phone":{},"item":{"id":"1"}}'],
)  # fmt: skip
def test_an_entry_that_is_no_envelope_is_unreadable(junk: bytes) -> None:
    with pytest.raises(Unreadable):
        read(junk)


def test_a_post_names_nothing_but_hashes() -> None:
    made = post(event(item()), NAMES)
    assert made.id == NAMES.message("wamid.1")
    assert made.aliases == (NAMES.alias(NUMBER, "541155550101"), NAMES.alias(NUMBER, BSUID))
    assert made.contact == NAMES.contact(NUMBER, "541155550101")
    assert read(made.body) == event(item())
    assert PHONE not in repr(made)


def test_a_post_of_a_lead_without_a_phone_goes_by_the_business_scoped_id() -> None:
    made = post(message_event(NUMBER, None, BSUID, "", item()), NAMES)
    assert (made.contact, made.aliases) == (
        NAMES.contact(NUMBER, BSUID),
        (NAMES.alias(NUMBER, BSUID),),
    )


PUBLISHED: dict[str, tuple[InboundKind, str, str | None]] = {
    "text": ("text", "Body Text", None),
    "image": ("image", "", None),
    "video": ("video", "caption", None),
    "document": ("document", "caption", None),
    "audio": ("audio", "", None),
    "voice": ("audio", "", None),
    "static_sticker": ("sticker", "", None),
    "animated_sticker": ("sticker", "", None),
    "reaction": ("reaction", "😮", None),
    "unreaction_empty": ("reaction", "", None),
    "current_location": ("location", "12.25089,43.90539", None),
    "contacts": (
        "contacts",
        "Chandler Bing +1 555-555-5555; Monica +1 666-666-6666; Rachel Green +1 777-777-7777",
        None,
    ),
    "order": ("order", "3 x HAMBURGER, 2 x FRENCH_FRIES, 2 x SODA", None),
    "unsupported": ("unsupported", "", None),
    "unsupported_with_type": ("unsupported", "", None),
    "reply": ("text", "replied text", None),
    "forwarded": ("text", "forwarded text", None),
    "button": ("choice", "title", "callback_data"),
    "quick_reply": ("choice", "title", "callback_data"),
    "quick_reply_without_context": ("choice", "title", "callback_data"),
    "callback": ("choice", "title", "callback_data"),
    "description": ("choice", "title", "callback_data"),
}


def test_published_messages_read_as_they_were_meant(corpora: Path) -> None:
    for file in ("message", "callback_button", "callback_selection"):
        cases: dict[str, Any] = orjson.loads((corpora / "webhooks" / f"{file}.json").read_bytes())
        for name, case in cases.items():
            [said] = split(orjson.dumps(case)).messages
            message = inbound(through_the_mailbox(said), NAMES, now=NOW + timedelta(days=365))
            found = (message.kind, message.text, message.choice)
            assert found == PUBLISHED.get(name, found), name
            assert message.kind != "unsupported" or name.startswith("unsupported"), name
            assert bool(message.quoted) == ("id" in said.item.get("context", {})) or (
                message.kind == "reaction"
            ), name


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(-9, 9)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PARTS = st.sampled_from([
    "type", "text", "body", "button", "interactive", "button_reply", "list_reply", "id", "title",
    "reaction", "message_id", "emoji", "location", "latitude", "longitude", "name", "contacts",
    "phones", "phone", "image", "caption", "order", "product_items", "edit", "message", "revoke",
    "original_message_id", "system", "context", "referral", "headline", "errors", "timestamp",
    "origin", "user_id", "wa_id", "filename", "sha256", "voice", "source_id", "ctwa_clid",
])  # fmt: skip
NESTED = st.dictionaries(PARTS, st.dictionaries(PARTS, JSON, max_size=3) | JSON | PARTS, max_size=5)


@settings(max_examples=300, deadline=None)
@given(NESTED, st.sampled_from([said for said, *_ in KINDS]))
def test_no_item_makes_it_raise(changes: Json, said: Json) -> None:
    raw = body(change(messages=[{**said, **changes, "id": "wamid.1"}], contacts=[contact()]))
    for found in split(raw).messages:
        message = inbound(through_the_mailbox(found), NAMES, now=NOW)
        assert len(message.text) <= 4096
        assert "\x00" not in message.text
