"""What a turn costs with each saver: round trips, bytes, keys, CPU; and memory for many threads.

`python -m benchmarks.checkpoints` on the Redis of REDIS_URL (its database is flushed), or on a
local one. The same graph and messages for every saver, `durability="exit"`.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import uvloop
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from redis.asyncio import Redis

from benchmarks.wire import Wire, wire
from checkpoints import Encrypted, KeyRing, RedisSaver, connect
from sandbox.servers import local_redis

Saver: TypeAlias = BaseCheckpointSaver[Any]
Graph: TypeAlias = CompiledStateGraph[MessagesState, None, MessagesState, MessagesState]
Opened: TypeAlias = contextlib.AbstractAsyncContextManager[Saver]

_WORDS = """
olá obrigado quanto custa plano equipe pessoas empresa orçamento prazo reunião amanhã segunda
terça horário fuso contrato desconto anual mensal suporte integração relatório vendas cliente
proposta documento enviar agendar ligação decisão diretor sócio problema planilha atraso equipe
treinamento migração dados segurança fatura imposto pagamento cartão boleto preço dúvida claro
perfeito confirmo prefiro talvez depois antes começar testar usar crescer contratar comparar
"""
_VOCABULARY = tuple(_WORDS.split())
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one turn at a given length sends; bytes are what goes to Redis, TCP payload."""

    trips: float
    sent: float
    received: float
    keys: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20, help="messages held by the state")
    parser.add_argument("--turns", type=int, default=200, help="turns measured for each saver")
    parser.add_argument("--rounds", type=int, default=9, help="CPU: median of so many passes")
    parser.add_argument("--conversations", type=int, default=10_000)
    asked = parser.parse_args()
    with _redis() as url:
        uvloop.run(_report(url, asked))  # as the product runs


@contextlib.contextmanager
def _redis() -> Generator[str]:
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        local_redis(Path(folder), appendonly=False) as url,
    ):
        yield url


async def _report(url: str, asked: argparse.Namespace) -> None:
    async with connect(url) as redis:
        version = (await redis.info("server"))["redis_version"]
    print(f"Redis {version}, {asked.messages} messages in the state, exit durability")
    traffic = {name: await _cost(url, opened, asked) for name, opened in _savers()}
    rounds = await _cpu(url, asked)
    heads = ("trips", "bytes out", "bytes in", "keys", "CPU ms", "ratio")
    print(f"{'saver':<26}" + "".join(f"{head:>10}" for head in heads))
    for name, sent in traffic.items():
        plain = rounds["InMemorySaver"]
        ratio = statistics.median(own / base for own, base in zip(rounds[name], plain, strict=True))
        print(
            f"{name:<26}{sent.trips:>10.1f}{sent.sent:>10.0f}{sent.received:>10.0f}"
            f"{sent.keys:>10}{statistics.median(rounds[name]):>10.2f}{ratio:>10.2f}"
        )
    if not _has_valkey():
        print("AsyncValkeySaver: not measured, langgraph-checkpoint-aws[valkey] is not installed")
    print("langgraph-checkpoint-redis: not measured, it needs RedisJSON and RediSearch;")
    print("    docs/checkpointer.md has its counts against an emulation")
    memory = await _memory(url, asked)
    print(f"memory in Redis for {asked.conversations} conversations: {memory / 2**20:.1f} MiB")
    print(
        f"                                 for each of them: {memory / asked.conversations:.0f} B"
    )


def _savers() -> Iterator[tuple[str, Callable[[str], Opened]]]:
    yield "InMemorySaver", _in_memory
    yield "RedisSaver", _ours
    yield "RedisSaver, encrypted", _sealed
    yield "RedisSaver, whole history", _whole
    if _has_valkey():
        yield "AsyncValkeySaver", _valkey


def _has_valkey() -> bool:
    return bool(importlib.util.find_spec("langgraph_checkpoint_aws")) and bool(
        importlib.util.find_spec("valkey")
    )


@contextlib.asynccontextmanager
async def _in_memory(_: str) -> AsyncGenerator[Saver]:
    yield InMemorySaver()


@contextlib.asynccontextmanager
async def _ours(url: str) -> AsyncGenerator[Saver]:
    async with connect(url) as client:
        yield RedisSaver(client)


