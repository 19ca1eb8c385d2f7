"""What to do when Meta refuses a message: one table over its error codes, and the delays.

Codes: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes.
The same table serves the answer of a send and the `failed` receipt that comes later.
"""

from dataclasses import dataclass
from typing import Literal

from domain.messages import Buttons, Menu, Outbound, Text

ReactionKind = Literal[
    "retry",  # transient: 1, 4, 16 s, four tries in all
    "retry_slowly",  # maintenance: every minute, ten tries in all
    "pace_number",  # throughput of the number: pause it, 2 s doubling to 60 s
    "pace_pair",  # too much to this recipient: 4^X s
    "pause_number",  # token, account, spam limit: pause the number, keep the queue
    "template",  # window closed: an approved template instead, or a person
    "degrade",  # not acceptable as it is: once more as plain text
    "reupload",  # media: once more with a fresh upload
    "unreachable",  # this lead cannot be reached on WhatsApp
    "no_marketing",  # marketing is not wanted or not allowed; service messages still go
    "give_up",  # nothing will help
]


@dataclass(frozen=True, slots=True)
class Reaction:
    """`alert`: a person of the operator has to look at it, even if it is retried."""

    kind: ReactionKind
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Send it again after `seconds`, as `message` instead if given."""

    seconds: float
    message: Outbound | None = None


UNREACHED = -1
"""Our own code: the request never left, so that Meta cannot have taken the message."""
UNSENDABLE = -2
"""Our own code: the message cannot be put on the wire, a missing document say."""
UNANSWERED = -3
"""Our own code: the request left, no answer came that can be read. In doubt, not refused."""

MAX_TRIES = 4
_SLOW_TRIES = 10
_SLOW_SECONDS = 60.0
_PAUSE_SECONDS = (60.0, 120.0, 240.0, 600.0)
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429

_TABLE: dict[Reaction, tuple[int, ...]] = {
    Reaction("retry"): (1, 2, 500, 502, 503, 131000, 131016, 133004),
    Reaction("retry_slowly"): (131057, 2494100),
    Reaction("pace_number"): (4, 80007, 130429, 429, UNREACHED),
    Reaction("pace_pair"): (131056,),
    Reaction("pause_number", alert=True): (
        *(190, 0, 3, 10, *range(200, 300), 131005),
        *(368, 131031, 131037, 131042, 131045, 133010),
        *(131048, 131064),
    ),
    Reaction("template"): (131047,),
    Reaction("degrade", alert=True): (131051, 100, 131008, 131009, 135000, 131021, 33),
    Reaction("reupload"): (131052, 131053),
    Reaction("unreachable"): (131026,),
    Reaction("unreachable", alert=True): (130497,),
    Reaction("no_marketing"): (131049, 131050, 130472),
    Reaction("give_up"): (131062, 137000),
    Reaction("give_up", alert=True): (
        *(132000, 132005, 132012, 132018),
        *(132001, 132007, 132015, 132016),
        UNSENDABLE,
    ),
}
_REACTIONS = {code: reaction for reaction, codes in _TABLE.items() for code in codes}
_UNKNOWN = Reaction("give_up", alert=True)


def reaction(code: int, http_status: int | None = None) -> Reaction:
    """The reaction to a code; one that is not in the table goes by its HTTP status."""
    if code in _REACTIONS:
        return _REACTIONS[code]
    if http_status == _TOO_MANY_REQUESTS:
        return Reaction("pace_number")
    if http_status is not None and http_status >= _SERVER_ERROR:
        return Reaction("retry")
    return _UNKNOWN


def retry(kind: ReactionKind, tries: int, jitter: float = 0.0) -> Retry | None:
    """When to try the same message again, None for never; `jitter` 0 to 1 adds up to a quarter.

    `tries` counts the sends so far, at least 1. What holds up the whole number is `number_pause`'s.
    """
    match kind:
        case "retry" if tries < MAX_TRIES:
            return Retry(4.0 ** (tries - 1) * (1 + jitter / 4))
        case "retry_slowly" if tries < _SLOW_TRIES:
            return Retry(_SLOW_SECONDS * (1 + jitter / 4))
        case "pace_pair":
            return Retry(4.0 ** min(tries - 1, 3) * (1 + jitter / 4))
        case _:
            return None


def retry_after_receipt(
    code: int, *, tries: int, previous_code: int | None, message: Outbound, jitter: float = 0.0
) -> Retry | None:
    """When to send again what was accepted and then failed, None for never.

    `previous_code` is the code of the failure before this one: media is uploaded again only once.
    """
    kind = reaction(code).kind
    match kind:
        case "degrade":
            text = plain_text(message)
            return Retry(0.0, text) if text else None
        case "reupload":
            again = previous_code is not None and reaction(previous_code).kind == "reupload"
            return None if again else Retry(0.0)
        case "pace_number" | "pause_number":
            return retry("retry_slowly", tries, jitter)
        case _:
            return retry(kind, tries, jitter)


def number_pause(kind: ReactionKind, times: int, retry_after: float | None = None) -> float | None:
    """How long the number pauses, in seconds, when it was held up `times` times in a row.

    None when this reaction holds up no more than one message.
    """
    if kind == "pace_number":
        return max(min(2.0 ** min(times, 6), 60.0), min(retry_after or 0.0, 600.0))
    if kind == "pause_number":
        return _PAUSE_SECONDS[min(times, len(_PAUSE_SECONDS)) - 1]
    return None


def plain_text(message: Outbound) -> Text | None:
    """The message without its buttons or list; None when it has none."""
    match message:
        case Buttons(body=body, buttons=buttons):
            return _with_choices(body, [button.title for button in buttons])
        case Menu(body=body, rows=rows):
            return _with_choices(body, [f"{row.title} {row.description}".rstrip() for row in rows])
        case _:
            return None


def _with_choices(body: str, choices: list[str]) -> Text:
    listed = "\n\n" + "\n".join(f"- {choice}" for choice in choices)
    return Text(body=body[: 4096 - len(listed)] + listed)
