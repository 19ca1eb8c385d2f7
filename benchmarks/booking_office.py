"""Leads who choose times, over the product's graph, PostgreSQL and the calendar stand-in.

A lead's turn is run as the worker does: what crashed is done again under the same id. What he is
told is the turn's outcome; what he believes is the last of it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

import uvicorn

from benchmarks.booking_crashes import Breakable
from crm.bookings import Bookings
from crm.calendar_watch import CalendarWatchStore
from crm.memory import peek
from crm.migrate import migrate
from crm.pool import Pool, connect
from delivery.turn import UnsharedTurns
from domain.bookings import BookingStore, Calendar
from domain.business import Business, CallRules, LeadTemplate
from domain.messages import Inbound
from domain.ports import ChatMessage, Ports
from domain.proposal import Proposal, Tool, ToolCall, Usage, Written
from domain.slots import Booking, Slot
from domain.turn import Batch, Memory, Outcome
from graph import build_graph
from hosting import listen
from sandbox.calendar_api import CalendarApi
from tools.business_folder import load
from tools.calendar_watch import CalendarWatch
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.knowledge import FolderKnowledge
from tools.scheduling import CallScheduler

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
"""A Monday, eight o'clock in Bogota."""

Told = Literal["booked", "taken", "cancelled", "unavailable"]


def company(reps: int) -> Business:
    """The demo company without a cap a day, and with templates for closed windows."""
    demo = load(Path(__file__).parent.parent / "business")
    templates = {
        purpose: LeadTemplate(name=purpose, languages=("es",))
        for purpose in ("call_moved", "call_cancelled", "rep_clash")
    }
    plain = [rep.model_copy(update={"max_per_day": None}) for rep in demo.reps[:reps]]
    rules = CallRules(horizon_days=30)
    return demo.model_copy(update={"reps": tuple(plain), "call": rules, "templates": templates})


class Cancelling:
    """A model that always asks to cancel the call; a tap on a time needs none."""

    async def propose(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], *, model: str | None = None
    ) -> Proposal:
        del messages, tools, model
        call = ToolCall(id="cancel", name="cancel_call", arguments={"facts": []})
        return Proposal(call=call, usage=Usage(model="scripted", calls=1))

    async def write(self, messages: Sequence[ChatMessage]) -> Written:
        del messages
        return Written(text="")


@dataclass
class Office:
    """The company at work."""

    pool: Pool
    api: CalendarApi
    business: Business
    calendar: Breakable
    store: Breakable
    scheduler: CallScheduler
    watch: CalendarWatch
    graph: Any

    async def turn(
        self, contact: str, turn_id: str, wish: Slot | None
    ) -> tuple[Told, Booking | None, Outcome]:
        """One turn: a tap on the time, or the word to cancel. Raises Crash."""
        memory = await peek(self.pool, contact) or Memory()
        memory = memory.model_copy(update={"stage": "scheduling", "language": "es"})
        message = Inbound(
            id=turn_id, wamid=turn_id, kind="choice" if wish else "text", at=NOW,
            text="esa" if wish else "cancela mi llamada",
            choice=f"slot:{wish.id}" if wish else None,
        )  # fmt: skip
        batch = Batch(contact_id=contact, turn_id=turn_id, messages=(message,))
        state = await self.graph.ainvoke({
            "batch": batch.plain(),
            "memory": memory.plain(),
            "offered_slots": [wish.plain()] if wish else [],
        })  # fmt: skip
        outcome = Outcome.of(state["outcome"])
        return _told(outcome), outcome.booking, outcome

    async def lead(self) -> str:
        """A new contact whose window is open."""
        contact = str(uuid4())
        insert = (
            "INSERT INTO contacts (id, phone, language, last_inbound_at) VALUES ($1, $2, 'es', $3)"
        )
        await self.pool.execute(insert, contact, f"57{uuid4().int % 10**10:010d}", NOW)
        return contact

    async def settle(self) -> None:
        """Let what crashed be swept, and read the calendars to the end."""
        for _ in range(3):
            old = "UPDATE bookings SET held_until = now() - interval '1 s'"
            await self.pool.execute(f"{old} WHERE status = 'held' OR strays <> '{{}}'")
            await self.scheduler.sweep()
            await self.watch.look()

    async def empty(self) -> None:
        await self.pool.execute(
            "TRUNCATE bookings, booking_keys, calendar_cursors, calendar_clashes, outbox, messages,"
            " contacts CASCADE"
        )


def _told(outcome: Outcome) -> Told:
    if outcome.cancelled:
        return "cancelled"
    if outcome.booking:
        return "booked"
    return "taken" if outcome.decision.kind == "answer" else "unavailable"


@dataclass(frozen=True)
class Database:
    """A migrated pool."""

    pool: Pool

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, url: str) -> AsyncGenerator["Database"]:
        pool = await connect(url, size=20)
        await migrate(pool)
        try:
            yield cls(pool)
        finally:
            await pool.close()

    async def deadlocks(self) -> int:
        await self.pool.execute("SELECT pg_stat_clear_snapshot()")
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(await self.pool.fetchval(query))


@contextlib.asynccontextmanager
async def office(
    database: Database, reps: int, *, patience: float = 20.0, retries: int = 1
) -> AsyncGenerator[Office]:
    """The company with its calendars empty; `patience`: seconds for a request to them."""
    business = company(reps)
    api = CalendarApi([rep.calendar for rep in business.reps])
    async with _serving(api) as url:
        google = GoogleCalendar(
            google_keys("", stand_in=True),
            api_url=url,
            timeout=patience,
            deadline=2 * patience,
            retries=retries,
        )
        calendar, store = Breakable(google, timed=True), Breakable(Bookings(database.pool))
        scheduler = CallScheduler(
            business, cast("Calendar", calendar), cast("BookingStore", store), clock=_clock
        )
        ports = Ports(
            model=Cancelling(),
            scheduler=scheduler,
            turns=UnsharedTurns(),
            knowledge=FolderKnowledge(business),
            business=business,
            clock=_clock,
        )
        watch = CalendarWatch(
            business, google, CalendarWatchStore(database.pool), clock=_clock, every=timedelta()
        )
        made = Office(
            database.pool, api, business, calendar, store, scheduler, watch, build_graph(ports)
        )
        await made.empty()
        try:
            yield made
        finally:
            await google.aclose()


def _clock() -> datetime:
    return NOW


@contextlib.asynccontextmanager
async def _serving(api: CalendarApi) -> AsyncGenerator[str]:
    with listen("127.0.0.1", 0, "the calendar") as listener:
        server = uvicorn.Server(uvicorn.Config(api, log_level="critical"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
