"""Workers that a test starts itself, some of which die at a chosen step.

Death is a BaseException that nobody catches: like a killed process, the worker gives nothing back.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import bootstrap
from bootstrap import Services
from delivery.attempts import Timing
from delivery.mailbox import Lease, Mailbox
from delivery.outbox import Outbox
from domain.contact import Address
from domain.messages import Outbound
from roles import worker_parts
from tests.e2e.conftest import Company, served
from worker import Worker

TIMING = Timing(lease=timedelta(seconds=20), doubt=timedelta(seconds=1), poll=0.1)


class Died(BaseException):
    """The process is gone at this very step."""


class Killer:
    """Wraps one step of a worker: `after` it (or instead of it) the worker is dead, once."""

    def __init__(self) -> None:
        self.died = asyncio.Event()

    def after(self, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def dying(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any step's
            done = await step(*args, **named)
            self.die()
            return done

        return dying

    def die(self) -> None:
        self.died.set()
        raise Died


@asynccontextmanager
async def hired(company: Company) -> AsyncGenerator[Services]:
    """The services of another worker on the company's stores."""
    stores = company.services.stores
    own = Mailbox(stores.redis, "messages")
    async with bootstrap.services(replace(stores, mailbox=own)) as services:
        yield replace(services, outbox=outbox(services, services.sender.send))


async def leases_run_out(company: Company) -> None:
    """As if their time had passed, which nobody renewed."""
    stores = company.services.stores
    due = "{messages}:due"
    for contact in cast("list[bytes]", await stores.redis.zrange(due, 0, -1)):
        await stores.redis.zadd(due, {contact: 0})
    await stores.pool.execute("UPDATE outbox SET due_at = now() WHERE state = 'sending'")


Sending = Callable[[str, Address, Outbound, Path], Awaitable[str]]


def outbox(services: Services, send: Sending) -> Outbox:
    """An impatient outbox that sends through `send`."""

    class Sender:
        forget_media = services.sender.forget_media

        async def send(
            self, row_id: str, recipient: Address, message: Outbound, documents: Path
        ) -> str:
            return await send(row_id, recipient, message, documents)

    stores = services.stores
    return Outbox(
        stores.pool,
        Sender(),
        documents=Path(services.business.files),
        pseudonyms=stores.pseudonyms,
        metrics=stores.metrics,
        refusals=services.outbox.refusals,
        timing=TIMING,
    )


@asynccontextmanager
async def at_work(services: Services) -> AsyncGenerator[None]:
    """A worker with everything beside it."""
    async with served(*worker_parts(services)):
        yield


async def until_dead(services: Services, killer: Killer) -> None:
    """Let a worker's turns run until the killer struck."""
    async with asyncio.timeout(30), served(Worker(services).run):
        await killer.died.wait()


def dies_after_the_seal(services: Services, killer: Killer) -> Services:
    turns = services.turns
    turns.seal = killer.after(turns.seal)  # type: ignore[method-assign] - of this object alone
    return services


def dies_after_the_booking(services: Services, killer: Killer) -> Services:
    scheduler = services.scheduler
    scheduler.book = killer.after(scheduler.book)  # type: ignore[method-assign] - of this object alone
    return services


def dies_after_the_checkpoint(services: Services, killer: Killer) -> Services:
    class Graph:
        ainvoke = staticmethod(killer.after(services.graph.ainvoke))  # type: ignore[reportUnknownArgumentType]  # overloads

    return replace(services, graph=Graph())  # type: ignore[arg-type] - all that a turn calls


def dies_after_the_commit(services: Services, killer: Killer) -> Services:
    class Dying(Mailbox):
        async def commit(self, lease: Lease) -> None:
            killer.die()
            await super().commit(lease)

    return _with_mailbox(services, Dying)


def dies_after_the_mailbox(services: Services, killer: Killer) -> Services:
    class Dying(Mailbox):
        async def commit(self, lease: Lease) -> None:
            await super().commit(lease)
            killer.die()

    return _with_mailbox(services, Dying)


def dies_before_the_send_is_recorded(services: Services, killer: Killer) -> Services:
    return replace(services, outbox=outbox(services, killer.after(services.sender.send)))


def _with_mailbox(services: Services, kind: type[Mailbox]) -> Services:
    mailbox = kind(services.stores.redis, "messages")
    return replace(services, stores=replace(services.stores, mailbox=mailbox))


class Fails:
    """A graph whose node raises ValueError for contacts whose words hold `poison`."""

    def __init__(self, services: Services, poison: str) -> None:
        self._graph: Any = services.graph
        self._poison = poison
        self.tries = 0

    async def ainvoke(self, state: Any, config: Any, **named: Any) -> Any:  # noqa: ANN401 - LangGraph's
        if self._poison in str(state["batch"]):
            self.tries += 1
            raise ValueError(f"a node stumbled over {self._poison}")
        return await self._graph.ainvoke(state, config, **named)
