"""SIGTERM: the turns that run are finished, or given back in time, and nothing is said twice."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httpx
import pytest
from pydantic import SecretStr

from sandbox.servers import free_port
from settings import Settings
from tests.e2e.conftest import Company, running
from tests.e2e.shifts import at_work, hired
from tests.project import ROOT

pytestmark = pytest.mark.slow

SECONDS = 60
STAND_IN_KEY = json.dumps(
    {"type": "authorized_user", "client_id": "x", "client_secret": "x", "refresh_token": "x"}
)


@pytest.fixture
async def idle(settings: Settings) -> AsyncIterator[Company]:
    """A company whose worker is a process of its own."""
    async with running(settings, working=False) as company:
        yield company
        company.model.resume()


@asynccontextmanager
async def worker(company: Company, *, drain: int) -> AsyncGenerator[tuple[Process, int]]:
    """The process, in the midst of whatever it finds to do, and its port."""
    settings, port = company.services.settings, free_port()
    variables = {name.upper(): _plain(value) for name, value in settings if value} | {
        "PORT": str(port),
        "DRAIN_SECONDS": str(drain),
        "GOOGLE_CALENDAR_CREDENTIALS": STAND_IN_KEY,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "cli.py"), "worker"),
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


async def drafting(company: Company, phone: str) -> None:
    """Wait until the worker asks the model, which does not answer."""
    company.model.pause()
    await company.graph.leads.say(phone, "hola")
    await company.until(company.heard("hola"), "the draft to begin")


async def ended(process: Process) -> int:
    async with asyncio.timeout(SECONDS):
        return await process.wait()


async def test_a_running_turn_is_finished(idle: Company, phone: str) -> None:
    async with worker(idle, drain=30) as (process, port):
        await drafting(idle, phone)
        process.send_signal(signal.SIGTERM)
        await idle.until(lambda: _closed(port), "the process to wind down")
        idle.model.resume()
        assert await ended(process) == 0
    assert len(idle.received(phone)) == 1
    assert await idle.turns() == 1


async def test_a_turn_that_takes_longer_is_given_back_and_answered_once(
    idle: Company, phone: str
) -> None:
    async with worker(idle, drain=1) as (process, _):
        await drafting(idle, phone)
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    assert idle.received(phone) == []
    assert (await idle.services.stores.mailbox.figures()).due == 1
    idle.model.resume()
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1
    assert await idle.turns() == 1


async def test_a_second_signal_ends_it_at_once(idle: Company, phone: str) -> None:
    async with worker(idle, drain=300) as (process, port):
        await drafting(idle, phone)
        process.send_signal(signal.SIGTERM)
        await idle.until(lambda: _closed(port), "the process to wind down")
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == -signal.SIGTERM
    idle.model.resume()
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1


async def _closed(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            await client.get(f"http://127.0.0.1:{port}/livez", timeout=1)
        except httpx.TransportError:
            return True
    return False
