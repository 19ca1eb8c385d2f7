"""What the mailbox promises, one promise a test, on a real Redis with several workers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from delivery.mailbox import Lease, Mailbox, Post
from domain.contact import Pseudonyms
from domain.errors import LeaseLost, MailboxUnavailable, Superseded

ANA, BEN = "contact-ana", "contact-ben"
SHORT = 0.05
"""A lease or a backoff, in seconds, that a test waits out."""


def post(text: str, contact: str = ANA, *aliases: str, message: str | None = None) -> Post:
    return Post(
        id=text if message is None else message,
        contact=contact,
        aliases=aliases or (f"alias-{contact}",),
        body=text.encode(),
    )


@pytest.fixture
def box(redis: Redis) -> Mailbox:
    """The mailbox as the first worker sees it."""
    return Mailbox(redis, "inbox")


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[Mailbox]:
    """The same mailbox as a second worker sees it, over its own connection."""
    client = Redis.from_url(redis_url)
    yield Mailbox(client, "inbox")
    await client.aclose()


async def claimed(box: Mailbox, seconds: float = 5) -> Lease:
    """The next lease, as soon as something is due."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if lease := await box.claim():
            return lease
        await asyncio.sleep(0.005)
    pytest.fail("nothing became due")


async def left(redis: Redis) -> set[bytes]:
    return set(cast("list[bytes]", await redis.keys()))


async def test_messages_of_a_contact_come_in_order_as_one_batch(box: Mailbox) -> None:
    assert await box.push([post("one"), post("two")]) == 2
    assert await box.push([post("three")]) == 1
    lease = await claimed(box)
    assert (lease.contact, lease.bodies) == (ANA, (b"one", b"two", b"three"))
    assert (lease.turn_id, lease.frozen, lease.tries, lease.lapsed) == (None, None, 0, 0)


async def test_bodies_of_any_bytes_come_back_as_they_were(box: Mailbox) -> None:
    body = bytes(range(256)) + b"\r\n$-1\r\n"
    await box.push([Post("binary", ANA, (), body), Post("empty", ANA, (), b"")])
    assert (await claimed(box)).bodies == (body, b"")


async def test_a_message_counts_once_even_after_its_turn(box: Mailbox) -> None:
    assert await box.push([post("one"), post("one")]) == 1
    assert await box.push([post("one")]) == 0
    lease = await claimed(box)
    assert lease.bodies == (b"one",)
    await box.commit(lease)
    assert await box.push([post("one")]) == 0
    assert await box.claim() is None


async def test_a_post_without_an_id_is_never_taken_for_a_repetition(box: Mailbox) -> None:
    assert await box.push([post("receipt", message=""), post("receipt", message="")]) == 2
    assert (await claimed(box)).bodies == (b"receipt", b"receipt")


async def test_message_ids_are_forgotten_after_the_set_time(redis: Redis) -> None:
    box = Mailbox(redis, "inbox", remember_seconds=100, alias_seconds=200)
    await box.push([post("one", ANA, "phone")])
    assert 0 < await redis.ttl("{inbox}:seen:one") <= 100
    assert 100 < await redis.ttl("{inbox}:alias:phone") <= 200


async def test_one_turn_at_a_time(box: Mailbox, other: Mailbox) -> None:
    await box.push([post("one")])
    await claimed(box)
    await other.push([post("two")])
    assert await other.claim() is None


async def test_the_contact_due_longest_comes_first(box: Mailbox, other: Mailbox) -> None:
    await box.push([post("a", ANA)])
    start = await redis_millisecond(box)
    await until(lambda: past(box, start))
    await box.push([post("b", BEN)])
    assert (await claimed(box)).contact == ANA
    assert (await claimed(other)).contact == BEN


async def redis_millisecond(box: Mailbox) -> int:
    seconds, micros = await box._client.time()  # pyright: ignore[reportPrivateUsage] - Redis's clock
    return int(seconds) * 1000 + int(micros) // 1000


async def past(box: Mailbox, moment: int) -> bool:
    return await redis_millisecond(box) > moment


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.005)


