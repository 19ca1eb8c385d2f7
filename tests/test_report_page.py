"""The page is closed without the token, and loads nothing."""

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
