"""Events to a signed webhook that fails one time in twenty: how many a second, and in which order.

`python -m benchmarks.sync`: one worker's pump on one core; PostgreSQL and a receiver that checks
every signature on another. Leads are read and signed as in production.
"""

import asyncio
import random
import time
from collections import defaultdict
from uuid import uuid4

import click
import httpx
import uvicorn
import uvloop
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.machine import load, pin, servers, serving
from crm import sync
from crm.migrate import migrate
from crm.pool import Pool, connect
from crm.sync_pump import SyncPump
from sandbox.servers import free_port
from sandbox.webhook_receiver import WebhookReceiver
from tools.webhook_sink import WebhookSink, signing_key

WORKER_CORE, OTHER_CORE = 0, 1
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a receiver on loopback

_LEADS = """
WITH new AS (
    INSERT INTO contacts (id, phone, profile_name)
    SELECT id, '5730' || row_number() OVER (), 'Ana' FROM unnest($1::uuid[]) AS id RETURNING id
)
INSERT INTO facts (contact_id, turn_id, field, value, quote, message_id, at)
SELECT id, 't', field, 'a value', 'the words of the lead that say so', 'm', now()
FROM new, unnest('{name,budget,authority,need,timeline}'::text[]) AS field
"""


@click.command()
@click.option("--events", default=4000, show_default=True)
@click.option("--leads", default=200, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def main(events: int, leads: int, rounds: int) -> None:
    """Print the figures."""
    print(f"{events} events of {leads} leads to a webhook, 5 % answered 500; {load()}")
    pin(OTHER_CORE)
    with servers() as own:
        pin(WORKER_CORE)
        for _ in range(rounds):
            port = free_port()
            with serving(receive, port, core=OTHER_CORE, port=port):
                uvloop.run(_round(own.database_url, port, events, leads))


def receive(port: int) -> None:
    """The receiver, in a process of its own."""
    app = _failing(WebhookReceiver(SECRET, limit=1_000_000).app, random.Random(7))
    uvicorn.run(app, port=port, log_level="error", access_log=False)


def _failing(app: ASGIApp, dice: random.Random) -> ASGIApp:
    async def sometimes(scope: Scope, receive: Receive, send: Send) -> None:
        broken = scope["type"] == "http" and scope["method"] == "POST" and dice.random() < 0.05
        await (Response(status_code=500) if broken else app)(scope, receive, send)

    return sometimes


async def _round(database_url: str, port: int, events: int, leads: int) -> None:
    pool = await connect(database_url)
    await migrate(pool)
    await pool.execute("TRUNCATE contacts, sync_sinks CASCADE")
    url = f"http://127.0.0.1:{port}/"
    sink = WebhookSink(url, signing_key(SECRET), allow_private=True)
    await sync.register(pool, sink.name)
    wrote = await _write(pool, events, leads)
    tries: dict[str, int] = defaultdict(int)

    def count(_sink: str, outcome: str) -> None:
        tries[outcome] += 1

    pump = SyncPump(pool, [sink], count=count, chance=random.random)
    seconds, cpu = await _drain(pool, pump)
    await sink.close()
    await pool.close()
    async with httpx.AsyncClient(timeout=60) as client:
        shown = (await client.get(url)).json()
    order = _in_order(shown["events"], events)
    print(
        f"{events / seconds:.0f} events/s, {cpu * 1000 / events:.2f} ms of CPU each, "
        f"{tries['SinkFailed']} failed tries, {shown['repeats']} doubled, "
        f"order of every lead {'kept' if order else 'BROKEN'}; "
        f"writing one {wrote * 1000 / events:.2f} ms"
    )


async def _write(pool: Pool, events: int, leads: int) -> float:
    ids = [str(uuid4()) for _ in range(leads)]
    await pool.execute(_LEADS, ids)
    began = time.monotonic()
    async with pool.acquire() as connection:
        for number in range(events):
            async with connection.transaction():
                data = {"number": number // leads}
                await sync.note(connection, ids[number % leads], "lead.updated", data)
    return time.monotonic() - began


async def _drain(pool: Pool, pump: SyncPump) -> tuple[float, float]:
    """Seconds until nothing waits, and CPU seconds of this process."""
    stop = asyncio.Event()
    began, cpu = time.monotonic(), time.process_time()
    running = asyncio.create_task(pump.run(stop))
    async with asyncio.timeout(300):
        while await pool.fetchval("SELECT EXISTS (SELECT FROM sync_outbox)"):  # noqa: ASYNC110 - a table rings no bell
            await asyncio.sleep(0.05)
    took = time.monotonic() - began, time.process_time() - cpu
    stop.set()
    await running
    return took


def _in_order(arrived: list[dict[str, dict[str, object]]], events: int) -> bool:
    numbers: dict[object, list[object]] = defaultdict(list)
    for event in arrived:
        numbers[event["data"]["contact_id"]].append(event["data"]["number"])
    assert len(arrived) == events
    return all(said == list(range(len(said))) for said in numbers.values())


if __name__ == "__main__":
    main()
