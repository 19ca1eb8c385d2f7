"""The mailbox against a model of it in a few lines of Python, over random histories."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from delivery.mailbox import Lease, Mailbox, Post
from domain.errors import LeaseLost, Superseded

CONTACTS = ("ana", "ben", "eva")
MOST = 3


@dataclass
class Box:
    """What the mailbox should know of one contact."""

    unread: list[bytes] = field(default_factory=list[bytes])
    token: int | None = None
    runnable: bool = True
    """Whether it may be claimed: a lease or a backoff here lasts no time at all, or an hour."""
    sealed: int | None = None
    tries: int = 0

    @property
    def due(self) -> bool:
        return bool(self.unread) and self.runnable

    @property
    def batch(self) -> tuple[bytes, ...]:
        return tuple(self.unread[: self.sealed or MOST])

    def drop(self, count: int) -> None:
        del self.unread[: self.sealed or count]
        self.token, self.runnable, self.sealed, self.tries = None, True, None, 0


class History:
    """Steps that anyone may take at any time, each checked against the model."""

    def __init__(self, client: Redis) -> None:
        self.living = Mailbox(client, "inbox", lease_seconds=3600, most=MOST)
        self.dying = Mailbox(client, "inbox", lease_seconds=0, most=MOST)
        self.boxes = {contact: Box() for contact in CONTACTS}
        self.leases: list[Lease] = []
        self.seen: set[str] = set()

    async def push(self, number: int) -> None:
        contact, name = CONTACTS[number % len(CONTACTS)], f"{number}"
        new = await self.living.push([Post(name, contact, (contact,), name.encode())])
        assert new == (name not in self.seen)
        if new:
            self.boxes[contact].unread.append(name.encode())
        self.seen.add(name)

    async def claim(self, number: int) -> None:
        dies = number % 3 == 0
        lease = await (self.dying if dies else self.living).claim()
        assert (lease is not None) == any(box.due for box in self.boxes.values())
        if lease:
            box = self.boxes[lease.contact]
            assert box.due
            assert (lease.bodies, lease.tries) == (box.batch, box.tries)
            assert lease.turn_id == (None if box.sealed is None else "turn")
            assert all(lease.token > earlier.token for earlier in self.leases)
            box.token, box.runnable = lease.token, dies
            self.leases.append(lease)

    async def seal(self, number: int) -> None:
        lease, box = self.picked(number)
        newer = len(lease.bodies) < MOST and len(box.unread) > len(lease.bodies)
        try:
            await self.living.seal(lease, turn_id="turn", frozen=b"draft")
        except LeaseLost:
            assert box.token != lease.token
        except Superseded:
            assert box.token == lease.token
            assert box.sealed is None
            assert newer
        else:
            assert box.token == lease.token
            assert box.sealed is not None or not newer
            box.sealed = box.sealed or len(lease.bodies)
            box.runnable = False

    async def commit(self, number: int) -> None:
        lease, box = self.picked(number)
        try:
            await self.living.commit(lease)
        except LeaseLost:
            assert box.token != lease.token
        else:
            assert box.token == lease.token
            assert box.unread[: len(lease.bodies)] == list(lease.bodies)
            box.drop(len(lease.bodies))

    async def give_back(self, number: int) -> None:
        lease, box = self.picked(number)
        failed, later = bool(number % 2), number % 5 == 0
        try:
            await self.living.give_back(lease, delay=3600 * later, failed=failed)
        except LeaseLost:
            assert box.token != lease.token
        else:
            assert box.token == lease.token
            box.token, box.runnable = None, not later
            box.tries += failed

    def picked(self, number: int) -> tuple[Lease, Box]:
        """One of the leases given out so far, often the last, which is often good."""
        lease = self.leases[-1 - number % min(len(self.leases), 4)]
        return lease, self.boxes[lease.contact]


STEPS: dict[str, Callable[[History, int], Awaitable[None]]] = {
    "push": History.push,
    "claim": History.claim,
    "seal": History.seal,
    "commit": History.commit,
    "give back": History.give_back,
}


async def live_through(url: str, steps: list[tuple[str, int]]) -> None:
    async with Redis.from_url(url) as client:
        await client.flushdb()
        history = History(client)
        for step, number in steps:
            if history.leases or step in {"push", "claim"}:
                await STEPS[step](history, number)
        for contact, box in history.boxes.items():
            stored = await client.lrange(f"{{inbox}}:unread:{contact}", 0, -1)
            assert [entry[13:] for entry in stored] == box.unread
        assert await client.zcard("{inbox}:due") == sum(
            bool(box.unread) for box in history.boxes.values()
        )


# the more frequent steps are those that lead into the interesting states
ANY_STEP = st.sampled_from(["push", "push", "claim", "claim", *STEPS])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(ANY_STEP, st.integers(0, 59)), min_size=15, max_size=50))
def test_any_history_matches_the_model(redis_url: str, steps: list[tuple[str, int]]) -> None:
    asyncio.run(live_through(redis_url, steps))
