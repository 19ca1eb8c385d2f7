"""The webhook, durable write included, beside a bare app without a store and beside pywa's server.

`python -m benchmarks.webhook`: each server alone on one core, load and Redis on another, all three
in turn, again and again: take the ratios. The bare app checks the same signature and stores
nothing; pywa's server parses, calls an empty handler and stores nothing.
"""

import statistics
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import click
import uvicorn
from pywa_async.client import WhatsApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from benchmarks.machine import (
    SECRET,
    SPAWN,
    Servers,
    cpu_of,
    load,
    quantile,
    servers,
    serving,
    vendedor,
)
from benchmarks.webhook_load import Load, Seen, run
from delivery.payload import signature_ok
from sandbox.servers import free_port

SERVER_CORE, LOAD_CORE = 0, 1
GOAL_MS, GOAL_RATIO = 10, 0.9


@dataclass
class Figures:
    """Of one server, over all rounds."""

    per_second: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    """Microseconds of the server's CPU for each request."""
    paced: list[float] = field(default_factory=list[float])
    """Milliseconds of the paced requests."""
    statuses: Counter[int] = field(default_factory=Counter[int])


@dataclass(frozen=True)
class Subject:
    """A server that runs, and how Redis shall sync while it is measured."""

    name: str
    port: int
    pid: int
    fsync: str


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=2.0, show_default=True, help="Of each load.")
@click.option("--rate", default=500, show_default=True)
@click.option("--connections", default=64, show_default=True, help="Of the load.")
def main(rounds: int, seconds: float, rate: int, connections: int) -> None:
    """Print the figures."""
    print(f"webhook, {rounds} rounds of {seconds:g} s at {rate}/s and at full speed; {load()}")
    with (
        servers() as own,
        ExitStack() as stack,
        ProcessPoolExecutor(1, mp_context=SPAWN) as loader,
    ):
        subjects = list(_subjects(own, stack))
        found = {subject.name: Figures() for subject in subjects}
        for number in range(rounds + 1):
            for subject in subjects:
                own.sync_with(subject.fsync)
                figures = found[subject.name] if number else Figures()  # the first warms up
                for pace in (rate, 0):
                    name = f"{subject.name}.{number}.{pace}"
                    sent = Load(subject.port, seconds, pace, connections, run=name)
                    before = cpu_of(subject.pid)
                    seen = loader.submit(run, sent, LOAD_CORE).result(seconds + 30)
                    _note(figures, seen, cpu_of(subject.pid) - before, paced=bool(pace))
    _print(found, rate)


def _subjects(own: Servers, stack: ExitStack) -> Iterator[Subject]:
    settings = own.settings(port=free_port())
    ours = stack.enter_context(vendedor("serve", settings, SERVER_CORE))
    yield Subject("vendedor, everysec", settings.port, ours.pid, "everysec")
    yield Subject("vendedor, always", settings.port, ours.pid, "always")
    for name, app in (("bare Starlette", "bare"), ("pywa's Starlette", "pywa")):
        port = free_port()
        pid = stack.enter_context(serving(_serve, app, port, core=SERVER_CORE, port=port))
        yield Subject(name, port, pid, "everysec")


def _note(figures: Figures, seen: Seen, cpu: float, *, paced: bool) -> None:
    figures.statuses += seen.statuses
    if paced:
        figures.paced += seen.latencies
    else:
        figures.per_second.append(seen.per_second)
        figures.cpu.append(cpu * 1e6 / seen.statuses.total())


def _print(found: dict[str, Figures], rate: int) -> None:
    heads = f"{'requests/s':>11}{'ratio':>7}{'CPU us':>8}{'p50 ms':>8}{'p99 ms':>8}"
    print(f"{'':<20}{heads}  at {rate}/s")
    bare = found["bare Starlette"].per_second
    for name, figures in found.items():
        ratio = statistics.median(
            one / other for one, other in zip(figures.per_second, bare, strict=True)
        )
        print(
            f"{name:<20}{statistics.median(figures.per_second):>11.0f}{ratio:>7.2f}"
            f"{statistics.median(figures.cpu):>8.0f}{quantile(figures.paced, 0.5):>8.2f}"
            f"{quantile(figures.paced, 0.99):>8.2f}"
            + ("" if set(figures.statuses) == {200} else f"  {dict(figures.statuses)}")
        )
    print(
        f"goals: p99 of vendedor <= {GOAL_MS} ms; ratio >= {GOAL_RATIO} with everysec; above pywa's"
    )


def _serve(name: str, port: int) -> None:
    """Serve one of the two others as uvicorn does by itself, without a log."""
    app = {"bare": _bare, "pywa": _pywa}[name]()
    uvicorn.run(app, port=port, loop="uvloop", log_level="error", access_log=False)


def _bare() -> ASGIApp:
    async def receive(request: Request) -> Response:
        body = await request.body()
        given = request.headers.get("x-hub-signature-256")
        return Response(status_code=200 if signature_ok(SECRET.encode(), body, given) else 403)

    return Starlette(routes=[Route("/webhook", receive, methods=["POST"])])


def _pywa() -> ASGIApp:
    app = Starlette()
    client = WhatsApp(
        phone_id="1",
        token="none",  # noqa: S106 - it sends nothing
        server=app,  # type: ignore[arg-type]  # its hint leaves Starlette out
        webhook_endpoint="/webhook",
        verify_token="verify",  # noqa: S106
        app_secret=SECRET,
        filter_updates=False,
    )

    @client.on_message
    async def heard(_client: WhatsApp, _message: object) -> None:
        return

    return app


if __name__ == "__main__":
    main()
