"""Encryption at rest: AES-GCM with a ring of keys, as a serializer.

The newest key writes, every key of the ring reads, so a key is rotated by putting the new one
in front and taking the old one out when the last thread written with it has expired.
"""

import base64
import hashlib
import os
from collections.abc import Collection, Sequence
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from langgraph.checkpoint.serde.base import SerializerProtocol

from .errors import Undecodable
from .serde import Compact, widened

_NAME = "aesgcm"
_NONCE_BYTES = 12
_KEY_BYTES = (16, 24, 32)


def key_id(key: bytes) -> str:
    """Eight hex digits that name a key and tell nothing about it."""
    return hashlib.sha256(b"checkpoint key" + key).hexdigest()[:8]


def _bytes(key: str) -> bytes:
    return base64.b64decode(key.replace("-", "+").replace("_", "/"), validate=True)


class KeyRing:
    """AES keys of 16, 24 or 32 bytes, newest first. Raises ValueError for any other."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) not in _KEY_BYTES for key in keys):
            raise ValueError("a key ring needs at least one key of 16, 24 or 32 bytes")
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._newest = key_id(keys[0])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read base64 keys (either alphabet), newest first, separated by commas."""
        try:
            keys = [_bytes(part.strip()) for part in text.split(",")]
        except ValueError:
            raise ValueError("a key of the ring is not base64") from None
        return cls(keys)

    def seal(self, data: bytes, label: bytes) -> tuple[str, bytes]:
        """The key's id, and nonce + ciphertext + tag; `label` is bound to it."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._newest, nonce + self._ciphers[self._newest].encrypt(nonce, data, label)

    def open(self, key: str, sealed: bytes, label: bytes) -> bytes:
        """Raises Undecodable for an unknown key and for anything altered."""
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise Undecodable(f"a blob was written with key {key}, which is not in the ring")
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label)
        except (InvalidTag, ValueError):
            raise Undecodable("an encrypted blob was altered or damaged") from None


class Encrypted:
    """Encrypts what another serializer makes, and refuses to read what is not encrypted."""

    def __init__(self, ring: KeyRing, serde: SerializerProtocol | None = None) -> None:
        self.ring = ring
        self.serde = serde or Compact()

    def dumps_typed(self, obj: object) -> tuple[str, bytes]:
        kind, data = self.serde.dumps_typed(obj)
        key, sealed = self.ring.seal(data, kind.encode())
        return f"{_NAME}:{key}:{kind}", sealed

    def loads_typed(self, data: tuple[str, bytes]) -> object:
        name, _, rest = data[0].partition(":")
        if name != _NAME:
            raise Undecodable("a blob is not encrypted, and a key is set")
        key, _, kind = rest.partition(":")
        return self.serde.loads_typed((kind, self.ring.open(key, data[1], kind.encode())))

    def with_msgpack_allowlist(self, extra_allowlist: Collection[Any]) -> "Encrypted":
        return Encrypted(self.ring, widened(self.serde, extra_allowlist))
