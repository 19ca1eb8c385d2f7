"""A port whose process dies before or after a call, as a killed worker would."""

import random
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

SPENT: ContextVar[list[float]] = ContextVar("spent")
"""Seconds of each call to a timed port, of the task that set it."""


class Crash(Exception):
    """The process is gone; nothing of ours catches it."""


class Breakable:
    """Passes every call on to `port`. While armed, a part of the calls end in a crash."""

    def __init__(self, port: Any, *, timed: bool = False) -> None:  # noqa: ANN401 - any port
        self._port = port
        self._timed = timed
        self._dice = random.Random(7)
        self.rate = 0.0
        self.crashes = 0

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._port, name)

        async def call(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the port has it
            self._maybe_die()
            started = time.perf_counter()
            try:
                result = await method(*args, **named)
            finally:
                if self._timed:
                    SPENT.get([]).append(time.perf_counter() - started)
            self._maybe_die()
            return result

        return call

    def _maybe_die(self) -> None:
        if self._dice.random() < self.rate:
            self.crashes += 1
            raise Crash
