"""The single events that a webhook body holds."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from domain.contact import Address
from domain.errors import Unreadable
from domain.values import Plain

LONGEST_ID = 512

ContactField = Literal["smb_message_echoes", "user_preferences", "user_id_update"]
"""Meta's names of what tells something of a contact and is no message of his."""


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A message of a lead to the business number `number` (Meta's phone_number_id, "" unknown).

    `item` is the message as Meta wrote it, `at` its time, None when it has none that can be read.
    """

    number: str
    address: Address = dataclasses.field(repr=False)
    profile_name: str = dataclasses.field(repr=False)
    wamid: str = dataclasses.field(repr=False)
    at: datetime | None
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What became of a message that we sent: sent, delivered, read, played, failed."""

    number: str
    wamid: str = dataclasses.field(repr=False)
    status: str
    at: datetime | None
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something about the contact at `address` that is no message of his.

    `key` tells it from every other of its field; a repeat has the same.
    """

    field: ContactField
    number: str
    address: Address = dataclasses.field(repr=False)
    key: str = dataclasses.field(repr=False)
    at: datetime | None
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["contact"] = "contact"


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """Anything else. `field` is Meta's name of it; "errors" and "group_messages" are ours."""

    field: str
    number: str
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["other"] = "other"


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """A part of the body without the expected shape. `reason` quotes nothing of it."""

    where: str
    reason: str
    kind: Literal["unreadable"] = "unreadable"


Mail = MessageEvent | ContactEvent
"""What waits in a contact's mailbox."""

Event = Mail | ReceiptEvent | OtherEvent | UnreadableEvent


@dataclass(frozen=True, slots=True)
class Split:
    """The events of one body, each kind in the order of the body."""

    mail: tuple[Mail, ...]
    receipts: tuple[ReceiptEvent, ...]
    others: tuple[OtherEvent, ...]
    unreadable: tuple[UnreadableEvent, ...]

    @property
    def messages(self) -> tuple[MessageEvent, ...]:
        """The leads' own among the mail."""
        return tuple(mail for mail in self.mail if isinstance(mail, MessageEvent))


def message_event(number: str, address: Address, profile_name: str, item: Plain) -> MessageEvent:
    """A message, from its parts. Raises Unreadable when it has no id."""
    wamid = message_id(item.get("id"))
    return MessageEvent(number, address, profile_name, wamid, moment(item.get("timestamp")), item)


def contact_event(field: ContactField, number: str, address: Address, item: Plain) -> ContactEvent:
    """An event about a contact, from its parts. Raises Unreadable when an echo has no id."""
    key = message_id(item.get("id")) if field == "smb_message_echoes" else _key(address, item)
    return ContactEvent(field, number, address, key, moment(item.get("timestamp")), item)


def _key(address: Address, item: Plain) -> str:
    """Preferences and new ids have no id of their own: who, what and when."""
    ids = part(item, "user_id")
    said = (item.get("value"), ids.get("previous"), ids.get("current"), item.get("timestamp"))
    return "/".join((address.identifiers[0], *(word(value) or "" for value in said)))


def part(whole: Plain, key: str) -> Plain:
    """The object under this key, an empty one when there is none."""
    value: object = whole.get(key)
    return cast("Plain", value) if isinstance(value, dict) else {}


def moment(value: object) -> datetime | None:
    """Unix seconds, as digits or a number, as a time; None when they are none."""
    try:
        return datetime.fromtimestamp(int(word(value) or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def word(value: object) -> str | None:
    """A string or whole number as a string; None for anything else and for nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def message_id(value: object) -> str:
    """A wamid. Raises Unreadable when it is none."""
    text = word(value)
    if text is None or len(text) > LONGEST_ID:
        raise Unreadable("no id")
    return text
