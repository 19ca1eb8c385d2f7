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
class Cost:
    """The cost of one turn at a given length; bytes are what goes to Redis, TCP payload."""

    name: str
    trips: float
    sent: float
    received: float
    keys: int
    cpu_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20, help="messages held by the state")
    parser.add_argument("--turns", type=int, default=200, help="turns measured for each saver")
    parser.add_argument("--rounds", type=int, default=5, help="CPU: median of so many passes")
    parser.add_argument("--conversations", type=int, default=10_000)
    asked = parser.parse_args()
    with _redis() as url:
        asyncio.run(_report(url, asked))


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
    print(f"{'saver':<26}{'trips':>7}{'bytes out':>11}{'bytes in':>10}{'keys':>6}{'CPU ms':>8}")
    for name, opened in _savers():
        cost = await _cost(url, name, opened, asked)
        print(
            f"{cost.name:<26}{cost.trips:>7.1f}{cost.sent:>11.0f}{cost.received:>10.0f}"
            f"{cost.keys:>6}{cost.cpu_ms:>8.2f}"
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


async def _cost(
    url: str, name: str, opened: Callable[[str], Opened], asked: argparse.Namespace
) -> Cost:
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
        async with wire(url) as counted, opened(counted.url) as saver:
            graph = _chat(saver, asked.messages)
            await _turns(graph, "count", asked.messages)
            keys = await redis.dbsize()
            counted.reset()
            await _turns(graph, "count", 10)
            trips, sent, received = _per_turn(counted, 10)
        async with opened(url) as saver:  # the proxy would count as CPU
            cpu = await _cpu(_chat(saver, asked.messages), asked)
    return Cost(name, trips, sent, received, keys, cpu)


def _per_turn(counted: Wire, turns: int) -> tuple[float, float, float]:
    return counted.trips / turns, counted.sent / turns, counted.received / turns


async def _cpu(graph: Graph, asked: argparse.Namespace) -> float:
    """Median over the rounds of CPU milliseconds a turn, client side."""
    await _turns(graph, "cpu", asked.messages)
    rounds: list[float] = []
    for _ in range(asked.rounds):
        started = time.process_time()
        await _turns(graph, "cpu", asked.turns)
        rounds.append((time.process_time() - started) * 1000 / asked.turns)
    return statistics.median(rounds)


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
