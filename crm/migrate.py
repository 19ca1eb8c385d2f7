"""Forward-only migrations: `migrations/NNNN_name.sql`, each in one transaction, in order.

A file that was applied must never change again. An advisory lock lets one process migrate at a
time; it is polled, because a blocked lock holds a snapshot and can deadlock with index builds.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from crm.pool import Connection, Database, Pool, connect
from domain.errors import DatabaseUnusable

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 7_302
_TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
_POLL_SECONDS = 0.1
_FILE_SECONDS = 300.0


@dataclass(frozen=True)
class Migration:
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_all(folder: Path) -> list[Migration]:
    """The folder's migrations in the order in which they are applied."""
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(file.stem, file.read_text(encoding="utf-8")) for file in files]


async def migrate(
    database: "Pool | str", *, folder: Path = MIGRATIONS, wait: float = 60.0
) -> list[str]:
    """Apply what is missing and give its names; `wait` seconds for another migrator to end.

    Raises DatabaseUnusable when an applied file has changed, a file fails, or the wait is over.
    """
    if not isinstance(database, str):
        return await _migrate(database, folder, wait)
    pool = await connect(database, size=1, application="vendedor-migrate")
    try:
        return await _migrate(pool, folder, wait)
    finally:
        await pool.close()


async def pending(connection: Database, *, folder: Path = MIGRATIONS) -> list[str]:
    """The names of the migrations that are not applied yet; for the readiness check.

    Raises DatabaseUnusable when an applied file has changed.
    """
    return [migration.name for migration in await _missing(connection, folder)]


async def _migrate(pool: Pool, folder: Path, wait: float) -> list[str]:
    async with pool.acquire() as connection, _only_migrator(connection, wait):
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        missing = await _missing(connection, folder)
        for migration in missing:
            await _apply(connection, migration)
        return [migration.name for migration in missing]


async def _missing(connection: Database, folder: Path) -> list[Migration]:
    applied = await _applied(connection)
    files = read_all(folder)
    for migration in files:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise DatabaseUnusable(
                f"migration {migration.name} was changed after it was applied: "
                "restore the file and write a new one"
            )
    return [migration for migration in files if migration.name not in applied]


async def _applied(connection: Database) -> dict[str, str]:
    if await connection.fetchval("SELECT to_regclass('migrations') IS NULL"):
        return {}
    rows = await connection.fetch("SELECT name, sha256 FROM migrations")
    return {row["name"]: row["sha256"] for row in rows}


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql, timeout=_FILE_SECONDS)
            await connection.execute(
                "INSERT INTO migrations (name, sha256) VALUES ($1, $2)",
                migration.name,
                migration.sha256,
            )
    except asyncpg.PostgresError as error:
        raise DatabaseUnusable(f"migration {migration.name} failed: {error}") from error


@contextlib.asynccontextmanager
async def _only_migrator(connection: Connection, wait: float) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(wait):
            # the event is another process's, so there is nothing to await but time
            while not await connection.fetchval(_TRY_LOCK, _LOCK):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise DatabaseUnusable(f"another process has been migrating for {wait:g} s") from None
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
