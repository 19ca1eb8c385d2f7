"""A LangGraph checkpointer on plain Redis: one hash a thread, one script an operation."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_serializable_checkpoint_metadata,
)

from . import scripts
from .errors import StaleThread
from .policy import expires_at, plain
from .records import Found, config_of, pack_checkpoint, pack_writes, unpack
from .scripts import Call
from .selection import Address, Selection
from .threads import ThreadStore

_PAGE = 32


class RedisSaver(ThreadStore):
    """Keeps the state of threads in Redis 6.2 or later, Valkey, or a cluster of either.

    `ttl` is in seconds from each write, unless `configurable.expires_at` (epoch seconds) says
    when the thread ends; reads do not prolong it. `keep` is the number of checkpoints held for
    each namespace, 0 for all. `fence` refuses a put that does not follow the newest checkpoint
    (StaleThread): on by default unless everything is kept, because forks need it off.
    `max_bytes` bounds one blob (TooLarge). `client` may be an asyncio or a blocking one.
    """

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The newest checkpoint, or the one that the config names."""
        at = Address.of(config)
        found = await self._runner.arun(self._read(at.thread_id, [(at.ns, at.checkpoint_id)]))
        return next(self._tuples(at.thread_id, found), None)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The newest checkpoint, or the one that the config names."""
        at = Address.of(config)
        found = self._runner.run(self._read(at.thread_id, [(at.ns, at.checkpoint_id)]))
        return next(self._tuples(at.thread_id, found), None)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 - a checkpoint is stored whole
    ) -> RunnableConfig:
        """Raises StaleThread when fenced off, TooLarge, or the serializer's error."""
        stored = await self._runner.arun(self._put(config, checkpoint, metadata))
        return _placed(config, checkpoint, stored=stored)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 - a checkpoint is stored whole
    ) -> RunnableConfig:
        """Raises StaleThread when fenced off, TooLarge, or the serializer's error."""
        stored = self._runner.run(self._put(config, checkpoint, metadata))
        return _placed(config, checkpoint, stored=stored)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store a task's writes; they may come before their checkpoint or after the next one."""
        if writes:
            await self._runner.arun(self._put_writes(config, writes, task_id, task_path))

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store a task's writes; they may come before their checkpoint or after the next one."""
        if writes:
            self._runner.run(self._put_writes(config, writes, task_id, task_path))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first within a thread; without a config, thread after thread by SCAN."""
        chosen = Selection.of(config, filter, before, limit)
        for thread_id in chosen.threads or await self.athreads():
            ids = chosen.order(await self._runner.arun(Call(scripts.IDS, self.key(thread_id))))
            for page in _pages(ids):
                if chosen.full:
                    return
                found = await self._runner.arun(self._read(thread_id, page))
                for item in chosen.take(self._tuples(thread_id, found)):
                    yield item

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Newest first within a thread; without a config, thread after thread by SCAN."""
        chosen = Selection.of(config, filter, before, limit)
        for thread_id in chosen.threads or self.threads():
            ids = chosen.order(self._runner.run(Call(scripts.IDS, self.key(thread_id))))
            for page in _pages(ids):
                if chosen.full:
                    return
                found = self._runner.run(self._read(thread_id, page))
                yield from chosen.take(self._tuples(thread_id, found))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Drop what these runs stored, in any thread: reads all of them, for maintenance only."""
        if not run_ids:
            return
        async for item in self.alist(None):
            if item.metadata.get("run_id") in run_ids:
                await self._runner.arun(self._drop(item))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Drop what these runs stored, in any thread: reads all of them, for maintenance only."""
        if not run_ids:
            return
        for item in self.list(None):
            if item.metadata.get("run_id") in run_ids:
                self._runner.run(self._drop(item))

    def _read(self, thread_id: str, wanted: Iterable[tuple[str, str]]) -> Call:
        return Call(scripts.READ, self.key(thread_id), [part for name in wanted for part in name])

    def _tuples(self, thread_id: str, found: Iterable[Any]) -> Iterator[CheckpointTuple]:
        for entry in found:
            yield unpack(self.serde, thread_id, Found(*entry))

    def _put(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata
    ) -> Call:
        at = Address.of(config)
        kept = get_serializable_checkpoint_metadata(config, metadata)
        blob = pack_checkpoint(self.serde, checkpoint, kept, at.checkpoint_id)
        return Call(
            scripts.PUT,
            self.key(at.thread_id),
            (
                *(plain(at.ns), plain(checkpoint["id"]), plain(at.checkpoint_id)),
                *(self.policy.admit(blob), int(self.policy.fence), self.policy.keep),
                *(self.policy.ttl, expires_at(config)),
            ),
        )

    def _put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str,
    ) -> Call:
        at = Address.of(config)
        packed = pack_writes(self.serde, writes, plain(task_id), task_path)
        return Call(
            scripts.PUT_WRITES,
            self.key(at.thread_id),
            (
                *(plain(at.ns), plain(at.checkpoint_id), self.policy.ttl, expires_at(config)),
                *(
                    part
                    for name, again, blob in packed
                    for part in (name, int(again), self.policy.admit(blob))
                ),
            ),
        )

    def _drop(self, item: CheckpointTuple) -> Call:
        at = Address.of(item.config)
        return Call(scripts.DROP, self.key(at.thread_id), (at.ns, at.checkpoint_id))


def _pages(ids: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _placed(config: RunnableConfig, checkpoint: Checkpoint, *, stored: int) -> RunnableConfig:
    at = Address.of(config)
    if not stored:
        raise StaleThread(
            f"the run started from {at.checkpoint_id or 'an empty thread'}, "
            "which is not the newest checkpoint any more"
        )
    return config_of(at.thread_id, at.ns, checkpoint["id"])