async def test_two_workers_never_hold_one_contact(box: Mailbox, other: Mailbox) -> None:
    await box.push([post(f"{i}", f"contact-{i}") for i in range(40)])
    leases = await asyncio.gather(*(worker.claim() for _ in range(20) for worker in (box, other)))
    assert len({lease.contact for lease in leases if lease}) == 40


async def test_tokens_only_grow(box: Mailbox, other: Mailbox) -> None:
    await box.push([post(f"{i}", f"contact-{i}") for i in range(10)])
    tokens = [(await claimed(worker)).token for _ in range(5) for worker in (box, other)]
    assert tokens == sorted(set(tokens))


async def test_a_redis_that_lost_its_data_gives_out_no_old_token(
    box: Mailbox, redis: Redis
) -> None:
    await box.push([post("one")])
    old = await claimed(box)
    await redis.flushdb()
    await box.push([post("one")])
    assert (await claimed(box)).token > old.token
    with pytest.raises(LeaseLost):
        await box.commit(old)


async def test_since_is_the_arrival_of_the_oldest_unread_message(box: Mailbox) -> None:
    before = await redis_millisecond(box)
    await box.push([post("one")])
    after = await redis_millisecond(box)
    await until(lambda: past(box, after))
    await box.push([post("two")])
    assert before <= (await claimed(box)).since * 1000 <= after


async def test_renewing_holds_the_contact_and_counts_what_is_unread(redis: Redis) -> None:
    box = Mailbox(redis, "inbox", lease_seconds=0.5)
    await box.push([post("one")])
    lease = await claimed(box)
    await box.push([post("two")])
    first = await redis.zscore("{inbox}:due", ANA)
    await until(lambda: past(box, int(first or 0) - 450))
    assert await box.renew(lease) == 2
    assert (await redis.zscore("{inbox}:due", ANA) or 0) > (first or 0)


async def test_a_push_never_shortens_a_lease(box: Mailbox, redis: Redis) -> None:
    await box.push([post("one")])
    await claimed(box)
    due = await redis.zscore("{inbox}:due", ANA)
    await box.push([post("two")])
    assert await redis.zscore("{inbox}:due", ANA) == due


async def test_a_contact_in_backoff_is_not_pulled_forward(box: Mailbox) -> None:
    await box.push([post("one")])
    await box.give_back(await claimed(box), delay=60, failed=True)
    await box.push([post("two")])
    assert await box.claim() is None


async def test_a_lease_that_runs_out_is_taken_over(redis: Redis, other: Mailbox) -> None:
    dying = Mailbox(redis, "inbox", lease_seconds=SHORT)
    await dying.push([post("one")])
    lost = await claimed(dying)
    taken = await claimed(other)
    assert (taken.bodies, taken.lapsed, taken.tries) == (lost.bodies, 1, 0)
    assert taken.token > lost.token


async def test_who_gives_back_a_contact_has_survived_it(redis: Redis, other: Mailbox) -> None:
    dying = Mailbox(redis, "inbox", lease_seconds=SHORT)
    await dying.push([post("one")])
    await claimed(dying)
    taken = await claimed(other)
    assert taken.lapsed == 1
    await other.give_back(taken)
    assert (await claimed(other)).lapsed == 0


FENCED: dict[str, Callable[[Mailbox, Lease], Awaitable[object]]] = {
    "renew": lambda box, lease: box.renew(lease),
    "reread": lambda box, lease: box.reread(lease),
    "seal": lambda box, lease: box.seal(lease, turn_id="t", frozen=b""),
    "seal even if newer": lambda box, lease: box.seal(
        lease, turn_id="t", frozen=b"", even_if_newer=True
    ),
    "commit": lambda box, lease: box.commit(lease),
    "give back": lambda box, lease: box.give_back(lease),
    "bury": lambda box, lease: box.bury(lease, "poison"),
}


