"""What is stored under these names was named by `hmac` and `uuid`, and has to be found again."""

import hmac
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.contact import Pseudonyms
from domain.keyed_hash import KeyedHash

KEYS = st.binary(max_size=100)  # shorter and longer than a block of SHA-256


@given(KEYS, st.text())
def test_a_keyed_hash_is_the_hmac_however_often_it_is_asked(key: bytes, text: str) -> None:
    keyed = KeyedHash(key)
    expected = hmac.digest(key, text.encode(), "sha256").hex()
    assert [keyed.hex(text), keyed.hex(text)] == [expected] * 2


@given(KEYS, st.text(), st.text())
def test_pseudonyms_are_the_same_as_ever(key: bytes, number: str, name: str) -> None:
    def digest(purpose: str, text: str) -> bytes:
        return hmac.digest(key, f"{purpose}:{text}".encode(), "sha256")[:16]

    names = Pseudonyms(key)
    assert names.message(name) == digest("message", name).hex()
    assert names.alias(number, name) == digest("alias", f"{number}/{name}").hex()
    contact = UUID(bytes=digest("contact", f"{number}/{name}"), version=5)
    assert names.contact(number, name) == str(contact)
