"""Listening, and parts that stop together."""

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from domain.errors import PartEnded, SettingsError
from hosting import listen, run_until, serving


def test_a_port_that_is_taken_gives_one_line_that_names_it() -> None:
    with listen("127.0.0.1", 0, "the webhook") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            listen("127.0.0.1", port, "the webhook")
    assert len(caught.value.problems) == 1
    assert f"127.0.0.1:{port} (the webhook)" in str(caught.value)
    assert "in use" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "port"),
    [("127.0.0.1", 65536), ("no.such.host.invalid", 8000), ("ñ..ñ", 8000), ("::1::", 8000)],
)
def test_an_address_that_cannot_be_gives_one_line(host: str, port: int) -> None:
    with pytest.raises(SettingsError, match="Set HOST or PORT") as caught:
        listen(host, port, "the webhook")
    assert "\n" not in str(caught.value)


def test_an_address_is_free_again_at_once() -> None:
    with listen("127.0.0.1", 0, "one") as one:
        port = one.getsockname()[1]
    with listen("127.0.0.1", port, "two") as two:
        assert two.getsockname()[1] == port


async def test_a_request_under_way_is_answered_after_the_stop() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> PlainTextResponse:
        begun.set()
        await go.wait()
        return PlainTextResponse("done")

    with listen("127.0.0.1", 0, "a test") as listener:
        stop, url = asyncio.Event(), _url(listener)
        app = Starlette(routes=[Route("/", slow)])
        work = asyncio.create_task(run_until(stop, serving(app, listener, drain_seconds=5)))
        async with asyncio.timeout(10), httpx.AsyncClient() as client:
            asked = asyncio.create_task(client.get(url))
            await begun.wait()
            stop.set()
            go.set()
            assert (await asked).text == "done"
            await work


async def test_a_part_that_ends_untold_stops_the_others_and_is_an_error() -> None:
    ended: list[str] = []

    async def waits(stop: asyncio.Event) -> None:
        await stop.wait()
        ended.append("waits")

    async def ends(_: asyncio.Event) -> None:
        ended.append("ends")

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(5):
            await run_until(asyncio.Event(), waits, ends)
    assert ended == ["ends", "waits"]
    assert isinstance(caught.value.exceptions[0], PartEnded)


async def test_a_failure_of_one_part_lets_the_others_wind_down_and_is_raised() -> None:
    ended: list[str] = []

    async def waits(stop: asyncio.Event) -> None:
        await stop.wait()
        ended.append("waits")

    async def fails(_: asyncio.Event) -> None:
        raise SettingsError("broken")

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(5):
            await run_until(asyncio.Event(), waits, fails)
    assert [str(error) for error in caught.value.exceptions] == ["broken"]


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"
