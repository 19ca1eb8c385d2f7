"""The graph and its checkpointer for LangGraph Studio, named by `langgraph.json`.

With OPENAI_API_KEY it asks the real model, else the sandbox's rule-based stand-in inside this
process. Calls are always booked in memory: an experiment must not reach a rep's calendar. With
REDIS_URL it looks at the live conversations, and cannot write to them.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver, PersistentDict

from bootstrap import chat_model, now
from connections import live_threads
from delivery.turn import UnsharedTurns
from domain.ports import Ports
from graph import build_graph
from graph.sales import Sales
from sandbox import model_api
from settings import Settings
from tools.business_folder import load
from tools.knowledge import FolderKnowledge
from tools.memory_scheduler import MemoryScheduler
from tools.model import ChatModel

_FOLDER = Path(".langgraph_api")
"""Where Studio's server keeps its list of threads, too."""


async def sales() -> Sales:
    """Built once, in a thread: it reads files, and Studio's server lets nothing block its loop."""
    return await asyncio.to_thread(_sales)


@asynccontextmanager
async def checkpointer() -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    """Every step of experiments; with REDIS_URL the live conversations, read only."""
    settings = await asyncio.to_thread(Settings.load, "dev")
    if settings.redis_url:
        async with live_threads(settings) as live:
            yield live
        return
    saver = await asyncio.to_thread(_experiments)
    try:
        yield saver
    finally:
        await asyncio.to_thread(saver.stack.close)


def _experiments() -> InMemorySaver:
    """In memory, and in files at the end: Studio's server starts anew when a prompt is edited."""
    _FOLDER.mkdir(exist_ok=True)
    names = (str(_FOLDER / f"experiments.{number}.pickle") for number in count())

    def table(*default: Any) -> PersistentDict:  # noqa: ANN401 - a factory, as defaultdict takes it
        kept = PersistentDict(*default, filename=next(names))
        if Path(kept.filename).exists():
            kept.load()
        return kept

    return InMemorySaver(factory=cast("Any", table))


@cache
def _sales() -> Sales:
    settings = Settings.load("dev")
    business = load(settings.business_dir)
    return build_graph(
        Ports(
            model=_model(settings),
            scheduler=MemoryScheduler(business, clock=now),
            turns=UnsharedTurns(),
            knowledge=FolderKnowledge(business),
            business=business,
            clock=now,
            deadline=settings.model_deadline,
        )
    )


def _model(settings: Settings) -> ChatModel:
    if settings.openai_api_key or settings.openai_base_url:
        return chat_model(settings)
    return ChatModel(
        api_key="none",
        model=model_api.MODEL,
        base_url="http://sandbox/v1",
        transport=httpx.ASGITransport(app=model_api.create_app()),
    )


def picture() -> str:
    """The graph as Mermaid text, as the README shows it: `python studio.py` prints it."""
    return _sales().get_graph().draw_mermaid()


if __name__ == "__main__":
    print(picture())  # noqa: T201 - for the README
