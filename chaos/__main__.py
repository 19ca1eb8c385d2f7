"""`python -m chaos [--short]`: run the product under load, kill it at random, and judge it."""

import asyncio
import dataclasses
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import httpx

from chaos import ledger, records, servers
from chaos.killer import deck, kill_all
from chaos.ledger import Ledger
from chaos.process import Command, Process
from chaos.records import Record
from chaos.referee import Verdict, judge
from chaos.servers import Ports

_WIDTH = 32
_SHOWN = 20
"""So many breaches are printed; the records have the rest."""
_LOOK_SECONDS = 0.5
_MIGRATION_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """How much. `pause`: mean seconds between a lead's bursts; `kills`: of each kind.

    `writing`: the most seconds for the leads and the killer; `settling`: the most seconds until
    everything is answered after that.
    """

    seed: int
    leads: int = 200
    messages: int = 20_000
    pause: float = 6.0
    kills: int = 25
    writing: float = 7200.0
    settling: float = 240.0


SHORT = {"leads": 24, "messages": 312, "pause": 5.0, "kills": 3, "writing": 300.0, "settling": 80.0}


@dataclass(frozen=True)
class House:
    """Everything that runs."""

    ports: Ports
    meta: Process
    redis: Process
    postgres: Process
    webhook: Process
    workers: tuple[Process, ...]

    def questions(self) -> httpx.AsyncClient:
        """A client of the suite's own questions to Meta, who may be busy."""
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.ports.meta}", timeout=60)

    @property
    def victims(self) -> dict[str, Sequence[Process]]:
        """Whom a kill of each kind may meet."""
        return {
            "redis": [self.redis],
            "postgres": [self.postgres],
            "webhook": [self.webhook],
            "worker": self.workers,
        }


@click.command()
@click.option("--short", is_flag=True, help="Some hundreds of messages, three minutes at most.")
@click.option("--seed", type=int, help="Throw the dice of an earlier run.")
@click.option("--messages", type=int, help="How many messages, if not the plan's.")
@click.option("--leads", type=int, help="How many leads, if not the plan's.")
@click.option("--kills", type=int, help="How many kills of each kind, if not the plan's.")
@click.option("--keep", is_flag=True, help="Keep records and logs of a run without a breach too.")
def main(
    *,
    short: bool,
    seed: int | None,
    messages: int | None,
    leads: int | None,
    kills: int | None,
    keep: bool,
) -> None:
    """Exits with 1 on any breach, and leaves records and logs behind then."""
    asked = {"messages": messages, "leads": leads, "kills": kills}
    given = {name: value for name, value in asked.items() if value is not None}
    seed = secrets.randbelow(10**6) if seed is None else seed
    plan = dataclasses.replace(Plan(seed), **((SHORT if short else {}) | given))
    folder = Path(tempfile.mkdtemp(prefix="vendedor-chaos-"))
    click.echo(f"seed {seed}; records and logs in {folder}")
    started = time.monotonic()
    verdict = asyncio.run(_run(plan, folder))
    _print(verdict, time.monotonic() - started)
    if verdict.breaches:
        click.echo(f"records and logs: {folder}")
        sys.exit(1)
    if not keep:
        shutil.rmtree(folder)


async def _run(plan: Plan, folder: Path) -> Verdict:
    task = asyncio.current_task()
    if task:  # so that a SIGTERM stops what we started, too
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    record = Record(folder / "suite.jsonl")
    async with _opened(plan, folder, record) as house:
        async with asyncio.timeout(plan.writing):
            await _play(plan, house)
        books = await _settle(plan, house)
    record.close()
    return judge(records.read(folder), books)


async def _play(plan: Plan, house: House) -> None:
    """The leads write, and things die."""
    dice = random.Random(plan.seed)
    async with house.questions() as meta:
        await meta.post("/start")

        async def share_written() -> float:
            progress = (await meta.get("/progress")).json()
            return progress["said"] / progress["of"]

        cards = deck(sorted(house.victims), plan.kills, dice)
        killing = asyncio.create_task(kill_all(cards, house.victims, share_written, dice))
        # another process tells, so there is no event to wait for
        while not (await _told(meta, "delivered") and killing.done()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        killing.result()


async def _told(meta: httpx.AsyncClient, question: str) -> bool:
    progress = (await meta.get("/progress")).json()
    done, of = progress["said"], progress["of"]
    bar = "#" * round(_WIDTH * done / of)
    line = f"[{bar:<{_WIDTH}}] {done}/{of} written, {progress['open']} unanswered"
    click.echo(f"\r{line:<79}", nl=False)
    return bool(progress[question])


async def _settle(plan: Plan, house: House) -> Ledger:
    """Wait until nothing is left to do, or for as long as the plan allows."""
    for process in (house.redis, house.postgres, house.webhook, *house.workers):
        await process.serving()
    until = time.monotonic() + plan.settling
    async with house.questions() as meta:
        while time.monotonic() < until:
            quiet = await _told(meta, "delivered") and not await _told(meta, "reporting")
            if quiet and await ledger.settled(house.ports):
                break
            await asyncio.sleep(_LOOK_SECONDS)
    click.echo("")
    return await ledger.read(house.ports)


@asynccontextmanager
async def _opened(plan: Plan, folder: Path, record: Record) -> AsyncGenerator[House]:
    """Start everything in its order, and stop it in the other."""
    ports = Ports.free()
    meta = {
        "seed": plan.seed, "leads": plan.leads, "messages": plan.messages, "pause": plan.pause,
        "webhook": f"http://127.0.0.1:{ports.webhook}/webhook", "secret": servers.APP_SECRET,
    }  # fmt: skip
    model = Process(servers.stand_in("model", folder, ports, {"seed": plan.seed}), record)
    house = House(
        ports=ports,
        meta=Process(servers.stand_in("meta", folder, ports, meta), record),
        redis=Process(servers.redis(folder, ports), record),
        postgres=Process(servers.postgres(folder, ports), record),
        webhook=Process(servers.webhook(folder, ports), record),
        workers=tuple(
            Process(servers.worker(folder, ports, number), record)
            for number in range(servers.WORKERS)
        ),
    )
    below = [model, house.meta, house.redis, house.postgres]
    above = [house.webhook, *house.workers]
    try:
        await asyncio.gather(*(process.start() for process in below))
        await _migrate(servers.migrate(folder, ports))
        await asyncio.gather(*(process.start() for process in above))
        yield house
    finally:
        await asyncio.gather(*(process.stop() for process in above))
        await asyncio.gather(*(process.stop() for process in below))


async def _migrate(command: Command) -> None:
    running = await asyncio.create_subprocess_exec(
        *command.line, env=dict(command.environment), cwd=command.folder,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(_MIGRATION_SECONDS):
        code = await running.wait()
    if code:
        raise click.ClickException(f"vendedor migrate ended with {code}")


def _print(verdict: Verdict, seconds: float) -> None:
    for name, value in {**verdict.figures, "seconds in all": f"{seconds:.0f}"}.items():
        click.echo(f"{name:<{_WIDTH}}{value}")
    click.echo(f"{'breaches':<{_WIDTH}}{len(verdict.breaches)}")
    for breach in verdict.breaches[:_SHOWN]:
        click.echo(f"  {breach.promise}: {breach.lead} {breach.what}")


if __name__ == "__main__":
    main()