async def test_what_was_not_begun_keeps_its_lapses_and_gets_no_more(redis: Redis) -> None:
    box = Mailbox(redis, "inbox")
    dying = Mailbox(redis, "inbox", lease_seconds=0)
    await box.push([post("1")])
    await claimed(dying)
    lease = await claimed(box)
    assert lease.lapsed == 1
    await box.give_back(lease, begun=False)
    assert (await claimed(box)).lapsed == 1


@pytest.mark.parametrize("step", FENCED.values(), ids=FENCED.keys())
async def test_a_stale_token_changes_nothing(
    step: Callable[[Mailbox, Lease], Awaitable[object]], redis: Redis, other: Mailbox
) -> None:
    dying = Mailbox(redis, "inbox", lease_seconds=SHORT)
    await dying.push([post("one")])
    stale = await claimed(dying)
    holder = await claimed(other)
    before = await dump(redis)
    with pytest.raises(LeaseLost):
        await step(dying, stale)
    assert await dump(redis) == before
    await other.commit(holder)


@pytest.mark.parametrize("step", FENCED.values(), ids=FENCED.keys())
async def test_a_finished_lease_is_stale(
    step: Callable[[Mailbox, Lease], Awaitable[object]], box: Mailbox
) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.commit(lease)
    with pytest.raises(LeaseLost):
        await step(box, lease)


async def dump(redis: Redis) -> dict[bytes, object]:
    return {key: await redis.dump(key) for key in await left(redis)}


async def test_a_lease_past_its_time_that_nobody_took_is_still_good(redis: Redis) -> None:
    box = Mailbox(redis, "inbox", lease_seconds=0)
    await box.push([post("one")])
    lease = await claimed(box)
    assert await box.renew(lease) == 1
    await box.commit(lease)


async def test_the_seal_refuses_when_a_newer_message_is_unread(box: Mailbox) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.push([post("two")])
    with pytest.raises(Superseded):
        await box.seal(lease, turn_id="t1", frozen=b"")
    again = await box.reread(lease)
    assert (again.token, again.bodies) == (lease.token, (b"one", b"two"))
    await box.seal(again, turn_id="t2", frozen=b"")


async def test_the_seal_can_be_told_to_leave_newer_messages_for_the_next_turn(
    box: Mailbox,
) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.push([post("two")])
    await box.seal(lease, turn_id="t1", frozen=b"", even_if_newer=True)
    await box.commit(lease)
    assert (await claimed(box)).bodies == (b"two",)


async def test_a_message_after_the_seal_is_the_next_turn(box: Mailbox) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.seal(lease, turn_id="t1", frozen=b"draft")
    await box.push([post("two")])
    assert (await box.reread(lease)).bodies == (b"one",)
    await box.commit(lease)
    following = await claimed(box)
    assert (following.bodies, following.turn_id, following.frozen) == ((b"two",), None, None)


async def test_a_sealed_batch_is_given_again_exactly(redis: Redis, other: Mailbox) -> None:
    dying = Mailbox(redis, "inbox", lease_seconds=SHORT)
    await dying.push([post("one"), post("two")])
    lease = await claimed(dying)
    await dying.seal(lease, turn_id="t1", frozen=b"\x00draft")
    await dying.push([post("three")])
    taken = await claimed(other)
    assert (taken.bodies, taken.turn_id, taken.frozen) == (lease.bodies, "t1", b"\x00draft")
    await other.commit(taken)
    assert (await claimed(other)).bodies == (b"three",)


async def test_sealing_the_same_turn_again_keeps_what_was_frozen_first(
    redis: Redis, other: Mailbox
) -> None:
    dying = Mailbox(redis, "inbox", lease_seconds=SHORT)
    await dying.push([post("one")])
    await dying.seal(await claimed(dying), turn_id="t1", frozen=b"first")
    await dying.push([post("two")])
    taken = await claimed(other)
    await other.seal(taken, turn_id="t1", frozen=b"second")
    assert (await other.reread(taken)).frozen == b"first"
    with pytest.raises(ValueError, match="another turn"):
        await other.seal(taken, turn_id="t2", frozen=b"")


