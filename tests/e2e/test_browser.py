"""A newcomer at the chat page: the whole product answers, in a real browser."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.e2e.conftest import Company
from tests.sandbox.test_chat_page import ARGUMENTS, CHROMIUM, CURRENT, say

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]

SECONDS = 20_000
REPLIES = "#thread .theirs:not(.typing)"

CONVERSATIONS = {
    "es": ("hola", "Soy Ana y busco paneles solares para mi casa", "bajar la factura de luz",
           "unos 8 mil dólares", "decido yo", "en enero"),
    "en": ("hi", "I'm John and I want solar panels for my house", "lower my power bill",
           "around 5k dollars", "I decide", "in two weeks"),
    "pt": ("oi", "Meu nome é João e quero energia solar", "reduzir a conta de luz",
           "uns 10 mil reais", "eu mesmo decido", "ainda este ano"),
}  # fmt: skip


@pytest.fixture
async def page(company: Company) -> AsyncGenerator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 850})
        page.set_default_timeout(SECONDS)
        await page.goto(company.graph.leads.root.removesuffix("/graph") + "/chat/")
        await expect(page.locator(CURRENT)).to_have_count(1)
        yield page
        await browser.close()


@pytest.mark.parametrize("language", CONVERSATIONS)
async def test_a_newcomer_is_led_to_a_booked_call(page: Page, language: str) -> None:
    expect.set_options(timeout=SECONDS)
    for number, line in enumerate(CONVERSATIONS[language]):
        await say(page, line)
        await expect(page.locator(REPLIES).nth(number)).to_be_visible()
    await page.locator("#thread .theirs button").first.click()
    await page.locator("#rows input").first.check()
    await page.press("#rows input >> nth=0", "Enter")
    await expect(page.locator("#knowledge")).to_contain_text("Booked call")
    await expect(page.locator("#knowledge")).to_contain_text(f"Language: {language}")


async def test_a_newcomer_asks_for_a_person(page: Page, company: Company) -> None:
    expect.set_options(timeout=SECONDS)
    await say(page, "quiero hablar con una persona")
    await expect(page.locator("#knowledge")).to_contain_text("Handoff")
    await expect(page.locator(REPLIES).first).to_contain_text("persona")
    handoffs = await company.fetch("SELECT reason FROM handoffs")
    assert [row["reason"] for row in handoffs] == ["asked"]
