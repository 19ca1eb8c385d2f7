"""Plans and sends what code writes by itself: reminders of calls, a nudge to a silent lead.

Everything stands in rows with a due time. When one is due, the rules of `domain.followups` look
again at how things stand: a lead who wrote meanwhile, a call that was moved, a window that closed.
"""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import structlog

from crm import followups as rows
from crm import outbox, sync
from crm.followups import Call
from crm.outbox import OutboxRow
from crm.pool import Connection, Pool
from domain.business import PARAMETERS, Business
from domain.followups import (
    Followup,
    FollowupKind,
    Plan,
    cheapest,
    next_awake,
    obstacle,
    reminders,
    silence,
)
from domain.messages import Outbound, Text
from domain.ports import Clock
from domain.window import closes_at
from domain.wording import moment, say

log = structlog.get_logger()

_AT_ONCE = 200
_SETTLED = timedelta(minutes=10)
"""A lead counts as silent after this; a conversation under way is not looked at all the time."""


class Followups:
    """The follow-ups of one company. `clock` gives now, with a zone."""

    def __init__(self, pool: Pool, business: Business, clock: Clock) -> None:
        self._pool = pool
        self._business = business
        self._clock = clock

    async def work(self) -> int:
        """Plan what is new and send what is due; gives how many were sent."""
        while await self._plan() == _AT_ONCE:
            pass
        sent = 0
        while (outcome := await self._next()) is not None:
            sent += outcome
        return sent

    async def missed_call(self, contact_id: str) -> bool:
        """The lead did not come: ask him once for another time. False when there is none to ask."""
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            call = await rows.last_call(connection, contact_id, now)
            due_at = next_awake(now, self._business.zone)
            if call is None or not await self._add(connection, call, "no_show", due_at):
                return False
            missed = {"id": call.id, "start": call.starts_at.isoformat()}
            await sync.note(connection, contact_id, "booking.no_show", {"booking": missed})
        return True

    async def _plan(self) -> int:
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            calls = await rows.unplanned_calls(connection, now, limit=_AT_ONCE)
            for call in calls:
                for kind, due_at in reminders(call.starts_at, now).items():
                    await self._add(connection, call, kind, due_at)
            silences = await rows.unplanned_silences(connection, now - _SETTLED, limit=_AT_ONCE)
            for lead in silences:
                wrote = lead.last_inbound_at
                if due := silence(wrote, closes_at(wrote), self._zone(lead.timezone)):
                    await rows.plan(
                        connection, lead.id, "silence", about=wrote, due_at=due, now=now
                    )
        return max(len(calls), len(silences))

    async def _add(
        self, connection: Connection, call: Call, kind: FollowupKind, due_at: datetime
    ) -> bool:
        about, now = call.starts_at, self._clock()
        return await rows.plan(
            connection, call.contact_id, kind,
            about=about, due_at=due_at, now=now, booking_id=call.id,
        )  # fmt: skip

    async def _next(self) -> bool | None:
        """Look at the one that waits longest: whether it was sent; None when none is to be seen."""
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            followup = await rows.next_due(connection, now)
            if followup is None:
                return None
            plan = self._cheapest(followup, now)
            at = plan.at if plan else followup.due_at
            if at > now:
                await rows.postpone(connection, followup.id, at)
                return False
            against = obstacle(followup, now)
            if plan and not against:
                await self._send(connection, followup, plan, now)
            else:
                against = against or "only a template would reach him"
                await rows.drop(connection, followup.id, against, now)
        log.info("follow-up", kind=followup.kind, dropped=against)
        return against is None

    def _cheapest(self, followup: Followup, now: datetime) -> Plan | None:
        wrote = followup.standing.last_inbound_at
        return cheapest(
            followup.kind,
            followup.due_at,
            closes_at(wrote) if wrote else None,
            self._zone(followup.timezone),
            now=now,
            template=followup.kind in self._business.templates,
        )

    async def _send(
        self, connection: Connection, followup: Followup, plan: Plan, now: datetime
    ) -> None:
        message = self._template(followup) if plan.way == "template" else self._words(followup)
        row = OutboxRow(
            id=str(uuid5(NAMESPACE_URL, f"vendedor:followup/{followup.id}")),
            contact_id=followup.contact_id,
            turn_id=f"followup/{followup.id}",
            position=0,
            recipient=followup.address,
            message=message,
        )
        await outbox.add(connection, [row])
        await rows.sent(connection, followup, row.id, message, now)

    def _template(self, followup: Followup) -> Outbound:
        template = self._business.templates[followup.kind]
        params = (self._when(followup), self._rep(followup)) if PARAMETERS[followup.kind] else ()
        return template.filled(followup.language, *params)

    def _words(self, followup: Followup) -> Outbound:
        language = followup.language or self._business.language
        if followup.kind == "silence":
            return Text(body=say(language, f"silent_{followup.standing.stage}"))
        if followup.kind == "no_show":
            return Text(body=say(language, "no_show", rep=self._rep(followup)))
        return Text(
            body=say(
                language,
                "reminder",
                when=self._when(followup),
                rep=self._rep(followup),
                link=followup.link or "",
            )
        )

    def _when(self, followup: Followup) -> str:
        language = followup.language or self._business.language
        return moment(followup.about, self._zone(followup.timezone).key, language)

    def _rep(self, followup: Followup) -> str:
        return self._business.rep_name(followup.rep or "")

    def _zone(self, name: str | None) -> ZoneInfo:
        return ZoneInfo(name or self._business.timezone)
