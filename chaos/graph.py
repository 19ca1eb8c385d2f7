"""A Graph API that takes messages, loses answers, stalls and refuses, and reports by receipt."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from chaos.courier import Courier, receipt_item
from chaos.dice import FAULTS_AT_MOST, GRAPH_ODDS, Dice
from chaos.records import Answered, Record, Send
from chaos.wire import Answer, Exchange, json

_STALL_SECONDS = 60.0
_SILENT = 0.3
"""So many messages never get a receipt."""
_LATE = 0.05
"""So many get theirs only after the product stops waiting."""

_REFUSALS = {
    "server error": (500, 131000),
    "throttled": (429, 130429),
    "pair throttled": (429, 131056),
}
_GATEWAY = Answer(503, b"<html><h1>503 Service Unavailable</h1></html>", "text/html")


@dataclass
class _Attempt:
    """A send while it is under way."""

    tracker: str
    to: str
    text: str
    worker: str
    number: int
    fault: str
    start: float = field(default_factory=time.monotonic)
    taken: float | None = None


class Graph:
    """Handles what workers send to /<worker>/v24.0/<number>/messages."""

    def __init__(
        self, courier: Courier, record: Record, dice: Dice, heard: Callable[[str, str], None]
    ) -> None:
        self.reporting = 0
        self._courier = courier
        self._record = record
        self._dice = dice
        self._heard = heard
        self._attempts: Counter[str] = Counter()
        self._wamids = 0
        self._reports: set[asyncio.Task[None]] = set()

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request of a worker."""
        _, worker, *_, last = exchange.path.split("/")
        body: dict[str, Any] = orjson.loads(exchange.body) if last == "messages" else {}
        if "status" in body:
            await exchange.answer(json({"success": True}))  # read and typing
        elif last == "messages":
            await self._send(exchange, worker, body)
        else:
            await exchange.answer(json({"error": {"message": "no such path", "code": 100}}, 400))

    async def _send(self, exchange: Exchange, worker: str, body: dict[str, Any]) -> None:
        tracker = str(body.get("biz_opaque_callback_data", ""))
        self._attempts[tracker] += 1
        number = self._attempts[tracker]
        harmless = number > FAULTS_AT_MOST
        fault = "" if harmless else self._dice.fault(GRAPH_ODDS, "send", tracker, number)
        to = str(body.get("to") or body.get("recipient"))
        attempt = _Attempt(tracker, to, _text(body), worker, number, fault)
        answered = await self._answer(exchange, attempt)
        self._record.add(
            Send(
                tracker=tracker,
                to=attempt.to,
                text=attempt.text,
                worker=worker,
                start=attempt.start,
                end=time.monotonic(),
                taken=attempt.taken,
                answered=answered,
                fault=fault,
            )
        )

    async def _answer(self, exchange: Exchange, attempt: _Attempt) -> Answered:
        match attempt.fault:
            case "server error" | "throttled" | "pair throttled":
                return await exchange.answer(_refusal(*_REFUSALS[attempt.fault]))
            case "gateway":
                return await exchange.answer(_GATEWAY)
            case "cut before":
                return exchange.cut()
            case "lost":
                self._take(attempt)
                return exchange.cut()
            case "stall":
                self._take(attempt)
                await exchange.wait(_STALL_SECONDS)
                return exchange.cut()
            case _:
                wamid = self._take(attempt)
                if attempt.fault == "slow":
                    await exchange.wait(self._dice.of(attempt.tracker).uniform(0.2, 1.5))
                return await exchange.answer(_accepted(attempt.to, wamid))

    def _take(self, attempt: _Attempt) -> str:
        """The lead has the message from here on."""
        attempt.taken = time.monotonic()
        self._wamids += 1
        wamid = f"wamid.chaos-out-{self._wamids}"
        self._heard(attempt.to, attempt.text)
        report = asyncio.create_task(self._report(attempt, wamid))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)
        return wamid

    async def _report(self, attempt: _Attempt, wamid: str) -> None:
        dice = self._dice.of("receipts", attempt.tracker, attempt.number)
        if dice.random() < _SILENT:
            return
        self.reporting += 1
        await asyncio.sleep(dice.uniform(12, 20) if dice.random() < _LATE else dice.random())
        states = ["sent", "delivered", "read"][: dice.randint(1, 3)]
        if dice.random() < 0.3:  # noqa: PLR2004 - as often as seen in practice
            dice.shuffle(states)
        for state in states:
            self._courier.send(receipt_item(attempt.to, attempt.tracker, wamid, state))
            await asyncio.sleep(dice.expovariate(2.0))
        self.reporting -= 1


def _text(body: dict[str, Any]) -> str:
    part: dict[str, Any] = body.get(str(body.get("type")), {})
    said: object = part.get("body", "")
    return str(said.get("text", "")) if isinstance(said, dict) else str(said)  # type: ignore[reportUnknownMemberType]  # JSON


def _accepted(to: str, wamid: str) -> Answer:
    return json({
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to}],
        "messages": [{"id": wamid}],
    })  # fmt: skip


def _refusal(status: int, code: int) -> Answer:
    return json({"error": {"message": "chaos", "type": "OAuthException", "code": code}}, status)
