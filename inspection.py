"""`vendedor inspect`: one conversation on the command line, and made known to Studio."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
from redis.exceptions import RedisError

import connections
from checkpoints import CheckpointError
from crm.conversation import Conversation, Decided, decisions, inspect
from domain.lead import latest
from domain.turn import Memory
from domain.values import Plain
from records import signals_line
from settings import Settings

STUDIO = "http://127.0.0.1:2024"
"""Where `langgraph dev` listens unless told otherwise."""

_DECISIONS = 5
_STUDIO_SECONDS = 2.0


async def look(settings: Settings, phone: str, studio: str) -> str:
    """One conversation: what PostgreSQL and Redis hold of it, and where Studio shows it."""
    async with connections.records(settings) as pool:
        found = await inspect(pool, phone)
        if found is None:
            return f"no conversation with {phone}"
        decided = await decisions(pool, found.contact_id, limit=_DECISIONS)
    state, shown = await _state(settings, found.contact_id), await _register(found, studio)
    return "\n".join([*_story(found, decided), f"state     {state}", f"studio    {shown}"])


async def _state(settings: Settings, thread_id: str) -> str:
    if settings.redis_url is None:
        return "REDIS_URL is not set: only PostgreSQL was read"
    try:
        async with connections.live_threads(settings) as saver:
            found = await saver.aget_tuple({"configurable": {"thread_id": thread_id}})
    except (RedisError, OSError, CheckpointError) as error:
        return f"not readable ({type(error).__name__}: {error}): only PostgreSQL was read"
    if found is None:
        return "none in Redis: the next message continues from PostgreSQL"
    return _held(found.checkpoint["channel_values"])


def _held(state: dict[str, Any]) -> str:
    return (
        f"in Redis, version {state.get('version')}: {len(state.get('messages', []))} messages, "
        f"{len(state.get('offered_slots', []))} times on offer, stage {state.get('stage')}, "
        f"last written to by the lead at {state.get('last_inbound_at')}"
    )


async def _register(found: Conversation, studio: str) -> str:
    """Make the thread known to a running server, which lists no other, and say where it is."""
    thread: Plain = {"thread_id": found.contact_id, "if_exists": "do_nothing"}
    thread["metadata"] = {"graph_id": "sales"}
    try:
        async with httpx.AsyncClient(base_url=studio, timeout=_STUDIO_SECONDS) as client:
            (await client.post("/threads", json=thread)).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = type(error).__name__
        return f"no server at {studio} ({why}): run `langgraph dev` with the same REDIS_URL first"
    page = f"https://smith.langchain.com/studio/thread/{found.contact_id}"
    return f"{page}?baseUrl={quote(studio, safe='')}"


def _story(found: Conversation, decided: tuple[Decided, ...]) -> Iterator[str]:
    known, score = found.memory, found.score.total
    who = filter(None, (known.profile_name, found.phone and f"+{found.phone}"))
    yield f"contact   {' '.join(who)}"
    yield f"thread    {found.contact_id}"
    yield f"stage     {known.stage}, score {'-' if score is None else score}"
    yield from _facts(known)
    yield f"summary   {known.summary.text if known.summary else '-'}"
    yield from map(_decided, decided)
    yield f"handoff   {_handed(known)}"
    yield f"booking   {_booked(known)}"


def _facts(known: Memory) -> Iterator[str]:
    for fact in latest(known.facts).values():
        value = "declined" if fact.value is None else fact.value
        yield f"fact      {fact.field}: {value} (“{fact.quote}”)"


def _decided(turn: Decided) -> str:
    decision = turn.decision
    why = f" ({decision.reason})" if decision.reason else ""
    stages = f"{turn.stage_before} -> {turn.stage_after}"
    head = f"decision  {turn.at:%Y-%m-%d %H:%M} {stages}: {decision.kind}{why}"
    return f"{head}, confidence {decision.confidence}, {signals_line(decision.signals)}"


def _handed(known: Memory) -> str:
    handoff = known.handoff
    return f"{handoff.reason}, {handoff.rep}, {handoff.at:%Y-%m-%d %H:%M}" if handoff else "-"


def _booked(known: Memory) -> str:
    booking = known.booking
    return f"{booking.start:%Y-%m-%d %H:%M %Z} with {booking.rep}" if booking else "-"