@contextlib.asynccontextmanager
async def _sealed(url: str) -> AsyncGenerator[Saver]:
    async with connect(url) as client:
        yield RedisSaver(client, serde=Encrypted(KeyRing([os.urandom(32)])))


@contextlib.asynccontextmanager
async def _whole(url: str) -> AsyncGenerator[Saver]:
    async with connect(url) as client:
        yield RedisSaver(client, keep=0)


@contextlib.asynccontextmanager
async def _valkey(url: str) -> AsyncGenerator[Saver]:
    # not among our requirements: measured where somebody installed it
    theirs = importlib.import_module("langgraph_checkpoint_aws").AsyncValkeySaver
    async with theirs.from_conn_string(url, ttl_seconds=86_400) as saver:
        yield saver


async def _cost(url: str, opened: Callable[[str], Opened], asked: argparse.Namespace) -> Traffic:
    """What a turn sends, counted by a proxy."""
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
        async with wire(url) as counted, opened(counted.url) as saver:
            graph = _chat(saver, asked.messages)
            await _turns(graph, "count", asked.messages)
            keys = await redis.dbsize()
            counted.reset()
            await _turns(graph, "count", 10)
            return Traffic(*_per_turn(counted, 10), keys=keys)


def _per_turn(counted: Wire, turns: int) -> tuple[float, float, float]:
    return counted.trips / turns, counted.sent / turns, counted.received / turns


async def _cpu(url: str, asked: argparse.Namespace) -> dict[str, list[float]]:
    """CPU milliseconds a turn, client side: each saver once in every round, side by side."""
    async with contextlib.AsyncExitStack() as stack:
        graphs = {
            name: _chat(await stack.enter_async_context(opened(url)), asked.messages)
            for name, opened in _savers()
        }
        for name, graph in graphs.items():
            await _turns(graph, name, asked.messages)
        rounds: dict[str, list[float]] = {name: [] for name in graphs}
        for _ in range(asked.rounds):
            for name, graph in graphs.items():
                started = time.process_time()
                await _turns(graph, name, asked.turns)
                rounds[name].append((time.process_time() - started) * 1000 / asked.turns)
    return rounds


async def _memory(url: str, asked: argparse.Namespace) -> int:
    """Bytes that Redis uses more than before, each conversation as long as asked."""
    async with connect(url) as redis:
        await redis.flushdb()
        graph = _chat(RedisSaver(redis), asked.messages)
        before = (await redis.info("memory"))["used_memory"]
        for start in range(0, asked.conversations, _BATCH):
            ids = range(start, min(start + _BATCH, asked.conversations))
            await asyncio.gather(*(_begin(graph, f"lead {n}", asked.messages) for n in ids))
        used = (await redis.info("memory"))["used_memory"]
        await redis.flushdb()
    return int(used) - int(before)


async def _begin(graph: Graph, thread_id: str, messages: int) -> None:
    """One turn that fills the state as `messages // 2` turns would."""
    past: list[AnyMessage] = []
    for _ in range(messages // 2):
        past += [_question(), AIMessage(_sentence(), id=str(uuid4()))]
    await graph.ainvoke({"messages": past[:-1]}, _config(thread_id), durability="exit")


async def _turns(graph: Graph, thread_id: str, turns: int) -> None:
    for _ in range(turns):
        await graph.ainvoke({"messages": [_question()]}, _config(thread_id), durability="exit")


def _question() -> HumanMessage:
    return HumanMessage(_sentence(), id=str(uuid4()))


def _sentence() -> str:
    """About 130 characters that do not repeat, so that compression gets nothing for free."""
    return " ".join(random.choices(_VOCABULARY, k=18))


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _chat(saver: Saver, messages: int) -> Graph:
    """One node that answers, over a state that holds the last `messages`."""

    async def reply(state: MessagesState) -> dict[str, list[BaseMessage]]:
        gone = [RemoveMessage(str(m.id)) for m in state["messages"][: -messages + 1]]
        return {"messages": [*gone, AIMessage(_sentence(), id=str(uuid4()))]}

    graph = StateGraph(MessagesState).add_node("reply", reply)
    return graph.add_edge(START, "reply").add_edge("reply", END).compile(checkpointer=saver)


if __name__ == "__main__":
    main()
