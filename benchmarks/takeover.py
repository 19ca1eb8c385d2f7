"""How long a lead waits longer when the worker that serves him is killed with kill -9.

`python -m benchmarks.takeover`: several workers; in each trial leads write, and as soon as the
model thinks about all of them one worker is killed. The others take its leads over.
"""

import asyncio
import itertools
import os
import signal
import time

import click
import uvloop

from benchmarks.machine import Servers, load, quantile, servers
from benchmarks.turn import MODEL_SECONDS, Site, company

GOAL_SECONDS = 5.0
LEADS = 6


@click.command()
@click.option("--trials", default=4, show_default=True)
def main(trials: int) -> None:
    """Print the figures."""
    print(f"takeover after kill -9, a model of {MODEL_SECONDS} s; {load()}")
    with servers() as own:
        uvloop.run(_measure(own, trials))


async def _measure(own: Servers, trials: int) -> None:
    late: list[float] = []
    async with company(own, trials + 1, pinned=False) as site:
        phones = (f"57341{number:07d}" for number in itertools.count())
        await site.world.answer(next(phones), "Hola")  # warms up
        for _ in range(trials):
            leads = [next(phones) for _ in range(LEADS)]
            late += await _trial(site, leads)
            assert all(len(site.world.replies[phone]) == 1 for phone in leads)
    taken = sorted(late)
    print(f"{trials} kills: {len(taken)} turns taken over, each answered once")
    print(
        f"kill to the model's being asked again: p50 {quantile(taken, 0.5):.2f} s, "
        f"longest {taken[-1]:.2f} s (goal: <= {GOAL_SECONDS:g} s)"
    )
    print(f"(the reply follows {MODEL_SECONDS} s later, in which the model thinks)")


async def _trial(site: Site, phones: list[str]) -> list[float]:
    """Seconds from the kill to the second question to the model, of the turns that were cut."""
    async with asyncio.TaskGroup() as group:
        for phone in phones:
            group.create_task(site.world.answer(phone, f"Hola, mi número es {phone}"))
        while not all(site.world.questions[phone] for phone in phones):  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.01)
        killed = time.monotonic()
        os.kill(site.pids["worker"].pop(), signal.SIGKILL)
    asked = (site.world.questions[phone] for phone in phones)
    return [times[1] - killed for times in asked if len(times) > 1]


if __name__ == "__main__":
    main()
