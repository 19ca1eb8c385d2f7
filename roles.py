"""The roles of a deployment: the webhook, and the worker."""

import bootstrap
from aftercare import Aftercare
from bootstrap import Services
from domain.errors import DatabaseUnusable
from hosting import Part, listen, run_until_signal, serving
from loops import loops
from server import create_app, health_app
from settings import Settings
from worker import Worker


async def serve(settings: Settings) -> None:
    """The webhook, until a signal."""
    with listen(settings.host, settings.port, "the webhook") as listener:
        async with bootstrap.stores(settings) as stores, bootstrap.web(stores) as web:
            app = create_app(web)
            await run_until_signal(serving(app, listener, drain_seconds=settings.drain_seconds))


async def work(settings: Settings) -> None:
    """Turns and sends, until a signal; health and metrics beside them."""
    with listen(settings.host, settings.port, "health and metrics") as listener:
        async with bootstrap.stores(settings) as stores:
            if problem := await stores.checks["postgresql"]():
                raise DatabaseUnusable(f"PostgreSQL is not ready: {problem}")
            async with bootstrap.services(stores) as services:
                app = health_app(stores.checks, stores.metrics)
                health = serving(app, listener, drain_seconds=1)
                await run_until_signal(health, *worker_parts(services))


def worker_parts(services: Services) -> list[Part]:
    """Turns, sends, what follows the reply, and the loops beside them."""
    return [
        Worker(services).run,
        services.outbox.run,
        Aftercare(services).run,
        services.sync.run,
        *loops(services),
    ]
