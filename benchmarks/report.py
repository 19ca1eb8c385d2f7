"""The report over 20,000 leads: how long each of its queries takes, and whether that grows evenly.

`python -m benchmarks.report`: a PostgreSQL of its own on one core, the report on another, as in
production over a pool. `--explain` prints PostgreSQL's plans instead.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import click
import uvloop

from benchmarks.machine import load, pin, quantile, servers
from benchmarks.report_leads import fill
from crm.migrate import migrate
from crm.pool import Pool, connect
from crm.report import QUERIES, report

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 90
WHOLE = "the whole report"
SINCE = {"30 days": UNTIL - timedelta(days=30), "all time": datetime(2000, 1, 1, tzinfo=UTC)}

Times = dict[tuple[str, str], float]
"""Milliseconds by query and period."""


@click.command()
@click.option("--leads", default=20_000, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--explain", is_flag=True)
def main(leads: int, rounds: int, *, explain: bool) -> None:
    """Print the figures."""
    pin(1)
    with servers() as own:
        pin(0)
        uvloop.run(_measured(own.database_url, leads, rounds, explain=explain))


async def _measured(database_url: str, leads: int, rounds: int, *, explain: bool) -> None:
    pool = await connect(database_url, size=1)
    await migrate(pool)
    print(f"leads over {DAYS} days; ms, the middle of {rounds} runs; {load()}")
    few = {} if explain else await _filled(pool, leads // 10, rounds)
    if explain:
        await fill(pool, leads, UNTIL, DAYS)
        await _explain(pool)
    else:
        _print(leads, few, await _filled(pool, leads, rounds))
    await pool.close()


async def _filled(pool: Pool, leads: int, rounds: int) -> Times:
    began = time.monotonic()
    messages = await fill(pool, leads, UNTIL, DAYS)
    print(f"{leads} leads, {messages} messages, made in {time.monotonic() - began:.0f} s")
    return await _timed(pool, rounds)


async def _timed(pool: Pool, rounds: int) -> Times:
    times: Times = {}
    for period, since in SINCE.items():
        for name, query in QUERIES.items():
            times[name, period] = await _middle(
                lambda query=query, since=since: pool.fetch(query, since, UNTIL), rounds
            )
        times[WHOLE, period] = await _middle(lambda since=since: report(pool, since, UNTIL), rounds)
    return times


async def _middle(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    took: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        took.append(1000 * (time.perf_counter() - began))
    return quantile(took, 0.5)


def _print(leads: int, few: Times, many: Times) -> None:
    heads = [f"{period}, {count}" for period in SINCE for count in (leads // 10, leads)]
    print(f"{'':<26}" + "".join(f"{head:>18}" for head in heads))
    for name in (*QUERIES, WHOLE):
        cells = [times[name, period] for period in SINCE for times in (few, many)]
        print(f"{name:<26}" + "".join(f"{cell:>18.1f}" for cell in cells))


async def _explain(pool: Pool) -> None:
    for name, query in QUERIES.items():
        rows = await pool.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", SINCE["all time"], UNTIL)
        print(f"\n{name}", *(row[0] for row in rows), sep="\n")


if __name__ == "__main__":
    main()
