"""`langgraph dev` serves the graph offline, with no key and no server, and holds a conversation."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from sandbox.servers import free_port
from studio import checkpointer

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


@contextlib.contextmanager
def langgraph_dev(folder: Path, **environment: str) -> Generator[str]:
    """Run the server as in the project's folder, its files kept elsewhere; gives its address."""
    for name in ("langgraph.json", "studio.py"):
        (folder / name).symlink_to(ROOT / name)
    log = folder / "log"
    url = f"http://127.0.0.1:{(port := free_port())}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder,
            env=kept | _OFFLINE | {"PYTHONPATH": str(ROOT)} | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            _wait_until_ready(url, server, log)
            yield url
        finally:
            server.terminate()


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ok", timeout=5).is_success:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
    pytest.fail(f"langgraph dev did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LangGraphClient]:
    with langgraph_dev(tmp_path_factory.mktemp("studio")) as url:
        async with get_client(url=url) as client:
            yield client


async def _say(
    client: LangGraphClient,
    thread: str,
    text: str,
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> dict[str, Any]:
    said: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
    return cast("dict[str, Any]", await client.runs.wait(thread, "sales", input=said, **options))


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


async def _begun(client: LangGraphClient) -> str:
    thread = (await client.threads.create())["thread_id"]
    await _say(client, thread, "hola")
    await _say(client, thread, "Soy Ana y busco paneles solares para mi casa")
    return thread


async def test_every_step_of_a_thread_is_kept(studio: LangGraphClient) -> None:
    thread = await _begun(studio)
    assert thread in {found["thread_id"] for found in await studio.threads.search()}
    state = await studio.threads.get_state(thread)
    assert cast("dict[str, Any]", state["values"])["stage"] == "qualification"
    history = await studio.threads.get_history(thread, limit=50)
    assert [step["next"] for step in history] == [
        [], ["greeting"], ["__start__"], [], ["greeting"], ["__start__"],
    ]  # fmt: skip


async def test_a_thread_is_forked_from_an_earlier_step(studio: LangGraphClient) -> None:
    thread = await _begun(studio)
    after_hello = (await studio.threads.get_history(thread, limit=50))[3]["checkpoint"]
    said = "quiero hablar con una persona"
    state = await _say(studio, thread, said, checkpoint_id=after_hello["checkpoint_id"])
    assert state["stage"] == "handoff"
    assert state["lead"] == []
    assert len(await studio.threads.get_history(thread, limit=50)) == 9


async def test_a_run_halts_before_a_stage_and_goes_on(studio: LangGraphClient) -> None:
    thread = (await studio.threads.create())["thread_id"]
    await _say(studio, thread, "hola", interrupt_before=["greeting"])
    assert (await studio.threads.get_state(thread))["next"] == ["greeting"]
    state = cast("dict[str, Any]", await studio.runs.wait(thread, "sales", input=None))
    assert "asistente" in state["reply"][0]


async def test_a_state_is_edited_copied_and_deleted(studio: LangGraphClient) -> None:
    thread = await _begun(studio)
    await studio.threads.update_state(thread, {"stage": "scheduling"})
    copied = cast("dict[str, Any]", await studio.threads.copy(thread))["thread_id"]
    await studio.threads.delete(thread)
    with pytest.raises(NotFoundError):
        await studio.threads.get_state(thread)
    offered = await _say(studio, copied, "qué horarios tienen?")
    assert offered["stage"] == "scheduling"
    assert offered["offered_slots"]


async def test_experiments_outlive_a_restart_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REDIS_URL", raising=False)
    config: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    async with checkpointer() as saver:
        await saver.aput(config, empty_checkpoint(), {"step": 1}, {})
    async with checkpointer() as saver:
        found = await saver.aget_tuple(config)
    assert found
    assert found.metadata.get("step") == 1


async def test_the_knobs_are_the_graphs_context(studio: LangGraphClient) -> None:
    (assistant,) = await studio.assistants.search(graph_id="sales")
    schemas = await studio.assistants.get_schemas(assistant["assistant_id"])
    knobs = cast("dict[str, Any]", schemas["context_schema"])
    assert set(knobs["properties"]) == {
        "confidence_threshold", "unresolved_limit", "model", "language",
    }  # fmt: skip
