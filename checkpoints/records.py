"""What the fields of a thread hold, and how it becomes LangGraph's values again.

A checkpoint is its parent's id (for the fence to read), \\x1f, and msgpack of [1, type, blob], the
blob being what the serializer made of [checkpoint, metadata]. A write is msgpack of
[1, task path, channel, type, blob]. The 1 is the version of the format.
"""

import pickle
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import ormsgpack
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    writes_sort_key,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from .errors import Undecodable
from .scripts import FIELD

_FORMAT = 1
_UNREADABLE = (
    *(ValueError, TypeError, LookupError, AttributeError),
    *(NotImplementedError, EOFError, pickle.PickleError),
)


class Found(NamedTuple):
    """One checkpoint as Redis returned it: writes are name, blob, name, blob, ..."""

    ns: bytes
    id: bytes
    blob: bytes
    writes: Sequence[bytes]


def pack_checkpoint(
    serde: SerializerProtocol, checkpoint: Checkpoint, metadata: CheckpointMetadata, parent: str
) -> bytes:
    """One blob for checkpoint and metadata, so that they are encrypted together."""
    record = ormsgpack.packb((_FORMAT, *serde.dumps_typed([checkpoint, metadata])))
    return f"{parent}{FIELD}".encode() + record


def pack_writes(
    serde: SerializerProtocol, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
) -> Iterator[tuple[str, bool, bytes]]:
    """For each write its name, whether it replaces an earlier one, and its blob."""
    for position, (channel, value) in enumerate(writes):
        index = WRITES_IDX_MAP.get(channel, position)
        blob = ormsgpack.packb((_FORMAT, task_path, channel, *serde.dumps_typed(value)))
        yield f"{task_id}{FIELD}{index}", index < 0, blob


def unpack(serde: SerializerProtocol, thread_id: str, found: Found) -> CheckpointTuple:
    """Raises Undecodable."""
    ns, checkpoint_id = found.ns.decode(), found.id.decode()
    parent, _, record = found.blob.partition(FIELD.encode())
    checkpoint, metadata = _state(_loaded(serde, *_opened(record, 2)))
    return CheckpointTuple(
        config=config_of(thread_id, ns, checkpoint_id),
        checkpoint=checkpoint,
        metadata=metadata,
        parent_config=config_of(thread_id, ns, parent.decode()) if parent else None,
        pending_writes=_writes(serde, found.writes),
    )


def config_of(thread_id: str, ns: str, checkpoint_id: str) -> RunnableConfig:
    """The config that names one checkpoint."""
    return {
        "configurable": {
            "thread_id": thread_id,
            "checkpoint_ns": ns,
            "checkpoint_id": checkpoint_id,
        }
    }


def _writes(serde: SerializerProtocol, stored: Sequence[bytes]) -> list[PendingWrite]:
    """In the order in which live execution applies them."""
    ordered: list[tuple[tuple[str, str, int], PendingWrite]] = []
    for name, record in zip(stored[::2], stored[1::2], strict=True):
        task_id, _, index = name.decode().partition(FIELD)
        path, channel, kind, blob = _opened(record, 4)
        value = _loaded(serde, kind, blob)
        ordered.append((writes_sort_key(path, task_id, int(index)), (task_id, channel, value)))
    ordered.sort(key=lambda item: item[0])
    return [write for _, write in ordered]


def _opened(record: bytes, parts: int) -> Sequence[Any]:
    try:
        version, *rest = ormsgpack.unpackb(record)
    except (ValueError, TypeError) as error:
        raise Undecodable("a stored record is damaged") from error
    if version != _FORMAT:
        raise Undecodable(f"a stored record has format {version!r}, this code reads {_FORMAT}")
    if len(rest) != parts:
        raise Undecodable("a stored record is not of this saver")
    return rest


def _loaded(serde: SerializerProtocol, kind: str, blob: bytes) -> object:
    try:
        return serde.loads_typed((kind, blob))
    except _UNREADABLE as error:
        raise Undecodable(f"the serializer cannot read a {kind} blob") from error


def _state(value: object) -> tuple[Checkpoint, CheckpointMetadata]:
    match value:
        case [{"id": str()}, dict()]:
            return cast("tuple[Checkpoint, CheckpointMetadata]", value)
        case _:
            raise Undecodable("a stored blob holds no checkpoint")
