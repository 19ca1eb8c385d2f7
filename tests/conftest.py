"""Real servers for the whole run: REDIS_URL and DATABASE_URL when set, else local ones."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis.asyncio import Redis

from sandbox.servers import local_postgres, local_redis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    with local_redis(tmp_path_factory.mktemp("redis"), appendonly=False) as url:
        yield url


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    # not in pytest's own folder: PostgreSQL runs as another user, and a second pytest closes it
    with TemporaryDirectory(prefix="vendedor-test-") as folder, local_postgres(Path(folder)) as url:
        yield url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client on an empty database."""
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The published test data beside the project; tests that need it skip where it is absent."""
    folder = Path(__file__).parent.parent.parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("no ../shared/corpora beside the project")
    return folder
