"""What is done to a thread as a whole: delete, copy, prune, and knowing where it lies."""

import copy
import random
from collections.abc import Collection, Sequence
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.base import SerializerProtocol

from . import scripts
from .policy import Policy
from .runner import Client, Runner
from .scripts import Call
from .serde import Compact, Widens

_PRUNING = {"keep_latest": scripts.PRUNE, "delete": scripts.FORGET, "delete_all": scripts.FORGET}


class ThreadStore(BaseCheckpointSaver[Any]):
    """The half of the saver that does not look into a checkpoint."""

    def __init__(
        self,
        client: Client,
        ttl: int = 86_400,
        keep: int = 1,
        *,
        fence: bool | None = None,
        serde: SerializerProtocol | None = None,
        prefix: str = "lg",
        max_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        super().__init__(serde=serde or Compact())
        fenced = keep > 0 if fence is None else fence
        self.policy = Policy(ttl=ttl, keep=keep, fence=fenced, max_bytes=max_bytes)
        self.prefix = prefix
        self._runner = Runner(client)

    def key(self, thread_id: str) -> str:
        """The one key of a thread, all of it in one slot of a cluster."""
        return f"{self.prefix}:{{{thread_id}}}"

    async def athreads(self) -> Sequence[str]:
        """Ids of every stored thread, by SCAN: for tools, never for a turn."""
        return self._named(await self._runner.akeys(f"{self.prefix}:{{"))

    def threads(self) -> Sequence[str]:
        """Ids of every stored thread, by SCAN: for tools, never for a turn."""
        return self._named(self._runner.keys(f"{self.prefix}:{{"))

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget everything of a thread."""
        await self._runner.arun(Call(scripts.FORGET, self.key(thread_id)))

    def delete_thread(self, thread_id: str) -> None:
        """Forget everything of a thread."""
        self._runner.run(Call(scripts.FORGET, self.key(thread_id)))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Replace the target by the source, with the time that the source has left."""
        left, fields = await self._runner.arun(Call(scripts.DUMP, self.key(source_thread_id)))
        if fields:
            await self._runner.arun(self._restore(target_thread_id, left, fields))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Replace the target by the source, with the time that the source has left."""
        left, fields = self._runner.run(Call(scripts.DUMP, self.key(source_thread_id)))
        if fields:
            self._runner.run(self._restore(target_thread_id, left, fields))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """`keep_latest` holds one checkpoint a namespace; `delete` and `delete_all` none."""
        for call in self._prune(thread_ids, strategy):
            await self._runner.arun(call)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """`keep_latest` holds one checkpoint a namespace; `delete` and `delete_all` none."""
        for call in self._prune(thread_ids, strategy):
            self._runner.run(call)

    def get_next_version(self, current: str | int | None, channel: None) -> str | int:  # noqa: ARG002 - LangGraph's signature
        """Whole numbers; a thread that LangGraph's server began goes on with its strings."""
        if isinstance(current, str):
            return f"{int(current.partition('.')[0]) + 1:032}.{random.random():.16f}"  # noqa: S311 - tells versions apart, guards nothing
        return (current or 0) + 1

    def with_allowlist(
        self, extra_allowlist: Collection[tuple[str, ...]]
    ) -> BaseCheckpointSaver[Any]:
        """The same saver, its serializer allowed the types of a graph's schemas."""
        if not isinstance(self.serde, Widens):
            return super().with_allowlist(extra_allowlist)
        clone = copy.copy(self)
        clone.serde = self.serde.with_msgpack_allowlist(extra_allowlist)
        return clone

    def _named(self, keys: Sequence[bytes]) -> Sequence[str]:
        return [key.decode()[len(self.prefix) + 2 : -1] for key in keys]

    def _restore(self, thread_id: str, left: int, fields: Sequence[bytes]) -> Call:
        milliseconds = left if left > 0 else self.policy.ttl * 1000
        return Call(scripts.RESTORE, self.key(thread_id), (milliseconds, *fields))

    def _prune(self, thread_ids: Sequence[str], strategy: str) -> Sequence[Call]:
        if strategy not in _PRUNING:
            raise ValueError(f"{strategy!r} is none of {', '.join(_PRUNING)}")
        return [Call(_PRUNING[strategy], self.key(thread_id)) for thread_id in thread_ids]
