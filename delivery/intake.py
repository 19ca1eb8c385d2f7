"""From a signed webhook body to the mailboxes: mail and receipts apart, the rest told and counted.

A contact's mailbox takes his messages and all that happens to him beside them, in one order.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import orjson
import structlog

from delivery import account_events
from delivery.envelope import post
from delivery.events import ContactEvent, Mail, OtherEvent, ReceiptEvent, Split, UnreadableEvent
from delivery.group_commit import GroupCommit
from delivery.mailbox import Mailbox, Post
from delivery.metrics import Metrics
from delivery.payload import split
from domain.contact import Pseudonyms
from domain.errors import Unreadable

log = structlog.get_logger()

SHARDS = 8
"""Receipts of one message stay in order within their shard; shards run beside each other."""


class Signed(NamedTuple):
    """A body whose signature is right."""

    body: bytes


class Intake:
    """Takes bodies; each is stored when `take` returns.

    Bodies that come together are read one after the other and stored in one round trip: read each
    in its own request, they took a third more CPU.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        receipts: Mailbox,
        pseudonyms: Pseudonyms,
        metrics: Metrics,
        *,
        number: str | None = None,
    ) -> None:
        self._alone = mailbox.alone(), receipts.alone()
        self._bodies = GroupCommit(Bodies(*self._alone, pseudonyms, metrics, number))

    async def take(self, body: bytes) -> None:
        """Store every event of a body. Raises MailboxUnavailable when any could not be stored."""
        await self._bodies.push((Signed(body),))

    async def aclose(self) -> None:
        """Refuse new bodies and wait for those under way."""
        await self._bodies.aclose()
        for mailbox in self._alone:
            await mailbox.aclose()


class Bodies:
    """Stores what bodies hold: mail and receipts in their mailboxes, what is broken in quarantine.

    Meta sends what all numbers of a WhatsApp business account receive to one webhook: with `number`
    (Meta's phone_number_id) what is for another one is only counted.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        receipts: Mailbox,
        pseudonyms: Pseudonyms,
        metrics: Metrics,
        number: str | None,
    ) -> None:
        self._mailbox = mailbox
        self._receipts = receipts
        self._pseudonyms = pseudonyms
        self._duplicates = metrics.webhook_duplicates_total
        self._counter = cache(metrics.webhook_messages_total.labels)
        self._number = number

    async def push(self, bodies: Sequence[Signed]) -> None:
        """Store the events of all bodies, each kind in order. Raises MailboxUnavailable."""
        names = self._pseudonyms
        found = [_read(body) for (body,) in bodies]
        mail = [post(mail, names) for it in found for mail in it.mail if self._is_mine(mail)]
        receipts = [receipt_post(receipt, names) for it in found for receipt in it.receipts]
        # as a rule bodies hold either the one or the other
        if mail:
            new = await self._mailbox.push(mail)
            if new < len(mail):
                self._duplicates.inc(len(mail) - new)
        if receipts:
            await self._receipts.push(receipts)
        for (body,), events in zip(bodies, found, strict=True):
            self._note(events)
            if events.unreadable:
                await self._keep(body, events.unreadable)

    async def _keep(self, body: bytes, unreadable: Sequence[UnreadableEvent]) -> None:
        self._count("unreadable", len(unreadable))
        reasons = "; ".join(f"{e.where}: {e.reason}" for e in unreadable[:5])
        log.warning("webhook body, or a part of it, in quarantine", reason=reasons)
        await self._mailbox.quarantine(body, reasons)

    def _note(self, events: Split) -> None:
        for mail in events.mail:
            self._count(self._label(mail))
        if events.receipts:
            self._count("status", len(events.receipts))
        for event in events.others:
            self._other(event)

    def _is_mine(self, mail: Mail) -> bool:
        return not mail.number or self._number in (None, mail.number)

    def _label(self, mail: Mail) -> str:
        if not self._is_mine(mail):
            return "other_number"
        return mail.field if isinstance(mail, ContactEvent) else mail.kind

    def _other(self, event: OtherEvent) -> None:
        known = event.field if event.field in _FIELDS else "unknown"
        self._count(known)
        told = account_events.told(event)
        tell = log.error if account_events.alarming(event.field, told) else log.info
        tell("webhook event", field=known, **told)

    def _count(self, kind: str, number: int = 1) -> None:
        self._counter(kind).inc(number)


def _read(body: bytes) -> Split:
    try:
        return split(body)
    except Unreadable as error:
        return Split((), (), (), (UnreadableEvent("body", str(error)),))


def receipt_post(event: ReceiptEvent, pseudonyms: Pseudonyms) -> Post:
    """A receipt as it goes into its mailbox; one that comes twice does no harm."""
    shard = int(pseudonyms.message(event.wamid)[:8], 16) % SHARDS
    return Post(id="", contact=f"{shard}", aliases=(), body=orjson.dumps(event.item))


_FIELDS = frozenset(
    {
        "account_alerts", "account_review_update", "account_update", "errors", "group_messages",
        "history", "message_template_components_update", "message_template_quality_update",
        "message_template_status_update", "messages", "phone_number_name_update",
        "phone_number_quality_update", "security", "smb_app_state_sync", "smb_message_echoes",
        "template_category_update", "user_preferences",
    }
)  # fmt: skip
"""Names that may become a metric's label; what a sender makes up may not."""
