"""Kills what is up, at random, spread over the leads' writing."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from chaos.process import Process

_LOOK_SECONDS = 0.2
_DOWN = (0.1, 2.0)
"""Seconds for which a killed process stays down before it starts again."""
_LAST = 0.9
"""The share of the messages by which the last kill is due."""


def deck(kinds: Sequence[str], times: int, dice: random.Random) -> list[str]:
    """Each kind so many times, shuffled."""
    cards = [kind for kind in kinds for _ in range(times)]
    dice.shuffle(cards)
    return cards


async def kill_all(
    cards: Sequence[str],
    victims: dict[str, Sequence[Process]],
    share_written: Callable[[], Awaitable[float]],
    dice: random.Random,
) -> None:
    """Play the cards: each when the leads have written so much, and when its victim is up."""
    for position, kind in enumerate(cards):
        due = _LAST * (position + dice.random()) / len(cards)
        while await share_written() < due:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(_LOOK_SECONDS)
        victim = dice.choice(victims[kind])
        await victim.serving()
        await asyncio.sleep(dice.uniform(0, 1))
        victim.kill(down_for=dice.uniform(*_DOWN))
