"""A webhook body, split into single events: every entry, change and item.

Meta batches up to 1000 updates in a body. A broken item never takes its neighbours with it.
Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks.
"""

import hmac
import json
from collections.abc import Callable
from typing import NamedTuple, cast

import orjson

from delivery import renames
from delivery.events import (
    ContactEvent,
    Event,
    Mail,
    MessageEvent,
    OtherEvent,
    ReceiptEvent,
    Split,
    UnreadableEvent,
    contact_event,
    message_event,
    message_id,
    part,
    word,
)
from delivery.senders import Contact, read_contacts, who
from domain.errors import Unreadable
from domain.values import Plain

PREFERENCES = ("stop", "resume")


class _Change(NamedTuple):
    """What the items of one change share, and where it stands in the body."""

    place: tuple[int, int]
    field: str
    number: str
    contacts: tuple[Contact, ...]

    def unreadable(self, where: str, reason: str) -> UnreadableEvent:
        return UnreadableEvent(_where(*self.place) + where, reason)


def signature_ok(secret: bytes, body: bytes, header: str | None) -> bool:
    """Whether the X-Hub-Signature-256 header is ours over the raw body; in constant time."""
    if not secret or header is None:
        return False
    expected = b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()
    return hmac.compare_digest(expected, header.encode(errors="replace"))


def split(body: bytes) -> Split:
    """The events of a body. Raises Unreadable when it is no webhook body at all."""
    events: list[Event] = []
    for n, entry in enumerate(_list(_dict(_parse(body)).get("entry"))):
        _entry(events, entry, n)
    return _by_kind(events)


def _by_kind(events: list[Event]) -> Split:
    mail: list[Mail] = []
    receipts: list[ReceiptEvent] = []
    others: list[OtherEvent] = []
    unreadable: list[UnreadableEvent] = []
    for event in events:
        match event:
            case MessageEvent() | ContactEvent():
                mail.append(event)
            case ReceiptEvent():
                receipts.append(event)
            case OtherEvent():
                others.append(event)
            case UnreadableEvent():
                unreadable.append(event)
    return Split(tuple(mail), tuple(receipts), tuple(others), tuple(unreadable))


def _parse(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_half_characters(body)


def _parse_half_characters(body: bytes) -> object:
    """JSON with half of a surrogate pair (a name cut in the middle of an emoji), as "?"."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return orjson.loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None


def _entry(events: list[Event], entry: object, n: int) -> None:
    try:
        changes = _list(_dict(entry).get("changes"))
    except Unreadable as error:
        events.append(UnreadableEvent(f"entry[{n}]", str(error)))
        return
    for m, change in enumerate(changes):
        _change(events, change, (n, m))


def _change(events: list[Event], change: object, place: tuple[int, int]) -> None:
    try:
        fields = _dict(change)
        value = _dict(fields.get("value"))
    except Unreadable as error:
        events.append(UnreadableEvent(_where(*place), str(error)))
        return
    field, number = word(fields.get("field")) or "", _number(value.get("metadata"))
    shared = _Change(place, field, number, read_contacts(value.get("contacts")))
    known = False
    for key, read in _READERS.items():
        items = value.get(key)
        if items is not None:
            known = True
            _items(events, shared, items, read, "." + key)
    if not known:
        _items(events, shared, [value], _other, "")


def _items(
    events: list[Event], shared: _Change, items: object, read: "_Reader", where: str
) -> None:
    if not isinstance(items, list):
        events.append(shared.unreadable(where, "not a list"))
        return
    for n, item in enumerate(cast("list[object]", items)):
        try:
            events.append(read(shared, _storable(_dict(item))))
        except Unreadable as error:
            events.append(shared.unreadable(f"{where}[{n}]", str(error)))


def _where(entry: int, change: int) -> str:
    return f"entry[{entry}].changes[{change}]"


_Reader = Callable[[_Change, Plain], Event]


def _message(shared: _Change, item: Plain) -> Event:
    if word(item.get("group_id")):
        # a group is not a lead, and an answer in private would not be expected
        return OtherEvent("group_messages", shared.number, item)
    phone, bsuid = renames.former(item)
    sender = who(shared.contacts, phone, bsuid)
    if sender is None:
        raise Unreadable("no sender")
    return message_event(shared.number, *sender, item)


def _receipt(shared: _Change, item: Plain) -> Event:
    status = word(item.get("status"))
    if status is None:
        raise Unreadable("no status")
    wamid = message_id(item.get("id"))
    return ReceiptEvent(shared.number, wamid, status, item)


def _preference(shared: _Change, item: Plain) -> Event:
    if word(item.get("value")) not in PREFERENCES:
        return OtherEvent("user_preferences", shared.number, item)
    about = who(shared.contacts, item.get("wa_id"), item.get("user_id"))
    if about is None:
        raise Unreadable("nobody's preference")
    return contact_event("user_preferences", shared.number, about.phone, about.bsuid, item)


def _echo(shared: _Change, item: Plain) -> Event:
    if word(item.get("group_id")):
        return OtherEvent("group_messages", shared.number, item)
    to = who(shared.contacts, item.get("to"), item.get("to_user_id"))
    if to is None:
        raise Unreadable("no recipient")
    return contact_event("smb_message_echoes", shared.number, to.phone, to.bsuid, item)


def _new_user_id(shared: _Change, item: Plain) -> Event:
    # not `contacts`: they may have the new identifiers alone
    about = who((), None, part(item, "user_id").get("previous"))
    about = about or who((), item.get("wa_id"), None)
    if about is None:
        raise Unreadable("nobody's new id")
    return contact_event("user_id_update", shared.number, about.phone, about.bsuid, item)


def _error(shared: _Change, item: Plain) -> Event:
    return OtherEvent("errors", shared.number, item)


def _other(shared: _Change, item: Plain) -> Event:
    return OtherEvent(shared.field, shared.number, item)


_READERS: dict[str, _Reader] = {
    "messages": _message,
    "statuses": _receipt,
    "user_preferences": _preference,
    "message_echoes": _echo,
    "user_id_update": _new_user_id,
    "errors": _error,
    "calls": _other,
    "history": _other,
}


def _number(metadata: object) -> str:
    known = cast("Plain", metadata) if isinstance(metadata, dict) else {}
    return word(known.get("phone_number_id")) or ""


def _storable(item: Plain) -> Plain:
    """The item, if it can be written again: orjson reads deeper nesting than it writes."""
    try:
        orjson.dumps([item])  # its envelope is one deeper than the item
    except orjson.JSONEncodeError:
        raise Unreadable("nested too deeply") from None
    return item


def _dict(value: object) -> Plain:
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return cast("Plain", value)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unreadable("not a list")
    return cast("list[object]", value)
