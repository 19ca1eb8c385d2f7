"""The mailbox with an empty turn: how soon it starts, and what it costs.

`python -m benchmarks.mailbox`: the product's worker on one core, Redis and whoever pushes on
another. The turn commits its batch and does nothing else.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import click
import orjson
import uvloop
from redis.asyncio import Redis

import bootstrap
from benchmarks.machine import SPAWN, load, pin, quantile, servers
from bootstrap import Services
from delivery.mailbox import Lease, Mailbox, Post
from logs import configure
from settings import Settings
from worker import Worker

WORKER_CORE, OTHER_CORE = 0, 1
NAME = "messages"
GOAL_START_MS, GOAL_PER_SECOND = 3, 2000
TASK_QUEUE = "635 to 775"
"""Turns a second of the same semantics on pydocket 0.27, measured earlier on such a machine."""


@dataclass(frozen=True)
class Run:
    """Turns that one worker did: milliseconds from push to start, and its CPU seconds."""

    starts: list[float]
    seconds: float
    cpu: float

    @property
    def cpu_ms(self) -> float:
        return self.cpu * 1000 / len(self.starts)


class EmptyTurn:
    """Writes down when it starts, and commits."""

    def __init__(self, services: Services, lease: Lease, starts: list[float]) -> None:
        self.lease = lease
        self._mailbox = services.stores.mailbox
        pushed = (orjson.loads(body)["at"] for body in lease.bodies)
        starts.extend((time.monotonic() - at) * 1000 for at in pushed)

    async def run(self) -> None:
        await self._mailbox.commit(self.lease)

    async def give_up(self) -> None:
        await self._mailbox.bury(self.lease, "given up")


@click.command()
@click.option("--idle", default=200, show_default=True, help="Turns on a quiet day, 20/s.")
@click.option("--turns", default=10_000, show_default=True, help="Turns due at once.")
@click.option("--rounds", default=3, show_default=True)
def main(idle: int, turns: int, rounds: int) -> None:
    """Print the figures."""
    print(f"mailbox with an empty turn; {load()}")
    with servers() as own, ProcessPoolExecutor(1, mp_context=SPAWN) as worker:
        settings = own.settings()
        asyncio.run(_push(own.redis_url, 1))
        worker.submit(work, settings, 1).result(60)  # warms up
        quiet = _beside(worker, settings, own.redis_url, idle, rate=20)
        steady = _beside(worker, settings, own.redis_url, 4 * idle, rate=200)
        floods: list[Run] = []
        for _ in range(rounds):
            asyncio.run(_push(own.redis_url, turns))
            floods.append(worker.submit(work, settings, turns).result(60))
    _print(quiet, steady, floods)


def _beside(
    worker: ProcessPoolExecutor, settings: Settings, url: str, turns: int, *, rate: float
) -> Run:
    """A worker while somebody else pushes at this rate."""
    running = worker.submit(work, settings, turns)
    asyncio.run(_push(url, turns, rate))
    return running.result(60)


async def _push(url: str, count: int, rate: float = 0) -> None:
    """A message each of `count` contacts: at a rate, or else together."""
    async with Redis.from_url(url) as client:
        box = Mailbox(client, NAME)
        if not rate:
            for start in range(0, count, 500):
                await box.push([_post() for _ in range(start, min(start + 500, count))])
            return
        await asyncio.sleep(1)  # the worker starts
        for _ in range(count):
            await asyncio.sleep(1 / rate)
            await box.push([_post()])


_numbers = itertools.count()


def _post() -> Post:
    name = f"{next(_numbers):032d}"
    body = orjson.dumps({"at": time.monotonic(), "item": "x" * 400})
    return Post(name, name, (name, f"{name}-2"), body)


def work(settings: Settings, turns: int) -> Run:
    """Do so many empty turns in this process."""
    pin(WORKER_CORE)
    configure("WARNING")
    return uvloop.run(_work(settings, turns))


async def _work(settings: Settings, turns: int) -> Run:
    starts: list[float] = []
    async with bootstrap.stores(settings) as stores, bootstrap.services(stores) as services:
        stop = asyncio.Event()
        worker = Worker(services, _stopping(starts, turns, stop))
        began, cpu = time.monotonic(), time.process_time()
        async with asyncio.timeout(50):
            await worker.run(stop)
        return Run(starts, time.monotonic() - began, time.process_time() - cpu)


def _stopping(
    starts: list[float], turns: int, stop: asyncio.Event
) -> Callable[[Services, Lease], EmptyTurn]:
    def begin(services: Services, lease: Lease) -> EmptyTurn:
        turn = EmptyTurn(services, lease, starts)
        if len(starts) >= turns:
            stop.set()
        return turn

    return begin


def _print(quiet: Run, steady: Run, floods: list[Run]) -> None:
    for name, run in (("idle, 20/s", quiet), ("200/s", steady)):
        p50, p99 = quantile(run.starts, 0.5), quantile(run.starts, 0.99)
        print(f"push to start of the turn, {name:<11} p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    print(f"CPU of the worker a turn, 200/s        {steady.cpu_ms:.2f} ms, bell and polls included")
    rates = [len(run.starts) / run.seconds for run in floods]
    print(f"turns a second, all due at once        {', '.join(f'{rate:.0f}' for rate in rates)}")
    cores = [1000 / run.cpu_ms for run in floods]
    print(f"turns for each second of a core's CPU  {', '.join(f'{rate:.0f}' for rate in cores)}")
    print(f"goals: p50 <= {GOAL_START_MS} ms idle; >= {GOAL_PER_SECOND} a second of a core")
    print(f"the same semantics on a general task queue, measured earlier: {TASK_QUEUE}")


if __name__ == "__main__":
    main()
