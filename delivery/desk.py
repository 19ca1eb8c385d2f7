"""The reps' desk: what a person does with a conversation, for the command line and the endpoints.

PostgreSQL decides who has a conversation. The mailbox is told afterwards, so that a draft that is
being written is discarded and a lead who waits is answered; without it the same holds from the
contact's next turn on.
"""

from dataclasses import dataclass
from datetime import datetime

from crm import audit, handoff_acts, handoffs, rep_messages
from crm.audit import Action
from crm.handoff_acts import Act, Done
from crm.handoffs import Case
from crm.memory import peek
from crm.pool import Pool
from crm.rep_messages import Written
from delivery.followups import Followups
from delivery.mailbox import Mailbox
from delivery.wake import tell_workers
from domain.business import Business
from domain.messages import Text
from domain.ports import Clock
from domain.rota import assign

_WHO_HAS_IT: frozenset[Act] = frozenset({"claim", "spoke", "give_back"})


@dataclass(frozen=True, slots=True)
class Change:
    """`changed`: who has the conversation. `woken`: the workers know of it at once."""

    changed: bool
    woken: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Without a mailbox the workers learn of a change with the contact's next message.

    `actor` is who acts, for the audit trail.
    """

    pool: Pool
    mailbox: Mailbox | None
    business: Business
    actor: str = "api"

    async def rep(self, contact_id: str, rep: str | None, now: datetime) -> str | None:
        """The id of a person of the company, the contact's own when none is named; None unknown."""
        if rep is not None:
            return rep if rep in self.business.people else None
        known = await peek(self.pool, contact_id)
        if known and known.handoff:
            return known.handoff.rep
        workload, own = (known.workload, known.rep) if known else ((), None)
        return assign(self.business, workload, own, now).id

    async def take_over(self, contact_id: str, *, rep: str, key: str, at: datetime) -> Change:
        """From now on the agent is silent, and the draft that it may be writing is discarded."""
        changed = await handoffs.take_over(self.pool, contact_id, rep=rep, key=key, at=at)
        await self._note("takeover", contact_id, rep=rep, changed=changed)
        return Change(changed, await self._wake(contact_id))

    async def release(self, contact_id: str) -> Change:
        """The agent has the conversation, and answers the lead if the last word was his."""
        changed = await handoffs.release(self.pool, contact_id)
        await self._note("release", contact_id, changed=changed)
        return Change(changed, await self._wake(contact_id))

    async def write(
        self, contact_id: str, message: Text, *, rep: str, key: str, at: datetime
    ) -> Written:
        """A person's words to the lead, which also takes the conversation over."""
        done = await rep_messages.write(self.pool, contact_id, message, rep=rep, key=key, at=at)
        await self._note("message", contact_id, rep=rep, stored=done)
        if done == "stored":
            await self._wake(contact_id)
        return done

    async def missed_call(self, contact_id: str, now: Clock) -> bool:
        """The lead did not come to his call: he is asked once for another time. False without."""
        return await Followups(self.pool, self.business, now).missed_call(contact_id)

    async def act(self, case: Case, rep: str, act: Act, at: datetime) -> Done:
        """What a rep does with a handoff by its link. Raises LookupError when it is gone."""
        done = await handoff_acts.act(self.pool, case.id, rep, act, at)
        if done == "done" and act in _WHO_HAS_IT:
            await self._wake(case.contact_id)
        return done

    async def _note(self, action: Action, contact_id: str, **detail: bool | str) -> None:
        await audit.note(self.pool, self.actor, action, contact_id, dict(detail))

    async def _wake(self, contact_id: str) -> bool:
        return self.mailbox is not None and await tell_workers(self.mailbox, contact_id)
