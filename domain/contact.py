"""Who a lead is: the identifiers that Meta gives, and the pseudonyms that keys and logs hold.

Since March 2026 Meta may deliver a lead without a phone number: username users have a
business-scoped user id (BSUID) instead.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import Field

from domain.keyed_hash import KeyedHash
from domain.values import Value

_TWO_WAYS = ("52", "54", "55")
"""Countries whose mobile numbers Meta writes in two ways."""
_BRAZIL_MOBILE = re.compile(r"55(\d{2})([6-9]\d{7})")


class Address(Value):
    """How to reach a lead: `phone` (digits as Meta wrote them, no +) or `bsuid`, or both."""

    phone: str | None = None
    bsuid: str | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every identifier in a form in which the variants of one number meet, phone first."""
        return identifiers(self.phone, self.bsuid)


def identifiers(phone: str | None, bsuid: str | None) -> tuple[str, ...]:
    """Those of `Address`, for who handles too many to make one of each."""
    known = canonical_phone(phone) if phone else ""
    if not known:
        return (bsuid,) if bsuid else ()
    return (known, bsuid) if bsuid and bsuid != known else (known,)


class Card(Value):
    """A contact card in a message: a person's name and numbers (digits).

    `requested`: WhatsApp made it when the lead tapped our request for his own number.
    """

    name: str = ""
    phones: tuple[str, ...] = ()
    bsuid: str | None = None
    requested: bool = False


class OwnPhone(Value):
    """The number (digits) that a lead gave as his own.

    `vouched`: WhatsApp says that it is his, so he may be known by it. Else it is his word alone,
    good for calling him: somebody who shares another's number must not become that person.
    `alias` is the name that he is known by then, as `Pseudonyms` makes it.
    """

    phone: str = Field(repr=False)
    vouched: bool
    alias: str | None = None


def own_phone(cards: Sequence[Card], name: str, bsuid: str | None) -> OwnPhone | None:
    """The lead's own number, if a message's cards tell it; `name` is that of his profile.

    A card is his when it answers our request or carries his BSUID. One that he shared by himself is
    taken at his word when it is the only one, with one number and his full name: a first name alone
    may be anybody's.
    """
    if len(cards) != 1 or not cards[0].phones:
        return None
    [card] = cards
    if card.requested or (bsuid and card.bsuid == bsuid):
        return OwnPhone(phone=card.phones[0], vouched=True)
    his = _folded(card.name) == _folded(name) and len(name.split()) > 1
    return OwnPhone(phone=card.phones[0], vouched=False) if his and len(card.phones) == 1 else None


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def canonical_phone(phone: str) -> str:
    """One form for the ways in which Meta writes a number; for comparing, never for sending.

    Mexico 521… and Argentina 549… lose the mobile digit, Brazil gains its ninth digit.
    """
    digits = phone if phone.isdecimal() else re.sub(r"\D", "", phone)
    if not digits.startswith(_TWO_WAYS):
        return digits
    if digits.startswith("521") and len(digits) == len("5215512345678"):
        return "52" + digits[3:]
    if digits.startswith("549") and len(digits) == len("5491123456789"):
        return "54" + digits[3:]
    if match := _BRAZIL_MOBILE.fullmatch(digits):
        return f"55{match[1]}9{match[2]}"
    return digits


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonyms:
    """Keyed hashes (HMAC-SHA256) of what must not stand in keys and logs."""

    secret: bytes
    _hash: KeyedHash = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", KeyedHash(self.secret))

    def message(self, wamid: str) -> str:
        """The message's id everywhere but in calls to Meta: 32 hex characters."""
        return self._hash.hex(f"message:{wamid}")[:32]

    def alias(self, business_number: str, identifier: str) -> str:
        """The name of one identifier of a contact: 32 hex characters."""
        return self._hash.hex(f"alias:{business_number}/{identifier}")[:32]

    def contact(self, business_number: str, identifier: str) -> str:
        """The id of a contact first seen by this identifier: a UUID, as Studio demands."""
        digits = self._hash.hex(f"contact:{business_number}/{identifier}")
        # as uuid.UUID(bytes=..., version=5) writes it, in a quarter of the time
        variant = "89ab"[int(digits[16], 16) & 3]
        start, middle = f"{digits[:8]}-{digits[8:12]}", f"5{digits[13:16]}-{variant}{digits[17:20]}"
        return f"{start}-{middle}-{digits[20:32]}"
