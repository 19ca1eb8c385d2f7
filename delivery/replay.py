"""`vendedor replay`: what was given up goes through the intake again.

A message that was committed is not put back: its contact is woken instead, and the agent answers it
only if nobody answered since, the apology for not having answered apart. A handoff that its failure
made is given back for that, unless a person took it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from crm import handoffs, turns
from crm.pool import Pool
from delivery.envelope import mail_id, post, read
from delivery.events import Split
from delivery.given_up import Entry, GivenUp
from delivery.intake import receipt_post
from delivery.mailbox import Mailbox
from delivery.payload import split
from delivery.wake import wake, wake_name
from domain.contact import Pseudonyms
from domain.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by what became of it; `left` are the reasons of what stays."""

    counts: Counter[str] = field(default_factory=Counter[str])
    left: list[str] = field(default_factory=list[str])


class Replay:
    """Over the stores of a running installation; with `dry` nothing is changed."""

    def __init__(
        self,
        given_up: GivenUp,
        mailbox: Mailbox,
        receipts: Mailbox,
        pool: Pool,
        pseudonyms: Pseudonyms,
        *,
        dry: bool,
    ) -> None:
        self._given_up = given_up
        self._mailbox = mailbox
        self._receipts = receipts
        self._pool = pool
        self._pseudonyms = pseudonyms
        self._dry = dry

    async def quarantine(self) -> Report:
        """The bodies in quarantine. Raises MailboxUnavailable."""
        report = Report()
        async for entry in self._given_up.quarantined():
            report.counts["bodies"] += 1
            left = await self._body(entry, report)
            if left:
                report.left.append(left)
            elif not self._dry:
                await self._given_up.release(entry)
        return report

    async def dead(self) -> Report:
        """The batches among the dead letters. Raises MailboxUnavailable."""
        report = Report()
        async for entry in self._given_up.dead():
            report.counts["batches"] += 1
            await self._batch(entry, report)
        return report

    async def _body(self, entry: Entry, report: Report) -> str | None:
        """Store the events of a body; why it stays, None when all of it is stored."""
        try:
            events = split(entry.bodies[0])
        except Unreadable as error:
            return str(error)
        await self._store(events, report)
        if events.unreadable:
            return "; ".join(f"{part.where}: {part.reason}" for part in events.unreadable[:5])
        return None

    async def _store(self, events: Split, report: Report) -> None:
        names = self._pseudonyms
        ids = [mail_id(mail, names) for mail in events.mail]
        # the mailbox has forgotten what it saw more than eight days ago
        before = await turns.answered(self._pool, ids)
        new = [mail for mail, name in zip(events.mail, ids, strict=True) if name not in before]
        report.counts["receipts"] += len(events.receipts)
        if self._dry:
            report.counts["messages"] += len(new)
            return
        stored = await self._mailbox.push([post(mail, names) for mail in new])
        await self._receipts.push([receipt_post(event, names) for event in events.receipts])
        report.counts["messages"] += stored

    async def _batch(self, entry: Entry, report: Report) -> None:
        """Put back what was never committed; have left open what was answered by an apology."""
        back, committed, stays = await self._parted(entry.bodies)
        report.left.extend([entry.reason] * len(stays))
        report.counts["messages"] += len(back)
        report.counts["committed"] += committed
        if committed:
            back.append(wake(entry.contact, uuid4()).body)
            if not self._dry:
                await handoffs.release_failed(self._pool, entry.contact)
        if back and not self._dry:
            await self._given_up.revive(entry, back, stays)

    async def _parted(self, bodies: Sequence[bytes]) -> tuple[list[bytes], int, list[bytes]]:
        """What goes back, how many are committed, what cannot be read."""
        named: dict[bytes, str] = {}
        stays: list[bytes] = []
        for body in bodies:
            try:
                named[body] = wake_name(body) or mail_id(read(body), self._pseudonyms)
            except Unreadable:
                stays.append(body)
        known = await turns.answered(self._pool, list(named.values()))
        return [body for body, name in named.items() if name not in known], len(known), stays
