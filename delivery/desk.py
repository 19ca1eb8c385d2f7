"""The reps' desk: what a person does with a conversation, for the command line and the endpoints.

PostgreSQL decides who has a conversation. The mailbox is told afterwards, so that a draft that is
being written is discarded and a lead who waits is answered; without it the same holds from the
contact's next turn on.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog

from crm import handoffs, rep_messages
from crm.pool import Pool
from crm.rep_messages import Written
from delivery.followups import Followups
from delivery.mailbox import Mailbox
from delivery.wake import wake
from domain.business import Business, assigned
from domain.errors import MailboxUnavailable
from domain.messages import Text
from domain.ports import Clock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """`changed`: who has the conversation. `woken`: the workers know of it at once."""

    changed: bool
    woken: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Without a mailbox the workers learn of a change with the contact's next message."""

    pool: Pool
    mailbox: Mailbox | None
    business: Business

    def rep(self, contact_id: str, rep: str | None) -> str | None:
        """The id of a rep of the company, the contact's own when none is named; None unknown."""
        if rep is None:
            return assigned(self.business, contact_id).id
        return rep if rep in {known.id for known in self.business.reps} else None

    async def take_over(self, contact_id: str, *, rep: str, key: str, at: datetime) -> Change:
        """From now on the agent is silent, and the draft that it may be writing is discarded."""
        changed = await handoffs.take_over(self.pool, contact_id, rep=rep, key=key, at=at)
        return Change(changed, await self._wake(contact_id))

    async def release(self, contact_id: str) -> Change:
        """The agent has the conversation, and answers the lead if the last word was his."""
        changed = await handoffs.release(self.pool, contact_id)
        return Change(changed, await self._wake(contact_id))

    async def write(
        self, contact_id: str, message: Text, *, rep: str, key: str, at: datetime
    ) -> Written:
        """A person's words to the lead, which also takes the conversation over."""
        done = await rep_messages.write(self.pool, contact_id, message, rep=rep, key=key, at=at)
        if done == "stored":
            await self._wake(contact_id)
        return done

    async def missed_call(self, contact_id: str, now: Clock) -> bool:
        """The lead did not come to his call: he is asked once for another time. False without."""
        return await Followups(self.pool, self.business, now).missed_call(contact_id)

    async def _wake(self, contact_id: str) -> bool:
        if self.mailbox is None:
            return False
        try:
            await self.mailbox.push([wake(contact_id, uuid4())])
        except MailboxUnavailable as error:
            log.warning("workers not told", contact=contact_id, error=str(error))
            return False
        return True
