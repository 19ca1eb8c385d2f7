"""The project's errors, one tree.

VendedorError
├── SettingsError            wrong or missing settings; one line a problem
│   └── BusinessError        a broken business folder; names file and line
├── TurnError
│   ├── Superseded           a newer message is unread: discard the draft, redo
│   ├── LeaseLost            another worker has the contact: stop, touch nothing
│   ├── AnotherContact       the record knows this person by another id: go on there
│   └── TurnTooLong          a turn hangs in a way that no other limit caught
├── Unreadable               a webhook body, or a mailbox entry, that is not what it should be
├── MailboxUnavailable       the mailbox could not store or answer: the caller retries
├── PartEnded                a part of a running process ended that should not have
├── DatabaseUnusable         PostgreSQL cannot be reached, or its schema is not ours
├── ModelError               no usable answer from any model in time
│   └── ModelRefused         the model declined to answer
├── SchedulingError
│   ├── SlotTaken            somebody else has the time
│   └── CalendarUnavailable  the calendar could not be read or written, reason inside
├── MediaError               a lead's file did not come
│   ├── MediaGone            Meta has it no more
│   ├── MediaRefused         too large, from a strange host, or not what was announced
│   └── MediaUnavailable     not this time: try again
├── SyncError                an outside CRM did not take an event
│   ├── SinkFailed           not this time: try this event again
│   ├── SinkBusy             a limit of the sink's: nothing for it until then
│   ├── SinkTroubled         an operator has to mend something before it takes any event
│   ├── SinkGone             it wants no events any more
│   └── EventRefused         it will never take this event
└── SendError                the Graph API did not take a message; `code` is Meta's
    └── SendUncertain        it may have taken it: a timeout, a lost answer
"""

from traceback import format_tb

from domain.proposal import Usage


class VendedorError(Exception):
    """Anything that this project raises on purpose."""


class SettingsError(VendedorError):
    """Settings that the process cannot start with."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BusinessError(SettingsError):
    """A business folder that cannot be used: each problem names its file and line."""


class TurnError(VendedorError):
    """A turn that must not go on."""


class Superseded(TurnError):
    """A newer message of the lead is unread, so the draft answers too little."""


class LeaseLost(TurnError):
    """The fencing token is stale: another worker took the contact over."""


class AnotherContact(TurnError):
    """The aliases of a batch name another contact, `contact_id`."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"this is {contact_id}")
        self.contact_id = contact_id


class Unreadable(VendedorError):
    """A webhook body or a mailbox entry without the expected shape; says where, quotes nothing."""


class TurnTooLong(TurnError):
    """A turn was not decided within its overall limit."""


class MailboxUnavailable(VendedorError):
    """Redis did not answer or refused to write."""


class PartEnded(VendedorError):
    """A loop or server ended before it was told to, so the process stops and says so."""


class DatabaseUnusable(VendedorError):
    """PostgreSQL cannot be reached or migrated; the reason is one line without a secret."""


class ModelError(VendedorError):
    """Every model that may be asked failed, or the turn's deadline passed.

    `usage` is what the answers cost that came and were of no use.
    """

    def __init__(self, message: str, usage: Usage = Usage()) -> None:  # noqa: B008 - frozen
        super().__init__(message)
        self.usage = usage


class ModelRefused(ModelError):
    """The model answered with a refusal."""


class SchedulingError(VendedorError):
    """A call could not be arranged."""


class SlotTaken(SchedulingError):
    """The time was free when it was offered and is not any more."""


class CalendarUnavailable(SchedulingError):
    """The calendar failed; an unreadable calendar never counts as free."""


class MediaError(VendedorError):
    """A file that a lead sent could not be taken; the reason names no address."""


class MediaGone(MediaError):
    """Meta does not have the file any more."""


class MediaRefused(MediaError):
    """A rule of ours keeps the file out: its size, its host, its checksum."""


class MediaUnavailable(MediaError):
    """It may work the next time."""


class SyncError(VendedorError):
    """An event did not arrive; the reason names no address, no token and no lead."""


class SinkFailed(SyncError):
    """A broken connection, a timeout, an error of the sink's own."""


class SinkBusy(SyncError):
    """The sink's rate limit (429): `seconds` says when it wants to be asked again."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class SinkTroubled(SyncError):
    """A token, a permission or a property is missing: no event of anybody can arrive."""


class SinkGone(SyncError):
    """The sink answered 410: it is disabled until somebody turns it on again."""


class EventRefused(SyncError):
    """The sink finds fault with this event itself; repeating it would change nothing."""


class SendError(VendedorError):
    """The Graph API refused a message. `code` is Meta's error code, `http_status` the answer's."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status
        self.retry_after = retry_after


class SendUncertain(SendError):
    """The request left, the answer did not arrive: Meta may have taken the message."""


def traced(error: BaseException) -> dict[str, str]:
    """What failed and where, without the error's own text, which may quote the lead."""
    return {"error": type(error).__name__, "at": "".join(format_tb(error.__traceback__))}
