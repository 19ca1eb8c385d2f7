"""All that the two stores hold, as bytes: for looking for somebody who should not be there."""

import base64
from io import BytesIO
from typing import Any, cast

from redis.asyncio import Redis

from crm.pool import Pool

_TABLES = """
SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
"""


async def dumped(pool: Pool) -> dict[str, bytes]:
    """Every row of every table as PostgreSQL's own COPY writes it, by table."""
    tables = [row[0] for row in await pool.fetch(_TABLES)]
    return {table: await _copied(pool, table) for table in tables}


async def held(redis: Redis) -> dict[str, bytes]:
    """Every key of this Redis with its value, by key."""
    keys = cast("list[bytes]", [key async for key in redis.scan_iter()])  # type: ignore[reportUnknownVariableType]  # redis-py's stubs
    return {key.decode(): key + b" " + await _value(redis, key) for key in keys}


def traces(store: dict[str, bytes], *texts: str) -> list[tuple[str, str]]:
    """Where one of the texts stands, in whatever case, or within base64 or hexadecimal."""
    return [
        (place, text)
        for place, content in store.items()
        for small in [content.lower()]
        for text in texts
        if text.lower().encode() in small
        or text.encode().hex().encode() in small
        or any(form in content for form in _in_base64(text.encode()))
    ]


def _in_base64(text: bytes) -> list[bytes]:
    """What base64 makes of the text in each of the three places in which it may begin."""
    forms: list[bytes] = []
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + text)
        first = -(-before * 4 // 3) + (1 if before else 0)
        forms.append(whole[first : (before + len(text)) // 3 * 4])
    return forms


async def _copied(pool: Pool, table: str) -> bytes:
    out = BytesIO()
    async with pool.acquire() as connection:
        await connection.copy_from_table(table.strip('"'), output=out)
    return out.getvalue()


async def _value(redis: Redis, key: bytes) -> bytes:
    kind = cast("bytes", await redis.type(key))
    if kind == b"none":
        return b""  # it expired meanwhile
    commands: dict[bytes, tuple[Any, ...]] = {
        b"string": ("GET", key),
        b"list": ("LRANGE", key, 0, -1),
        b"hash": ("HGETALL", key),
        b"set": ("SMEMBERS", key),
        b"zset": ("ZRANGE", key, 0, -1, "WITHSCORES"),
        b"stream": ("XRANGE", key, "-", "+"),
    }
    return _flat(cast("object", await redis.execute_command(*commands[kind])))


def _flat(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return _flat([*cast("dict[bytes, bytes]", value).items()])
    if isinstance(value, list | tuple | set):
        return b" ".join(map(_flat, cast("list[object]", value)))
    return str(value).encode()
