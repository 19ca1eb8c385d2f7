"""Servers and processes of a benchmark's own, each on the core that it is given."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr
from redis import Redis

from crm import migrate, pool
from sandbox.servers import local_postgres, local_redis
from settings import Settings

SPAWN = multiprocessing.get_context("spawn")
SECRET = "the app secret of the benchmarks"  # noqa: S105 - of a server that lives for a minute
NUMBER = "1122334455667"
_CALENDAR_USER = (
    '{"type": "authorized_user", "refresh_token": "none", "client_id": "none",'
    ' "client_secret": "none", "token_uri": "http://127.0.0.1:1/token"}'
)
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Servers:
    """A Redis and a PostgreSQL that nobody else uses."""

    redis_url: str
    database_url: str
    folder: Path

    def sync_with(self, policy: str) -> None:
        """Redis's `appendfsync`: everysec or always."""
        with Redis.from_url(self.redis_url) as redis:
            redis.config_set("appendfsync", policy)

    def settings(self, outside: str = "http://127.0.0.1:1", **more: object) -> Settings:
        """Of a company whose outside world is at `outside`."""
        return Settings.model_validate({
            "redis_url": self.redis_url,
            "database_url": self.database_url,
            "openai_api_key": SecretStr("none"),
            "openai_base_url": f"{outside}/v1",
            "whatsapp_token": SecretStr("none"),
            "whatsapp_phone_number_id": NUMBER,
            "whatsapp_app_secret": SecretStr(SECRET),
            "whatsapp_verify_token": SecretStr("verify"),
            "whatsapp_api_url": outside,
            "google_calendar_api_url": outside,
            "google_calendar_credentials": SecretStr(_CALENDAR_USER),
            "vendedor_secret_key": SecretStr("a secret for the benchmarks"),
            "log_level": "ERROR",  # there is no calendar
            **more,
        })  # fmt: skip

    def cpu(self) -> tuple[float, float]:
        """CPU seconds that Redis and PostgreSQL took so far."""
        with Redis.from_url(self.redis_url) as redis:
            redis_pid = int(redis.info("server")["process_id"])
        pid_file = self.folder / "postgres" / "postmaster.pid"
        return cpu_of(redis_pid), cpu_of(int(pid_file.read_text().splitlines()[0]))


@contextlib.contextmanager
def servers() -> Generator[Servers]:
    """Start them, with an append-only file and the tables; they share the core of whoever calls.

    From then on SIGTERM ends the benchmark as Ctrl-C does, and takes them along.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    signal.signal(signal.SIGTERM, _interrupt)
    with (
        tempfile.TemporaryDirectory(prefix="vendedor-bench-") as folder,
        local_redis(Path(folder)) as redis_url,
        local_postgres(Path(folder)) as database_url,
    ):
        asyncio.run(_migrate(database_url))
        yield Servers(redis_url, database_url, Path(folder))


async def _migrate(database_url: str) -> None:
    database = await pool.connect(database_url, size=1)
    try:
        await migrate.migrate(database)
    finally:
        await database.close()


def _interrupt(_: int, __: object) -> None:
    signal.raise_signal(signal.SIGINT)


def pin(core: int | None, pid: int = 0) -> None:
    """Keep a process (0: this one) on one core, None: on any, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        count = os.cpu_count() or 1
        os.sched_setaffinity(pid, set(range(count)) if core is None else {core % count})


def cpu_of(pid: int) -> float:
    """CPU seconds that a process and its children took, user and system."""
    whole = psutil.Process(pid)
    seconds = 0.0
    for process in [whole, *whole.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


@contextlib.contextmanager
def serving(work: Callable[..., None], *args: object, core: int, port: int) -> Generator[int]:
    """Run a function in a process of its own until it listens; gives its process id."""
    process = SPAWN.Process(target=_pinned, args=(core, work, *args), daemon=True)
    process.start()
    try:
        wait_for_port(port)
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


def _pinned(core: int, work: Callable[..., None], *args: object) -> None:
    pin(core)
    work(*args)


@contextlib.contextmanager
def vendedor(
    role: str, settings: Settings, core: int | None
) -> Generator["subprocess.Popen[bytes]"]:
    """`vendedor ROLE` as an operator runs it, listening; killed on exit."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", role],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, **_environment(settings)},
    )
    pin(core, process.pid)
    try:
        wait_for_port(settings.port, process)
        yield process
    finally:
        process.kill()
        process.wait()


def _environment(settings: Settings) -> Mapping[str, str]:
    given = settings.model_dump(exclude_none=True, exclude_defaults=True)
    return {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in given.items()
    }


def wait_for_port(port: int, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until somebody listens; raises TimeoutError, at once when the process has ended."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens at port {port}")


def quantile(values: list[float], share: float) -> float:
    """Of unsorted values; the largest for a share of 1."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def load() -> str:
    """How busy the machine is, to print beside the figures."""
    return f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
