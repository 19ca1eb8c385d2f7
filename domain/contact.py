"""Who a lead is: the identifiers that Meta gives, and the pseudonyms that keys and logs hold.

Since March 2026 Meta may deliver a lead without a phone number: username users have a
business-scoped user id (BSUID) instead.
"""

import hmac
import re
from dataclasses import dataclass
from uuid import UUID

from domain.values import Value

_BRAZIL_MOBILE = re.compile(r"55(\d{2})([6-9]\d{7})")


class Address(Value):
    """How to reach a lead: `phone` (digits as Meta wrote them, no +) or `bsuid`, or both."""

    phone: str | None = None
    bsuid: str | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every identifier in a form in which the variants of one number meet, phone first."""
        known = (canonical_phone(self.phone) if self.phone else None, self.bsuid)
        return tuple(identifier for identifier in known if identifier)


def canonical_phone(phone: str) -> str:
    """One form for the ways in which Meta writes a number; for comparing, never for sending.

    Mexico 521… and Argentina 549… lose the mobile digit, Brazil gains its ninth digit.
    """
    digits = re.sub(r"\D", "", phone)
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

    def message(self, wamid: str) -> str:
        """The message's id everywhere but in calls to Meta: 32 hex characters."""
        return self._digest("message", wamid)[:16].hex()

    def alias(self, business_number: str, identifier: str) -> str:
        """The name of one identifier of a contact: 32 hex characters."""
        return self._digest("alias", f"{business_number}/{identifier}")[:16].hex()

    def contact(self, business_number: str, identifier: str) -> str:
        """The id of a contact first seen by this identifier: a UUID, as Studio demands."""
        digest = self._digest("contact", f"{business_number}/{identifier}")
        return str(UUID(bytes=digest[:16], version=5))

    def _digest(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self.secret, f"{purpose}:{text}".encode(), "sha256")
