"""What to do when Meta refuses a message: one table over its error codes, and the delays.

Codes: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes.
The same table serves the answer of a send and the `failed` receipt that comes later.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.messages import Buttons, ContactRequest, Menu, Outbound, Text

PauseKind = Literal[
    "pace_number",  # throughput of the number: everything waits, 2 s doubling to 60 s
    "maintenance",  # the number is being moved: everything waits, a minute at a time
    "pause_number",  # token, permission, account: everything waits, and a person is told
    "pause_templates",  # spam limit: nothing that the business begins, replies go on
    "pause_template",  # this template is missing, paused or disabled
    "pause_country",  # restricted in one country
]
ReactionKind = Literal[
    PauseKind,
    "unreached",  # our own network: this process waits, 2 s doubling to 60 s
    "retry",  # transient: 1, 4, 16 s, then minutes, as long as nothing else passes either
    "upload_later",  # Meta's media is out of order: the file waits, all else goes on
    "pace_pair",  # too much to this recipient: 4^X s, and what waits for him becomes one message
    "template",  # window closed: an approved template instead, or a person
    "degrade",  # not acceptable as it is: once more as plain text
    "reupload",  # media: once more with a fresh upload
    "use_phone",  # not to a user id: to the phone number, if it is known
    "unreachable",  # this lead cannot be reached on WhatsApp
    "stop_marketing",  # the lead stopped marketing: service messages still go
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
WITHHELD = -4
"""Our own code: it was not sent, because of what is known of its recipient."""
NO_UPLOAD = -5
"""Our own code: Meta did not take the file, for a reason that may pass."""
WINDOW_CLOSED = 131047

TRIES = 4
"""So many refusals may be the message's own fault; more only while others fail, too."""
LONGEST = timedelta(hours=6)
"""An outage is waited out no longer; the message is then listed for a person."""

LONGEST_UPLOAD = timedelta(hours=1)
"""The same for a file alone: it is this file, or the lead has waited enough."""

PAUSES: dict[PauseKind, tuple[float, ...]] = {
    "pace_number": (2, 4, 8, 16, 32, 60),
    "maintenance": (60,),
    "pause_number": (60, 120, 240, 600),
    "pause_templates": (600, 1800, 3600),
    "pause_template": (600, 1800, 3600),
    "pause_country": (3600, 4 * 3600, 24 * 3600),
}
"""Seconds; the next length each time that the first send after a pause is refused again."""

NETWORK_SECONDS = PAUSES["pace_number"]
_GAPS = (1.0, 4.0, 16.0, 64.0, 256.0, 600.0)
LONGEST_GAP = _GAPS[-1]
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429

_TABLE: dict[Reaction, tuple[int, ...]] = {
    Reaction("retry"): (1, 2, 500, 502, 503, 131000, 131016, 133004),
    Reaction("unreached"): (UNREACHED,),
    Reaction("upload_later"): (NO_UPLOAD,),
    Reaction("maintenance"): (131057, 2494100),
    Reaction("pace_number"): (4, 80007, 130429, 429),
    Reaction("pace_pair"): (131056,),
    Reaction("pause_number", alert=True): (
        *(190, 0, 3, 10, *range(200, 300), 131005),
        *(368, 131031, 131037, 131042, 131045, 133010),
    ),
    Reaction("pause_templates", alert=True): (131048, 131064),
    Reaction("pause_template", alert=True): (132001, 132007, 132015, 132016),
    Reaction("pause_country", alert=True): (130497,),
    Reaction("template"): (WINDOW_CLOSED,),
    Reaction("degrade", alert=True): (131051, 100, 131008, 131009, 135000, 131021, 33),
    Reaction("reupload"): (131052, 131053),
    Reaction("use_phone"): (131062,),
    Reaction("unreachable"): (131026,),
    Reaction("stop_marketing"): (131050,),
    Reaction("give_up"): (131049, 130472, 137000),
    Reaction("give_up", alert=True): (132000, 132005, 132012, 132018, UNSENDABLE),
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


def gap(tries: int) -> float:
    """Seconds after the `tries`-th refusal of a transient kind."""
    return _GAPS[min(tries, len(_GAPS)) - 1]


def hopeless(tries: int, age: timedelta, *, alone: bool) -> bool:
    """Whether a transient refusal is this message's own: it fails `alone`, while others pass.

    In an outage, a partial one too, others fail as well, and then nothing is given up for hours.
    """
    return age > LONGEST or (tries >= TRIES and alone)


def pair_seconds(tries: int) -> float:
    """How long a pair waits that was too fast: 4^X seconds, X from 0, at most 64."""
    return 4.0 ** min(tries - 1, 3)


def jittered(seconds: float, jitter: float) -> float:
    """`jitter` 0 to 1 adds up to a quarter."""
    return seconds * (1 + jitter / 4)


def repaired(
    kind: ReactionKind, message: Outbound, previous_code: int | None, *, late: bool
) -> Retry | None:
    """What was refused as it is, once more in another form; None when that was tried before.

    `late`: a receipt told of it. At the answer of a send the sender has tried it already.
    `previous_code` is the code of the failure before this one.
    """
    if not late:
        return None
    if kind == "degrade":
        text = plain_text(message)
        return Retry(0.0, text) if text else None
    again = previous_code is not None and reaction(previous_code).kind == "reupload"
    return None if again else Retry(0.0)


def plain_text(message: Outbound) -> Text | None:
    """The message without its buttons or list; None when it has none."""
    match message:
        case Buttons(body=body, buttons=buttons):
            return _with_choices(body, [button.title for button in buttons])
        case Menu(body=body, rows=rows):
            return _with_choices(body, [f"{row.title} {row.description}".rstrip() for row in rows])
        case ContactRequest(body=body):
            return Text(body=body)
        case _:
            return None


def _with_choices(body: str, choices: list[str]) -> Text:
    listed = "\n\n" + "\n".join(f"- {choice}" for choice in choices)
    return Text(body=body[: 4096 - len(listed)] + listed)
