"""A saver for looking at live threads: whatever would write raises ReadOnly."""

from typing import NoReturn

from .errors import ReadOnly
from .saver import RedisSaver


class ReadOnlySaver(RedisSaver):
    """Shows what RedisSaver stored, so that Studio cannot fight a running turn."""

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


def _refuse() -> NoReturn:
    raise ReadOnly("this saver only looks at threads: the running service alone writes them")