async def test_a_failure_counts_until_the_commit(box: Mailbox) -> None:
    await box.push([post("one")])
    await box.give_back(await claimed(box), failed=True)
    await box.give_back(await claimed(box))
    lease = await claimed(box)
    assert (lease.tries, lease.lapsed) == (1, 0)
    await box.push([post("two")])
    await box.commit(lease)
    assert (await claimed(box)).tries == 0


async def test_a_lease_given_back_is_over(box: Mailbox) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.give_back(lease)
    with pytest.raises(LeaseLost):
        await box.renew(lease)


async def test_backoff_delays_the_next_try(box: Mailbox) -> None:
    await box.push([post("one")])
    start = time.monotonic()
    await box.give_back(await claimed(box), delay=SHORT, failed=True)
    assert (await claimed(box)).tries == 1
    assert time.monotonic() - start >= SHORT


async def test_a_backoff_keeps_the_seal(box: Mailbox) -> None:
    await box.push([post("one")])
    lease = await claimed(box)
    await box.seal(lease, turn_id="t1", frozen=b"draft")
    await box.give_back(lease, failed=True)
    await box.push([post("two")])
    again = await claimed(box)
    assert (again.bodies, again.turn_id, again.frozen) == ((b"one",), "t1", b"draft")


async def test_a_buried_batch_is_kept_and_blocks_nobody(box: Mailbox, redis: Redis) -> None:
    await box.push([post("bad"), post("worse")])
    lease = await claimed(box)
    await box.push([post("good")])
    await box.bury(lease, "five failures")
    assert (await claimed(box)).bodies == (b"good",)
    assert await entries(redis, "dead") == [
        [b"contact", ANA.encode(), b"reason", b"five failures", b"body", b"bad", b"body", b"worse"]
    ]
    assert (await box.figures()).dead == 1


async def entries(redis: Redis, stream: str) -> list[list[bytes]]:
    """The raw fields of each entry: redis-py would fold the bodies into one."""
    script = "return redis.call('XRANGE', KEYS[1], '-', '+')"
    reply = cast("list[list[Any]]", await redis.eval(script, 1, f"{{inbox}}:{stream}"))
    return [fields for _, fields in reply]


async def test_dead_letters_and_quarantine_are_capped_and_count_what_they_drop(
    redis: Redis,
) -> None:
    box = Mailbox(redis, "inbox", dead_cap=2, quarantine_cap=3)
    for i in range(5):
        await box.push([post(f"{i}")])
        await box.bury(await claimed(box), "poison")
        await box.quarantine(b"{" * i, "not JSON")
    figures = await box.figures()
    assert (figures.dead, figures.dead_dropped) == (2, 3)
    assert (figures.quarantined, figures.quarantine_dropped) == (3, 2)
    kept = [fields[-1] for fields in await entries(redis, "quarantine")]
    assert kept == [b"{{", b"{{{", b"{{{{"]


async def test_a_second_identifier_leads_to_the_same_contact(box: Mailbox) -> None:
    await box.push([post("one", ANA, "bsuid")])
    await box.push([post("two", "contact-by-phone", "phone", "bsuid")])
    await box.push([post("three", "contact-by-phone", "phone")])
    lease = await claimed(box)
    assert (lease.contact, lease.bodies) == (ANA, (b"one", b"two", b"three"))


async def test_the_first_identifier_that_is_known_wins(box: Mailbox) -> None:
    await box.push([post("one", ANA, "phone"), post("two", BEN, "bsuid")])
    await box.push([post("three", "nobody", "new", "phone", "bsuid")])
    await box.push([post("four", "nobody", "bsuid")])
    batches = {lease.contact: lease.bodies for lease in [await claimed(box), await claimed(box)]}
    assert batches == {ANA: (b"one", b"three", b"four"), BEN: (b"two",)}


async def test_a_batch_is_bounded_and_a_full_one_is_never_superseded(redis: Redis) -> None:
    box = Mailbox(redis, "inbox", most=3)
    await box.push([post(f"{i}") for i in range(5)])
    lease = await claimed(box)
    assert lease.bodies == (b"0", b"1", b"2")
    assert await box.renew(lease) == 3
    await box.seal(lease, turn_id="t1", frozen=b"")
    await box.commit(lease)
    assert (await claimed(box)).bodies == (b"3", b"4")


