"""Which country a recipient belongs to, as far as his identifier tells."""

import re

from domain.contact import Address

_ONE_DIGIT = ("1", "7")
_TWO_DIGITS = re.compile(r"2[07]|3[0-46-9]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""ITU-T E.164: every other calling code has three digits. No code begins like another one."""


def prefix(address: Address) -> str:
    """What all identifiers of the country begin with: "57" for a number, "CO." for a user id."""
    if not address.phone:
        country, dot, _ = (address.bsuid or "").partition(".")
        return country + dot
    if address.phone.startswith(_ONE_DIGIT):
        return address.phone[:1]
    return address.phone[: 2 if _TWO_DIGITS.match(address.phone) else 3]
