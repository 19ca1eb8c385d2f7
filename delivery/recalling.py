"""Who a batch is from and what is known of him, once what happened to him was acted on."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import structlog

from crm import contact_events
from crm.memory import Recalled, recall
from crm.pool import Pool
from delivery.contact_events import Parted
from delivery.mailbox import Lease
from domain.errors import AnotherContact
from domain.limits import day_of
from domain.turn import Memory

log = structlog.get_logger()


class Recalling:
    """`rep` is who counts as the writer of what comes from the company's own phone.

    What a contact uses is counted by the days of `zone`.
    """

    def __init__(self, pool: Pool, *, rep: str, zone: ZoneInfo) -> None:
        self._pool = pool
        self._rep = rep
        self._zone = zone

    async def known(self, lease: Lease, mail: Parted) -> Recalled:
        """Act on the events, then recall; one query when there are none.

        Raises AnotherContact, and LeaseLost when he was erased since the lease was given out.

        What is sealed is finished under the id under which it was sealed.
        """
        aliases = () if lease.turn_id else mail.aliases
        if mail.events:
            await self._apply(lease, mail, aliases)
        known = await self._recall(lease, mail, aliases)
        if known.others:
            await self._apply(lease, mail, aliases)
            known = await self._recall(lease, mail, aliases)
        return known

    async def _apply(self, lease: Lease, mail: Parted, aliases: Sequence[str]) -> None:
        home = await contact_events.apply(
            self._pool,
            lease.contact,
            mail.address,
            aliases,
            mail.events,
            rep=self._rep,
            token=lease.token,
        )
        if home != lease.contact:
            raise AnotherContact(home)
        for event in mail.events:
            log.info("contact event", kind=event.kind, event_id=event.id)

    async def _recall(self, lease: Lease, mail: Parted, aliases: Sequence[str]) -> Recalled:
        messages = mail.messages
        if not messages:
            return Recalled(lease.contact, (), Memory(), {})
        ads = [m.referral.headline for m in messages if m.referral and m.referral.headline]
        known = await recall(
            self._pool,
            lease.contact,
            mail.address,
            mail.profile_name,
            aliases,
            ads[0] if ads else None,
            messages[-1].at,
            [message.id for message in messages],
            token=lease.token,
            today=day_of(messages[-1].at, self._zone),
        )
        if known.home != lease.contact:
            raise AnotherContact(known.home)
        return known
