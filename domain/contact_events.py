"""What can happen to a contact beside his messages. Each event has an id that a repeat has too.

Shapes: Meta's pages "smb_message_echoes", "user_preferences" and "System messages".
"""

from datetime import datetime
from typing import Literal

from domain.contact import Address
from domain.messages import InboundKind
from domain.values import Value

DELETED = "[deleted]"
"""What is left of the words of a message that was deleted for everyone."""


class RepWrote(Value):
    """A person of the company wrote to the contact from the phone's WhatsApp Business app.

    `id` is the message's too: the keyed hash of its wamid.
    """

    kind: Literal["echo"] = "echo"
    id: str
    at: datetime
    said: InboundKind
    text: str = ""


class Edited(Value):
    """The words of the message `target` are now these. By the lead, or by the rep of his own."""

    kind: Literal["edit"] = "edit"
    id: str
    at: datetime
    target: str
    text: str


class Deleted(Value):
    """The message `target` was deleted for everyone: nothing of it may be kept."""

    kind: Literal["deletion"] = "deletion"
    id: str
    at: datetime
    target: str


class Preference(Value):
    """The contact's choice about marketing messages, made in WhatsApp's own menu."""

    kind: Literal["marketing_stop", "marketing_resume"]
    id: str
    at: datetime


class Renamed(Value):
    """The contact has another identifier. `new` holds only what is new.

    `moved`: he is to be written to at the new number from now on. Else a number in `new` is
    another name of his, and good to write to only where none is known.
    """

    kind: Literal["new_identifier"] = "new_identifier"
    id: str
    at: datetime
    new: Address
    moved: bool


NotedKind = Literal["identity_change", "chat_opened", "rep_reaction", "system"]


class Noted(Value):
    """Recorded, and nothing else follows from it."""

    kind: NotedKind
    id: str
    at: datetime


ContactEvent = RepWrote | Edited | Deleted | Preference | Renamed | Noted
