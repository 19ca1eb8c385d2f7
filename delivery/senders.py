"""Who an item of a webhook is from: its own identifiers, and the `contacts` beside it.

Meta leaves out what does not apply: all `contacts`, `wa_id` (username users), `user_id` (older
payloads). Identities are never guessed: a contact that names somebody else adds nothing.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, cast

from delivery.cleaning import clean_name
from delivery.events import LONGEST_ID, word
from domain.contact import canonical_phone
from domain.values import Plain

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]*")


class Contact(NamedTuple):
    """One entry of a change's `contacts`."""

    phone: str | None
    bsuid: str | None
    name: str

    @property
    def anonymous(self) -> bool:
        return self.phone is None and self.bsuid is None

    def __repr__(self) -> str:
        return "Contact()"  # it is a person

    def matches(self, phone: str | None, bsuid: str | None) -> bool:
        if bsuid and bsuid == self.bsuid:
            return True
        if not phone or not self.phone:
            return False
        return phone == self.phone or canonical_phone(phone) == canonical_phone(self.phone)


def who(contacts: Sequence[Contact], phone_value: object, bsuid_value: object) -> Contact | None:
    """The sender, with what the matching contact adds to his identifiers, and his profile name.

    None when nothing names him.
    """
    phone, bsuid = phone_digits(phone_value), bsuid_of(bsuid_value)
    if phone is None and bsuid is None:
        bsuid = bsuid_of(phone_value)
    contact = _match(contacts, phone, bsuid)
    if contact is None:
        return Contact(phone, bsuid, "") if phone or bsuid else None
    sender = Contact(phone or contact.phone, bsuid or contact.bsuid, contact.name)
    return None if sender.anonymous else sender


def _match(contacts: Sequence[Contact], phone: str | None, bsuid: str | None) -> Contact | None:
    for contact in contacts:
        if contact.matches(phone, bsuid):
            return contact
    nobody = phone is None and bsuid is None
    return contacts[0] if len(contacts) == 1 and (nobody or contacts[0].anonymous) else None


def read_contacts(value: object) -> tuple[Contact, ...]:
    """The readable ones of a change's `contacts`."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return tuple([_contact(cast("Plain", item)) for item in items if isinstance(item, dict)])


def _contact(item: Plain) -> Contact:
    profile = item.get("profile")
    name = cast("Plain", profile).get("name") if isinstance(profile, dict) else None
    return Contact(
        phone_digits(item.get("wa_id")),
        bsuid_of(item.get("user_id")),
        clean_name(name) if isinstance(name, str) else "",
    )


def phone_digits(value: object) -> str | None:
    """The digits of a phone number in any spelling; None when it is none."""
    text = word(value)
    if text is None or len(text) > LONGEST_ID:
        return None
    if text.isascii() and text.isdecimal():
        return text
    return re.sub(r"[^0-9]", "", text) if _PHONE.fullmatch(text) else None


def bsuid_of(value: object) -> str | None:
    """A business-scoped user id; None when the value cannot be one."""
    text = word(value)
    return text if text and len(text) <= LONGEST_ID else None
