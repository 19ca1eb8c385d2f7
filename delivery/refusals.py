"""Acts on what Meta refuses, at once or in a receipt: on the row, its contact and the number."""

import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from crm import outbox as rows
from crm import pauses, reach, undelivered, withheld
from crm.outbox import Failure, StoredRow
from crm.pool import Connection
from delivery import policy
from delivery.metrics import Metrics
from delivery.policy import PauseKind, ReactionKind
from domain.business import Business
from domain.countries import prefix
from domain.messages import Outbound, Template, Text
from domain.wording import say

_LONGEST_ASKED = 600.0

_log = logging.getLogger(__name__)

Act = Callable[[Connection, "Refusal"], Awaitable[bool]]


@dataclass(frozen=True)
class Refusal:
    """One failed attempt. `retry_after` is what Meta asked for, in seconds.

    `late`: a receipt told of it, after Meta had taken the message.
    """

    stored: StoredRow
    failure: Failure
    http_status: int | None = None
    retry_after: float | None = None
    late: bool = False


class Refusals:
    """The error policy at work. `business` names the templates that may be sent instead."""

    def __init__(
        self,
        business: Business,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._business = business
        self.fallbacks = business.fallbacks
        self._metrics = metrics
        self._clock = clock
        self._jitter = jitter
        self._passed = {False: float("-inf"), True: float("-inf")}
        self._failed: dict[str, float] = {}
        self._acts: dict[ReactionKind, Act] = {
            "retry": self._retry,
            "upload_later": self._upload_later,
            "pace_pair": self._pace_pair,
            "template": self.reopen,
            "degrade": self._repair,
            "reupload": self._repair,
            "use_phone": self._use_phone,
            "unreachable": self._mark,
            "stop_marketing": self._mark,
            "give_up": self.give_up,
            "pause_template": self._pause_template,
        }

    def passed(self, *, late: bool = False) -> None:
        """Meta took a message, or (`late`) reports one as sent: it is not out of order."""
        self._passed[late] = self._clock()

    def failed(self, stored: StoredRow) -> None:
        """A try came to nothing for a reason that may pass."""
        now = self._clock()
        recent = {row: at for row, at in self._failed.items() if now - at <= policy.LONGEST_GAP}
        self._failed = recent | {stored.row.id: now}

    def hopeless(self, stored: StoredRow, *, late: bool = False) -> bool:
        """Whether a transient failure ends here: it alone has failed since its last try."""
        last_try = self._clock() - policy.gap(max(1, stored.tries - 1))
        others_pass = self._passed[late] >= last_try
        others_fail = any(
            at >= last_try for row, at in self._failed.items() if row != stored.row.id
        )
        alone = others_pass and not others_fail
        return policy.hopeless(stored.tries, stored.age, alone=alone)

    async def settle(self, connection: Connection, refusal: Refusal) -> bool:
        """Bring it to the ledger, inside a transaction; false if the row had moved on."""
        failure = refusal.failure
        reaction = policy.reaction(failure.code, refusal.http_status)
        if reaction.alert:
            self._alert(refusal, reaction.kind)
        named = replace(refusal, failure=replace(failure, reaction=reaction.kind))
        return await self._acts.get(reaction.kind, self._pause)(connection, named)

    async def reopen(self, connection: Connection, refusal: Refusal) -> bool:
        """Keep it until the lead writes, and ask him for that by the template, once.

        What else waits for him is kept with it. Without a template a person has to.
        """
        stored, template = refusal.stored, self._business.templates.get("reopen")
        again = stored.error_code == policy.WINDOW_CLOSED and stored.tries > policy.TRIES
        if template is None or _only_now(stored) or again:
            return await self.give_up(connection, refusal)
        if await withheld.wrote_meanwhile(connection, stored):
            return await self._later(connection, refusal, 0.0)
        if not await withheld.withhold(connection, stored, refusal.failure):
            return False
        self.count("withheld")
        if await withheld.ask(connection, stored, template.filled(stored.known.language)):
            self.count("replaced")
        return True

    async def absorb(
        self, connection: Connection, stored: StoredRow, whole: Outbound, absorbed: list[str]
    ) -> bool:
        """Let the row carry what these were to say; false if it had moved on."""
        done = bool(absorbed) and await rows.merge(connection, stored, whole, absorbed)
        if done:
            self.count("merged", len(absorbed))
        return done

    async def give_up(self, connection: Connection, refusal: Refusal) -> bool:
        """The row is listed for a person; later ones of the recipient are free."""
        stored, failure = refusal.stored, refusal.failure
        if not await rows.failed(connection, stored, failure):
            return False
        self.count("failed")
        self._metrics.sends_given_up_total.labels(failure.reaction).inc()
        _log.log(
            logging.ERROR if failure.reaction == "retry" else logging.WARNING,
            "row %s was given up (%s): %s %s",
            *(stored.row.id, failure.reaction, failure.code, failure.error),
        )
        return True

    def count(self, outcome: str, times: int = 1) -> None:
        """Tries to send, by what came of them."""
        self._metrics.sends_total.labels(outcome).inc(times)

    async def _later(
        self,
        connection: Connection,
        refusal: Refusal,
        seconds: float,
        instead: Outbound | None = None,
        *,
        counted: bool = True,
    ) -> bool:
        after = timedelta(seconds=policy.jittered(seconds, self._jitter()))
        moved = await rows.retry_later(
            connection, refusal.stored, after, refusal.failure, counted=counted, message=instead
        )
        if moved:
            waiting = "retried" if counted else "paused"
            self.count("replaced" if instead else waiting)
        return moved

    async def _retry(self, connection: Connection, refusal: Refusal) -> bool:
        self.failed(refusal.stored)
        if self.hopeless(refusal.stored, late=refusal.late):
            return await self.give_up(connection, refusal)
        return await self._later(connection, refusal, policy.gap(refusal.stored.tries))

    async def _upload_later(self, connection: Connection, refusal: Refusal) -> bool:
        """The file waits; after some tries what follows it goes ahead, and the lead is told."""
        stored = refusal.stored
        if stored.age > policy.LONGEST_UPLOAD:
            return await self.give_up(connection, refusal)
        moved = await self._later(connection, refusal, policy.gap(stored.tries))
        if moved and stored.tries >= policy.TRIES:
            language = stored.known.language or self._business.language
            await undelivered.set_aside(
                connection, stored, Text(body=say(language, "document_later"))
            )
        return moved

    async def _pace_pair(self, connection: Connection, refusal: Refusal) -> bool:
        asked = min(refusal.retry_after or 0.0, _LONGEST_ASKED)
        seconds = max(policy.pair_seconds(refusal.stored.tries), asked)
        return await self._later(connection, refusal, seconds)

    async def _repair(self, connection: Connection, refusal: Refusal) -> bool:
        stored, kind = refusal.stored, policy.reaction(refusal.failure.code).kind
        again = policy.repaired(kind, stored.row.message, stored.error_code, late=refusal.late)
        if again is None:
            return await self.give_up(connection, refusal)
        return await self._later(connection, refusal, again.seconds, again.message)

    async def _use_phone(self, connection: Connection, refusal: Refusal) -> bool:
        stored = refusal.stored
        if stored.known.phone is None or stored.row.recipient.phone:
            return await self.give_up(connection, refusal)
        return await rows.retry_later(
            connection, stored, timedelta(), refusal.failure, phone=stored.known.phone
        )

    async def _mark(self, connection: Connection, refusal: Refusal) -> bool:
        row, to = refusal.stored.row, refusal.stored.row.recipient
        recipient = to.phone or to.bsuid or ""
        if refusal.failure.reaction == "unreachable":
            await reach.unreachable(connection, row.contact_id, recipient)
        else:
            await reach.stopped_marketing(connection, row.contact_id, recipient, row.id)
        return await self.give_up(connection, refusal)

    async def _pause_template(self, connection: Connection, refusal: Refusal) -> bool:
        message = refusal.stored.row.message
        if not isinstance(message, Template):
            return await self.give_up(connection, refusal)
        name = self.fallbacks.get(message.name)
        instead = message.model_copy(update={"name": name}) if name else None
        return await self._pause(connection, refusal, instead)

    async def _pause(
        self, connection: Connection, refusal: Refusal, instead: Outbound | None = None
    ) -> bool:
        """Stop what Meta has closed; the row keeps its place, or goes by another template."""
        stored, failure = refusal.stored, refusal.failure
        kind = cast("PauseKind", failure.reaction)
        self._metrics.pauses_total.labels(kind).inc()
        scope, asked = _scope(stored, kind), min(refusal.retry_after or 0.0, _LONGEST_ASKED)
        seconds = await pauses.pause(
            connection, scope, policy.PAUSES[kind], code=failure.code, at_least=asked
        )
        if kind == "pause_templates" and not isinstance(stored.row.message, Template):
            return await self._later(connection, refusal, policy.gap(stored.tries))
        seconds = 0.0 if instead else seconds
        return await self._later(connection, refusal, seconds, instead, counted=False)

    def _alert(self, refusal: Refusal, kind: ReactionKind) -> None:
        failure = refusal.failure
        self._metrics.send_alerts_total.labels(kind).inc()
        _log.error(
            "Meta refuses, and a person has to look (%s): %s %s, row %s",
            *(kind, failure.code, failure.error, refusal.stored.row.id),
        )


def _only_now(stored: StoredRow) -> bool:
    """What is of no use to the lead later: a template, or a reminder."""
    return isinstance(stored.row.message, Template) or stored.row.turn_id.startswith("followup/")


def _scope(stored: StoredRow, kind: PauseKind) -> str:
    message = stored.row.message
    match kind:
        case "pause_templates":
            return pauses.TEMPLATES
        case "pause_template" if isinstance(message, Template):
            return pauses.template(message.name, message.language)
        case "pause_country":
            return pauses.country(prefix(stored.row.recipient))
        case _:
            return pauses.NUMBER
