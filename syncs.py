"""`vendedor sync`: how the outside CRMs stand, what was given up, and what can be done about it."""

import connections
from crm import sync
from crm.sync import DeadEvent, SinkFigures
from domain.errors import SettingsError
from settings import Settings


async def standing(settings: Settings) -> str:
    """Each sink, and each event that was given up, with its reason."""
    async with connections.records(settings) as pool:
        sinks, dead = await sync.figures(pool), await sync.dead(pool)
    lines = [*map(_sink, sinks), *map(_dead, dead)]
    return "\n".join(lines) or "no outside CRM: set HUBSPOT_TOKEN or SYNC_WEBHOOK_URL"


async def retry(settings: Settings, events: tuple[str, ...]) -> str:
    """Let these events be sent again, or all that were given up."""
    async with connections.records(settings) as pool:
        count = await sync.retry(pool, events=events or None)
    return f"{count} events wait again"


async def resume(settings: Settings, sink: str) -> str:
    """Turn a disabled sink on. Raises SettingsError when there is none of this name."""
    async with connections.records(settings) as pool:
        if not await sync.resume(pool, sink):
            raise _unknown(sink)
    return f"{sink} is told again"


async def forget(settings: Settings, sink: str) -> str:
    """Write no more events for a sink. Raises SettingsError when there is none of this name."""
    async with connections.records(settings) as pool:
        if not await sync.forget(pool, sink):
            raise _unknown(sink)
    return f"{sink} is forgotten: take it out of the settings too, else the next worker adds it"


def _unknown(sink: str) -> SettingsError:
    return SettingsError(f"no outside CRM is called {sink}: `vendedor sync` lists them")


def _sink(sink: SinkFigures) -> str:
    state = "disabled" if sink.disabled else "rests" if sink.rests else "on"
    trouble = f": {sink.trouble}" if sink.trouble else ""
    seconds = round(sink.oldest.total_seconds())
    waiting = f"{sink.waiting} waiting, the oldest for {seconds} s, {sink.dead} given up"
    return f"{sink.name}: {state}, {waiting}{trouble}"


def _dead(event: DeadEvent) -> str:
    when = f"{event.at:%Y-%m-%d %H:%M}"
    return (
        f"  {event.event_id}  {when}  {event.kind}  contact {event.contact_id}  {event.sink}  "
        f"after {event.failures} tries: {event.error}"
    )
