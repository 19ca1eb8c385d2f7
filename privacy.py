"""What `vendedor erase` and `vendedor export` do and tell."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

import orjson

import connections
from crm import erasure
from crm.conversation import find
from crm.export import export as read_out
from delivery.erasure import Erasing
from domain.contact import Pseudonyms, canonical_phone
from settings import Settings

_TOLD = """
Within a minute the worker deletes the events of calls from the reps' calendars, and tells the
outside CRMs. Backups keep what they hold until they are gone (docs/privacy.md)."""

_PHONE = re.compile(r"\+?[\d\s().-]{8,}")
"""Fewer digits would stand in other people's messages, too."""


async def erase(settings: Settings, who: str) -> str:
    """Erase a person. Raises MailboxUnavailable, DatabaseUnusable; then nothing is erased."""
    async with connections.records(settings) as pool:
        contact_id = await find(pool, who) or _named(settings, who)
        if contact_id is None:
            return f"nobody is known as {who}"
        before = await erasure.erased_at(pool, contact_id)
    async with _erasing(settings) as work:
        said = canonical_phone(who) if _PHONE.fullmatch(who) else ""
        done = await work.erase(contact_id, actor=connections.operator(), said=said)
    if not done:
        return f"nothing was held of {who}{_since(before)}"
    counts = ", ".join(f"{count} {table}" for table, count in done.items())
    return f"erased {who}: {counts}.{_TOLD}"


async def export(settings: Settings, who: str, *, content: bool) -> str | None:
    """What is held of a person as JSON; None when nobody is known by this."""
    async with connections.records(settings) as pool:
        contact_id = await find(pool, who)
        if contact_id is None:
            return None
        told = await read_out(pool, contact_id, content=content, actor=connections.operator())
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


@asynccontextmanager
async def _erasing(settings: Settings) -> AsyncGenerator[Erasing]:
    """What erases, without the worker. Raises SettingsError, DatabaseUnusable."""
    from checkpoints import RedisSaver  # noqa: PLC0415 - brings LangGraph with it

    async with connections.stores(settings) as stores:
        saver, number = RedisSaver(stores.redis), settings.whatsapp_phone_number_id or ""
        yield Erasing(
            pool=stores.pool,
            mailbox=stores.mailbox,
            receipts=stores.receipts,
            forget_state=saver.adelete_thread,
            alias=lambda name: stores.pseudonyms.alias(number, name),
        )


def _named(settings: Settings, who: str) -> str | None:
    """The contact that a number would be: his messages may wait though no record knows him yet."""
    number = settings.whatsapp_phone_number_id
    if number is None or not _PHONE.fullmatch(who):
        return None
    return Pseudonyms(settings.pseudonym_key).contact(number, canonical_phone(who))


def _since(before: datetime | None) -> str:
    return f" since he was erased at {before:%Y-%m-%d %H:%M} UTC" if before else ""
