"""A lead's message as it waits in the mailbox."""

from typing import cast

import orjson

from delivery.events import MessageEvent, message_event, word
from delivery.mailbox import Post
from domain.contact import Address, Pseudonyms
from domain.errors import Unreadable
from domain.values import Plain


def post(event: MessageEvent, pseudonyms: Pseudonyms) -> Post:
    """The message as it goes into the mailbox."""
    identifiers = event.address.identifiers
    return Post(
        id=pseudonyms.message(event.wamid),
        contact=pseudonyms.contact(event.number, identifiers[0]),
        aliases=tuple(pseudonyms.alias(event.number, name) for name in identifiers),
        body=envelope(event),
    )


def envelope(event: MessageEvent) -> bytes:
    """The message as JSON, for `read`."""
    return orjson.dumps({
        "number": event.number,
        "phone": event.address.phone,
        "bsuid": event.address.bsuid,
        "name": event.profile_name,
        "item": event.item,
    })  # fmt: skip


def read(body: bytes) -> MessageEvent:
    """What `envelope` wrote. Raises Unreadable."""
    try:
        entry = _object(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Unreadable("the mailbox entry is not JSON") from None
    address = Address(phone=word(entry.get("phone")), bsuid=word(entry.get("bsuid")))
    if not address.identifiers:
        raise Unreadable("the mailbox entry names no sender")
    number, name = word(entry.get("number")) or "", word(entry.get("name")) or ""
    return message_event(number, address, name, _object(entry.get("item")))


def _object(value: object) -> Plain:
    return cast("Plain", value) if isinstance(value, dict) else {}
