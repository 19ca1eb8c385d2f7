"""The report of a running company: behind the token, readable on a phone, and from the terminal."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import async_playwright
from pydantic import SecretStr

from domain.errors import SettingsError
from reports import told
from tests.e2e.conftest import Company, fresh, running
from tests.sandbox.test_chat_page import ARGUMENTS, CHROMIUM

TOKEN = "a token of the tests"


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """One that has talked to a lead, and handed him over."""
    async with fresh(redis_url, database_url) as new:
        settings = new.model_copy(update={"vendedor_api_token": SecretStr(TOKEN)})
        async with running(settings) as company:
            await company.says("5215511112222", "hola")
            await company.says("5215511112222", "quiero hablar con una persona")
            yield company


@pytest.mark.parametrize("password", [None, "wrong", ""])
async def test_production_shows_nothing_without_the_token(
    company: Company, password: str | None
) -> None:
    auth = None if password is None else ("me", password)
    async with httpx.AsyncClient(auth=auth) as client:
        answer = await client.get(f"{company.webhook}/report")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_token_whoever_comes_from_outside_finds_no_report(
    redis_url: str, database_url: str
) -> None:
    async with fresh(redis_url, database_url) as new:
        open_to_all = new.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 - binds nothing here
        async with running(open_to_all, working=False) as company, httpx.AsyncClient() as client:
            answer = await client.get(f"{company.webhook}/report")
            page = company.graph.leads.root.removesuffix("/graph")
            state = (await client.get(f"{page}/chat/state")).json()
    assert answer.status_code == 404
    assert state["report"] is None


async def test_the_token_opens_the_page_and_the_chat_page_leads_there(company: Company) -> None:
    page = company.graph.leads.root.removesuffix("/graph")
    async with httpx.AsyncClient(auth=("", TOKEN)) as client:
        state = (await client.get(f"{page}/chat/state")).json()
        answer = await client.get(state["report"], params={"since": "24h"})
    assert answer.status_code == 200
    assert "<dt>asked</dt><dd>1</dd>" in answer.text


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine")
@pytest.mark.parametrize("width", [1280, 390])
async def test_the_page_fits_and_loads_nothing_else(company: Company, width: int) -> None:
    asked: list[str] = []
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = await browser.new_page(
            viewport={"width": width, "height": 850},
            http_credentials={"username": "me", "password": TOKEN},
        )
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        await page.goto(f"{company.webhook}/report")
        whole = await page.evaluate("document.documentElement.scrollWidth")
        bars = await page.locator("rect").evaluate_all(
            "all => all.map(bar => bar.getBoundingClientRect().width)"
        )
        await browser.close()
    assert whole <= width
    assert set(asked) == {f"{company.webhook}/report"}
    # the browser tells of the 401 by which the page asked for the password
    assert [text for text in said if "401" not in text] == []
    assert max(bars) > width / 3


async def test_a_wrong_period_is_told_in_one_line(company: Company) -> None:
    settings = company.services.stores.settings
    with pytest.raises(SettingsError) as wrong:
        await told(settings, "yesterday", as_json=False)
    assert str(wrong.value) == "--since takes 30d, 12h or a date like 2026-11-01"
    assert "asked" in await told(settings, "1d", as_json=False)
