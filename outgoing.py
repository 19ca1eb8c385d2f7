"""What `vendedor doctor` and `vendedor handoffs --all` tell of messages that wait, and why."""

from collections.abc import Iterator

import connections
from crm.standing import Pause, Standing, standing
from delivery import policy
from delivery.mailbox import Figures, Mailbox
from delivery.policy import ReactionKind
from settings import Settings

_WHY: dict[ReactionKind, str] = {
    "pace_number": "we were too fast for the number; it goes on by itself",
    "maintenance": "Meta is moving the number; it goes on by itself",
    "pause_number": "token, permission or account: mend that in Meta's settings, nothing is lost",
    "pause_templates": "spam limit: look at the number's quality in WhatsApp Manager",
    "pause_template": "it is missing, paused or disabled: see WhatsApp Manager",
    "pause_country": "Meta restricts this country",
}
_WHAT = {"number": "everything waits", "templates": "templates wait, replies go on"}


async def pauses(settings: Settings) -> tuple[str, ...]:
    """A line each for what Meta has closed for a while. Raises SettingsError."""
    async with connections.records(settings) as pool:
        now = await standing(pool)
    lines = tuple(map(_pause, now.pauses))
    if now.pairs and now.pairs_until:
        told = f"{now.pairs} leads were written to too fast and wait"
        return (*lines, f"{told}, until {now.pairs_until:%H:%M:%S} UTC at most")
    return lines


async def parked(settings: Settings) -> tuple[str, ...]:
    """A line each for what waits for somebody, and how to send it on. Raises SettingsError."""
    async with connections.records(settings) as pool:
        lines = tuple(_outbox(await standing(pool)))
    if settings.redis_url is None:
        return (*lines, "REDIS_URL is not set: the dead letters were not counted")
    async with connections.mailbox_client(settings) as client:
        figures = await Mailbox(client, "messages").figures()
    return (*lines, *_mailbox(figures))


async def withheld(settings: Settings) -> tuple[str, ...]:
    """A line when messages wait for their lead, which needs nobody. Raises SettingsError."""
    async with connections.records(settings) as pool:
        count = (await standing(pool)).withheld
    told = f"{count} messages wait for their lead to write: the window is closed"
    return (told,) if count else ()


def _pause(pause: Pause) -> str:
    """What is paused, until when, and why."""
    what = _WHAT.get(pause.scope, f"{pause.scope} waits")
    why = _WHY.get(policy.reaction(pause.code).kind, "see Meta's page on error codes")
    return f"{what} until {pause.until:%Y-%m-%d %H:%M:%S} UTC (Meta's code {pause.code}): {why}"


def _outbox(now: Standing) -> Iterator[str]:
    if now.given_up:
        yield (
            f"{now.given_up} messages were given up within a week: "
            "`vendedor replay --failed` sends once more what is not overtaken"
        )


def _mailbox(figures: Figures) -> Iterator[str]:
    if figures.dead:
        told = f"{figures.dead} batches of messages at which every try failed are parked"
        yield f"{told}: `vendedor replay --dead` tries again"
    if figures.quarantined:
        told = f"{figures.quarantined} bodies of the webhook could not be read"
        yield f"{told}: `vendedor replay` tries again"
    if lost := figures.dead_dropped + figures.quarantine_dropped:
        yield f"{lost} of these fell off a full list and are gone"
