"""What is urgent stops every draft that is not sealed, also the one that nothing else discards."""

import pytest
from redis.asyncio import Redis

from delivery.envelope import post
from delivery.mailbox import Lease, Mailbox, Post
from delivery.payload import split
from domain.contact import Pseudonyms
from domain.errors import Superseded
from tests.delivery.webhooks import PHONE, body, change, item


@pytest.fixture
def box(redis: Redis) -> Mailbox:
    return Mailbox(redis, "inbox", most=2)


def entry(text: str, *, urgent: bool = False) -> Post:
    return Post(text, "ana", ("a1",), text.encode(), urgent)


async def leased(box: Mailbox) -> Lease:
    lease = await box.claim()
    assert lease
    return lease


async def seal(box: Mailbox, lease: Lease) -> None:
    await box.seal(lease, turn_id="t", frozen=b"{}", even_if_newer=True)


async def test_a_final_draft_is_stopped_by_an_urgent_entry_alone(box: Mailbox) -> None:
    await box.push([entry("one")])
    lease = await leased(box)
    await box.push([entry("echo", urgent=True)])
    with pytest.raises(Superseded):
        await seal(box, lease)
    await seal(box, await box.reread(lease))


async def test_what_is_newer_and_not_urgent_does_not_stop_it(box: Mailbox) -> None:
    await box.push([entry("one")])
    lease = await leased(box)
    await box.push([entry("two")])
    await seal(box, lease)


async def test_a_full_batch_that_cannot_take_it_in_is_not_stopped(box: Mailbox) -> None:
    await box.push([entry("one"), entry("two"), entry("echo", urgent=True)])
    await seal(box, await leased(box))


async def test_an_urgent_entry_that_was_read_stops_nothing_more(box: Mailbox) -> None:
    await box.push([entry("echo", urgent=True)])
    await box.commit(await leased(box))
    await box.push([entry("one")])
    await seal(box, await leased(box))


async def test_a_sealed_batch_stays_sealed(box: Mailbox) -> None:
    await box.push([entry("one")])
    lease = await leased(box)
    await seal(box, lease)
    await box.push([entry("echo", urgent=True)])
    await seal(box, lease)
    await box.commit(lease)
    assert (await leased(box)).bodies == (b"echo",)


def test_a_reps_own_words_are_urgent_and_a_leads_are_not() -> None:
    echo = {"to": PHONE, "id": "wamid.9", "type": "text", "text": {"body": "Soy Luz"}}
    whole = body(change(messages=[item()]), change("smb_message_echoes", message_echoes=[echo]))
    posts = [post(mail, Pseudonyms(b"secret")) for mail in split(whole).mail]
    assert [each.urgent for each in posts] == [False, True]
