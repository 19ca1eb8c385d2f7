from datetime import UTC, datetime

import asyncpg
import pytest

from crm.pool import UNREACHABLE, Pool, connect
from domain.errors import DatabaseUnusable
from sandbox.servers import free_port


async def test_jsonb_comes_back_as_it_went_in(pool: Pool) -> None:
    plain = {"text": "¿cuánto?", "list": [1, 2.5, None, True]}
    assert await pool.fetchval("SELECT $1::jsonb", plain) == plain


async def test_times_come_back_in_utc(pool: Pool) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert await pool.fetchval("SELECT ($1::timestamptz)::text", now) == "2026-03-01 12:00:00+00"


async def test_an_unreachable_server_is_one_readable_line() -> None:
    with pytest.raises(DatabaseUnusable, match="cannot connect to DATABASE_URL") as error:
        await connect(f"postgresql://ana:s3cr3t@127.0.0.1:{free_port()}/crm")
    assert "s3cr3t" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["mysql://ana:s3cr3t@db/crm", "postgresql://ana:s3cr3t#x@db/crm"])
async def test_an_address_that_cannot_be_read_shows_no_password(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="not a postgresql:// address") as error:
        await connect(url)
    assert "s3cr3t" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "stored"),
    [("\0", "\ufffd"), ("a\0\0b", "a\ufffd\ufffdb"), ("\\u0000", "\\u0000"), ("\\\0", "\\\ufffd")],
)
async def test_jsonb_takes_nul_as_a_replacement(pool: Pool, text: str, stored: str) -> None:
    assert await pool.fetchval("SELECT $1::jsonb", [text]) == [stored]


async def test_a_standby_says_nothing_of_the_query(pool: Pool) -> None:
    """What a worker meets for a minute when another server takes over."""
    with pytest.raises(UNREACHABLE):
        async with pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute("INSERT INTO chores VALUES ('any', now())")


@pytest.mark.parametrize(
    "code", ["40P01", "53100", "55P03", "57014", "58030"],
    ids=["deadlock", "disk full", "lock", "cancelled", "i-o"],
)  # fmt: skip
async def test_what_the_server_cannot_now_says_nothing_of_the_query(pool: Pool, code: str) -> None:
    with pytest.raises(UNREACHABLE):
        await pool.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


async def test_what_the_query_says_is_told_from_it(pool: Pool) -> None:
    with pytest.raises(asyncpg.NotNullViolationError) as error:
        await pool.execute("INSERT INTO chores VALUES ('any', NULL)")
    assert not isinstance(error.value, UNREACHABLE)
