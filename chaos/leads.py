"""Leads who write in bursts, some waiting for their answer and some not."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from chaos import words
from chaos.courier import Courier, Item, message_item
from chaos.records import Record, Said

_PATIENCE = 15.0
"""A lead who waits for his answer goes on without it after so many seconds."""
_BURSTS = (1, 1, 1, 1, 2, 2, 3, 3, 5, 9)


@dataclass(frozen=True)
class Manners:
    """How leads write. `pause`: the mean seconds between bursts; the others are odds."""

    pause: float
    waits: float = 0.6
    hasty: float = 0.1
    held: float = 0.08
    jitter: float = 0.4


@dataclass
class Lead:
    """One phone. `open` are his messages that nothing has answered yet."""

    phone: str
    dice: random.Random
    open: set[int] = field(default_factory=set[int])
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    last: Item | None = None

    def hears(self, text: str) -> None:
        """A message of the agent; an apology stands for everything open."""
        self.open -= self.open if words.apologises(text) else set(words.serials(text))
        if not self.open:
            self.heard.set()


class Crowd:
    """All leads; `said` counts what they wrote."""

    def __init__(
        self,
        leads: int,
        messages: int,
        *,
        manners: Manners,
        courier: Courier,
        record: Record,
        dice: Callable[[str], random.Random],
    ) -> None:
        phones = [str(573_001_000_000 + number) for number in range(leads)]
        self._leads = {phone: Lead(phone, dice(phone)) for phone in phones}
        self._share = messages // leads
        self._manners = manners
        self._courier = courier
        self._record = record
        self.said = 0
        self.of = self._share * leads
        self.done = False

    @property
    def open(self) -> int:
        """Messages that nothing has answered yet."""
        return sum(len(lead.open) for lead in self._leads.values())

    def hears(self, phone: str, text: str) -> None:
        """A message of the agent arrived."""
        if lead := self._leads.get(phone):
            lead.hears(text)

    async def write(self) -> None:
        """Everything that the leads have to say."""
        async with asyncio.TaskGroup() as group:
            for lead in self._leads.values():
                group.create_task(self._talk(lead))
        self.done = True

    async def _talk(self, lead: Lead) -> None:
        left = self._share
        await asyncio.sleep(lead.dice.uniform(0, self._manners.pause))
        while left:
            burst = min(left, lead.dice.choice(_BURSTS))
            left -= burst
            async with asyncio.TaskGroup() as sending:
                for _ in range(burst):
                    sending.create_task(self._say(lead))
                    await asyncio.sleep(lead.dice.expovariate(1 / self._manners.jitter))
            await self._rest(lead)

    async def _say(self, lead: Lead) -> None:
        """One message, after the one before it, or overtaking it, or held back itself."""
        self.said += 1
        serial, before = self.said, lead.last
        item = lead.last = message_item(lead.phone, serial, words.said(serial))
        lead.open.add(serial)
        lead.heard.clear()
        self._record.add(Said(serial=serial, lead=lead.phone))
        draw = lead.dice.random()
        if draw < self._manners.held:
            lead.last = before  # those that follow do not wait for it
            await asyncio.sleep(lead.dice.uniform(0.2, 1.5))
        elif before and draw > self._manners.hasty + self._manners.held:
            await before.accepted.wait()
        self._courier.send(item)

    async def _rest(self, lead: Lead) -> None:
        if lead.dice.random() < self._manners.waits:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await lead.heard.wait()
            except TimeoutError:
                pass  # he writes again, as leads do
        await asyncio.sleep(lead.dice.expovariate(1 / self._manners.pause))
