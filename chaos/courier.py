"""Delivers signed webhooks as Meta does: again until a 200, in batches, some of them repeated.

Every try is recorded with its time, because a body that was refused may have been stored in part.
"""

import asyncio
import hmac
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from chaos.records import Post, Record
from domain.values import Plain

PHONE_NUMBER_ID = "106540352242922"

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 4.0
_AT_ONCE = 64
_BATCH_SECONDS = 0.25
_BATCH_MOST = 12


@dataclass(frozen=True)
class Odds:
    """How often what happens to a body."""

    repeated: float = 0.2
    batched: float = 0.25


@dataclass(eq=False)
class Item:
    """One message (`serial`) or one receipt (`tracker`) on its way."""

    value: Plain = field(repr=False)
    serial: int | None = None
    tracker: str | None = None
    accepted: asyncio.Event = field(default_factory=asyncio.Event)


class Courier:
    """`pending` counts items not yet accepted, and copies still on their way."""

    def __init__(
        self, url: str, secret: bytes, record: Record, dice: random.Random, odds: Odds
    ) -> None:
        self.pending = 0
        self._url = url
        self._secret = secret
        self._record = record
        self._dice = dice
        self._odds = odds
        self._batch: list[Item] = []
        self._doors = asyncio.Semaphore(_AT_ONCE)  # httpx slows down with hundreds waiting
        self._tasks: set[asyncio.Task[None]] = set()
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(5, connect=2, pool=60), limits=limits)

    def send(self, *items: Item) -> None:
        """Deliver these in one body, or with what else is on its way at this time."""
        self.pending += len(items)
        if self._dice.random() >= self._odds.batched:
            self._start(list(items))
            return
        if not self._batch:
            asyncio.get_running_loop().call_later(_BATCH_SECONDS, self._release)
        self._batch.extend(items)
        if len(self._batch) >= _BATCH_MOST:
            self._release()

    def _release(self) -> None:
        if self._batch:
            items, self._batch = self._batch, []
            self._start(items)

    def _start(self, items: list[Item]) -> None:
        self._spawn(self._deliver(items))
        if self._dice.random() < self._odds.repeated:
            for _ in range(self._dice.randint(1, 4)):
                self.pending += 1
                self._spawn(self._repeat(items, self._dice.expovariate(1.0)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, items: list[Item]) -> None:
        pause = _FIRST_PAUSE
        while not await self._post(items, copy=False):
            await asyncio.sleep(pause * self._dice.uniform(0.7, 1.3))
            pause = min(2 * pause, _LONGEST_PAUSE)
        self.pending -= len(items)

    async def _repeat(self, items: list[Item], after: float) -> None:
        await asyncio.sleep(after)
        await self._post(items, copy=True)
        self.pending -= 1

    async def _post(self, items: list[Item], *, copy: bool) -> bool:
        body = _body(items)
        headers = {
            "X-Hub-Signature-256": "sha256=" + hmac.digest(self._secret, body, "sha256").hex()
        }
        async with self._doors:
            start = time.monotonic()
            status = await self._status(body, headers)
        post = Post(
            serials=tuple(item.serial for item in items if item.serial is not None),
            receipts=tuple(item.tracker for item in items if item.tracker is not None),
            copy_of_another=copy,
            start=start,
            end=time.monotonic(),
            status=status,
        )
        self._record.add(post)
        if post.accepted:
            for item in items:
                item.accepted.set()
        return post.accepted

    async def _status(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            return (await self._http.post(self._url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0  # no answer: it may be stored or not

    async def close(self) -> None:
        await self._http.aclose()


def _body(items: list[Item]) -> bytes:
    """Half of the changes in one entry, half in another, as Meta batches."""
    changes = [{"field": "messages", "value": item.value} for item in items]
    half = (len(changes) + 1) // 2
    entries = [part for part in (changes[:half], changes[half:]) if part]
    return orjson.dumps({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": part} for part in entries],
    })  # fmt: skip


def message_item(lead: str, serial: int, text: str) -> Item:
    """A lead's text message."""
    message = {
        "from": lead,
        "id": f"wamid.chaos-{serial}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    contact = {"profile": {"name": f"Lead {lead[-4:]}"}, "wa_id": lead}
    return Item({**_about(), "contacts": [contact], "messages": [message]}, serial=serial)


def receipt_item(lead: str, tracker: str, wamid: str, status: str) -> Item:
    """What became of a message that we sent."""
    receipt = {
        "id": wamid,
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": lead,
        "biz_opaque_callback_data": tracker,
    }
    return Item({**_about(), "statuses": [receipt]}, tracker=tracker)


def _about() -> Plain:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100199", "phone_number_id": PHONE_NUMBER_ID},
    }
