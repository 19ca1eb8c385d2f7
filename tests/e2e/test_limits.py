"""What one lead may take of a day: told once in his language, then silence; a new day is new."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.sentences import SENTENCES
from domain.values import Language
from settings import Settings
from tests.e2e.conftest import Company, fresh, running, words
from tests.e2e.shifts import at_work, hired
from tests.e2e.test_conversations import TALKS
from tests.e2e.test_kinds import files
from tests.e2e.webhooks import body, change, message

LIMITED = "limited"
LANGUAGES: tuple[Language, ...] = ("es", "en", "pt")
MESSAGES = 3
FILE = {"mime_type": "image/jpeg", "filename": "casa.jpg"}


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """Three messages a day, one file, and as many tokens as one likes."""
    async with fresh(redis_url, database_url) as new:
        limits = {"messages_per_day": MESSAGES, "media_per_day": 1}
        async with running(new.model_copy(update=limits), working=False) as open_company:
            yield open_company


@pytest.fixture
async def thrifty(settings: Settings) -> AsyncIterator[Company]:
    """A company in which one answer uses up the day's tokens."""
    frugal = settings.model_copy(update={"tokens_per_day": 1})
    async with running(frugal, working=False) as open_company:
        yield open_company


async def tomorrow(company: Company, phone: str, text: str) -> str:
    """What he reads when he writes at this hour of the next day, by the workers' clock."""
    turns, before = len(await company.of(phone, "turns")), len(company.received(phone))
    day = timedelta(days=1)
    company.wrote(phone)
    async with hired(company) as services:
        moved = replace(services, clock=lambda: datetime.now(UTC) + day)
        at = str(int((datetime.now(UTC) + day).timestamp()))
        await company.post(body([change(message(phone, text, timestamp=at))]))
        async with at_work(moved):
            await company.turned(phone, turns + 1)
    return "\n".join(map(words, company.received(phone)[before:]))


@asynccontextmanager
async def today(company: Company) -> AsyncGenerator[None]:
    """Workers whose clock is right."""
    async with hired(company) as services, at_work(services):
        yield


async def decisions(company: Company, phone: str) -> list[str]:
    return [row["decision"]["kind"] for row in await company.of(phone, "turns", order="at")]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_messages(company: Company, phone: str, language: Language) -> None:
    limit = SENTENCES["day_used_up"][language]
    async with today(company):
        for line in TALKS[language][:MESSAGES]:
            assert await company.says(phone, line)
        asked = len(company.model.asked)
        assert await company.says(phone, TALKS[language][3]) == limit
        assert await company.says(phone, TALKS[language][4]) == ""
    assert len(company.model.asked) == asked
    assert (await decisions(company, phone))[-2:] == [LIMITED, LIMITED]
    assert len(await company.of(phone, "messages", "direction = 'in'")) == MESSAGES + 2

    answer = await tomorrow(company, phone, TALKS[language][3])
    assert answer
    assert answer != limit
    assert (await decisions(company, phone))[-1] != LIMITED
    assert await company.of(phone, "facts", "field = 'budget'")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_files(company: Company, phone: str, language: Language) -> None:
    send = company.graph.leads.send_file
    async with today(company):
        await company.says(phone, TALKS[language][1])
        await send(phone, b"\xff\xd8one", **FILE)
        await company.turned(phone, 2)
        await files(company, phone, "stored")
        before = len(company.received(phone))
        await send(phone, b"\xff\xd8two", **FILE)
        await company.turned(phone, 3)
    told = [words(one) for one in company.received(phone)[before:]]
    assert told == [SENTENCES["files_used_up"][language]]
    assert len(await company.of(phone, "media")) == 1
    assert await tomorrow(company, phone, TALKS[language][2]) not in ("", *told)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_tokens(thrifty: Company, phone: str, language: Language) -> None:
    async with today(thrifty):
        assert await thrifty.says(phone, TALKS[language][1])
        [turn] = await thrifty.of(phone, "turns")
        assert turn["input_tokens"] + turn["output_tokens"] >= 1
        assert await thrifty.says(phone, TALKS[language][2]) == SENTENCES["day_used_up"][language]
        assert await thrifty.says(phone, TALKS[language][3]) == ""
    assert len(thrifty.model.asked) == 1
    assert await tomorrow(thrifty, phone, TALKS[language][2])
    assert len(thrifty.model.asked) == 2


async def test_who_asks_for_a_person_gets_one_beyond_it(company: Company, phone: str) -> None:
    async with today(company):
        for line in TALKS["es"][: MESSAGES + 1]:
            await company.says(phone, line)
        assert "persona" in await company.says(phone, "hablar con una persona")
    assert len(await company.of(phone, "handoffs")) == 1
