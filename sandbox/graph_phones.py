"""The phones that talk with the business number, and what stands in their chats."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.contact import canonical_phone
from domain.values import Plain
from sandbox.graph_errors import GraphFault
from sandbox.graph_ids import bsuid, who_of

WINDOW = timedelta(hours=24)
CHAT_LENGTH = 500
PHONES = 20_000
UNNAMED = "WhatsApp user"
"""The profile name of a phone that was given none: every real profile has one."""

Status = Literal["accepted", "sent", "delivered", "read", "failed"]
Receipts = Literal["sent", "delivered", "read"]


@dataclass(slots=True)
class ChatMessage:
    """One message of a chat; `content` is the wire's: its `type` and the object of that name.

    `status` is what the sender's ticks show. `shown` is what a template reads like when filled in.
    """

    wamid: str
    outbound: bool
    at: datetime
    content: Plain
    status: Status
    context: str | None = None
    tracker: str | None = None
    shown: Plain | None = None
    error: Plain | None = None

    @property
    def kind(self) -> str:
        return str(self.content["type"])

    @property
    def body(self) -> Any:  # noqa: ANN401 - an object, or an array of contacts
        """What the message says: the part of `content` that its type names."""
        return self.content.get(self.kind) or {}


@dataclass(slots=True)
class Phone:
    """A lead's (or a rep's) WhatsApp.

    A phone with a `username` hides its number: the business sees the BSUID alone. `receipts` is
    how far a message to it gets by itself; `reachable` False fails every message (131026).
    """

    number: str
    name: str = ""
    username: str | None = None
    receipts: Receipts = "delivered"
    reachable: bool = True
    last_inbound_at: datetime | None = None
    typing_until: datetime | None = None
    messages: deque[ChatMessage] = field(
        default_factory=lambda: deque[ChatMessage](maxlen=CHAT_LENGTH)
    )

    @property
    def bsuid(self) -> str:
        return bsuid(self.number)

    @property
    def seen_as(self) -> str:
        """The identifier that the business sees: the number, or the BSUID of a hidden one."""
        return self.bsuid if self.username else self.number

    def contact(self) -> Plain:
        """The `contacts` item of a webhook."""
        profile: Plain = {"name": self.name or UNNAMED}
        if self.username:
            return {
                "profile": {**profile, "username": self.username},
                "user_id": self.bsuid,
            }
        return {"profile": profile, "wa_id": self.number, "user_id": self.bsuid}

    def window_open(self, now: datetime) -> bool:
        """Whether the customer service window lets free messages through."""
        return self.last_inbound_at is not None and now - self.last_inbound_at < WINDOW

    def message(self, wamid: str) -> ChatMessage | None:
        return next((m for m in reversed(self.messages) if m.wamid == wamid), None)


class Phones:
    """Every phone by number and BSUID; the ones unused for longest are forgotten past 20,000."""

    def __init__(self, receipts: Receipts) -> None:
        self.watchers: set[Callable[[str], None]] = set()
        self._receipts: Receipts = receipts
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self._numbers: dict[str, str] = {}

    def __iter__(self) -> Iterator[Phone]:
        return iter(self._phones.values())

    def at(self, number: str) -> Phone:
        """The phone with this number in digits, in any of its spellings; made when new."""
        return self.keep(self.known(number) or self.new(number))

    def new(self, number: str) -> Phone:
        """A phone that is not kept yet."""
        return Phone(number=number, receipts=self._receipts)

    def keep(self, phone: Phone) -> Phone:
        """Remember a phone as the one used last."""
        key = canonical_phone(phone.number)
        self._phones[key] = phone
        self._phones.move_to_end(key)
        self._numbers[phone.bsuid] = key
        self._forget()
        return phone

    def known(self, number: str) -> Phone | None:
        """As `at`, and None when there is none."""
        return self._phones.get(canonical_phone(number))

    def by_bsuid(self, user_id: str) -> Phone:
        """Raises GraphFault 131026 for a BSUID that nobody has."""
        number = self._numbers.get(user_id)
        if number is None:
            raise GraphFault(131026, "Unable to deliver message: unknown recipient")
        return self._phones[number]

    def of_message(self, wamid: str) -> tuple[Phone, ChatMessage] | None:
        """The chat that holds a message."""
        who = who_of(wamid) or ""
        number = self._numbers.get(who, canonical_phone(who) if who.isdigit() else "")
        phone = self._phones.get(number)
        message = phone.message(wamid) if phone else None
        return (phone, message) if phone and message else None

    def changed(self, phone: Phone) -> None:
        """Tell whoever watches."""
        for watcher in tuple(self.watchers):
            watcher(phone.number)

    def _forget(self) -> None:
        while len(self._phones) > PHONES:
            _, phone = self._phones.popitem(last=False)
            del self._numbers[phone.bsuid]
