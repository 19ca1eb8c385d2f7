"""What `vendedor replay` does and tells."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import connections
from crm import audit
from crm.outbox import retry_failed
from delivery.given_up import GivenUp
from delivery.mailbox import Mailbox
from delivery.replay import Replay, Report
from domain.contact import Pseudonyms
from settings import Settings


async def replay(settings: Settings, *, dead: bool, failed: bool, dry: bool) -> str:
    """Raises MailboxUnavailable, DatabaseUnusable."""
    async with _replay(settings, dry=dry) as work:
        lines = list(_quarantine(await work.quarantine()))
        if dead:
            lines += _dead(await work.dead())
    if failed:
        lines.append(await _failed(settings, dry=dry))
    if not dry:
        async with connections.records(settings) as pool:
            counts = {"dead": dead, "failed": failed}
            await audit.note(pool, connections.operator(), "replay", None, {**counts})
    return "\n".join(["dry run: nothing is changed", *lines] if dry else lines)


@asynccontextmanager
async def _replay(settings: Settings, *, dry: bool) -> AsyncGenerator[Replay]:
    async with (
        connections.mailbox_client(settings) as client,
        connections.records(settings) as pool,
    ):
        messages, receipts = Mailbox(client, "messages"), Mailbox(client, "receipts")
        names = Pseudonyms(settings.pseudonym_key)
        given_up = GivenUp(client, "messages")
        yield Replay(given_up, messages, receipts, pool, names, dry=dry)


def _quarantine(report: Report) -> Iterator[str]:
    counts = report.counts
    yield (
        f"quarantine: {counts['bodies']} bodies, of which {len(report.left)} stay; "
        f"{counts['messages']} messages and {counts['receipts']} receipts stored"
    )
    yield from (f"  stays: {reason}" for reason in report.left)


def _dead(report: Report) -> Iterator[str]:
    counts = report.counts
    yield (
        f"dead letters: {counts['batches']} batches; {counts['messages']} messages put back, "
        f"{counts['committed']} recorded before, answered now if nobody has; "
        f"{len(report.left)} stay"
    )
    yield from (f"  stays: {reason}" for reason in report.left)


async def _failed(settings: Settings, *, dry: bool) -> str:
    if dry:
        return "outbox: not counted in a dry run"
    async with connections.records(settings) as pool:
        return f"outbox: {await retry_failed(pool)} messages are sent once more"
