"""The typing sign: at once, again while the turn works, and never in anybody's way."""

import asyncio

from delivery.presence import Typing

LIMIT = 5.0


class Phone:
    """Counts what it is shown; a request may hang."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.changed = asyncio.Condition()

    async def indicate_typing(self, wamid: str) -> None:
        async with self.changed:
            self.shown.append(wamid)
            self.changed.notify_all()
        await self.answers.wait()

    async def saw(self, times: int) -> None:
        async with asyncio.timeout(LIMIT), self.changed:
            await self.changed.wait_for(lambda: len(self.shown) >= times)


async def test_it_is_shown_again_while_the_turn_works_and_not_after() -> None:
    phone = Phone()
    before = asyncio.all_tasks()
    with Typing(phone, "wamid.1", renew_seconds=0.001):
        await phone.saw(3)
    async with asyncio.timeout(LIMIT):
        await asyncio.gather(*(asyncio.all_tasks() - before))
    shown = len(phone.shown)
    await asyncio.sleep(0)
    assert phone.shown == ["wamid.1"] * shown


async def test_a_turn_does_not_wait_for_a_request_that_hangs_nor_cut_it_off() -> None:
    phone = Phone()
    phone.answers.clear()
    before = asyncio.all_tasks()
    with Typing(phone, "wamid.1", renew_seconds=0.001):
        await phone.saw(1)
    [hanging] = asyncio.all_tasks() - before
    assert not hanging.cancelling()
    phone.answers.set()
    async with asyncio.timeout(LIMIT):
        await hanging
    assert phone.shown == ["wamid.1"]
