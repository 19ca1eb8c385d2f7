"""WhatsApp as the product sees it, in a process of its own: the leads, and the Graph API."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from chaos.courier import Courier, Odds
from chaos.dice import Dice
from chaos.graph import Graph
from chaos.leads import Crowd, Manners
from chaos.records import Record
from chaos.wire import Exchange, json, serving, until_signal


@dataclass(frozen=True)
class _Task:
    port: int
    webhook: str
    secret: str
    record: Path
    seed: int
    leads: int
    messages: int
    pause: float


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--webhook", required=True)
@click.option("--secret", required=True)
@click.option("--record", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=int, required=True)
@click.option("--leads", type=int, required=True)
@click.option("--messages", type=int, required=True)
@click.option("--pause", type=float, required=True)
def main(**options: Any) -> None:  # noqa: ANN401 - click's, of the types above
    """Serve until SIGTERM; the leads begin at POST /start."""
    asyncio.run(_run(_Task(**options)))


async def _run(task: _Task) -> None:
    record, dice = Record(task.record), Dice(task.seed)
    courier = Courier(task.webhook, task.secret.encode(), record, dice.of("courier"), Odds())
    crowd = Crowd(
        task.leads,
        task.messages,
        manners=Manners(pause=task.pause),
        courier=courier,
        record=record,
        dice=lambda phone: dice.of("lead", phone),
    )
    graph = Graph(courier, record, dice, crowd.hears)
    async with serving(task.port, _Desk(crowd, graph, courier).handle):
        await until_signal()
    await courier.close()
    record.close()


class _Desk:
    """Sends the suite's own questions apart from the workers' requests."""

    def __init__(self, crowd: Crowd, graph: Graph, courier: Courier) -> None:
        self._crowd = crowd
        self._graph = graph
        self._courier = courier
        self._writing: asyncio.Task[None] | None = None

    async def handle(self, exchange: Exchange) -> None:
        if exchange.path == "/start":
            self._writing = self._writing or asyncio.create_task(self._crowd.write())
            await exchange.answer(json({}))
        elif exchange.path == "/progress":
            await exchange.answer(json(self._progress()))
        else:
            await self._graph.handle(exchange)

    def _progress(self) -> dict[str, int | bool]:
        return {
            "said": self._crowd.said,
            "of": self._crowd.of,
            "open": self._crowd.open,
            "delivered": self._crowd.done and self._courier.pending == 0,
            "reporting": self._graph.reporting,
        }


if __name__ == "__main__":
    main()
