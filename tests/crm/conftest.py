"""A migrated database of its own, emptied before each test that uses `pool`.

Elsewhere: `from tests.crm.conftest import crm_pool, pool`.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from crm.migrate import migrate
from crm.pool import Pool, connect

# the definition that recall reads; a no-op once the bookings' own migration is there
_BOOKINGS = """
CREATE TABLE IF NOT EXISTS bookings (
    id uuid PRIMARY KEY, contact_id uuid NOT NULL, rep text NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, link text,
    status text NOT NULL CHECK (status IN ('held', 'confirmed', 'cancelled'))
)"""


@contextlib.asynccontextmanager
async def new_database(server_url: str) -> AsyncGenerator[str]:
    """The URL of a database without tables, so that no test empties somebody's own."""
    name = f"vendedor_test_{uuid4().hex}"
    server = await asyncpg.connect(server_url, timeout=10)
    await server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture(scope="session")
async def crm_pool(database_url: str) -> AsyncIterator[Pool]:
    async with new_database(database_url) as url:
        pool = await connect(url)
        await migrate(pool)
        await pool.execute(_BOOKINGS)
        yield pool
        await pool.close()


@pytest.fixture
async def pool(crm_pool: Pool) -> Pool:
    """A pool on a migrated database whose tables are empty; only the audit trail stays."""
    tables = await crm_pool.fetchval(
        "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'audit')"
    )
    await crm_pool.execute(f"TRUNCATE {tables}")
    return crm_pool


@pytest.fixture
async def empty_database(database_url: str) -> AsyncIterator[str]:
    async with new_database(database_url) as url:
        yield url
