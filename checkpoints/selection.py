"""Which checkpoints a config, or a list call, asks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple


class Address(NamedTuple):
    """Where a config points; an empty checkpoint id is the newest."""

    thread_id: str
    ns: str
    checkpoint_id: str

    @classmethod
    def of(cls, config: RunnableConfig) -> Self:
        """Raises KeyError for a config without a thread."""
        chosen = config.get("configurable", {})
        return cls(
            str(chosen["thread_id"]),
            chosen.get("checkpoint_ns") or "",
            str(chosen.get("checkpoint_id") or ""),
        )


@dataclass(slots=True)
class Selection:
    """One list call: what it wants, and how many it still takes (None: all)."""

    threads: Sequence[str]
    ns: str | None
    checkpoint_id: str
    metadata: Mapping[str, Any]
    before: str
    left: int | None

    @classmethod
    def of(
        cls,
        config: RunnableConfig | None,
        metadata: Mapping[str, Any] | None,
        before: RunnableConfig | None,
        limit: int | None,
    ) -> Self:
        """Without a config every thread is meant; without a namespace in it, every namespace."""
        at = Address.of(config) if config else None
        return cls(
            threads=[at.thread_id] if at else [],
            ns=config.get("configurable", {}).get("checkpoint_ns") if config else None,
            checkpoint_id=at.checkpoint_id if at else "",
            metadata=metadata or {},
            before=(before or {}).get("configurable", {}).get("checkpoint_id") or "",
            left=limit,
        )

    @property
    def full(self) -> bool:
        return self.left is not None and self.left <= 0

    def order(self, stored: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """The wanted ones of [ns, id], newest first."""
        names = ((ns.decode(), checkpoint_id.decode()) for ns, checkpoint_id in stored)
        return sorted(filter(self._wants, names), key=lambda name: name[1], reverse=True)

    def take(self, items: Iterable[CheckpointTuple]) -> Iterator[CheckpointTuple]:
        """Those whose metadata fits, until there are enough."""
        for item in items:
            if self.full:
                return
            if all(item.metadata.get(key) == value for key, value in self.metadata.items()):
                self.left = None if self.left is None else self.left - 1
                yield item

    def _wants(self, name: tuple[str, str]) -> bool:
        ns, checkpoint_id = name
        return (
            self.ns in (None, ns)
            and self.checkpoint_id in ("", checkpoint_id)
            and (not self.before or checkpoint_id < self.before)
        )
