"""Identifiers that look like Meta's."""

import base64
import hashlib
import random
from functools import lru_cache

import phonenumbers


def wamid(who: str, dice: random.Random, *, inbound: bool) -> str:
    """A message id in Meta's form: base64 of a small record that holds the phone number.

    `who` is the lead's number, or his BSUID when the business does not see the number.
    """
    number = who.encode()
    # 9 random bytes for our messages, 10 for a phone's, as seen in real ids
    mark = dice.randbytes(10 if inbound else 9).hex().upper().encode()
    record = b"\x1c\x18" + bytes([len(number)]) + number
    record += b"\x15\x02\x00" + (b"\x12" if inbound else b"\x11")
    record += b"\x18" + bytes([len(mark)]) + mark + b"\x00"
    return "wamid." + base64.b64encode(record).decode()


def who_of(message_id: str) -> str | None:
    """The number or BSUID inside a message id that `wamid` made; None for anything else."""
    try:
        record = base64.b64decode(message_id.removeprefix("wamid."), validate=True)
        return record[3 : 3 + record[2]].decode()
    except (ValueError, IndexError):
        return None


@lru_cache(maxsize=10_000)
def bsuid(phone: str) -> str:
    """The business-scoped user id of a phone's owner: country, dot, digits."""
    digest = hashlib.sha256(f"bsuid/{phone}".encode()).digest()
    return f"{country(phone)}.{int.from_bytes(digest[:8], 'big'):020d}"


@lru_cache(maxsize=10_000)
def country(phone: str) -> str:
    """Two-letter country of a number in digits, US when unknown."""
    try:
        parsed = phonenumbers.parse("+" + phone)
    except phonenumbers.NumberParseException:
        return "US"
    region = phonenumbers.region_code_for_number(parsed)
    return region if region and region.isalpha() else "US"


def trace(dice: random.Random) -> str:
    """An fbtrace_id."""
    return base64.urlsafe_b64encode(dice.randbytes(17)).decode().rstrip("=")


def numeric_id(dice: random.Random) -> str:
    """An id of a media object or a template: 16 digits."""
    return str(dice.randrange(10**15, 10**16))
