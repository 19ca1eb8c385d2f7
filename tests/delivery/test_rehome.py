"""Unread messages move to the contact whom the record knows, with the names that lead there."""

import pytest
from redis.asyncio import Redis

from delivery.mailbox import Lease, Mailbox, Post
from domain.errors import LeaseLost

OLD, NEW = "contact-known", "contact-of-an-empty-redis"


def post(text: str, contact: str, *aliases: str) -> Post:
    return Post(id=text, contact=contact, aliases=aliases, body=text.encode())


@pytest.fixture
def box(redis: Redis) -> Mailbox:
    return Mailbox(redis, "inbox")


async def lease_of(box: Mailbox, contact: str) -> Lease:
    leases = {lease.contact: lease for lease in await box.claim_some(9)}
    return leases[contact]


async def test_everything_unread_is_due_at_the_other_at_once(box: Mailbox) -> None:
    await box.push([post("one", NEW, "a1")])
    lease = await lease_of(box, NEW)
    await box.push([post("two", NEW, "a1")])
    await box.rehome(lease, OLD, ["a1", "a2"])
    assert (await lease_of(box, OLD)).bodies == (b"one", b"two")
    assert (await box.figures()).contacts == 1


async def test_the_names_lead_to_the_other_from_now_on(box: Mailbox) -> None:
    await box.push([post("one", NEW, "a1")])
    await box.rehome(await lease_of(box, NEW), OLD, ["a1", "a2"])
    await box.push([post("two", NEW, "a1"), post("three", "anybody", "a2")])
    assert (await lease_of(box, OLD)).bodies == (b"one", b"two", b"three")


async def test_a_turn_that_runs_at_the_other_keeps_its_batch(box: Mailbox) -> None:
    await box.push([post("one", NEW, "a1"), post("first", OLD, "a2")])
    leases = {lease.contact: lease for lease in await box.claim_some(9)}
    await box.seal(leases[OLD], turn_id="t", frozen=b"{}")
    await box.rehome(leases[NEW], OLD, ["a1"])
    assert (await box.reread(leases[OLD])).bodies == (b"first",)
    await box.commit(leases[OLD])
    assert (await lease_of(box, OLD)).bodies == (b"one",)


async def test_a_worker_that_was_overtaken_moves_nothing(box: Mailbox) -> None:
    await box.push([post("one", NEW, "a1")])
    stale = await lease_of(box, NEW)
    await box.give_back(stale)
    held = await lease_of(box, NEW)
    with pytest.raises(LeaseLost):
        await box.rehome(stale, OLD, ["a1"])
    await box.rehome(held, OLD, ["a1"])
    with pytest.raises(LeaseLost):
        await box.commit(held)
    assert (await lease_of(box, OLD)).bodies == (b"one",)


async def test_a_contact_is_never_moved_to_itself(box: Mailbox) -> None:
    await box.push([post("one", NEW, "a1")])
    lease = await lease_of(box, NEW)
    with pytest.raises(ValueError, match="itself"):
        await box.rehome(lease, NEW, ["a1"])
    assert (await box.reread(lease)).bodies == (b"one",)
