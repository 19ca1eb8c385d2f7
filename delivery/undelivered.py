"""Brings messages that were given up to a person, by a handoff, and tells the lead where he can be.

A failed row is seen to in a transaction of its own: whoever gave it up knows nothing of this, and a
crash in between loses nothing.
"""

import structlog

from crm import undelivered as rows
from crm.memory import peek
from crm.pool import Connection, Pool
from crm.undelivered import Case
from domain.business import Business
from domain.contact import Address
from domain.handoff_link import HandoffLinks
from domain.handoff_notice import handoff_notice
from domain.lead import latest
from domain.messages import Text
from domain.ports import Clock
from domain.rota import assign
from domain.turn import Handoff, Memory
from domain.undelivered import Lost, may_be_told, missed
from domain.wording import handoff_when, say

log = structlog.get_logger()


class Undelivered:
    """`links` are those by which reps claim; None without."""

    def __init__(
        self, pool: Pool, business: Business, clock: Clock, *, links: HandoffLinks | None
    ) -> None:
        self._pool = pool
        self._business = business
        self._clock = clock
        self._links = links

    async def work(self) -> int:
        """See to everything that was given up; gives how many handoffs that made."""
        made = 0
        while (done := await self._next()) is not None:
            made += done
        return made

    async def _next(self) -> bool | None:
        """Whether the next contact goes to a person; None when there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            case = await rows.next_case(connection)
            if case is None:
                return None
            lost = missed(case.lost, case.reach.address)
            known = await peek(connection, case.contact_id) if lost else None
            if known is None or known.handoff:
                return False
            made = await self._hand_over(connection, case, known, lost)
        log.warning("not delivered", contact=case.contact_id, messages=len(lost), handoff=case.id)
        return made

    async def _hand_over(
        self, connection: Connection, case: Case, known: Memory, lost: tuple[Lost, ...]
    ) -> bool:
        now, business = self._clock(), self._business
        rep = assign(business, known.workload, known.rep, now)
        notice = handoff_notice(
            business,
            name=known.profile_name,
            reason="undelivered",
            facts=latest(known.facts),
            phone=f"+{case.number}" if case.number else None,
            link=self._links.address(case.id, rep.id, now) if self._links else None,
        )
        handoff = Handoff(id=case.id, reason="undelivered", rep=rep.id, at=now)
        to = Address(phone=rep.phone.removeprefix("+"))
        language = known.language or business.language
        when = handoff_when(business, rep, now, language, known.timezone)
        told = may_be_told(lost, case.reach, now)
        line = Text(body=say(language, "handoff_undelivered", when=when)) if told else None
        return await rows.hand_over(connection, case, handoff, notice=(to, notice), line=line)
