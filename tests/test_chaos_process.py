"""What the chaos suite kills comes back, and what ends by itself is written down."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos import records
from chaos.process import Command, NotStarted, Process
from chaos.records import Outage, Record

PATIENCE = 20


@asynccontextmanager
async def kept(folder: Path, script: str, *, serves: bool = True) -> AsyncGenerator[Process]:
    async def ready() -> bool:
        return serves

    record = Record(folder / "suite.jsonl")
    command = Command("shell", ["/bin/sh", "-c", script], {}, folder, ready)
    process = Process(command, record)
    try:
        yield process
    finally:
        await process.stop()
        record.close()


def outages(folder: Path) -> list[bool]:
    """Whether each ended by itself."""
    return [outage.by_itself for outage in records.of(records.read(folder), Outage)]


async def test_what_is_killed_comes_back(tmp_path: Path) -> None:
    async with kept(tmp_path, "exec sleep 60") as process, asyncio.timeout(PATIENCE):
        await process.start()
        process.kill(down_for=0)
        assert not process.up.is_set()
        await process.serving()
    assert outages(tmp_path) == [False]


async def test_what_ends_by_itself_is_written_down(tmp_path: Path) -> None:
    ends_once = f"[ -e {tmp_path}/second ] && exec sleep 60; sleep 0.2; touch {tmp_path}/second"
    async with kept(tmp_path, ends_once) as process, asyncio.timeout(PATIENCE):
        await process.start()
        while not outages(tmp_path):  # noqa: ASYNC110 - a file rings no bell
            await asyncio.sleep(0.01)
    assert outages(tmp_path) == [True]


async def test_an_end_in_good_order_is_no_outage(tmp_path: Path) -> None:
    async with kept(tmp_path, "exec sleep 60") as process, asyncio.timeout(PATIENCE):
        await process.start()
    assert outages(tmp_path) == []


async def test_what_never_serves_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.process._START_SECONDS", 0.2)
    async with kept(tmp_path, "exec sleep 60", serves=False) as process:
        with pytest.raises(NotStarted, match=r"shell\.log"):
            await process.start()
