"""A saver for looking at live threads: whatever would write raises ReadOnly."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from langgraph.checkpoint.base import CheckpointTuple

from .errors import ReadOnly
from .saver import RedisSaver


class ReadOnlySaver(RedisSaver):
    """Shows what RedisSaver stored, so that Studio cannot fight a running turn.

    Versions come as strings: LangGraph's server compares them with its own, and would stumble over
    a number before it learns that it may not write.
    """

    def _tuples(self, thread_id: str, found: Iterable[Any]) -> Iterator[CheckpointTuple]:
        for item in super()._tuples(thread_id, found):
            checkpoint = item.checkpoint.copy()
            checkpoint["channel_versions"] = _texts(checkpoint["channel_versions"])
            seen = checkpoint["versions_seen"]
            checkpoint["versions_seen"] = {node: _texts(by) for node, by in seen.items()}
            yield item._replace(checkpoint=checkpoint)

    async def aput(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def put(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    async def aput_writes(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def put_writes(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    async def adelete_thread(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def delete_thread(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    async def adelete_for_runs(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def delete_for_runs(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    async def acopy_thread(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def copy_thread(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    async def aprune(self, *_: object, **__: object) -> NoReturn:
        _refuse()

    def prune(self, *_: object, **__: object) -> NoReturn:
        _refuse()


def _texts(versions: Mapping[str, str | int | float]) -> dict[str, str | int | float]:
    return {name: f"{v:032}" if isinstance(v, int) else v for name, v in versions.items()}


def _refuse() -> NoReturn:
    raise ReadOnly("this saver only looks at threads: the running service alone writes them")
