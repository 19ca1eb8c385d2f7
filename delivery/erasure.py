"""Erasing a person everywhere: one transaction, inside which Redis forgets him.

Redis gives a fencing token as it forgets. The contact's row keeps it, so a turn that holds an older
lease, wherever it is by now, neither reads nor writes him any more (`crm.contacts`). The rest
follows by itself: the sweep deletes events from the reps' calendars, the sync tells outside CRMs.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from crm import audit, erasure
from crm.erasure import Person
from crm.pool import Pool
from delivery.mailbox import Mailbox, unavailable
from domain.contact import canonical_phone
from domain.values import Plain


@dataclass(frozen=True)
class Erasing:
    """`forget_state` drops the checkpoint of a contact; `alias` names an identifier in Redis."""

    pool: Pool
    mailbox: Mailbox
    receipts: Mailbox
    forget_state: Callable[[str], Awaitable[None]]
    alias: Callable[[str], str]

    async def erase(
        self, contact_id: str, *, actor: str, said: str = "", since: datetime | None = None
    ) -> Plain | None:
        """Erase a contact, known or not, and give how many rows of each table that concerned.

        `said` is the phone number by which he was named. With `since`, one with whom anything was
        spoken after it is left alone: None. Raises MailboxUnavailable, and nothing is erased then.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            person = await erasure.locked(connection, contact_id)
            if since and await erasure.active(connection, person, since):
                return None
            done: dict[str, int] = {}
            fence = 0
            for each in person.contact_ids:
                fence = await self._forget(each, person)
                for table, count in (await erasure.empty(connection, each, fence=fence)).items():
                    done[table] = done.get(table, 0) + count
            await self._blank(person, said)
            await audit.note(connection, actor, "erase", contact_id, {**done})
            await erasure.follow_up(connection, person, fence)
        return {**done}

    async def _forget(self, contact_id: str, person: Person) -> int:
        names = {*person.aliases, *map(self.alias, _forms(person.identifiers))}
        fence = await self.mailbox.forget(contact_id, sorted(names))
        with unavailable():
            await self.forget_state(contact_id)
        return fence

    async def _blank(self, person: Person, said: str) -> None:
        """Bodies that could not be read, and receipts that wait, hold his number in the clear."""
        if texts := sorted(_forms((*person.identifiers, said) if said else person.identifiers)):
            await self.mailbox.blank(texts)
            await self.receipts.blank(texts, unread=True)


def _forms(identifiers: tuple[str, ...]) -> set[str]:
    """Each as it stands, and a phone number in the one form in which its variants meet."""
    return {*identifiers, *(canonical_phone(name) for name in identifiers if name.isdigit())}