async def test_a_forgotten_contact_leaves_nothing_but_message_ids(
    box: Mailbox, redis: Redis
) -> None:
    await box.push([post("bad", ANA, "phone"), post("other", BEN, "bsuid")])
    for _ in range(2):
        await box.bury(await claimed(box), "poison")
    await box.push([post("one", ANA, "phone"), post("two", BEN, "bsuid")])
    lease = await claimed(box)
    await box.seal(lease, turn_id="t1", frozen=b"draft")
    await box.forget(ANA, ["phone"])
    with pytest.raises(LeaseLost):
        await box.commit(lease)
    assert (await claimed(box)).contact == BEN
    assert [fields[1] for fields in await entries(redis, "dead")] == [BEN.encode()]
    assert not [key for key in await left(redis) if b"ana" in key or b"phone" in key]


async def test_mailboxes_of_different_names_know_nothing_of_each_other(redis: Redis) -> None:
    inbox, receipts = Mailbox(redis, "inbox"), Mailbox(redis, "receipts")
    await inbox.push([post("one")])
    assert await receipts.claim() is None
    assert await receipts.push([post("one")]) == 1


async def test_nothing_is_left_over_but_ids_aliases_and_the_counter(
    box: Mailbox, redis: Redis
) -> None:
    await box.push([post("one", ANA, "phone"), post("two", BEN, "bsuid")])
    for turn in ("t1", "t2"):
        lease = await claimed(box)
        await box.give_back(lease, failed=True)
        lease = await claimed(box)
        await box.seal(lease, turn_id=turn, frozen=b"draft")
        await box.commit(lease)
    assert await left(redis) == {
        b"{inbox}:seen:one", b"{inbox}:seen:two", b"{inbox}:alias:phone", b"{inbox}:alias:bsuid",
        b"{inbox}:token",
    }  # fmt: skip


async def test_keys_hold_only_hashes(box: Mailbox, redis: Redis) -> None:
    names = Pseudonyms(b"secret")
    phone, wamid = "5491123456789", "wamid.NTQ5MTEyMzQ1Njc4OQ=="
    await box.push([
        Post(names.message(wamid), names.contact("1", phone), (names.alias("1", phone),), b"hi")
    ])  # fmt: skip
    await box.seal(await claimed(box), turn_id="t1", frozen=b"")
    keys = b" ".join(await left(redis))
    assert phone.encode() not in keys
    assert wamid.encode() not in keys
    assert len(await left(redis)) == 6


async def test_a_contact_without_messages_is_dropped_from_the_schedule(
    box: Mailbox, redis: Redis
) -> None:
    await redis.zadd("{inbox}:due", {"ghost": 1})
    await redis.hset("{inbox}:turn:ghost", "tries", "3")
    await box.push([post("one")])
    assert (await claimed(box)).contact == ANA
    assert await redis.exists("{inbox}:turn:ghost") == 0
    assert await redis.zscore("{inbox}:due", "ghost") is None


async def test_figures_count_what_waits(box: Mailbox, other: Mailbox) -> None:
    assert (await box.figures()).oldest_due_seconds == 0
    await box.push([post("one"), post("two", BEN)])
    start = await redis_millisecond(box)
    await until(lambda: past(box, start + 20))
    await claimed(box)
    figures = await other.figures()
    assert (figures.due, figures.contacts) == (1, 2)
    assert figures.oldest_due_seconds >= 0.02


async def test_the_bell_names_the_contact(box: Mailbox, other: Mailbox, redis: Redis) -> None:
    async with contextlib.aclosing(box.bell()) as bell:
        ring = asyncio.ensure_future(anext(bell))
        await until(lambda: listening(redis))
        await other.push([post("one")])
        async with asyncio.timeout(5):
            assert await ring == ANA


