import copy
import random

import pytest
from langgraph.checkpoint.base import WRITES_IDX_MAP
from redis.asyncio import Redis

from checkpoints import RedisSaver, TooLarge

from .values import at, checkpoint, fields


async def test_a_thread_is_one_key_with_a_hash_tag(redis: Redis) -> None:
    saver = RedisSaver(redis)
    first = checkpoint(1, a=1)
    await saver.aput(at("t"), first, {}, {})
    await saver.aput_writes(at("t", first), [("a", 2)], "task")
    await saver.aput({"configurable": {"thread_id": "t", "checkpoint_ns": "sub"}}, first, {}, {})
    assert await redis.keys() == [b"lg:{t}"]


async def test_the_newest_checkpoint_comes_back_whole(redis: Redis) -> None:
    saver = RedisSaver(redis)
    first, second = checkpoint(1, text="hola", none=None, raw=b"\xff"), checkpoint(2, text="adiós")
    await saver.aput(at("t"), first, {"source": "input", "step": 0}, {})
    await saver.aput(at("t", first), second, {"source": "loop", "step": 1}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == second
    assert found.metadata == {"source": "loop", "step": 1}
    assert found.parent_config == at("t", first)
    assert found.config == at("t", second)


async def test_no_thread_is_none(redis: Redis) -> None:
    assert await RedisSaver(redis).aget_tuple(at("nobody")) is None


@pytest.mark.parametrize("keep", [1, 2, 3])
async def test_history_is_as_deep_as_asked(redis: Redis, keep: int) -> None:
    saver = RedisSaver(redis, keep=keep)
    parent = None
    for number in range(1, 6):
        await saver.aput(at("t", parent), (parent := checkpoint(number)), {}, {})
        await saver.aput_writes(at("t", parent), [("a", number)], "task")
    kept = [item.checkpoint["id"] async for item in saver.alist(at("t"))]
    assert kept == [checkpoint(number)["id"] for number in range(5, 5 - keep, -1)]
    assert await fields(redis, "t") == 1 + 3 * keep


async def test_a_hundred_turns_leave_no_more_than_one(redis: Redis) -> None:
    saver = RedisSaver(redis)
    parent = None
    for number in range(1, 101):
        await saver.aput(at("t", parent), (parent := checkpoint(number)), {}, {})
        await saver.aput_writes(at("t", parent), [("a", number)], f"task {number}")
    assert await fields(redis, "t") == 4


async def test_an_older_put_that_comes_late_does_not_become_the_head(redis: Redis) -> None:
    saver = RedisSaver(redis, fence=False)
    older, newer = checkpoint(1, a="older"), checkpoint(2, a="newer")
    await saver.aput(at("t"), newer, {}, {})
    await saver.aput(at("t"), older, {}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == newer
    assert await saver.aget_tuple(at("t", older)) is None


@pytest.mark.parametrize("keep", [0, 1])
async def test_a_child_of_the_head_is_newer_even_on_a_slow_clock(redis: Redis, keep: int) -> None:
    saver = RedisSaver(redis, keep=keep)
    fast, slow = checkpoint(9, a="fast clock"), checkpoint(3, a="slow clock")
    await saver.aput(at("t"), fast, {}, {})
    await saver.aput_writes(at("t", slow), [("a", 1)], "before its put")
    await saver.aput(at("t", fast), slow, {}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == slow


async def test_pending_writes_come_in_the_order_in_which_they_are_applied(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    await saver.aput_writes(at("t", first), [("x", n) for n in range(12)], "b", "~2")
    await saver.aput_writes(at("t", first), [("x", "second")], "a", "~2")
    await saver.aput_writes(at("t", first), [("x", "first")], "z", "~1")
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    expected = [("z", "x", "first"), ("a", "x", "second"), *(("b", "x", n) for n in range(12))]
    assert found.pending_writes == expected


async def test_a_write_is_taken_once_and_a_special_one_replaced(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1)
    await saver.aput(at("t"), first, {}, {})
    special = min(WRITES_IDX_MAP)
    for value in ("one", "two"):
        await saver.aput_writes(at("t", first), [("x", value), (special, value)], "task")
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert sorted(found.pending_writes or []) == [("task", special, "two"), ("task", "x", "one")]


async def test_writes_may_come_before_their_checkpoint(redis: Redis) -> None:
    saver, first, second = RedisSaver(redis), checkpoint(1), checkpoint(2)
    await saver.aput_writes(at("t", second), [("x", "early")], "task")
    assert await saver.aget_tuple(at("t")) is None
    await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", first), second, {}, {})
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.pending_writes == [("task", "x", "early")]


async def test_writes_after_the_next_checkpoint_go_with_the_one_that_follows(redis: Redis) -> None:
    saver, first, second, third = RedisSaver(redis), *(checkpoint(n) for n in (1, 2, 3))
    await saver.aput(at("t"), first, {}, {})
    await saver.aput(at("t", first), second, {}, {})
    await saver.aput_writes(at("t", first), [("x", "late")], "task")
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert found.pending_writes == []
    await saver.aput(at("t", second), third, {}, {})
    assert await fields(redis, "t") == 2


async def test_a_blob_over_the_limit_is_refused_and_the_stored_one_stays(redis: Redis) -> None:
    saver, first = RedisSaver(redis, max_bytes=2000), checkpoint(1, a="small")
    await saver.aput(at("t"), first, {}, {})
    noise = random.Random(1).randbytes(3000)
    with pytest.raises(TooLarge, match="2000 are allowed"):
        await saver.aput(at("t", first), checkpoint(2, a=noise), {}, {})
    with pytest.raises(TooLarge):
        await saver.aput_writes(at("t", first), [("a", noise)], "task")
    found = await saver.aget_tuple(at("t"))
    assert found is not None
    assert (found.checkpoint, found.pending_writes) == (first, [])


async def test_a_copy_of_the_saver_is_the_same_saver(redis: Redis) -> None:
    saver, first = RedisSaver(redis), checkpoint(1, a=1)
    await copy.copy(saver).aput(at("t"), first, {}, {})
    found = await copy.copy(saver.with_allowlist([("some.module", "Type")])).aget_tuple(at("t"))
    assert found is not None
    assert found.checkpoint == first


async def test_a_name_with_a_separator_in_it_is_refused(redis: Redis) -> None:
    with pytest.raises(ValueError, match="control character"):
        await RedisSaver(redis).aput_writes(at("t", checkpoint(1)), [("a", 1)], "a\x1fb")
    assert await redis.keys() == []


async def test_numbers_go_on_and_so_do_the_strings_of_langgraph_server(redis: Redis) -> None:
    saver = RedisSaver(redis)
    assert saver.get_next_version(None, None) == 1
    assert saver.get_next_version(7, None) == 8
    version = f"{41:032}.0123456789012345"
    assert str(saver.get_next_version(version, None)).startswith(f"{42:032}.")
