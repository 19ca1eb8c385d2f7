"""A handoff until a person has spoken: the template with its link, the page, and nobody who claims.

The clock of the escalation is the test's own; everything else is what runs.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from delivery.escalation import Escalation
from domain.business import Business
from domain.handoff_link import HandoffLinks
from domain.offers import MORE
from domain.working_time import after_work, spans
from handoff_view import STYLE_HASH
from tests.e2e.cable import Cable
from tests.e2e.conftest import Company, beside, fresh, running

PUBLIC = "https://sales.example"
MINUTES = timedelta(minutes=10)
ASKS = "quiero hablar con una persona"


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """With links, and an escalation that leaves the handoffs to the tests."""
    async with fresh(redis_url, database_url) as new:
        own = {"public_url": PUBLIC, "handoff_claim_minutes": 0}
        async with running(new.model_copy(update=own)) as open_company:
            yield open_company


@pytest.fixture
async def browser(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=company.webhook) as client:
        yield client


@dataclass
class Clock:
    """One that a test moves."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def escalation(company: Company, clock: Clock) -> Escalation:
    stores = company.services.stores
    return Escalation(
        stores.pool, stores.mailbox, company.services.business, clock,
        links=company.services.links, patience=MINUTES, metrics=stores.metrics,
    )  # fmt: skip


async def handed_over(company: Company, phone: str) -> dict[str, Any]:
    """The row of a lead who asks for a person."""
    await company.says(phone, ASKS)
    (row,) = await company.of(phone, "handoffs")
    return row


def link(company: Company, rep: str) -> str:
    """The path of the newest link that a rep got."""
    person = company.services.business.people[rep]
    *_, newest = company.received(person.phone.removeprefix("+"))
    [path] = re.findall(rf"{PUBLIC}(/handoff/[\w.-]+)", str(newest.content))
    return path


