"""The single events that a webhook body holds."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, cast

from domain.contact import Address, identifiers
from domain.errors import Unreadable
from domain.values import Plain

LONGEST_ID = 512

ContactField = Literal["smb_message_echoes", "user_preferences", "user_id_update"]
"""Meta's names of what tells something of a contact and is no message of his."""


class MessageEvent(NamedTuple):
    """A message of a lead to the business number `number` (Meta's phone_number_id, "" unknown).

    `item` is the message as Meta wrote it, `at` its time, None when it has none that can be read.
    A tuple, as the webhook makes thousands a second.
    """

    number: str
    phone: str | None
    bsuid: str | None
    profile_name: str
    wamid: str
    item: Plain
    kind = "message"

    @property
    def address(self) -> Address:
        return Address(phone=self.phone, bsuid=self.bsuid)

    @property
    def at(self) -> datetime | None:
        return moment(self.item.get("timestamp"))

    def __repr__(self) -> str:
        return f"MessageEvent(number={self.number!r})"  # the rest names a person, or is his words


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What became of a message that we sent: sent, delivered, read, played, failed."""

    number: str
    wamid: str = dataclasses.field(repr=False)
    status: str
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["status"] = "status"

    @property
    def at(self) -> datetime | None:
        return moment(self.item.get("timestamp"))


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something about the contact at `address` that is no message of his.

    `key` tells it from every other of its field; a repeat has the same.
    """

    field: ContactField
    number: str
    phone: str | None = dataclasses.field(repr=False)
    bsuid: str | None = dataclasses.field(repr=False)
    key: str = dataclasses.field(repr=False)
    item: Plain = dataclasses.field(repr=False)
    kind: Literal["contact"] = "contact"

    @property
    def address(self) -> Address:
        return Address(phone=self.phone, bsuid=self.bsuid)

    @property
    def at(self) -> datetime | None:
        return moment(self.item.get("timestamp"))


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


class Split(NamedTuple):
    """The events of one body, each kind in the order of the body."""

    mail: tuple[Mail, ...]
    receipts: tuple[ReceiptEvent, ...]
    others: tuple[OtherEvent, ...]
    unreadable: tuple[UnreadableEvent, ...]

    @property
    def messages(self) -> tuple[MessageEvent, ...]:
        """The leads' own among the mail."""
        return tuple(mail for mail in self.mail if isinstance(mail, MessageEvent))


def message_event(
    number: str, phone: str | None, bsuid: str | None, profile_name: str, item: Plain
) -> MessageEvent:
    """A message, from its parts. Raises Unreadable when it has no id."""
    return MessageEvent(number, phone, bsuid, profile_name, message_id(item.get("id")), item)


def contact_event(
    field: ContactField, number: str, phone: str | None, bsuid: str | None, item: Plain
) -> ContactEvent:
    """An event about a contact, from its parts. Raises Unreadable when an echo has no id."""
    echo = field == "smb_message_echoes"
    key = message_id(item.get("id")) if echo else _key(identifiers(phone, bsuid)[0], item)
    return ContactEvent(field, number, phone, bsuid, key, item)


def _key(name: str, item: Plain) -> str:
    """Preferences and new ids have no id of their own: who, what and when."""
    ids = part(item, "user_id")
    said = (item.get("value"), ids.get("previous"), ids.get("current"), item.get("timestamp"))
    return "/".join((name, *(word(value) or "" for value in said)))


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
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def message_id(value: object) -> str:
    """A wamid. Raises Unreadable when it is none."""
    text = word(value)
    if text is None or len(text) > LONGEST_ID:
        raise Unreadable("no id")
    return text
