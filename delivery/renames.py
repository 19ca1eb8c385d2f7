"""A contact's new phone number or BSUID: which it had, and which it has now.

Meta tells of it in a system message (`user_changed_number`, `user_changed_user_id`) and in the
webhook `user_id_update`. A system message may come without a sender; then the former BSUID stands
in it, or only in its English sentence. Pages "System messages" and "Business-scoped user IDs".
"""

import re

from delivery.events import Mail, MessageEvent, part, word
from delivery.senders import bsuid_of, phone_digits
from domain.contact import Address, identifiers
from domain.values import Plain

_NEW_NUMBER = ("user_changed_number", "customer_changed_number")
_NEW_BSUID = "user_changed_user_id"
_SENTENCE = re.compile(r"changed from ([A-Z]{2}\.[A-Za-z0-9.]+) to ")


def former(item: Plain) -> tuple[object, object]:
    """The sender of a message item, phone and BSUID, as they were before the change it tells of."""
    sender = item.get("from_user_id")
    if "system" not in item:
        return item.get("from"), sender
    system = part(item, "system")
    if not word(sender) and word(system.get("type")) == _NEW_BSUID:
        sender = word(system.get("previous_user_id")) or _in_the_sentence(system)
    return item.get("from"), sender


def new_names(mail: Mail) -> Address | None:
    """The identifiers that the contact has by this event and not by its sender; None without."""
    if isinstance(mail, MessageEvent):
        if "system" not in mail.item:
            return None
        system = part(mail.item, "system")
        if word(system.get("type")) not in (*_NEW_NUMBER, _NEW_BSUID):
            return None
        phone = phone_digits(system.get("wa_id")) or phone_digits(system.get("new_wa_id"))
        return _new(mail.address, phone, bsuid_of(system.get("user_id")))
    if mail.field != "user_id_update":
        return None
    current = part(mail.item, "user_id").get("current")
    return _new(mail.address, phone_digits(mail.item.get("wa_id")), bsuid_of(current))


def moved(mail: Mail) -> bool:
    """Whether the new phone number is the one to write to from now on.

    A new BSUID comes with a number of which Meta does not say whether it is the old or the new one.
    """
    return word(part(mail.item, "system").get("type")) in _NEW_NUMBER


def names(mail: Mail) -> tuple[str, ...]:
    """Every identifier that the event gives its contact, the former ones first."""
    known, new = identifiers(mail.phone, mail.bsuid), new_names(mail)
    return tuple(dict.fromkeys((*known, *new.identifiers))) if new else known


def _new(address: Address, phone: str | None, bsuid: str | None) -> Address | None:
    known = address.identifiers
    fresh_phone = phone if phone and Address(phone=phone).identifiers[0] not in known else None
    new = Address(phone=fresh_phone, bsuid=bsuid if bsuid not in known else None)
    return new if new.identifiers else None


def _in_the_sentence(system: Plain) -> str | None:
    found = _SENTENCE.search(word(system.get("body")) or "")
    return found[1] if found else None
