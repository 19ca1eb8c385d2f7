"""Redis clients that fail in seconds instead of hanging, for idempotent commands only.

redis-py repeats a command ten times by default, an INCR too, and takes a minute to give up on a
silent server. These repeat once: every script of this package may run twice.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry as SyncRetry

_CONNECTIONS: Final = 32
_WAIT_FOR_CONNECTION: Final = 2
_RETRIES: Final = 1
_SECONDS: Final = 1.5
_HEALTH_CHECK_SECONDS: Final = 30
_ADDRESS: Final = frozenset(
    {"host", "port", "path", "db", "username", "password", "credential_provider", "protocol"}
)


class _Cancellable(AbstractConnection):
    """Is over when it is cancelled: redis-py sends by `asyncio.wait_for`.

    That loses a cancellation which comes as its work ends, before Python 3.12 (python/cpython
    issue 86296), and a task that is meant to stop would go on for ever.
    """

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001, FBT002 - redis-py's signature
    ) -> None:
        before = _cancellations()
        await super().send_packed_command(command, check_health)
        if _cancellations() > before:
            await self.disconnect(nowait=True)  # nobody will read the answer
            raise asyncio.CancelledError


class _Plain(_Cancellable, Connection):
    pass


class _Tls(_Cancellable, SSLConnection):
    pass


class _Unix(_Cancellable, UnixDomainSocketConnection):
    pass


_KINDS: Final[dict[type[AbstractConnection], type[_Cancellable]]] = {
    Connection: _Plain,
    SSLConnection: _Tls,
    UnixDomainSocketConnection: _Unix,
}


def connect(
    url: str, *, name: str = "checkpoints", timeout: float = _SECONDS, retries: int = _RETRIES
) -> Redis:
    """An asyncio client whose pool waits for a free connection; closing it closes the pool.

    `timeout` is in seconds for each try; a silent server raises after at most four of them.
    `retries` 0 is for commands that must not run twice.
    """
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_WAIT_FOR_CONNECTION,
        retry=Retry(_backoff(), retries),
        client_name=name,
        **_timeouts(timeout),
    )
    pool.connection_class = _KINDS[pool.connection_class]
    return Redis.from_pool(pool)


def connect_sync(url: str, *, name: str = "checkpoints", timeout: float = _SECONDS) -> redis.Redis:
    """The same for scripts without an event loop."""
    pool: redis.BlockingConnectionPool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_WAIT_FOR_CONNECTION,
        retry=SyncRetry(_backoff(), _RETRIES),
        client_name=name,
        **_timeouts(timeout),
    )
    return redis.Redis.from_pool(pool)


def sync_twin(client: Redis) -> redis.Redis:
    """A blocking client for the same server, database and credentials."""
    pool = client.connection_pool
    given: dict[str, Any] = pool.connection_kwargs
    address = {k: v for k, v in given.items() if k in _ADDRESS or k.startswith("ssl_")}
    twin = redis.BlockingConnectionPool(
        max_connections=_CONNECTIONS,
        timeout=_WAIT_FOR_CONNECTION,
        connection_class=_sync_kind(pool.connection_class),
        retry=SyncRetry(_backoff(), _RETRIES),
        **address,
        **_timeouts(given.get("socket_timeout") or _SECONDS),
    )
    return redis.Redis.from_pool(twin)


def _cancellations() -> int:
    """How often the running task was asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _timeouts(seconds: float) -> dict[str, Any]:
    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "health_check_interval": _HEALTH_CHECK_SECONDS,
    }


def _backoff() -> ExponentialWithJitterBackoff:
    return ExponentialWithJitterBackoff(cap=0.2, base=0.05)


def _sync_kind(kind: type[Any]) -> type[Any]:
    if issubclass(kind, SSLConnection):
        return redis.SSLConnection
    if issubclass(kind, UnixDomainSocketConnection):
        return redis.UnixDomainSocketConnection
    return redis.Connection
