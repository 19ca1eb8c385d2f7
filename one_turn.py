"""One leased contact's turn: recall, decide, commit, send.

The order is what makes a crash harmless: seal -> checkpoint -> PostgreSQL (everything, and the rows
of the outbox) -> mailbox -> send. Whoever takes the contact over does the same again, and each step
that was done already changes nothing.
"""

import asyncio
from datetime import timedelta
from time import monotonic, time
from uuid import UUID, uuid5

import structlog

from bootstrap import Services
from checkpoints import Undecodable
from crm import outbox, turns
from crm.memory import recall
from delivery.envelope import read
from delivery.events import MessageEvent
from delivery.inbound import inbound
from delivery.mailbox import Lease
from domain.errors import Superseded, TurnTooLong
from domain.messages import Text
from domain.proposal import Proposal
from domain.turn import Batch, Decision, Memory, Outcome
from domain.wording import say
from nodes.handoff import addressed

log = structlog.get_logger()

REDOS = 2
REDO_SECONDS = 8.0
"""A draft is discarded for a newer message this often, and no longer than this after the first."""

PAUSE_SECONDS = 1.0
"""The last draft, which nothing discards, waits until a burst has paused this long."""

WINDOW = timedelta(hours=24)
"""The customer service window; state lives as long. Meta's documentation, "Send messages"."""

TURN_SECONDS = 60.0
"""Every step has a limit of its own; this one holds for what nobody thought of."""

_NEED_NO_TURN = {"reaction", "system"}