async def test_the_bell_survives_a_lost_connection(
    box: Mailbox, other: Mailbox, redis: Redis
) -> None:
    async with contextlib.aclosing(box.bell()) as bell:
        ring = asyncio.ensure_future(anext(bell))
        await until(lambda: listening(redis))
        await redis.client_kill_filter(_type="pubsub")
        await until(lambda: rings(other, ring))
        assert await ring == ANA


async def listening(redis: Redis) -> bool:
    return dict(await redis.pubsub_numsub("{inbox}:bell"))[b"{inbox}:bell"] == 1


async def rings(box: Mailbox, ring: asyncio.Future[str]) -> bool:
    await box.push([post("x", message="")])
    return ring.done()


async def test_scripts_survive_a_redis_that_forgot_them(box: Mailbox, redis: Redis) -> None:
    await redis.script_flush()
    assert await box.push([post("one"), post("two")]) == 2
    await redis.script_flush()
    lease = await claimed(box)
    await redis.script_flush()
    await box.commit(lease)


async def test_pushing_nothing_is_nothing(box: Mailbox) -> None:
    assert await box.push([]) == 0


async def test_an_unreachable_redis_is_named_so() -> None:
    once = Retry(NoBackoff(), 0)
    async with Redis(port=1, retry=once, socket_connect_timeout=0.2) as nowhere:
        box = Mailbox(nowhere, "inbox")
        for attempt in (
            box.push([post("one")]),
            box.claim(),
            box.quarantine(b"", ""),
            box.figures(),
        ):
            with pytest.raises(MailboxUnavailable, match="ConnectionError"):
                await attempt


async def test_a_redis_that_refuses_to_write_is_named_so(box: Mailbox, redis: Redis) -> None:
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(MailboxUnavailable) as refused:
            await box.push([post("one"), Post("two", ANA, (), b"a secret")])
        assert "maxmemory" in str(refused.value.__cause__)
        assert "secret" not in str(refused.value.__cause__)
    finally:
        await redis.config_set("maxmemory", 0)
    assert await left(redis) == set()
    assert await box.push([post("one")]) == 1


async def test_many_contacts_are_leased_at_once_each_with_a_token_of_its_own(
    box: Mailbox, other: Mailbox
) -> None:
    await box.push([post("a", ANA), post("b", BEN), post("e", "contact-eva")])
    leases = await box.claim_some(2)
    assert {lease.contact for lease in leases} < {ANA, BEN, "contact-eva"}
    assert len({lease.token for lease in leases}) == 2
    assert len(await other.claim_some(9)) == 1
    for lease in leases:
        await box.commit(lease)
    assert (await box.figures()).contacts == 1


async def test_more_posts_than_a_script_takes_are_all_stored_in_order(redis: Redis) -> None:
    box = Mailbox(redis, "inbox", most=200)
    names = [f"{number}" for number in range(150)]
    assert await box.push([post(name) for name in names]) == 150
    lease = await claimed(box)
    assert lease.bodies == tuple(name.encode() for name in names)


async def test_what_a_commit_leaves_unread_rings(
    box: Mailbox, other: Mailbox, redis: Redis
) -> None:
    async def listened_to() -> bool:
        [(_, listeners)] = await redis.pubsub_numsub("{inbox}:bell")
        return listeners == 1

    await box.push([post("one")])
    lease = await claimed(box)
    await box.push([post("two")])
    async with contextlib.aclosing(other.bell()) as bell, asyncio.timeout(5):
        hearing = asyncio.ensure_future(anext(bell))
        await until(listened_to)
        await box.commit(lease)
        assert await hearing == ANA


async def test_texts_are_found_in_what_is_unread_until_it_is_committed(box: Mailbox) -> None:
    await box.push([post("the first-tracker"), post("a second.tracker", BEN)])
    wanted = ["first-tracker", "second.tracker", "second-tracker", "third"]
    assert await box.mentioned(wanted) == {"first-tracker", "second.tracker"}
    lease = await claimed(box)
    assert await box.mentioned(wanted) == {"first-tracker", "second.tracker"}
    await box.commit(lease)
    assert await box.mentioned(wanted) == {"second.tracker"}
