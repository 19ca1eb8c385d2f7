"""An entry of the mailbox in which the lead says nothing: it only has the contact's turn begin.

A turn that is being written is discarded for it like for a newer message, in whatever process.
"""

from uuid import UUID, uuid4

import structlog

from delivery.mailbox import Mailbox, Post
from domain.errors import MailboxUnavailable

log = structlog.get_logger()

_MARK = b"wake:"


def wake(contact_id: str, name: UUID) -> Post:
    """The entry; `name` tells it from every other."""
    return Post(id="", contact=contact_id, aliases=(), body=_MARK + name.hex.encode())


def wake_name(body: bytes) -> str | None:
    """The name of the entry; None for any other body of the mailbox."""
    return body.removeprefix(_MARK).decode() if body.startswith(_MARK) else None


async def tell_workers(mailbox: Mailbox, contact_id: str) -> bool:
    """Who has the contact's conversation has changed; false when they cannot be told now."""
    try:
        await mailbox.push([wake(contact_id, uuid4())])
    except MailboxUnavailable as error:
        log.warning("workers not told", contact=contact_id, error=str(error))
        return False
    return True
