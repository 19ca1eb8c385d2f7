"""One process that is kept running: killed by us with -9, restarted whenever it ends."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from chaos.records import Outage, Record

_AGAIN_SECONDS = 0.3
_LOOK_SECONDS = 0.05
_STOP_SECONDS = 30.0
_START_SECONDS = 120.0


class NotStarted(click.ClickException):
    """A process that does not come up."""


@dataclass(frozen=True)
class Command:
    """What to run. `ready` says whether it serves; `user` is who runs it, None for us."""

    name: str
    line: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    ready: Callable[[], Awaitable[bool]]
    user: str | None = None


class Process:
    """`up` is set while it serves. Its output goes to <folder>/<name>.log."""

    def __init__(self, command: Command, record: Record) -> None:
        self.name = command.name
        self.up = asyncio.Event()
        self._log = command.folder / f"{command.name}.log"
        self._command = command
        self._record = record
        self._running: asyncio.subprocess.Process | None = None
        self._killed: float | None = None
        self._down_for = _AGAIN_SECONDS
        self._stopping = False
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, keep it running, and wait until it serves. Raises NotStarted."""
        self._keeping = asyncio.create_task(self._keep())
        await self.serving()

    async def serving(self) -> None:
        """Wait until it serves. Raises NotStarted."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.up.wait()
        except TimeoutError:
            raise NotStarted(f"{self.name} does not come up; its log is {self._log}") from None

    def kill(self, *, down_for: float) -> None:
        """Kill it and its children with -9; it starts again after so many seconds."""
        self._killed, self._down_for = time.monotonic(), down_for
        self.up.clear()
        if self._running and self._running.returncode is None:
            children = _children(self._running.pid)
            self._running.kill()
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    async def stop(self) -> None:
        """End it in good order, or with -9 when it takes too long."""
        self._stopping = True
        if self._keeping is None:
            return
        if self._running and self._running.returncode is None:
            self._running.terminate()
        _, late = await asyncio.wait({self._keeping}, timeout=_STOP_SECONDS)
        if late:
            self.kill(down_for=0)
            await asyncio.wait(late)

    async def _keep(self) -> None:
        ended: tuple[float, bool] | None = None
        while not self._stopping:
            self._killed = None
            running = await self._spawn()
            self._running = running
            served = await self._serves(running)
            if served and ended:
                self._note(*ended)
            await running.wait()
            self.up.clear()
            if served:
                ended = (self._killed or time.monotonic(), self._killed is None)
            await asyncio.sleep(0 if self._stopping else self._down_for)
            self._down_for = _AGAIN_SECONDS

    def _note(self, at: float, by_itself: bool) -> None:  # noqa: FBT001 - the pair as it was kept
        self._record.add(
            Outage(process=self.name, killed=at, ready=time.monotonic(), by_itself=by_itself)
        )

    async def _serves(self, running: asyncio.subprocess.Process) -> bool:
        """Wait until it is ready; false when it ended before."""
        while running.returncode is None:
            if await self._command.ready():
                self.up.set()
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command.line,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self._command.environment),
                cwd=self._command.folder,
                user=self._command.user,
                # Ctrl-C stops us first, then we stop it
                start_new_session=True,
            )


def _children(pid: int) -> list[int]:
    """PostgreSQL's backends lead sessions of their own, so no process group has them.

    Where there is no /proc they end by themselves: they see that their parent is gone.
    """
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []
