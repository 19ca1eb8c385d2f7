"""Calls get booked, never twice, and nobody is told what is not so.

`python -m benchmarks.booking`: the product's graph over a local PostgreSQL and the calendar
stand-in. Ends with 1 on any overlap, deadlock, double winner or untruth.
"""

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import click
import httpx

from benchmarks.booking_crashes import SPENT
from benchmarks.booking_office import NOW, Database, Office, office
from benchmarks.booking_storm import Storm, storm
from delivery.turn import UnsharedTurns
from domain.messages import Inbound
from domain.ports import Ports
from domain.turn import Batch, Memory, Outcome
from graph import build_graph
from logs import configure
from sandbox import model_api
from sandbox.servers import local_postgres
from tools.knowledge import FolderKnowledge
from tools.model import ChatModel

_LEADS = 40
_QUIET = 200


@dataclass
class Race:
    """Rounds of leads who want one time of one rep."""

    rounds: int
    winners: list[int]
    refused: int = 0
    unclean: int = 0
    deadlocks: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return bool(self.deadlocks or self.unclean) or set(self.winners) != {1}


@click.command()
@click.option("--rounds", default=20, show_default=True)
@click.option("--leads", default=500, show_default=True, help="of the storm")
def main(rounds: int, leads: int) -> None:
    """Print the figures."""
    configure("ERROR")
    # it warns of every refusal that the storm makes
    logging.getLogger("googleapiclient").setLevel(logging.ERROR)
    with (
        tempfile.TemporaryDirectory(prefix="vendedor-bench-") as folder,
        local_postgres(Path(folder)) as url,
    ):
        failed = asyncio.run(_measure(url, rounds, leads))
    sys.exit(1 if failed else 0)


async def _measure(url: str, rounds: int, leads: int) -> bool:
    async with Database.at(url) as database:
        async with office(database, 1) as one:
            run = await _race(one, database, rounds)
        _tell_race(run)
        async with office(database, 3, patience=0.5, retries=0) as three:
            stormed = await storm(three, leads)
        _tell_storm(stormed)
        async with office(database, 3) as three:
            whole, own = await _quiet(three)
        print(f"saga without faults, {_QUIET} bookings     {_p(whole)}")
        print(f"of it our own, the calendar excluded   {_p(own)}")
        async with office(database, 3) as three:
            print(f"model calls from offer to booked       {await _model_calls(three)}")
    failed = run.failed or stormed.failed
    print(_summary(run, stormed, own, failed=failed))
    return failed


async def _race(one: Office, database: Database, rounds: int) -> Race:
    run, before = Race(rounds, []), await database.deadlocks()
    slots = await one.scheduler.free(zone="America/Bogota", limit=rounds)
    started = time.perf_counter()
    for slot in slots:
        people = [await one.lead() for _ in range(_LEADS)]
        answers = await asyncio.gather(
            *(one.turn(contact, uuid4().hex, slot) for contact in people), return_exceptions=True
        )
        told = [answer[0] for answer in answers if not isinstance(answer, BaseException)]
        run.winners.append(told.count("booked"))
        run.refused += told.count("taken")
        run.unclean += len(answers) - told.count("booked") - told.count("taken")
    run.seconds = time.perf_counter() - started
    # the server tells its counters about a second late
    await asyncio.sleep(1.5)
    run.deadlocks = await database.deadlocks() - before
    return run


async def _quiet(three: Office) -> tuple[list[float], list[float]]:
    """Milliseconds of each booking, whole and without the calendar's answers."""
    whole: list[float] = []
    own: list[float] = []
    slots = await three.scheduler.free(zone="America/Bogota", limit=_QUIET)
    for slot in slots:
        contact, spent = await three.lead(), list[float]()
        token = SPENT.set(spent)
        started = time.perf_counter()
        await three.scheduler.book(contact, slot, key=uuid4().hex, lead={}, language="es")
        took = time.perf_counter() - started
        SPENT.reset(token)
        whole.append(took * 1000)
        own.append((took - sum(spent)) * 1000)
    return whole, own


async def _model_calls(three: Office) -> str:
    """From the offers to the booked call, with the rule-based model's real requests."""
    transport = httpx.ASGITransport(app=model_api.create_app())
    model = ChatModel(api_key="none", model="rules", base_url="http://m/v1", transport=transport)
    ports = Ports(
        model=model, scheduler=three.scheduler, turns=UnsharedTurns(),
        knowledge=FolderKnowledge(three.business), business=three.business, clock=lambda: NOW,
    )  # fmt: skip
    graph, counted = build_graph(ports), dict[str, int]()
    for how, text in (("a tap", ""), ("a clear choice", "la primera")):
        slots = await three.scheduler.free(zone="America/Bogota", limit=3)
        choice = None if text else f"slot:{slots[0].id}"
        message = Inbound(
            id=uuid4().hex, wamid="w", kind="text" if text else "choice", text=text, at=NOW,
            choice=choice,
        )  # fmt: skip
        batch = Batch(contact_id=str(uuid4()), turn_id=message.id, messages=(message,))
        memory = Memory(stage="scheduling", language="es")
        state = await graph.ainvoke(
            {
                "batch": batch.plain(),
                "memory": memory.plain(),
                "offered_slots": [slot.plain() for slot in slots],
            }
        )  # type: ignore[arg-type]  # a part of the state
        outcome = Outcome.of(state["outcome"])
        assert outcome.booking, f"{how} did not book"
        counted[how] = outcome.usage.calls
    await model.close()
    return ", ".join(f"{how} {calls}" for how, calls in counted.items())


def _p(figures: list[float]) -> str:
    ordered = sorted(figures)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"median {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms"


def _tell_race(run: Race) -> None:
    print(f"{_LEADS} leads at once for one time, {run.rounds} rounds")
    print(f"  winners a round                      {sorted(set(run.winners))} (1 wanted)")
    print(f"  refused, with other times offered    {run.refused}, otherwise {run.unclean}")
    print(f"  deadlocks                            {run.deadlocks}")
    print(f"  time                                 {run.seconds:.1f} s")


def _tell_storm(found: Storm) -> None:
    said = ", ".join(f"{count} {told}" for told, count in found.told.most_common())
    print(f"{found.leads} leads, {found.faults} faults, {found.crashes} crashes: {said}")
    print(f"  live events and confirmed calls      {found.events} and {found.confirmed}, "
          f"{found.unequal} unequal")  # fmt: skip
    print(f"  overlaps, holds left                 {found.overlaps}, {found.held}")
    print(f"  told something untrue                {found.untrue}")


def _summary(run: Race, found: Storm, own: list[float], *, failed: bool) -> str:
    figures = (
        f"one winner in {run.winners.count(1)} of {run.rounds} rounds",
        f"{run.deadlocks} deadlocks",
        f"{found.overlaps} overlaps",
        f"{found.unequal} events unlike their calls",
        f"{found.held} holds left",
        f"{found.untrue} untruths in {sum(found.told.values())} answers",
        f"saga's own {_p(own)}",
    )
    return f"{'FAILED' if failed else 'ok'}: {', '.join(figures)}"


if __name__ == "__main__":
    main()
