"""An entry of the mailbox in which the lead says nothing: it only has the contact's turn begin.

A turn that is being written is discarded for it like for a newer message, in whatever process.
"""

from uuid import UUID

from delivery.mailbox import Post

_MARK = b"wake:"


def wake(contact_id: str, name: UUID) -> Post:
    """The entry; `name` tells it from every other."""
    return Post(id="", contact=contact_id, aliases=(), body=_MARK + name.hex.encode())


def wake_name(body: bytes) -> str | None:
    """The name of the entry; None for any other body of the mailbox."""
    return body.removeprefix(_MARK).decode() if body.startswith(_MARK) else None
