"""One leased contact's turn: his events, recall, decide, commit, send.

The order is what makes a crash harmless: seal -> checkpoint -> PostgreSQL (everything, and the rows
of the outbox) -> mailbox -> send. Whoever takes the contact over does the same again, and each step
that was done already changes nothing.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from time import monotonic, time
from uuid import UUID, uuid5

import structlog

import woken
from bootstrap import Services
from checkpoints import Undecodable
from crm import contacts, turns
from crm.memory import Recalled
from crm.quotes import quotes
from delivery.contact_events import Parted, parted, revised
from delivery.envelope import read
from delivery.mailbox import Lease
from delivery.presence import Typing
from delivery.recalling import Recalling
from delivery.turn import RunningTurn
from delivery.wake import wake_name
from domain.contact import Address
from domain.errors import AnotherContact, Superseded, TurnTooLong
from domain.limits import reached, without_excess
from domain.messages import needs_turn, quoting
from domain.proposal import Proposal
from domain.reactions import with_yes
from domain.turn import Batch, Memory, Outcome
from domain.window import closes_at
from nodes.handoff import addressed, given_up

log = structlog.get_logger()

REDOS = 2
REDO_SECONDS = 8.0
"""A draft is discarded for a newer message this often, and no longer than this after the first."""

PAUSE_SECONDS = 1.0
"""The last draft, which nothing discards, waits until a burst has paused this long."""

TURN_SECONDS = 60.0
"""Every step has a limit of its own; this one holds for what nobody thought of."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a batch comes to: no outcome, when nothing in it asks for an answer."""

    batch: Batch
    address: Address
    outcome: Outcome | None = None


