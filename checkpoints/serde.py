"""Serializers: only builtins and messages load, repetitive text is compressed."""

import zlib
from collections.abc import Collection
from typing import Any, Protocol, runtime_checkable

from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from .errors import Undecodable

_MARK = "+zlib"
_WORTH_BYTES = 1024
_MOST_BYTES = 64 * 1024 * 1024


@runtime_checkable
class Widens(Protocol):
    """A serializer that LangGraph may allow more types, taken from a graph's schemas."""

    def with_msgpack_allowlist(self, extra_allowlist: Collection[Any]) -> SerializerProtocol: ...


class Strict(JsonPlusSerializer):
    """LangGraph's msgpack without its old JSON, which makes more than messages while loading."""

    def loads_typed(self, data: tuple[str, bytes]) -> object:
        if data[0] == "json":
            raise Undecodable("a blob is in LangGraph's old JSON format, which is not safe to load")
        return super().loads_typed(data)


def strict(*allowed: type) -> Strict:
    """Msgpack that loads builtins, LangChain's messages, LangGraph's own values, and `allowed`.

    Anything else comes back as the builtins it was made of; no other class is imported.
    """
    return Strict(allowed_msgpack_modules=allowed or None)


def widened(serde: SerializerProtocol, extra: Collection[Any]) -> SerializerProtocol:
    """The same serializer with more types allowed, or itself when it has no such list."""
    return serde.with_msgpack_allowlist(extra) if isinstance(serde, Widens) else serde


class Compact:
    """Compresses what another serializer makes: messages repeat their field names."""

    def __init__(self, serde: SerializerProtocol | None = None) -> None:
        self.serde = serde or strict()

    def dumps_typed(self, obj: object) -> tuple[str, bytes]:
        kind, data = self.serde.dumps_typed(obj)
        if len(data) < _WORTH_BYTES:
            return kind, data
        return kind + _MARK, zlib.compress(data, 1)

    def loads_typed(self, data: tuple[str, bytes]) -> object:
        kind, blob = data
        if kind.endswith(_MARK):
            return self.serde.loads_typed((kind.removesuffix(_MARK), _inflated(blob)))
        return self.serde.loads_typed(data)

    def with_msgpack_allowlist(self, extra_allowlist: Collection[Any]) -> "Compact":
        return Compact(widened(self.serde, extra_allowlist))


def _inflated(blob: bytes) -> bytes:
    """Raises Undecodable for damage, and for a blob that would fill the memory."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(blob, _MOST_BYTES)
    except zlib.error as error:
        raise Undecodable("a compressed blob is damaged") from error
    if not inflater.eof:
        raise Undecodable("a compressed blob is cut short or far too large")
    return data
