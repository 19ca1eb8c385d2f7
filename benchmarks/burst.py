"""A burst of 4 messages in 2 s, and a single message: how many replies, and how late.

`python -m benchmarks.burst`: the product with a model of 0.8 s, then the same product behind a
fixed debounce, which holds messages back until 2 s have passed without a new one.
"""

import asyncio
import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import click
import uvloop

from benchmarks.machine import Servers, load, servers
from benchmarks.outside import PATIENCE, Outside
from benchmarks.turn import MODEL_SECONDS, company

PAUSES = (0.0, 0.6, 0.7, 0.7)
"""Seconds before each message of the burst."""
WORDS = ("Hola", "busco paneles solares", "para mi casa", "¿cuánto cuestan?")
DEBOUNCE = 2.0
_SETTLED = 4.0
"""Seconds after that reply in which further ones are counted."""


class Debounced:
    """Lets a lead's messages through once he has been silent for so long."""

    def __init__(self, world: Outside) -> None:
        self._world = world
        self._held: dict[str, list[str]] = defaultdict(list)

    async def say(self, phone: str, text: str) -> None:
        held = self._held[phone]
        held.append(text)
        count = len(held)
        await asyncio.sleep(DEBOUNCE)
        if len(held) == count:
            await asyncio.gather(*(self._world.say(phone, text) for text in held))


@click.command()
@click.option("--bursts", default=20, show_default=True, help="At once, each of another lead.")
def main(bursts: int) -> None:
    """Print the figures."""
    print(f"a burst of {len(WORDS)} messages in 2 s, a model of {MODEL_SECONDS} s; {load()}")
    with servers() as own:
        uvloop.run(_measure(own, bursts))


async def _measure(own: Servers, bursts: int) -> None:
    async with company(own, 1, pinned=False) as site:
        await site.world.answer("573300000000", WORDS[0])  # warms up
        debounced = Debounced(site.world)
        phones = (f"57331{number:07d}" for number in itertools.count())
        print(f"{'':<26}{'replies':>9}{'seconds from the last message':>31}")
        for name, words in (("single message", WORDS[:1]), ("burst", WORDS)):
            for who, say in (("vendedor", site.world.say), ("debounce", debounced.say)):
                found = await asyncio.gather(
                    *(_talk(site.world, say, next(phones), words) for _ in range(bursts))
                )
                replies = statistics.mean(count for count, _ in found)
                seconds = statistics.median(late for _, late in found)
                print(f"{f'{name}, {who}':<26}{replies:>9.2f}{seconds:>31.2f}")
    print("goal: 1 reply to a burst")


async def _talk(
    world: Outside, say: Callable[[str, str], Awaitable[object]], phone: str, words: Sequence[str]
) -> tuple[int, float]:
    """Replies, and seconds from the last message to the first reply that follows it."""
    *first, last = zip(PAUSES, words, strict=False)
    async with asyncio.TaskGroup() as group:
        for pause, text in first:
            await asyncio.sleep(pause)
            group.create_task(_said(say, phone, text))
        await asyncio.sleep(last[0])
        heard, written = world.next_reply(phone), time.monotonic()
        group.create_task(_said(say, phone, last[1]))
    async with asyncio.timeout(PATIENCE):
        seconds = await heard - written
    await asyncio.sleep(_SETTLED)
    return len(world.replies[phone]), seconds


async def _said(say: Callable[[str, str], Awaitable[object]], phone: str, text: str) -> None:
    await say(phone, text)


if __name__ == "__main__":
    main()
