"""Follows up on handoffs that nobody claims, by the rules of `domain.escalation`."""

from datetime import datetime, timedelta

import structlog

from crm import handoff_steps as rows
from crm.handoff_steps import DueHandoff
from crm.pool import Connection, Pool
from delivery.mailbox import Mailbox
from delivery.metrics import Metrics
from delivery.wake import tell_workers
from domain.business import Business, Person
from domain.escalation import GiveBack, Step, Tell, Unclaimed, Wait, next_step
from domain.handoff_link import HandoffLinks
from domain.handoff_notice import handoff_notice
from domain.lead import latest
from domain.messages import Button, Buttons, Outbound, Template, Text
from domain.offers import MORE
from domain.ports import Clock
from domain.wording import say

log = structlog.get_logger()


class Escalation:
    """`patience` is how long whoever was told has; None leaves it at the first one told."""

    def __init__(
        self,
        pool: Pool,
        mailbox: Mailbox,
        business: Business,
        clock: Clock,
        *,
        links: HandoffLinks | None,
        patience: timedelta | None,
        metrics: Metrics,
    ) -> None:
        self._pool = pool
        self._mailbox = mailbox
        self._business = business
        self._clock = clock
        self._links = links
        self._patience = patience
        self._metrics = metrics

    async def work(self) -> int:
        """Do every step that is due; gives how many messages that made."""
        for reason, took in await rows.first_words(self._pool):
            if reason != "taken_over":
                self._metrics.handoff_first_word_seconds.observe(took.total_seconds())
        if self._patience is None:
            return 0
        done = 0
        while step := await self._next(self._patience):
            done += not isinstance(step, Wait)
        return done

    async def _next(self, patience: timedelta) -> Step | None:
        """Look at the one that waits longest; None when none is to be seen."""
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            due = await rows.next_due(connection, now)
            if due is None:
                return None
            workload = await rows.workload(connection)
            case = Unclaimed(due.told, due.told_at)
            step = next_step(case, self._business, workload, patience=patience, now=now)
            await self._take(connection, due, step, now)
        if isinstance(step, GiveBack):
            await tell_workers(self._mailbox, due.contact_id)
        if not isinstance(step, Wait):
            to = _whom(step, self._business)
            self._metrics.handoffs_unclaimed_total.labels(to).inc()
            log.info("handoff not claimed", handoff=due.id, to=to)
        return step

    async def _take(
        self, connection: Connection, due: DueHandoff, step: Step, now: datetime
    ) -> None:
        match step:
            case Wait(until=until):
                await rows.wait(connection, due.id, until)
            case Tell(who=who):
                await rows.tell(connection, due, who, self._notice(due, who, now), now)
            case GiveBack():
                await rows.give_back(connection, due, self._words(due), now)

    def _notice(self, due: DueHandoff, who: Person, now: datetime) -> Template:
        return handoff_notice(
            self._business,
            name=due.profile_name,
            reason=due.reason,
            facts=latest(due.facts),
            phone=f"+{due.number}" if due.number else None,
            link=self._links.address(due.id, who.id, now) if self._links else None,
        )

    def _words(self, due: DueHandoff) -> tuple[Outbound, ...]:
        """What the lead is told: nothing when he wants no messages."""
        if due.opted_out:
            return ()
        language = due.language or self._business.language
        if due.booked:
            return (Text(body=say(language, "handoff_unclaimed_booked")),)
        times = Button(id=MORE, title=say(language, "see_times"))
        return (Buttons(body=say(language, "handoff_unclaimed"), buttons=(times,)),)


def _whom(step: Tell | GiveBack, business: Business) -> str:
    """Who has it then, for a metric."""
    if isinstance(step, GiveBack):
        return "agent"
    manager = business.manager
    return "manager" if manager and step.who.id == manager.id else "next_rep"