async def tap(browser: httpx.AsyncClient, path: str, act: str) -> httpx.Response:
    """Open the page, tap a button, and see the page again."""
    [form] = set(re.findall(r'name="form" value="(\w+)"', (await browser.get(path)).text))
    answer = await browser.post(path, data={"form": form, "act": act}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer


async def test_from_the_template_to_the_first_word_and_back(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    row = await handed_over(company, phone)
    rep = str(row["rep"])
    path = link(company, rep)

    await browser.head(path)
    await browser.get(path, headers={"User-Agent": "WhatsApp/2.23 preview"})
    shown = await browser.get(path)
    assert shown.status_code == 200
    assert ASKS in shown.text
    assert f"wa.me/{phone}" in shown.text
    (untouched,) = await company.of(phone, "handoffs")
    assert untouched | {"brief": row["brief"]} == row  # it may be written meanwhile

    assert "La tienes tú" in (await tap(browser, path, "claim")).text
    assert await company.says(phone, "¿hola?") == ""
    assert "La tienes tú" in (await tap(browser, path, "spoke")).text
    (claimed,) = await company.of(phone, "handoffs")
    assert claimed["claimed_at"] is not None
    assert claimed["first_word_at"] >= claimed["at"]

    before = len(company.received(phone))
    assert "Ya terminó" in (await tap(browser, path, "give_back")).text
    await company.got(phone, before + 1)
    await tap(browser, path, "not_needed")
    (over,) = await company.of(phone, "handoffs")
    assert (over["needed"], over["unclaimed_at"]) == (False, None)
    assert over["released_at"] is not None
    assert phone not in (await browser.get(path)).text
    assert await company.fetch(
        "SELECT actor, action, at <= now() AS before FROM audit WHERE contact_id = $1 ORDER BY id",
        over["contact_id"],
    ) == [(f"link:{rep}", act, True) for act in ("claim", "spoke", "give_back", "not_needed")]


async def test_each_thing_once_and_only_from_our_own_form(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    rep = str((await handed_over(company, phone))["rep"])
    path = link(company, rep)
    [form] = set(re.findall(r'name="form" value="(\w+)"', (await browser.get(path)).text))
    wrong: list[dict[str, str]] = [
        {}, {"act": "claim"}, {"act": "claim", "form": "0" * 32}, {"act": "erase", "form": form},
        {"act": "claim", "form": "ñ"},
    ]  # fmt: skip
    for data in wrong:
        assert (await browser.post(path, data=data)).status_code == 400
    assert (await browser.post(path, content=b"x" * 5000)).status_code == 400
    assert (await browser.put(path)).status_code == 405
    (row,) = await company.of(phone, "handoffs")
    assert row["claimed_at"] is None

    once = {"form": form, "act": "claim"}
    first = await browser.post(path, data=once)
    assert first.status_code == 303
    (claimed,) = await company.of(phone, "handoffs")
    await tap(browser, path, "give_back")
    again = await browser.post(path, data=once, follow_redirects=True)
    assert "Ya terminó" in again.text
    (row,) = await company.of(phone, "handoffs")
    assert row["claimed_at"] == claimed["claimed_at"]
    assert row["released_at"] is not None


async def test_a_link_that_is_not_ours_or_too_old(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    row = await handed_over(company, phone)
    links = company.services.links
    assert links
    good = links.token(str(row["id"]), "laura", datetime.now(UTC))
    old = links.token(str(row["id"]), "laura", datetime.now(UTC) - timedelta(days=8))
    foreign = HandoffLinks(b"another key", PUBLIC).token(str(row["id"]), "laura", datetime.now(UTC))
    nobody = links.token("no such handoff", "laura", datetime.now(UTC))
    for token, status in (
        (good, 200), (old, 410), (foreign, 404), (nobody, 404), ("a", 404), ("%C3%B1.b.c.d", 404),
        (good.replace("laura", "mateo"), 404),
    ):  # fmt: skip
        for method in ("GET", "POST"):
            answer = await browser.request(method, f"/handoff/{token}")
            assert answer.status_code == (400 if (method, status) == ("POST", 200) else status)


async def test_nothing_of_the_page_is_stored_framed_or_passed_on(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    rep = str((await handed_over(company, phone))["rep"])
    shown = await browser.get(link(company, rep))
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert STYLE_HASH in policy
    assert "set-cookie" not in shown.headers
    assert "<script" not in shown.text


async def test_what_a_lead_writes_is_shown_as_text(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    await company.says(phone, 'soy <img src=x onerror=alert(1)> "y" <script>1</script>')
    rep = str((await handed_over(company, phone))["rep"])
    shown = (await browser.get(link(company, rep))).text
    assert "<img" not in shown
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


async def stepped(company: Company, escalating: Escalation) -> None:
    """Wait for one step: a handoff whose brief is being written right now is passed over."""

    async def done() -> bool:
        return await escalating.work() == 1

    await company.until(done, "a step of the escalation")


async def test_nobody_claims(company: Company, phone: str, browser: httpx.AsyncClient) -> None:
    row = await handed_over(company, phone)
    business = company.services.business
    clock = Clock(datetime.now(UTC))
    escalating = escalation(company, clock)
    await company.fetch("UPDATE handoffs SET released_at = now() WHERE id <> $1", row["id"])
    assert await escalating.work() == 0
    before = len(company.received(phone))

    for told_so_far in (2, 3):
        clock.at = await _patience_over(company, phone, business)
        await stepped(company, escalating)
        assert await escalating.work() == 0
        (row,) = await company.of(phone, "handoffs")
        assert len(row["told"]) == told_so_far
    assert (await company.of(phone, "handoffs"))[0]["told"][-1] == "manager"
    await company.quiet()
    assert len(company.received(phone)) == before

    clock.at = await _patience_over(company, phone, business)
    await company.fetch("UPDATE contacts SET last_inbound_at = now() WHERE phone = $1", phone)
    await stepped(company, escalating)
    assert await escalating.work() == 0
    *_, line = await company.got(phone, before + 1)
    assert "nadie ha podido" in line
    (row,) = await company.of(phone, "handoffs")
    assert row["unclaimed_at"] is not None
    assert row["released_at"] == row["unclaimed_at"]

    times = await company.taps(phone, MORE)
    assert "1." in times
    assert "Todavía puedes tomarla" in (await browser.get(link(company, "manager"))).text
    assert "La tienes tú" in (await tap(browser, link(company, "manager"), "claim")).text
    assert await company.says(phone, "¿hola?") == ""


async def _patience_over(company: Company, phone: str, business: Business) -> datetime:
    """When whoever was told last has had his minutes, and somebody is at work."""
    (row,) = await company.of(phone, "handoffs")
    last = business.people[str(row["told"][-1])]
    at = after_work(business, last, row["told_at"], MINUTES)
    assert at
    return next(spans(business, last, at))[0]


async def test_two_processes_tell_the_next_one_once(company: Company, phone: str) -> None:
    await handed_over(company, phone)
    clock = Clock(await _patience_over(company, phone, company.services.business))
    await asyncio.gather(*(escalation(company, clock).work() for _ in range(4)))
    (row,) = await company.of(phone, "handoffs")
    assert len(row["told"]) == 2
    mine = await company.of(phone, "outbox", "turn_id LIKE 'handoff/%'")
    assert len(mine) == 1


async def test_who_asks_for_time_gets_it(
    company: Company, phone: str, browser: httpx.AsyncClient
) -> None:
    rep = str((await handed_over(company, phone))["rep"])
    clock = Clock(await _patience_over(company, phone, company.services.business))
    await tap(browser, link(company, rep), "snooze")
    (row,) = await company.of(phone, "handoffs")
    assert row["told_at"] > datetime.now(UTC) + timedelta(minutes=14)
    await company.fetch(
        "UPDATE handoffs SET told_at = $2 WHERE id = $1", row["id"], clock.at - timedelta(minutes=1)
    )
    await escalation(company, clock).work()
    (row,) = await company.of(phone, "handoffs")
    assert row["told"] == [rep]


async def test_postgresql_is_away_during_a_handoff(redis_url: str, database_url: str) -> None:
    async with fresh(beside(redis_url), database_url) as new:
        assert new.database_url
        async with Cable(new.database_url) as cable:
            own = {"public_url": PUBLIC, "handoff_claim_minutes": 0, "database_url": cable.url}
            async with running(new.model_copy(update=own)) as company:
                await company.says("573001119999", "hola")
                await cable.cut()
                await company.graph.leads.say("573001119999", ASKS)
                await company.until(company.unread("573001119999", 1), "the message to wait")
                await cable.mend()
                await company.turned("573001119999", 2)
                (row,) = await company.of("573001119999", "handoffs")
                rep = company.services.business.people[row["rep"]]
                assert len(company.received(rep.phone.removeprefix("+"))) == 1
                assert len(company.received("573001119999")) == 2