class OneTurn:
    """The turn of one lease. `lease` is the one held last: a redo renews it."""

    def __init__(self, services: Services, lease: Lease) -> None:
        self._services = services
        self._stores = services.stores
        business = services.business
        self._recalling = Recalling(self._stores.pool, rep=business.reps[0].id, zone=business.zone)
        self.lease = lease
        self._redos = 0

    async def run(self) -> None:
        """Raises LeaseLost, and what a dependency raises; nothing is half done then."""
        started = monotonic()
        with self._services.turns.holding(self.lease):
            try:
                decided = await self._decide()
            except AnotherContact as known:
                return await self._rehome(known.contact_id)
            await self._commit(decided)
            await self._stores.mailbox.commit(self.lease)
        self._record(decided, monotonic() - started)
        await self._services.outbox.flush(self.lease.contact)
        return None

    async def give_up(self) -> None:
        """Hand the lead over, tell him so once, and move the batch to the dead letters."""
        with self._services.turns.holding(self.lease):
            try:
                await self._commit(await self._handed_over())
            except AnotherContact as other:
                return await self._rehome(other.contact_id)
            await self._stores.mailbox.bury(self.lease, "failed too often")
        self._stores.metrics.buried_total.inc()
        await self._services.outbox.flush(self.lease.contact)
        return None

    async def _handed_over(self) -> _Decided:
        """What asked for an answer, new or left open before, goes to a person."""
        business, now = self._services.business, self._services.clock()
        if woken.alone(self.lease):
            found = await woken.left_open(self._stores.pool, self.lease, now)
            if found is None:
                return self._nothing()
            outcome = given_up(business, found.batch, found.memory, now)
            return _Decided(found.batch, found.address, outcome)
        mail = self._mail()
        known = await self._recalling.known(self.lease, mail)
        batch = self._batch(mail, known)
        asked = any(map(needs_turn, batch.messages))
        outcome = given_up(business, batch, known.memory, now) if asked else None
        return _Decided(batch, mail.address, outcome)

    async def _rehome(self, contact: str) -> None:
        """Redis, which gave the id, had forgotten that this is a contact we know."""
        await self._stores.mailbox.rehome(self.lease, contact, self._mail().aliases)
        log.info("moved to the contact that is known", known=contact)

    async def _decide(self) -> _Decided:
        """The batch and what it comes to, redone while newer messages arrive."""
        while True:
            try:
                return await self._outcome()
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

    def _mail(self) -> Parted:
        mails = [read(body) for body in self.lease.bodies if wake_name(body) is None]
        return parted(mails, self._stores.pseudonyms, now=self._services.clock())

    def _batch(self, mail: Parted, known: Recalled) -> Batch:
        """What the lead says now as one turn; its id follows from the mail, so a repeat has it."""
        named = uuid5(UUID(self.lease.contact), "/".join(message.id for message in mail.messages))
        return Batch(
            contact_id=self.lease.contact,
            turn_id=self.lease.turn_id or str(named),
            messages=revised(mail.messages, known.now_say),
        )

    async def _outcome(self) -> _Decided:
        """Messages that need no answer are sealed all the same; events alone need not even that."""
        if woken.alone(self.lease):
            return await self._left_open()
        mail = self._mail()
        known = await self._recalling.known(self.lease, mail)
        batch = await self._with_quotes(self._batch(mail, known), known.memory)
        if not batch.messages:
            return await self._left_open()
        batch, memory = self._limited(batch, known)
        if any(map(needs_turn, batch.messages)):
            with self._typing(batch, memory):
                return await self._answered(batch, mail.address, memory)
        async with self._running(batch) as turn:
            await turn.seal(Proposal())
        return _Decided(batch, mail.address)

    def _limited(self, batch: Batch, known: Recalled) -> tuple[Batch, Memory]:
        """What the lead may still use today: a reached limit is known, a file too many let go."""
        limits = self._services.limits
        messages = without_excess(batch.messages, known.used, limits)
        over = reached(batch.messages, known.used, limits)
        return (
            batch.model_copy(update={"messages": messages}),
            known.memory.model_copy(update={"over": over}),
        )

    async def _left_open(self) -> _Decided:
        """Nothing new was said: what the lead is still to be told, if the turn was woken for it."""
        if woken.wakes(self.lease):
            now = self._services.clock()
            if found := await woken.left_open(self._stores.pool, self.lease, now):
                return await self._answered(found.batch, found.address, found.memory)
        return self._nothing()

    def _nothing(self) -> _Decided:
        return _Decided(Batch(contact_id=self.lease.contact, turn_id="", messages=()), Address())

    async def _answered(self, batch: Batch, address: Address, memory: Memory) -> _Decided:
        async with self._running(batch) as turn:
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    outcome = await turn.run(self._converse(batch, memory))
            except TimeoutError:
                raise TurnTooLong(f"not decided in {TURN_SECONDS:.0f} s") from None
        return _Decided(batch, address, outcome)

    def _running(self, batch: Batch) -> AbstractAsyncContextManager[RunningTurn]:
        final = self._redos >= REDOS or time() - self.lease.since >= REDO_SECONDS
        return self._services.turns.running(self.lease, batch.turn_id, final=final)

    def _typing(self, batch: Batch, memory: Memory) -> Typing | nullcontext[None]:
        """Read and typing, never awaited, and never while a person has the conversation."""
        if memory.handoff or memory.over:
            return nullcontext()
        return Typing(self._services.sender, batch.messages[-1].wamid)

    async def _with_quotes(self, batch: Batch, memory: Memory) -> Batch:
        """The words of what he replies to, and a thumbs up as the yes that it is."""
        quoted = [message.quoted for message in batch.messages if message.quoted]
        if not quoted:
            return batch
        known = await quotes(self._stores.pool, batch.contact_id, quoted)
        language = memory.language or self._services.business.language
        messages = with_yes(quoting(batch.messages, known), known, language)
        return batch.model_copy(update={"messages": messages})

    async def _converse(self, batch: Batch, memory: Memory) -> Outcome:
        try:
            return await self._run_graph(batch, memory)
        except Undecodable as error:
            log.error("state unreadable, PostgreSQL serves", error=str(error))  # noqa: TRY400 - known
            await self._services.forget_state(batch.contact_id)
            return await self._run_graph(batch, memory)

    async def _run_graph(self, batch: Batch, memory: Memory) -> Outcome:
        expires = closes_at(batch.messages[-1].at)
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

    async def _commit(self, decided: _Decided) -> None:
        if not decided.batch.messages:
            return
        address, outcome = decided.address, decided.outcome
        reps = {rep.id: rep.phone for rep in self._services.business.reps}
        told = outcome and addressed(outcome, await self._number(decided), self._services.links)
        wakes = woken.wakes(self.lease)
        await turns.commit(
            self._stores.pool,
            decided.batch,
            address,
            told,
            reps=reps,
            wakes=wakes,
            token=self.lease.token,
            needs=self._stores.settings.qualified_needs,
        )

    async def _number(self, decided: _Decided) -> str | None:
        """The lead's number, where a rep is to be told it."""
        if decided.address.phone or not (decided.outcome and decided.outcome.notices):
            return decided.address.phone
        return await contacts.number(self._stores.pool, decided.batch.contact_id)

    def _record(self, decided: _Decided, seconds: float) -> None:
        """One line in the log and the metrics of a committed turn."""
        batch, outcome = decided.batch, decided.outcome
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
