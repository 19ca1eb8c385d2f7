"""From a signed webhook body to the mailboxes: mail and receipts apart, the rest told and counted.

A contact's mailbox takes his messages and all that happens to him beside them, in one order.
"""

import asyncio
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


class _Counted:
    """A mailbox that counts what it has seen before."""

    def __init__(self, mailbox: Mailbox, metrics: Metrics) -> None:
        self._mailbox = mailbox
        self._metrics = metrics

    async def push(self, posts: Sequence[Post]) -> int:
        new = await self._mailbox.push(posts)
        if new < len(posts):
            self._metrics.webhook_duplicates_total.inc(len(posts) - new)
        return new


class _Broken(NamedTuple):
    """A signed body that cannot be read, or not all of it."""

    body: bytes
    reason: str


class _Quarantine:
    """Where such bodies are kept, one after the other."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def push(self, bodies: Sequence[_Broken]) -> None:
        for body, reason in bodies:
            await self._mailbox.quarantine(body, reason)


class Intake:
    """Takes bodies; each is stored when `take` returns.

    Meta sends what all numbers of a WhatsApp business account receive to one webhook: with `number`
    (Meta's phone_number_id) what is for another one is only counted.
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
        self._number = number
        self._mail = GroupCommit(_Counted(mailbox, metrics))
        self._receipts = GroupCommit(receipts)
        self._quarantine = GroupCommit(_Quarantine(mailbox))
        self._pseudonyms = pseudonyms
        self._counter = cache(metrics.webhook_messages_total.labels)

    async def take(self, body: bytes) -> None:
        """Store every event of a body. Raises MailboxUnavailable when any could not be stored."""
        try:
            events = split(body)
        except Unreadable as error:
            self._count("unreadable")
            log.warning("webhook body in quarantine", reason=str(error))
            return await self._quarantine.push([_Broken(body, str(error))])
        # as a rule a body holds either the one or the other
        mine = [post(mail, self._pseudonyms) for mail in events.mail if self._is_mine(mail)]
        if mine:
            await self._mail.push(mine)
        if events.receipts:
            told = [receipt_post(receipt, self._pseudonyms) for receipt in events.receipts]
            await self._receipts.push(told)
        self._note(events)
        if events.unreadable:
            await self._keep(body, events.unreadable)
        return None

    async def aclose(self) -> None:
        """Refuse new bodies and wait for those under way."""
        groups = (self._mail, self._receipts, self._quarantine)
        await asyncio.gather(*(group.aclose() for group in groups))

    async def _keep(self, body: bytes, unreadable: Sequence[UnreadableEvent]) -> None:
        self._count("unreadable", len(unreadable))
        reasons = "; ".join(f"{e.where}: {e.reason}" for e in unreadable[:5])
        log.warning("part of a webhook body in quarantine", reason=reasons)
        await self._quarantine.push([_Broken(body, reasons)])

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
