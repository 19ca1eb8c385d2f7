"""How a command runs: on a loop of its own, with errors that can be read."""

import asyncio
import sys
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import uvloop

from domain.errors import VendedorError
from logs import configure
from settings import Role, Settings

Result = TypeVar("Result")

_CANCELLATIONS = 20
_CANCELLATION_SECONDS = 0.1

WRONG_SETTINGS = 2
"""The exit code when the process cannot start as it was told to."""


def settings_of(role: Role) -> Settings:
    """Those of the environment, and logs as they say. Raises SettingsError."""
    settings = Settings.load(role)
    configure(settings.log_level)
    return settings


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it on a loop of its own, and leave nothing behind."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_to_the_end(work))


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Whatever is left is cancelled until it is gone: a task may miss one cancellation.

    Python 3.11's `asyncio.wait_for` loses one that comes together with what it waits for
    (github.com/python/cpython/issues/86296), and the runner, which cancels once, waits for ever.
    """
    try:
        return await work
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for _ in range(_CANCELLATIONS):
            if not left:
                break
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_CANCELLATION_SECONDS)


@contextmanager
def readable_errors() -> Generator[None]:
    """What is wrong with settings, ports and servers: a line each on stderr, and exit code 2."""
    try:
        yield
    except* VendedorError as group:
        for problem in _problems(group):
            click.echo(f"vendedor: {problem}", err=True)
        sys.exit(WRONG_SETTINGS)


def _problems(group: BaseExceptionGroup[VendedorError]) -> Iterator[str]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _problems(error)
        else:
            yield from str(error).splitlines()
