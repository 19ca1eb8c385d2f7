"""The chat page in Chromium, with a scripted company behind the webhook."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from sandbox.graph_api import GraphApi
from tests.sandbox.chat_business import NOTICE, PDF, AnsweringBusiness, chat_server
from tests.sandbox.graph_business import until

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CURRENT = "#chats .chat[aria-current]"
FIRST_BUBBLE = "#thread .bubble >> nth=0"


@dataclass(frozen=True)
class Site:
    url: str
    graph: GraphApi
    business: AnsweringBusiness


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def site() -> AsyncGenerator[Site]:
    """One server for all: every test comes with a browser that has no history."""
    async with chat_server() as (url, graph, business):
        yield Site(url, graph, business)


@pytest.fixture
async def business(site: Site) -> AnsweringBusiness:
    """The company, having heard nothing yet."""
    site.business.bodies.clear()
    return site.business


@pytest.fixture
async def page(browser: Browser, site: Site) -> AsyncGenerator[Page]:
    """The page with a new chat; the test fails when an error was written to the console."""
    errors: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    page = await context.new_page()
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(site.url)
    await expect(page.locator(CURRENT)).to_have_count(1)
    yield page
    await context.close()
    assert errors == []


async def say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def test_a_message_is_sent_ticked_and_answered(
    page: Page, business: AnsweringBusiness
) -> None:
    await expect(page.locator("#notices")).to_have_text(NOTICE)
    await say(page, "hola")
    await expect(page.locator(".mine .ticks.read")).to_have_count(1)
    await expect(page.locator(".theirs strong")).to_have_text("hola")
    await expect(page.locator("#thread .day")).to_have_text("Today")
    await until(lambda: "read" in [status["status"] for status in business.statuses])
    assert business.messages[0]["text"]["body"] == "hola"


async def test_the_company_is_seen_typing(page: Page) -> None:
    await say(page, "escribe")
    await expect(page.locator(".bubble.typing")).to_be_visible()
    await expect(page.locator("#subtitle")).to_have_text("The company is typing…")


async def test_buttons_and_a_list_answer_with_their_ids(
    page: Page, business: AnsweringBusiness
) -> None:
    await say(page, "botones")
    await page.click("text=Sí, agendar")
    await expect(page.locator(".mine blockquote")).to_contain_text("¿Quieres una llamada?")
    await expect(page.locator('[aria-pressed="true"]')).to_have_text("Sí, agendar")
    await say(page, "lista")
    await page.click("text=Ver horas")
    await page.press("#rows input >> nth=0", "ArrowDown")
    await page.press("#rows input >> nth=1", "Enter")
    await expect(page.locator("#picker")).to_be_hidden()
    await until(lambda: len(business.messages) == 4)
    replies = [m["interactive"] for m in business.messages if m["type"] == "interactive"]
    assert replies[0]["button_reply"]["id"] == "yes"
    assert replies[1]["list_reply"]["id"] == "slot:11"


async def test_a_document_opens_as_it_was_sent(page: Page) -> None:
    await say(page, "documento")
    file = page.locator(".theirs .file")
    await expect(file).to_contain_text("precios.pdf")
    async with page.context.expect_page() as opened:
        await file.click()
    document = await page.context.request.get((await opened.value).url)
    assert document.headers["content-type"] == "application/pdf"
    assert await document.body() == PDF


async def test_a_lead_sends_a_document_and_a_place(
    page: Page, business: AnsweringBusiness, tmp_path: Path
) -> None:
    paper = tmp_path / "pedido.pdf"
    paper.write_bytes(PDF)
    await page.set_input_files("#file", paper)
    await expect(page.locator(".mine .file .name")).to_have_text("pedido.pdf")
    await page.click("#attach")
    await page.click("#attach-place")
    await expect(page.locator(".mine .place")).to_be_visible()
    await until(lambda: len(business.messages) == 2)
    assert business.messages[0]["document"]["filename"] == "pedido.pdf"


async def test_another_number_is_another_chat(page: Page, business: AnsweringBusiness) -> None:
    await say(page, "uno")
    await expect(page.locator(".theirs")).to_have_count(1)
    await page.click("#new-chat")
    await page.select_option("#opener-country", "BR")
    await page.fill("#opener-name", "João")
    await page.press("#opener-name", "Enter")
    await expect(page.locator(f"{CURRENT} .title")).to_have_text("João")
    await expect(page.locator("#thread .bubble")).to_have_count(0)
    await say(page, "dois")
    await until(lambda: len(business.messages) == 2)
    first, second = (value["contacts"][0] for value in business.values if "messages" in value)
    assert second["wa_id"].startswith("55")
    assert second["profile"]["name"] == "João"
    await page.click(f'[data-phone="{first["wa_id"]}"]')
    await expect(page.locator(FIRST_BUBBLE)).to_contain_text("uno")


async def test_foreign_text_stays_text(page: Page) -> None:
    attack = '<script>document.title="x"</script><img src=x onerror=alert(1)>'
    await page.fill("#name", "<b>Ana</b>")
    await page.press("#name", "Enter")
    await say(page, attack)
    await expect(page.locator(FIRST_BUBBLE)).to_contain_text(attack)
    await expect(page.locator(f"{CURRENT} .title")).to_have_text("<b>Ana</b>")
    assert await page.locator("#thread script, #thread img, #chats b").count() == 0
    assert await page.title() == "Vendedor sandbox"


FORMATTED = {
    "*a* _b_ ~c~ `d`": "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>",
    "*a _b_*": "<strong>a <em>b</em></strong>",
    "2*3*4 a_b_c * x *": "2*3*4 a_b_c * x *",
    "```a *b*```": "<code>a *b*</code>",
    "javascript:alert(1)": "javascript:alert(1)",
}


async def test_whatsapp_formatting(page: Page) -> None:
    shown = page.locator(".mine .text")
    for number, text in enumerate(FORMATTED, start=1):
        await say(page, text)
        await expect(shown).to_have_count(number)
    assert [await text.inner_html() for text in await shown.all()] == [*FORMATTED.values()]


async def test_links_open_elsewhere_without_their_full_stop(page: Page) -> None:
    await say(page, "mira https://example.com/a_b_c?x=1.")
    link = page.locator(".mine a")
    await expect(link).to_have_attribute("href", "https://example.com/a_b_c?x=1")
    await expect(link).to_have_attribute("rel", re.compile("noopener"))


async def test_the_panel_shows_stage_facts_and_proof(page: Page) -> None:
    panel = page.locator("#panel")
    await expect(panel.locator("[aria-current=step]")).to_have_text("qualification")
    await expect(panel).to_contain_text("unos 2.000 dólares")
    await expect(panel).to_contain_text("Ana <b>Ruiz</b>")
    await expect(panel).to_contain_text("declined to say")
    await expect(panel).to_contain_text("55 / 100")


async def test_a_phone_sized_window_shows_one_thing_at_a_time(page: Page) -> None:
    await say(page, "hola")
    await page.set_viewport_size({"width": 360, "height": 640})
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.click("#to-panel")
    await expect(page.locator("#knowledge")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.click("#to-chats")
    await expect(page.locator("#conversation")).to_be_hidden()
    await page.click(CURRENT)
    await expect(page.locator("#text")).to_be_focused()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide == 360


async def test_a_reloaded_page_shows_the_same_chat(page: Page) -> None:
    await say(page, "hola")
    await expect(page.locator(".theirs")).to_have_count(1)
    phone = await page.get_attribute(CURRENT, "data-phone") or ""
    await page.reload()
    await expect(page.locator(".bubble")).to_have_count(2)
    await expect(page.locator(CURRENT)).to_have_attribute("data-phone", phone)


async def test_what_came_while_the_stream_was_down_is_shown(page: Page, site: Site) -> None:
    phone = await page.get_attribute(CURRENT, "data-phone") or ""
    streams = 0

    async def down_once(route: Route) -> None:
        nonlocal streams
        streams += 1
        if streams == 1:
            ended = "retry: 50\nevent: hello\ndata: {}\n\n"
            await route.fulfill(body=ended, content_type="text/event-stream")
        else:
            await site.graph.leads.say(phone, "mientras tanto")
            await route.continue_()

    await page.route("**/events", down_once)
    await page.reload()
    await expect(page.locator(FIRST_BUBBLE)).to_contain_text("mientras tanto")
