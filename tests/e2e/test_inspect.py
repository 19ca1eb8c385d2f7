"""`vendedor inspect`: one conversation on the command line, and in Studio without touching it."""

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import InternalServerError
from pydantic import SecretStr

from checkpoints import RedisSaver
from crm import contacts
from inspection import look
from sandbox.servers import free_port
from settings import Settings
from tests.e2e.conftest import Company, running
from tests.e2e.test_conversations import booked
from tests.project import ROOT
from tests.test_studio import langgraph_dev

NOWHERE = f"http://127.0.0.1:{free_port()}"


async def _thread(company: Company, phone: str) -> str:
    thread = await contacts.by_phone(company.services.stores.pool, phone)
    assert thread
    return thread


async def test_shows_what_is_known_and_why(company: Company, phone: str) -> None:
    await booked(company, phone)
    await company.says(phone, "quiero hablar con una persona")
    await company.quiet()

    shown = await look(company.services.settings, f"+{phone}", NOWHERE)

    assert f"thread    {await _thread(company, phone)}" in shown
    assert "stage     handoff, score 100" in shown
    assert "name: Ana (“soy Ana”)" in shown
    assert "greeting -> qualification" not in shown  # only the last decisions
    assert "scheduling -> scheduling: answer (book_call)" in shown
    assert "scheduling -> handoff: handoff (asked), confidence None, guard=True" in shown
    assert "handoff   asked, " in shown
    assert "UTC with " in shown
    assert "in Redis, version 2: " in shown
    assert f"no server at {NOWHERE} (ConnectError)" in shown


async def test_says_what_was_not_read(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    settings, stores = company.services.settings, company.services.stores
    without = settings.model_copy(update={"redis_url": None})
    down = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"})

    assert "REDIS_URL is not set: only PostgreSQL was read" in await look(without, phone, NOWHERE)
    assert "not readable (ConnectionError" in await look(down, phone, NOWHERE)
    await stores.redis.unlink(RedisSaver(stores.redis).key(await _thread(company, phone)))
    assert "continues from PostgreSQL" in await look(settings, phone, NOWHERE)


async def test_says_when_there_is_nobody(company: Company) -> None:
    assert await look(company.services.settings, "+1 555", NOWHERE) == "no conversation with +1 555"


@pytest.mark.slow
async def test_the_command(company: Company, phone: str) -> None:
    await company.says(phone, "Soy Ana y busco paneles solares para mi casa")
    database = {"DATABASE_URL": str(company.services.settings.database_url)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "inspect", phone, "--studio", NOWHERE),
        cwd=ROOT,
        env=os.environ | database,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert "name: Ana (“soy Ana”)".casefold() in out.decode().casefold()
    assert f"no server at {NOWHERE}" in out.decode()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_studio_shows_a_live_conversation_and_cannot_touch_it(
    settings: Settings, phone: str, tmp_path: Path
) -> None:
    keys = base64.b64encode(os.urandom(32)).decode()
    sealed = settings.model_copy(update={"vendedor_state_keys": SecretStr(keys)})
    async with running(sealed) as company:
        await company.says(phone, "hola")
        await company.says(phone, "Soy Ana y busco paneles solares para mi casa")
        redis, thread = company.services.stores.redis, await _thread(company, phone)
        key = RedisSaver(redis).key(thread)
        before, ends = await redis.hgetall(key), await redis.ttl(key)
        live = {"REDIS_URL": str(sealed.redis_url), "VENDEDOR_STATE_KEYS": keys}
        with langgraph_dev(tmp_path, **live) as url:
            assert f"studio/thread/{thread}?baseUrl=" in await look(sealed, phone, url)
            await _shows(url, thread)
            await _refuses(url, thread)
            assert thread in await look(sealed, phone, url)  # known already
        assert await redis.hgetall(key) == before
        assert 0 < await redis.ttl(key) <= ends


async def _shows(url: str, thread: str) -> None:
    async with get_client(url=url) as studio:
        assert [found["thread_id"] for found in await studio.threads.search()] == [thread]
        state = await studio.threads.get_state(thread)
        values = cast("dict[str, Any]", state["values"])
        assert values["stage"] == "qualification"
        assert values["messages"][0]["content"] == "hola"
        assert len(await studio.threads.get_history(thread)) == 1


async def _refuses(url: str, thread: str) -> None:
    changes: list[Callable[[LangGraphClient], Awaitable[object]]] = [
        lambda studio: studio.threads.update_state(thread, {"stage": "greeting"}),
        lambda studio: studio.threads.copy(thread),
        lambda studio: studio.threads.delete(thread),
    ]
    for change in changes:
        async with get_client(url=url) as studio:  # the server hangs up after such an error
            with pytest.raises(InternalServerError):
                await change(studio)
    async with get_client(url=url) as studio:
        message = {"role": "user", "content": "quiero hablar con una persona"}
        with pytest.raises(Exception, match="ReadOnly"):
            await studio.runs.wait(thread, "sales", input={"messages": [message]})
