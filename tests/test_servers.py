import asyncpg
from redis.asyncio import Redis


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
