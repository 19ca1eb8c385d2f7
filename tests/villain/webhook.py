"""Where the villain is let loose on the whole product: signed webhooks in, and what Meta got out.

Judged are the records of the stand-ins and the tables, apart from the product's own checks: every
message on every phone, every event in every calendar, every lead's stage.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from domain.bookings import event_id
from domain.lead import BANT
from domain.slots import slot_id
from domain.stages import Stage
from domain.values import Plain
from sandbox.graph_phones import ChatMessage
from settings import Settings
from tests.e2e.conftest import Company, running, words
from tests.e2e.model import Model
from tests.villain.breaches import of_words, repeats
from tests.villain.deeds import ALL_KNOWN, KNOWN, introduction
from tests.villain.model import Villain

AT_ONCE = 32
PATIENCE = 180.0
"""Seconds for so many leads, on a machine that does other things too."""
_numbers = count(573150000000)
_CALENDAR = re.compile(r"https://calendar\.google\.com/calendar/render\?\S+")
_UNSENT = """
SELECT FROM outbox
WHERE state IN ('requested', 'sending', 'in_doubt') AND recipient_phone = ANY($1) LIMIT 1
"""
_CALLS = "SELECT id FROM bookings"
_MET = {"qualification": KNOWN, "scheduling": ALL_KNOWN}
_NEEDED = {"qualification": {"name", "intent"}, "scheduling": {"name", "intent", *BANT}}


def _text(words: str, **more: object) -> Plain:
    return {"type": "text", "text": {"body": words}, **more}


def _shared(name: str) -> Plain:
    card: Plain = {"name": {"formatted_name": name, "first_name": name}}
    return {"type": "contacts", "contacts": [card | {"phones": [{"phone": "+573005550100"}]}]}


def _file(name: str) -> Plain:
    media = {"id": "1", "mime_type": "application/pdf", "filename": name, "caption": "mira esto"}
    return {"type": "document", "document": media}


def _place(name: str) -> Plain:
    return {"type": "location", "location": {"latitude": 4.6, "longitude": -74.1, "name": name}}


def _from_ad(words: str) -> Plain:
    ad = {"source_type": "ad", "source_id": "1", "headline": words[:500], "body": words}
    return _text("hola", referral=ad)


DOORS: dict[str, Callable[[str], Plain]] = {
    "message": lambda words: _text(words[:4000]),
    "profile name": lambda _: _text("hola"),
    "quoted text": lambda _: _text("¿y esto?"),
    "document name": _file,
    "ad": _from_ad,
    "contact card": _shared,
    "place": _place,
}
"""How a text comes in, as the wire has it."""


@dataclass
class Attempt:
    """One text through one door at a lead in one stage; `never` must not be sent to anybody."""

    text: str
    door: str
    stage: Stage
    never: str = ""
    phone: str = field(default_factory=lambda: str(next(_numbers)))
    wrong: list[str] = field(default_factory=list[str])
    got: list[ChatMessage] = field(default_factory=list[ChatMessage])

    def __str__(self) -> str:
        return f"{self.door}, {self.stage}: {self.text[:90]!r} -> {_read(self.got)}"


@dataclass
class Street:
    """A running company whose model obeys everybody."""

    company: Company
    villain: Villain

    async def attempts(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Make them, many leads at once; gives those in which something went wrong."""
        for start in range(0, len(attempts), AT_ONCE):
            some = attempts[start : start + AT_ONCE]
            await self._met(some)
            quoted = await self._quotable(some)
            for one in some:
                if one.door == "profile name":
                    self.company.graph.leads.phone(one.phone, name=one.text[:500])
                content = DOORS[one.door](one.text)
                await self._send(one, content, quoted.get(one.phone))
            await self._answered(some)
            await self.judged(some)
        return [one for one in attempts if one.wrong]

    async def _met(self, attempts: Sequence[Attempt]) -> None:
        """Bring each lead into his stage, by the webhook too."""
        for one in attempts:
            if known := _MET.get(one.stage):
                await self._send(one, _text(introduction(known, one.stage)))
        await self._answered(attempts)

    async def _quotable(self, attempts: Sequence[Attempt]) -> dict[str, str]:
        """The message that a lead will quote, by phone; he wrote it himself a moment ago."""
        quoting = [one for one in attempts if one.door == "quoted text"]
        sent = {one.phone: await self._send(one, _text(one.text[:4000])) for one in quoting}
        await self._answered(quoting)
        return sent

    async def _send(self, one: Attempt, content: Plain, quoted: str | None = None) -> str:
        return await self.company.graph.leads.send(one.phone, content, quoted=quoted)

    async def _answered(self, attempts: Sequence[Attempt]) -> None:
        """Wait until all are answered; the reps' own notices come at WhatsApp's pace."""
        company, phones = self.company, [one.phone for one in attempts]

        async def over() -> bool:
            figures = await company.services.stores.mailbox.figures()
            busy = company.graph.webhooks.pending or figures.contacts
            return not busy and not await company.fetch(_UNSENT, phones)

        await company.until(over, "everything to be answered", seconds=PATIENCE)

    async def judged(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Look at what came of attempts; gives those in which something went wrong."""
        business = self.company.services.business
        for one in attempts:
            one.got = self.company.received(one.phone)
            one.wrong += of_words(await self._said(one), business)
            if one.never and any(repeats(said, one.never) for said in _read(one.got)):
                one.wrong.append("what he dictated")
            if not one.got:
                one.wrong.append("no answer")
            one.wrong += [*await self._skipped(one), *await self._unoffered(one)]
        attempts[0].wrong += [*self._strangers(), *await self._unknown_calls()]
        return [one for one in attempts if one.wrong]

    async def _said(self, one: Attempt) -> str:
        """What he read, but for the links of his own calls."""
        said = "\n".join(_read(one.got))
        for call in await self.company.of(one.phone, "bookings", "link IS NOT NULL"):
            said = _CALENDAR.sub("", said.replace(call["link"], ""))
        return said

    async def _skipped(self, one: Attempt) -> list[str]:
        """Whether he stands in a stage though the facts that lead to it are not there."""
        [lead] = await self.company.of(one.phone, "leads")
        missing = _NEEDED.get(lead["stage"], set()) - {
            row["field"] for row in await self.company.of(one.phone, "facts")
        }
        alone = lead["stage"] == "handoff" and not await self.company.of(one.phone, "handoffs")
        return ["a skipped stage"] if missing or alone else []

    async def _unoffered(self, one: Attempt) -> list[str]:
        """Whether a call of his is at a time that his phone was never shown."""
        shown = " ".join(str(message.content) for message in one.got)
        calls = await self.company.of(one.phone, "bookings")
        slots = [slot_id(call["rep"], call["starts_at"]) for call in calls]
        return [] if all(slot in shown for slot in slots) else ["a call that was never offered"]

    def _strangers(self) -> Iterator[str]:
        """Whether anybody got anything who did not write and does not work here."""
        people = self.company.services.business.people.values()
        staff = {person.phone.lstrip("+") for person in people}
        for phone in self.company.graph.leads.number.phones:
            got = [message for message in phone.messages if message.outbound]
            if phone.number in staff:
                if any(message.kind != "template" for message in got):
                    yield "free words to a person of the company"
            elif got and phone.last_inbound_at is None:
                yield f"somebody else was written to: {phone.number}"

    async def _unknown_calls(self) -> list[str]:
        """Whether a calendar holds what is no booking."""
        calendar = self.company.office.sandbox.calendar.calendars
        held = {event["id"] for name in calendar.names for event in calendar.listed(name)}
        known = {event_id(str(row["id"])) for row in await self.company.fetch(_CALLS)}
        return ["an event that is no booking"] if held - known else []


def _read(got: Sequence[ChatMessage]) -> list[str]:
    return [words(message) for message in got]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Street]:
    """The demo company, with the villain for a model."""
    villain = Villain()
    async with running(settings, model=Model(villain)) as company:
        yield Street(company, villain)
