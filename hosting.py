"""Run apps and loops in one process until a signal, then let each finish."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Generator

import uvicorn
from starlette.types import ASGIApp

from domain.errors import PartEnded, SettingsError

Part = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then winds down."""

_KEEP_ALIVE_SECONDS = 75
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """`run_until_signal` has them: several servers and loops stop together."""
        yield


def serving(app: ASGIApp, listener: socket.socket, *, drain_seconds: float) -> Part:
    """Serve an app on a socket; on stop, requests under way get `drain_seconds`."""

    async def part(stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing reads where a request came from
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=round(drain_seconds),
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await running

    return part


def listen(host: str, port: int, what: str) -> socket.socket:
    """A listening socket; raises SettingsError with one line when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError, TypeError) as error:
        listener.close()
        # the last two: a port past the last one, a host that no name can be
        reason = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
        raise SettingsError(
            f"cannot listen at {host}:{port} ({what}): {reason}. Set HOST or PORT"
        ) from None
    return listener


async def run_until_signal(*parts: Part) -> None:
    """Run all parts until SIGINT or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wind_down() -> None:
        stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, wind_down)
    gc.collect()
    gc.freeze()  # or each full collection looks through every module again: 0.2 s without a turn
    await run_until(stop, *parts)


async def run_until(stop: asyncio.Event, *parts: Part) -> None:
    """Run all parts until `stop`; the failure of one stops the others too.

    Raises PartEnded, after the others have wound down, when one ended before it was told to.
    """
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(_stopping_all(part, stop))


async def _stopping_all(part: Part, stop: asyncio.Event) -> None:
    try:
        await part(stop)
        too_early = not stop.is_set()
    finally:
        stop.set()
    if too_early:
        raise PartEnded(f"a part of the process ended by itself: {part.__qualname__}")
