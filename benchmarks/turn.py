"""What a whole turn costs, and how many of them a machine holds.

`python -m benchmarks.turn`: webhook, worker, Redis and PostgreSQL in processes of their own; a
Graph API and a model (0.8 s) on loopback that take little CPU. First at 20 turns a second with the
worker alone on a core; then as many as go through, with 1, 2 and 4 workers on any core.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

import click
import uvloop

from benchmarks.machine import Servers, cpu_of, load, pin, quantile, servers, vendedor
from benchmarks.outside import Outside, outside
from sandbox.servers import free_port

WORKER_CORE, OTHER_CORE = 0, 1
MODEL_SECONDS = 0.8
GOAL_CPU_MS, GOAL_P95_MS = 12, 50
LEADS = 100
_DAY = 86_400
_WORDS = (
    "Hola, busco paneles solares para mi casa",
    "Quiero bajar la factura de la luz",
    "Vivo en una casa de dos pisos",
    "¿Qué me recomiendan?",
)


@dataclass(frozen=True)
class Site:
    """A running company, and the world that it runs in."""

    world: Outside
    own: Servers
    pids: dict[str, list[int]]
    """Of webhook and workers."""

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by part."""
        redis, postgres = self.own.cpu()
        parts = {name: sum(map(cpu_of, pids)) for name, pids in self.pids.items()}
        return parts | {"Redis": redis, "PostgreSQL": postgres}


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="Of the paced run.")
@click.option("--rate", default=20.0, show_default=True)
@click.option("--flood", default=8.0, show_default=True, help="Seconds of each full-speed run.")
def main(seconds: float, rate: float, flood: float) -> None:
    """Print the figures."""
    print(f"whole turns, a model of {MODEL_SECONDS} s; {load()}")
    pin(OTHER_CORE)
    with servers() as own:
        uvloop.run(_paced(own, seconds, rate))
        pin(None)
        for workers in (1, 2, 4):
            uvloop.run(_flooded(own, workers, flood))


@asynccontextmanager
async def company(own: Servers, workers: int, *, pinned: bool) -> AsyncGenerator[Site]:
    """Webhook and workers as an operator starts them."""
    async with outside(MODEL_SECONDS) as (world, address):
        with ExitStack() as stack:
            settings = own.settings(address, turns_at_once=200)

            def start(role: str, core: int | None) -> int:
                its = settings.model_copy(update={"port": free_port()})
                process = stack.enter_context(vendedor(role, its, core))
                ports[role] = its.port
                return process.pid

            ports: dict[str, int] = {}
            webhook = await asyncio.to_thread(start, "serve", OTHER_CORE if pinned else None)
            core = WORKER_CORE if pinned else None
            starting = (asyncio.to_thread(start, "worker", core) for _ in range(workers))
            serving = await asyncio.gather(*starting)
            world.webhook_port = ports["serve"]
            yield Site(world, own, {"webhook": [webhook], "worker": serving})


async def _paced(own: Servers, seconds: float, rate: float) -> None:
    async with company(own, 1, pinned=True) as site:
        await _talk(site.world, 2, rate)  # warms up
        before = site.cpu()
        own_ms = await _talk(site.world, seconds, rate)
        spent = {name: cpu - before[name] for name, cpu in site.cpu().items()}
    p50, p95 = quantile(own_ms, 0.5), quantile(own_ms, 0.95)
    print(f"at {rate:g} turns/s, one worker on one core, {len(own_ms)} turns:")
    print(f"  message to reply without the model   p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    each = {name: cpu * 1000 / len(own_ms) for name, cpu in spent.items()}
    print("  CPU ms a turn  " + ", ".join(f"{name} {ms:.1f}" for name, ms in each.items()))
    whole = sum(each.values())
    day = 2 * _DAY / whole * 1000
    print(f"  in all {whole:.1f} ms: two cores that do nothing else hold {day:,.0f} turns a day")
    print(f"  goals: worker <= {GOAL_CPU_MS} ms of CPU a turn, p95 <= {GOAL_P95_MS} ms")


async def _talk(world: Outside, seconds: float, rate: float) -> list[float]:
    """Milliseconds from message to reply, less the model's, of leads who write at this rate."""
    async with asyncio.TaskGroup() as group:
        talks: list[asyncio.Task[float]] = []
        until = time.monotonic() + seconds
        for number in itertools.count():
            if time.monotonic() >= until:
                break
            phone = f"57311{number % LEADS:07d}"
            words = _WORDS[number // LEADS % len(_WORDS)]
            talks.append(group.create_task(world.answer(phone, words)))
            await asyncio.sleep(1 / rate)
    return [(talk.result() - MODEL_SECONDS) * 1000 for talk in talks]


async def _flooded(own: Servers, workers: int, seconds: float) -> None:
    async with company(own, workers, pinned=False) as site:
        until = time.monotonic() + 2 + seconds

        async def lead(number: int) -> None:
            # who says the same again and again is an answering machine, and gets no answer
            words = itertools.cycle(_WORDS)
            while time.monotonic() < until:
                await site.world.answer(f"5732{workers}{number:07d}", next(words))

        async with asyncio.TaskGroup() as group:
            for number in range(150):
                group.create_task(lead(number))
            await asyncio.sleep(2)  # warms up
            replies = sum(map(len, site.world.replies.values()))
            began = time.monotonic()
            await asyncio.sleep(seconds)
            rate = sum(map(len, site.world.replies.values())) - replies
            rate /= time.monotonic() - began
    print(f"full speed, {workers} workers: {rate:.1f} turns/s, {rate * _DAY:,.0f} a day")


if __name__ == "__main__":
    main()
