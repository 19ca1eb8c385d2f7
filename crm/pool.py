"""Connections to PostgreSQL."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from domain.errors import DatabaseUnusable

# strings, because asyncpg's classes are generic in their stubs only
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Database: TypeAlias = "asyncpg.Pool[asyncpg.Record] | Connection"
"""What runs a single statement: a pool, or a connection inside a transaction."""

UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it stops, starts, or ended the query
    asyncpg.InsufficientResourcesError,  # connections, disk, memory
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # another server takes over
    asyncpg.TransactionRollbackError,  # a deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that died while it was given back to the pool
    OSError,
)
"""What a query raises when PostgreSQL is away or cannot: the query is good, and tried again later.

A message whose turn meets it has not failed by itself.
"""

_JSONB_VERSION = b"\x01"
# an escaped NUL, which jsonb refuses; not a backslash that is followed by "u0000"
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


async def connect(url: str, *, size: int = 10, application: str = "vendedor") -> Pool:
    """A pool of at most `size` connections, each statement bounded to 10 s, times in UTC.

    Raises DatabaseUnusable with one line that holds no password.
    """
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=5,
            command_timeout=10,
            max_inactive_connection_lifetime=300,
            init=_read_jsonb,
            reset=_nothing_to_reset,
            # compiling a statement of a turn would take longer than the turn
            server_settings={"application_name": application, "timezone": "UTC", "jit": "off"},
        )
    except ValueError:
        # its text may hold a part of the password, so neither it nor its cause is shown
        raise DatabaseUnusable("DATABASE_URL is not a postgresql:// address") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise DatabaseUnusable(f"cannot connect to DATABASE_URL: {reason}") from error


def storable(text: str) -> str:
    """What a lead wrote without what `text` cannot hold: NUL, half a surrogate pair.

    Else one such message would fail every commit of its contact.
    """
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


@asynccontextmanager
async def transaction(database: Database) -> AsyncGenerator[Connection]:
    """A transaction of a pool; on a connection, which may be inside one, a part of its own."""
    if isinstance(database, asyncpg.Pool):
        async with database.acquire() as connection, connection.transaction():
            yield connection
    else:
        async with database.transaction():
            yield database


async def _nothing_to_reset(_: Connection) -> None:
    """No statement of ours leaves a setting, a lock or a cursor behind.

    asyncpg ends what is left of a transaction before this; its own reset costs a round trip more
    each time a connection goes back, as much as most statements.
    """


async def _read_jsonb(connection: Connection) -> None:
    # binary, because COPY refuses a text codec
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: _JSONB_VERSION + _NUL.sub(rb"\1\\ufffd", orjson.dumps(value)),
        decoder=lambda data: orjson.loads(data[len(_JSONB_VERSION) :]),
    )
