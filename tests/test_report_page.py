"""The page is closed without the token, and loads nothing."""

import asyncio
from base64 import b64encode
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from crm.pool import Pool
from domain.report import PRICES
from report_route import report_route
from tests.crm.conftest import crm_pool, pool

__all__ = ["crm_pool", "pool"]

TOKEN = b"0123456789abcdef"
_WAITING = """
SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def client(pool: Pool, token: bytes | None) -> httpx.AsyncClient:
    app = Starlette(routes=[report_route(pool, ZoneInfo("Europe/Madrid"), PRICES, token)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


def basic(password: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(b"me:" + password).decode()}


@pytest.mark.parametrize("headers", [{}, basic(b"wrong"), {"Authorization": "Basic é"}, basic(b"")])
async def test_without_the_token_there_is_no_report(pool: Pool, headers: dict[str, str]) -> None:
    encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    async with client(pool, TOKEN) as http:
        answer = await http.get("/report", headers=httpx.Headers(encoded))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


async def test_with_the_token_the_page_shows_an_empty_business(pool: Pool) -> None:
    async with client(pool, TOKEN) as http:
        answer = await http.get("/report", headers=basic(TOKEN))
    assert answer.status_code == 200
    assert "<svg" in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("since", ["x", "99999d999", "9999-01-01", "-1d"])
async def test_a_wrong_period_is_refused(pool: Pool, since: str) -> None:
    async with client(pool, None) as http:
        answer = await http.get("/report", params={"since": since})
    assert answer.status_code == 400


async def test_however_many_ask_they_take_one_connection(pool: Pool) -> None:
    async with pool.acquire() as other, client(pool, None) as http:
        busy = other.transaction()
        await busy.start()
        await other.execute("LOCK TABLE turns IN ACCESS EXCLUSIVE MODE")
        asked = [asyncio.create_task(http.get("/report")) for _ in range(5)]
        async with asyncio.timeout(10):
            while not await pool.fetchval(_WAITING):  # noqa: ASYNC110 - PostgreSQL rings no bell
                await asyncio.sleep(0.01)
        in_use = pool.get_size() - pool.get_idle_size()
        await busy.rollback()
        answers = await asyncio.gather(*asked)
    assert in_use == 2  # the report's, and the one that made it wait
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_the_page_says_which_period_it_shows(pool: Pool) -> None:
    async with client(pool, None) as http:
        answer = await http.get("/report", params={"since": "7d"})
    assert '<a href="?since=7d" aria-current=page>7 days</a>' in answer.text
    assert answer.text.count("aria-current") == 2  # the style names it too
