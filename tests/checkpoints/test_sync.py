"""The blocking methods, for scripts: with a blocking client, or beside an asyncio one."""

import asyncio
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from redis import Redis as SyncRedis
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError

from checkpoints import Encrypted, KeyRing, ReadOnly, ReadOnlySaver, RedisSaver, connect_sync

from .values import at, checkpoint, says

_WRITING = ("put", "put_writes", "delete_thread", "delete_for_runs", "copy_thread", "prune")


def _echo(state: MessagesState) -> MessagesState:
    return says(f"you said {state['messages'][-1].text}")


def _invoke(saver: BaseCheckpointSaver[int], *texts: str) -> list[str]:
    graph = StateGraph(MessagesState).add_node("echo", RunnableLambda(_echo))
    chat = graph.add_edge(START, "echo").add_edge("echo", END).compile(checkpointer=saver)
    said = [chat.invoke(says(text), at("t"), durability="exit") for text in texts]
    return [message.text for message in said[-1]["messages"]]


def test_a_script_runs_a_graph(redis_url: str) -> None:
    with connect_sync(redis_url) as client:
        client.flushdb()
        assert _invoke(RedisSaver(client), "uno", "dos")[2:] == ["dos", "you said dos"]
        assert client.keys() == [b"lg:{t}"]
        assert 0 < client.ttl("lg:{t}") <= 86_400


async def test_an_asyncio_client_serves_blocking_methods_too(redis: Redis) -> None:
    saver = RedisSaver(redis)
    assert await asyncio.to_thread(_invoke, saver, "uno") == ["uno", "you said uno"]
    found = await saver.aget_tuple(at("t"))
    assert saver.get_tuple(at("t")) == found
    assert list(saver.list(at("t"))) == [item async for item in saver.alist(at("t"))]


async def test_a_blocking_client_serves_asyncio_methods_too(redis_url: str, redis: Redis) -> None:
    with SyncRedis.from_url(redis_url) as client:
        saver = RedisSaver(client)
        await saver.aput(at("t"), checkpoint(1, a=1), {}, {})
        assert [item.config async for item in saver.alist(None)] == [at("t", checkpoint(1))]
        assert await redis.keys() == [b"lg:{t}"]


def test_every_blocking_method_does_what_its_twin_does(redis_url: str) -> None:
    with connect_sync(redis_url) as client:
        client.flushdb()
        saver = RedisSaver(client, keep=0, serde=Encrypted(KeyRing([bytes(16)])))
        saver.put(at("t"), checkpoint(1), {"run_id": "first"}, {})
        saver.put(at("t", checkpoint(1)), checkpoint(2), {"run_id": "second"}, {})
        saver.put_writes(at("t", checkpoint(2)), [("a", 1)], "task")
        saver.put_writes(at("t", checkpoint(2)), [], "task")
        saver.copy_thread("t", "copy")
        saver.copy_thread("nobody", "copy of nobody")
        saver.prune(["copy"])
        assert [item.metadata.get("run_id") for item in saver.list(at("copy"))] == ["second"]
        saver.delete_for_runs(["second"])
        assert [item.metadata.get("run_id") for item in saver.list(None)] == ["first"]
        saver.delete_thread("t")
        assert client.keys() == []


async def test_a_socket_file_has_a_twin_as_well(tmp_path: Path) -> None:
    saver = RedisSaver(Redis.from_url(f"unix://{tmp_path}/none"))
    with pytest.raises(RedisConnectionError, match="none"):
        saver.get_tuple(at("t"))


async def test_a_client_that_decodes_is_refused(redis_url: str) -> None:
    with pytest.raises(ValueError, match="decode_responses"):
        RedisSaver(Redis.from_url(redis_url, decode_responses=True))


async def test_an_asyncio_cluster_has_no_blocking_twin() -> None:
    with pytest.raises(TypeError, match=r"redis\.RedisCluster"):
        RedisSaver(RedisCluster(host="127.0.0.1", port=1)).get_tuple(at("t"))


async def test_a_saver_for_looking_shows_everything_and_writes_nothing(redis: Redis) -> None:
    await RedisSaver(redis).aput(at("t"), checkpoint(1, a=1), {}, {})
    await redis.expire("lg:{t}", 100)
    before = await redis.hgetall("lg:{t}")
    looking = ReadOnlySaver(redis).with_allowlist([("some.module", "Type")])
    found = await looking.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint["channel_values"] == {"a": 1}
    assert len([item async for item in looking.alist(None)]) == 1
    for name in _WRITING:
        with pytest.raises(ReadOnly, match="only looks"):
            getattr(looking, name)()
        with pytest.raises(ReadOnly, match="only looks"):
            await getattr(looking, f"a{name}")([], keyword="too")
    assert await redis.hgetall("lg:{t}") == before
    assert await redis.ttl("lg:{t}") <= 100


async def test_versions_for_looking_compare_with_those_of_langgraphs_server(redis: Redis) -> None:
    stored = checkpoint(1, a=1)
    stored["channel_versions"] = {"a": 3, "b": f"{2:032}.5"}
    stored["versions_seen"] = {"node": {"a": 2}}
    await RedisSaver(redis).aput(at("t"), stored, {}, {})
    found = await ReadOnlySaver(redis).aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint["channel_versions"] == {"a": f"{3:032}", "b": f"{2:032}.5"}
    assert found.checkpoint["versions_seen"] == {"node": {"a": f"{2:032}"}}


def test_every_writing_method_of_langgraph_is_known_here() -> None:
    reading = {
        *("get", "get_tuple", "list", "aget", "aget_tuple", "alist", "config_specs", "serde"),
        *("get_next_version", "with_allowlist"),
        *("get_delta_channel_history", "aget_delta_channel_history"),
    }
    offered = {name for name in vars(BaseCheckpointSaver) if not name.startswith("_")}
    assert offered - reading == {*_WRITING, *(f"a{name}" for name in _WRITING)}
