"""Over demo conversations: webhook to reply without the model's time, its calls, facts dropped.

`python -m benchmarks.demo [--turns 200]`: the whole product and its stand-ins in one process, on a
local Redis (AOF) and PostgreSQL; one lead writes at a time, as on a quiet day.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

import click
from pydantic import SecretStr

from development import Office, Workplace, address, opened, stand_ins
from hosting import listen, run_until
from logs import configure
from sandbox.servers import local_postgres, local_redis
from settings import Settings

DEMO = (
    ("hola", "Soy Ana y busco paneles solares para mi casa", "bajar la factura", "8 mil dólares",
     "decido yo", "en enero", "el primero", "gracias"),
    ("hi", "I'm John, I want solar panels", "lower my bill", "around 5k", "I decide",
     "in two weeks", "the second one", "thanks"),
    ("oi", "Meu nome é João, quero energia solar", "reduzir a conta de luz", "10 mil reais",
     "eu decido", "ainda este ano", "a primeira opção", "obrigado"),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One turn, in milliseconds. `model` is the wait for the stand-in model."""

    whole: float
    model: float
    calls: int

    @property
    def own(self) -> float:
        return self.whole - self.model


@dataclass(frozen=True)
class Facts:
    """How many were stored, and how many dropped since their quote is not in the message."""

    kept: int
    dropped: int


@click.command()
@click.option("--turns", default=200, show_default=True)
def main(turns: int) -> None:
    """Print the figures."""
    configure("WARNING")
    with (
        tempfile.TemporaryDirectory(prefix="vendedor-bench-") as folder,
        local_redis(Path(folder)) as redis_url,
        local_postgres(Path(folder)) as database_url,
    ):
        settings = Settings(
            redis_url=redis_url,
            database_url=database_url,
            vendedor_secret_key=SecretStr("a secret for the benchmark"),
        )
        samples, facts = asyncio.run(_measure(settings, turns))
    _print(samples)
    print(f"facts dropped for a missing quote       {facts.dropped} of {sum(astuple(facts))}")


async def _measure(settings: Settings, turns: int) -> tuple[list[Sample], Facts]:
    with listen("127.0.0.1", 0, "webhook") as webhook, listen("127.0.0.1", 0, "page") as page:
        whole = settings.model_copy(update=stand_ins(settings, address(page)))
        async with opened(Workplace(whole, webhook, page)) as office:
            stop = asyncio.Event()
            running = asyncio.create_task(run_until(stop, *office.parts))
            samples = [await _turn(office, n) for n in range(turns + 1)]
            facts = await _facts(office)
            stop.set()
            await running
    return samples[1:], facts  # the first one warms up


async def _facts(office: Office) -> Facts:
    stores = office.services.stores
    kept = await stores.pool.fetchval("SELECT count(*) FROM facts")
    [metric] = stores.metrics.facts_dropped_total.collect()
    dropped = sum(one.value for one in metric.samples if one.name.endswith("_total"))
    return Facts(kept, int(dropped))


async def _turn(office: Office, number: int) -> Sample:
    lines = DEMO[number // len(DEMO[0]) % len(DEMO)]
    phone = f"57300{number // len(lines):07d}"
    leads, pool = office.sandbox.graph.leads, office.services.stores.pool
    replied = asyncio.Event()
    before = sum(message.outbound for message in leads.phone(phone).messages)

    def watch(_: str) -> None:
        if sum(message.outbound for message in leads.phone(phone).messages) > before:
            replied.set()

    leads.number.phones.watchers.add(watch)
    started = time.perf_counter()
    await leads.say(phone, lines[number % len(lines)])
    async with asyncio.timeout(30):
        await replied.wait()
    took = (time.perf_counter() - started) * 1000
    leads.number.phones.watchers.discard(watch)
    row = await pool.fetchrow("SELECT seconds, calls FROM turns ORDER BY at DESC LIMIT 1")
    assert row is not None
    return Sample(took, row["seconds"] * 1000, row["calls"])


def _print(samples: list[Sample]) -> None:
    own = sorted(sample.own for sample in samples)
    median, p95 = statistics.median(own), own[int(len(own) * 0.95)]
    model = statistics.median(sample.model for sample in samples)
    calls = statistics.mean(sample.calls for sample in samples)
    print(f"turns                                   {len(samples)}")
    print(f"webhook to reply without the model      median {median:.1f} ms, p95 {p95:.1f} ms")
    print(f"the wait for the stand-in model         median {model:.1f} ms")
    print(f"model calls a turn                      {calls:.2f}")


if __name__ == "__main__":
    main()
