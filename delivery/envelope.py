"""What waits in a contact's mailbox, a message or an event about him, as JSON."""

from typing import cast, get_args

import orjson

from delivery import renames
from delivery.events import (
    ContactEvent,
    ContactField,
    Mail,
    MessageEvent,
    contact_event,
    message_event,
    part,
    word,
)
from delivery.mailbox import Post
from domain.contact import Pseudonyms, identifiers
from domain.errors import Unreadable
from domain.values import Plain

_FIELDS: dict[str | None, ContactField] = {field: field for field in get_args(ContactField)}


def post(mail: Mail, pseudonyms: Pseudonyms) -> Post:
    """The event as it goes into the mailbox; a person's own answer stops a draft of the agent's.

    A new identifier is an alias like the others, so it names the contact from this moment on.
    """
    names = renames.names(mail)
    return Post(
        mail_id(mail, pseudonyms),
        pseudonyms.contact(mail.number, names[0]),
        tuple([pseudonyms.alias(mail.number, name) for name in names]),
        envelope(mail),
        isinstance(mail, ContactEvent) and mail.field == "smb_message_echoes",
    )


def mail_id(mail: Mail, pseudonyms: Pseudonyms) -> str:
    """The id of a message, or of an event; an echo is a message of ours."""
    if isinstance(mail, MessageEvent):
        return pseudonyms.message(mail.wamid)
    echoed = mail.field == "smb_message_echoes"
    return pseudonyms.message(mail.key if echoed else f"{mail.field}/{mail.number}/{mail.key}")


def aliases(mail: Mail, pseudonyms: Pseudonyms) -> tuple[str, ...]:
    """The names of every identifier that the event gives its contact, the former ones first."""
    return tuple(pseudonyms.alias(mail.number, name) for name in renames.names(mail))


def envelope(mail: Mail) -> bytes:
    """The event as JSON, for `read`."""
    return orjson.dumps({
        "field": mail.field if isinstance(mail, ContactEvent) else "messages",
        "number": mail.number,
        "phone": mail.phone,
        "bsuid": mail.bsuid,
        "name": mail.profile_name if isinstance(mail, MessageEvent) else "",
        "item": mail.item,
    })  # fmt: skip


def read(body: bytes) -> Mail:
    """What `envelope` wrote; without a field, as before there were others, a message.

    Raises Unreadable.
    """
    try:
        entry = _object(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Unreadable("the mailbox entry is not JSON") from None
    phone, bsuid = word(entry.get("phone")), word(entry.get("bsuid"))
    if not identifiers(phone, bsuid):
        raise Unreadable("the mailbox entry names no sender")
    number, name = word(entry.get("number")) or "", word(entry.get("name")) or ""
    field = _FIELDS.get(word(entry.get("field")))
    if field:
        return contact_event(field, number, phone, bsuid, part(entry, "item"))
    return message_event(number, phone, bsuid, name, part(entry, "item"))


def _object(value: object) -> Plain:
    return cast("Plain", value) if isinstance(value, dict) else {}
