from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError  # noqa: A004 - redis-py's own name

from sandbox.servers import local_redis


async def test_the_local_redis_is_a_real_one(redis: Redis) -> None:
    info = await redis.info("server")
    assert int(info["redis_version"].split(".")[0]) >= 6


async def test_the_local_postgres_is_a_real_one(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert (
            await connection.fetchval("SELECT current_setting('server_version_num')::int") > 140000
        )
    finally:
        await connection.close()


async def test_a_redis_that_a_killed_process_left_is_stopped_before_the_next(
    tmp_path: Path,
) -> None:
    with ExitStack() as killed:
        first = killed.enter_context(local_redis(tmp_path))
        async with Redis.from_url(first) as client:
            await client.set("message", "kept")
        with local_redis(tmp_path) as second:
            async with Redis.from_url(second) as client:
                assert await client.get("message") == b"kept"
            async with Redis.from_url(first, retry=Retry(NoBackoff(), 0)) as client:
                with pytest.raises(ConnectionError):
                    await client.ping()
