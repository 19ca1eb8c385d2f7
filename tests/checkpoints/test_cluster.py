"""A cluster takes every script: each touches one key."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import redis
from redis.asyncio import RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError

from checkpoints import RedisSaver
from sandbox.servers import find_redis

from .values import at, chat, checkpoint, says

pytestmark = pytest.mark.slow


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A cluster of one node that holds all slots."""
    found = _free_pair()
    command = [
        *(str(find_redis()), "--port", str(found), "--bind", "127.0.0.1", "--dir", str(tmp_path)),
        *("--cluster-enabled", "yes", "--save", "", "--logfile", "redis.log"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=found, socket_timeout=5) as client:
            _until_joined(client)
        yield found
    finally:
        process.terminate()
        process.wait(10)


def _free_pair() -> int:
    """A port that is free together with the one 10,000 above it, where the nodes would talk."""
    for port in range(20_000, 30_000):
        with socket.socket() as own, socket.socket() as bus:
            if own.connect_ex(("127.0.0.1", port)) and bus.connect_ex(("127.0.0.1", port + 10_000)):
                return port
    raise RuntimeError("no two free ports 10,000 apart")


def _until_joined(client: redis.Redis) -> None:
    deadline = time.monotonic() + 20
    given = False
    while time.monotonic() < deadline:
        try:
            if not given:
                client.execute_command("CLUSTER ADDSLOTS", *range(16_384))
                given = True
            if (
                cast("dict[str, str]", client.execute_command("CLUSTER INFO"))["cluster_state"]
                == "ok"
            ):
                return
        except RedisConnectionError:
            continue
    raise TimeoutError("the cluster did not form")


async def test_a_cluster_serves_the_asyncio_saver(port: int) -> None:
    async with RedisCluster(host="127.0.0.1", port=port) as cluster:
        saver = RedisSaver(cluster)
        graph = chat(saver)
        for thread_id in "abc":
            await graph.ainvoke(says("uno"), at(thread_id), durability="exit")
            answered = await graph.ainvoke(says("dos"), at(thread_id), durability="exit")
            assert len(answered["messages"]) == 4
        await saver.acopy_thread("a", "d")
        await saver.aprune(["a"])
        await saver.adelete_thread("b")
        assert list(await saver.athreads()) == ["a", "c", "d"]
        assert len([item async for item in saver.alist(None)]) == 3


def test_a_cluster_serves_the_blocking_saver(port: int) -> None:
    with redis.RedisCluster(host="127.0.0.1", port=port) as cluster:
        saver = RedisSaver(cluster)
        saver.put(at("t"), checkpoint(1, a=1), {"run_id": "run"}, {})
        saver.put_writes(at("t", checkpoint(1)), [("a", 2)], "task")
        found = saver.get_tuple(at("t"))
        assert found is not None
        assert found.pending_writes == [("task", "a", 2)]
        saver.delete_for_runs(["run"])
        assert list(saver.list(None)) == []
