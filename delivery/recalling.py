"""Who a batch is from and what is known of him, once what happened to him was acted on."""

from collections.abc import Sequence

import structlog

from crm import contact_events
from crm.memory import Recalled, recall
from crm.pool import Pool
from delivery.contact_events import Parted
from delivery.mailbox import Lease
from domain.errors import AnotherContact
from domain.turn import Memory

log = structlog.get_logger()


class Recalling:
    """`rep` is who counts as the writer of what comes from the company's own phone."""

    def __init__(self, pool: Pool, *, rep: str) -> None:
        self._pool = pool
        self._rep = rep

    async def known(self, lease: Lease, mail: Parted) -> Recalled:
        """Act on the events, then recall; one query when there are none. Raises AnotherContact.

        What is sealed is finished under the id under which it was sealed.
        """
        aliases = () if lease.turn_id else mail.aliases
        if mail.events:
            await self._apply(lease.contact, mail, aliases)
        known = await self._recall(lease.contact, mail, aliases)
        if known.others:
            await self._apply(lease.contact, mail, aliases)
            known = await self._recall(lease.contact, mail, aliases)
        return known

    async def _apply(self, contact: str, mail: Parted, aliases: Sequence[str]) -> None:
        home = await contact_events.apply(
            self._pool, contact, mail.address, aliases, mail.events, rep=self._rep
        )
        if home != contact:
            raise AnotherContact(home)
        for event in mail.events:
            log.info("contact event", kind=event.kind, event_id=event.id)

    async def _recall(self, contact: str, mail: Parted, aliases: Sequence[str]) -> Recalled:
        messages = mail.messages
        if not messages:
            return Recalled(contact, (), Memory(), {})
        ads = [m.referral.headline for m in messages if m.referral and m.referral.headline]
        known = await recall(
            self._pool,
            contact,
            mail.address,
            mail.profile_name,
            aliases,
            ads[0] if ads else None,
            messages[-1].at,
            [message.id for message in messages],
        )
        if known.home != contact:
            raise AnotherContact(known.home)
        return known