class OneTurn:
    """The turn of one lease. `lease` is the one held last: a redo renews it."""

    def __init__(self, services: Services, lease: Lease) -> None:
        self._services = services
        self._stores = services.stores
        self.lease = lease
        self._redos = 0
        self._typing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Raises LeaseLost, and what a dependency raises; nothing is half done then."""
        started = monotonic()
        batch, last, outcome = await self._decide()
        await self._commit(batch, last, outcome)
        await self._stores.mailbox.commit(self.lease)
        self._record(batch, outcome, monotonic() - started)
        await self._services.outbox.flush(self.lease.contact)

    async def give_up(self) -> None:
        """Tell the lead, once, that an answer failed, and move the batch to the dead letters.

        Where a person has the conversation, the agent is silent about that too.
        """
        batch, last = self._batch()
        memory = await self._recall(batch, last)
        language = memory.language or self._services.business.language
        apology = Outcome(
            turn_id=batch.turn_id,
            stage_before=memory.stage,
            stage_after=memory.stage,
            language=language,
            decision=Decision(kind="apology", reason="given up", resolved=False),
            unresolved=memory.unresolved + 1,
            replies=() if memory.handoff else (Text(body=say(language, "apology")),),
        )
        await self._commit(batch, last, apology)
        await self._stores.mailbox.bury(self.lease, "failed too often")
        self._stores.metrics.buried_total.inc()
        await self._services.outbox.flush(self.lease.contact)

    async def _decide(self) -> tuple[Batch, MessageEvent, Outcome | None]:
        """The batch and what it comes to, redone while newer messages arrive."""
        while True:
            batch, last = self._batch()
            try:
                return batch, last, await self._outcome(batch, last)
            except Superseded:
                self._redos += 1
                self._stores.metrics.redone_drafts_total.inc()
                self.lease = await self._stores.mailbox.reread(self.lease)
                if self._redos == REDOS:
                    await self._until_a_pause()

    async def _until_a_pause(self) -> None:
        """A lead who writes faster than the model answers gets one reply all the same."""
        known = 0
        while known < len(self.lease.bodies) and time() - self.lease.since < REDO_SECONDS:
            known = len(self.lease.bodies)
            await asyncio.sleep(PAUSE_SECONDS)
            self.lease = await self._stores.mailbox.reread(self.lease)

    def _batch(self) -> tuple[Batch, MessageEvent]:
        """All messages of the lease as one turn; its id follows from them, so a repeat has it."""
        events = [read(body) for body in self.lease.bodies]
        now = self._services.clock()
        messages = tuple(inbound(e, self._stores.pseudonyms, now=now) for e in events)
        named = uuid5(UUID(self.lease.contact), "/".join(message.id for message in messages))
        turn_id = self.lease.turn_id or str(named)
        batch = Batch(contact_id=self.lease.contact, turn_id=turn_id, messages=messages)
        return batch, events[-1]

    async def _outcome(self, batch: Batch, last: MessageEvent) -> Outcome | None:
        """None for a batch that needs no answer; it is sealed all the same."""
        memory = await self._recall(batch, last)
        batch = await self._with_quotes(batch)
        final = self._redos >= REDOS or time() - self.lease.since >= REDO_SECONDS
        async with self._services.turns.running(self.lease, batch.turn_id, final=final) as turn:
            if all(message.kind in _NEED_NO_TURN for message in batch.messages):
                await turn.seal(Proposal())
                return None
            if not memory.handoff:
                self._show_typing(batch)
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    return await turn.run(self._converse(batch, memory))
            except TimeoutError:
                raise TurnTooLong(f"not decided in {TURN_SECONDS:.0f} s") from None

    async def _recall(self, batch: Batch, last: MessageEvent) -> Memory:
        names = self._stores.pseudonyms
        ads = [m.referral.headline for m in batch.messages if m.referral and m.referral.headline]
        return await recall(
            self._stores.pool,
            batch.contact_id,
            last.address,
            last.profile_name,
            [names.alias(last.number, identifier) for identifier in last.address.identifiers],
            ads[0] if ads else None,
            batch.messages[-1].at,
        )

    async def _with_quotes(self, batch: Batch) -> Batch:
        """Quotes of our own messages by the turn that sent them, as the state names them."""
        quoted = [message.quoted for message in batch.messages if message.quoted]
        if not quoted:
            return batch
        turns_of = await outbox.turns_of(self._stores.pool, quoted)
        named = tuple(
            message.model_copy(update={"quoted": turns_of.get(message.quoted, message.quoted)})
            if message.quoted
            else message
            for message in batch.messages
        )
        return batch.model_copy(update={"messages": named})

    async def _converse(self, batch: Batch, memory: Memory) -> Outcome:
        try:
            return await self._run_graph(batch, memory)
        except Undecodable as error:
            log.error("state unreadable, PostgreSQL serves", error=str(error))  # noqa: TRY400 - known
            await self._services.forget_state(batch.contact_id)
            return await self._run_graph(batch, memory)

    async def _run_graph(self, batch: Batch, memory: Memory) -> Outcome:
        expires = batch.messages[-1].at + WINDOW
        state = await self._services.graph.ainvoke(
            {"batch": batch.plain(), "memory": memory.plain()},
            {
                "configurable": {
                    "thread_id": batch.contact_id,
                    "expires_at": int(expires.timestamp()),
                }
            },
            context=self._services.knobs,
            durability="exit",
        )
        return Outcome.of(state["outcome"])

    def _show_typing(self, batch: Batch) -> None:
        """Read and typing, never awaited."""
        self._typing = asyncio.create_task(
            self._services.sender.indicate_typing(batch.messages[-1].wamid)
        )

    async def _commit(self, batch: Batch, last: MessageEvent, outcome: Outcome | None) -> None:
        reps = {rep.id: rep.phone for rep in self._services.business.reps}
        told = outcome and addressed(outcome, last.address)
        await turns.commit(self._stores.pool, batch, last.address, told, reps=reps)

    def _record(self, batch: Batch, outcome: Outcome | None, seconds: float) -> None:
        """One line in the log and the metrics of a committed turn."""
        if outcome is None:
            log.info("turn", decision="none", messages=len(batch.messages))
            return
        usage, decision = outcome.usage, outcome.decision
        self._stores.metrics.turn(outcome, waited=time() - self.lease.since, took=seconds)
        log.info(
            "turn",
            turn=batch.turn_id,
            stage=outcome.stage_after,
            decision=decision.kind,
            reason=decision.reason,
            confidence=decision.confidence,
            messages=len(batch.messages),
            redos=self._redos,
            seconds=round(seconds, 3),
            model_seconds=round(usage.seconds, 3),
            model_calls=usage.calls,
            tokens=usage.input_tokens + usage.output_tokens,
        )
