"""Delete, copy, prune, list: what is done to threads, not to a turn."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from redis.asyncio import Redis

from checkpoints import RedisSaver, connect_sync

from .values import at, checkpoint

_NAMESPACES = ("", "sub", "sub|deeper")


async def _fill(saver: RedisSaver, thread_id: str, depth: int = 3) -> None:
    for ns in _NAMESPACES:
        parent = None
        for number in range(1, depth + 1):
            config = at(thread_id, parent, checkpoint_ns=ns)
            parent = checkpoint(number, ns=ns)
            await saver.aput(config, parent, {"step": number}, {})
            await saver.aput_writes(at(thread_id, parent, checkpoint_ns=ns), [("a", 1)], "task")


async def test_forgetting_a_thread_leaves_nothing_of_it(redis: Redis) -> None:
    saver = RedisSaver(redis, keep=0)
    await _fill(saver, "t")
    await _fill(saver, "other")
    await saver.adelete_thread("t")
    assert await redis.keys() == [b"lg:{other}"]


async def test_a_copy_holds_the_same_and_ends_at_the_same_time(redis: Redis) -> None:
    saver = RedisSaver(redis, keep=0)
    await _fill(saver, "t")
    await redis.expire("lg:{t}", 100)
    await saver.aput(at("copy"), checkpoint(9), {}, {})
    await saver.acopy_thread("t", "copy")
    assert await redis.hgetall("lg:{copy}") == await redis.hgetall("lg:{t}")
    assert 90 < await redis.ttl("lg:{copy}") <= 100


async def test_a_copy_of_nothing_is_nothing(redis: Redis) -> None:
    await RedisSaver(redis).acopy_thread("nobody", "copy")
    assert await redis.keys() == []


async def test_pruning_keeps_the_newest_of_each_namespace(redis: Redis) -> None:
    saver = RedisSaver(redis, keep=0)
    await _fill(saver, "t")
    await saver.aprune(["t", "nobody"])
    left = [item async for item in saver.alist({"configurable": {"thread_id": "t"}})]
    assert {item.checkpoint["channel_values"]["ns"] for item in left} == set(_NAMESPACES)
    assert [item.checkpoint["id"] for item in left] == [checkpoint(3)["id"]] * 3
    assert all(item.pending_writes for item in left)
    await saver.aprune(["t"], strategy="delete_all")
    assert await redis.keys() == []


async def test_an_unknown_way_to_prune_is_refused(redis: Redis) -> None:
    saver = RedisSaver(redis)
    await _fill(saver, "t")
    with pytest.raises(ValueError, match="keep_latest, delete"):
        await saver.aprune(["t"], strategy="keep_oldest")
    assert await redis.keys() == [b"lg:{t}"]


async def test_the_head_passes_on_when_its_run_is_deleted(redis: Redis) -> None:
    saver, parent = RedisSaver(redis, keep=0), None
    for number in (1, 2, 3):
        config = at("t", parent)
        await saver.aput(config, (parent := checkpoint(number)), {"run_id": f"run {number}"}, {})
    await saver.adelete_for_runs(["run 3", "run 1"])
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.metadata.get("run_id") == "run 2"
    await saver.adelete_for_runs(["run 2"])
    assert await redis.keys() == []


async def test_threads_of_another_prefix_are_not_ours(redis: Redis) -> None:
    ours, theirs = RedisSaver(redis, prefix="a*"), RedisSaver(redis, prefix="ab")
    await ours.aput(at("t{1}"), checkpoint(1), {}, {})
    await theirs.aput(at("t"), checkpoint(1), {}, {})
    assert list(await ours.athreads()) == ["t{1}"]
    assert list(ours.threads()) == ["t{1}"]
    (item,) = [item async for item in ours.alist(None)]
    assert item.config == at("t{1}", checkpoint(1))


async def test_a_long_history_is_listed_whole(redis: Redis) -> None:
    saver, parent = RedisSaver(redis, keep=0), None
    for number in range(1, 71):
        config = at("t", parent)
        await saver.aput(config, (parent := checkpoint(number)), {"step": number}, {})
    steps = [item.metadata.get("step") async for item in saver.alist(at("t"))]
    assert steps == list(range(70, 0, -1))
    some = saver.alist(at("t"), filter={"step": 5}, limit=3)
    assert [item.metadata.get("step") async for item in some] == [5]
    assert [item async for item in saver.alist(at("t"), limit=0)] == []


_PUTS = st.lists(
    st.tuples(st.sampled_from("tu"), st.sampled_from(_NAMESPACES), st.integers(1, 9)), max_size=12
)
_QUESTIONS = st.fixed_dictionaries(
    {
        "filter": st.none() | st.fixed_dictionaries({"step": st.integers(0, 2)}),
        "before": st.none() | st.integers(1, 9),
        "limit": st.none() | st.integers(0, 4),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(puts=_PUTS, question=_QUESTIONS, ns=st.sampled_from(_NAMESPACES))
def test_it_lists_what_the_saver_in_memory_lists(
    redis_url: str,
    puts: list[tuple[str, str, int]],
    question: dict[str, int | dict[str, int] | None],
    ns: str,
) -> None:
    memory = InMemorySaver()
    with connect_sync(redis_url) as client:
        client.flushdb()
        saver = RedisSaver(client, keep=0)
        for thread_id, space, number in puts:
            config = at(thread_id, checkpoint_ns=space)
            stored = checkpoint(number)
            for each in (memory, saver):
                each.put(config, stored, {"step": number % 3}, {})
                each.put_writes(at(thread_id, stored, checkpoint_ns=space), [("a", number)], "task")
        for each_thread in "tu":
            config = at(each_thread, checkpoint_ns=ns)
            assert _listed(saver, config, question) == _listed(memory, config, question)
            assert saver.get_tuple(config) == memory.get_tuple(config)


def _listed(
    saver: RedisSaver | InMemorySaver,
    config: RunnableConfig,
    question: dict[str, int | dict[str, int] | None],
) -> list[tuple[object, ...]]:
    before = question["before"]
    metadata = question["filter"]
    limit = question["limit"]
    found = saver.list(
        config,
        filter=metadata if isinstance(metadata, dict) else None,
        before=at("t", checkpoint(before)) if isinstance(before, int) else None,
        limit=limit if isinstance(limit, int) else None,
    )
    return [(item.config, item.metadata, item.pending_writes) for item in found]
