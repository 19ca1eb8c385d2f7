"""`langgraph dev` serves the graph offline, with no key and no server, and holds a conversation."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from sandbox.servers import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 90.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_OFFLINE = {
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "PYTHONWARNINGS": "ignore",
}
_LEFT_OUT = ("REDIS", "DATABASE", "OPENAI", "WHATSAPP", "GOOGLE", "LANGSMITH", "LANGCHAIN")


@pytest.fixture(scope="module")
def studio_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    log = tmp_path_factory.mktemp("studio") / "log"
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=ROOT,
            env=kept | _OFFLINE,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            _wait_until_ready(url, server, log)
            yield url
        finally:
            server.terminate()


@pytest.fixture(scope="module")
async def studio(studio_url: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=studio_url) as client:
        yield client


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ok", timeout=5).is_success:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
    pytest.fail(f"langgraph dev did not start:\n{log.read_text()[-3000:]}")


async def _say(client: LangGraphClient, thread: str, text: str) -> dict[str, Any]:
    message = {"role": "user", "content": text}
    state = await client.runs.wait(thread, "sales", input={"messages": [message]})
    return cast("dict[str, Any]", state)


async def test_a_conversation_in_studio(studio: LangGraphClient) -> None:
    thread = (await studio.threads.create())["thread_id"]
    first = await _say(studio, thread, "hola")
    assert "asistente" in first["reply"][0]
    second = await _say(studio, thread, "Soy Ana y busco paneles solares para mi casa")
    assert {fact["field"] for fact in second["lead"]} >= {"name", "intent"}
    assert second["stage"] == "qualification"
    third = await _say(studio, thread, "quiero hablar con una persona")
    assert third["stage"] == "handoff"
    assert third["outcome"]["decision"]["reason"] == "asked"


async def test_the_knobs_are_the_graphs_context(studio: LangGraphClient) -> None:
    (assistant,) = await studio.assistants.search(graph_id="sales")
    schemas = await studio.assistants.get_schemas(assistant["assistant_id"])
    knobs = cast("dict[str, Any]", schemas["context_schema"])
    assert set(knobs["properties"]) == {
        "confidence_threshold", "unresolved_limit", "model", "language",
    }  # fmt: skip
