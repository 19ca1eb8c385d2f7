"""A model endpoint and a calendar, in a process of their own.

The model's answer names exactly the messages that stand after the agent's own last words, so that
the lead's phone shows what the turn had read.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from chaos import words
from chaos.dice import MODEL_ODDS, Dice
from chaos.records import Answered, Call, Record
from chaos.wire import Answer, Exchange, json, serving, until_signal

_STALL_SECONDS = 60.0
_TOKEN = {"access_token": "chaos", "token_type": "Bearer", "expires_in": 3600}
_Messages = Sequence[dict[str, Any]]


class Model:
    """Handles /<worker>/v1/chat/completions and the calendar's questions."""

    def __init__(self, record: Record, dice: Dice) -> None:
        self._record = record
        self._dice = dice
        self._calls = 0
        self._asked: Counter[tuple[int, ...]] = Counter()

    async def handle(self, exchange: Exchange) -> None:
        if exchange.path.endswith("/token"):
            await exchange.answer(json(_TOKEN))
            return
        body: dict[str, Any] = orjson.loads(exchange.body or b"{}")
        if "/calendar/" in exchange.path:
            await exchange.answer(json(_free(body)))
        elif "response_format" in body:
            await self._turn(exchange, body["messages"])
        else:
            await exchange.answer(_completion("Resumen de la charla."))

    async def _turn(self, exchange: Exchange, messages: _Messages) -> None:
        self._calls += 1
        number, start = self._calls, time.monotonic()
        serials, before = read(messages)
        self._asked[serials] += 1
        fault = self._dice.fault(MODEL_ODDS, "call", serials, self._asked[serials])
        answered = await self._answer(exchange, number, serials, fault)
        self._record.add(
            Call(
                number=number,
                serials=serials,
                before=before,
                worker=exchange.path.split("/")[1],
                start=start,
                end=time.monotonic(),
                answered=answered,
                fault=fault,
            )
        )

    async def _answer(
        self, exchange: Exchange, number: int, serials: tuple[int, ...], fault: str
    ) -> Answered:
        dice = self._dice.of("pace", number)
        await exchange.wait(dice.uniform(1.0, 2.5) if fault == "slow" else dice.uniform(0.05, 0.6))
        content = _answer(words.replied(number, serials))
        if fault == "stall":
            await exchange.wait(_STALL_SECONDS)
        if fault in ("cut", "stall"):
            return exchange.cut()
        return await exchange.answer(_spoilt(content, fault))


def _spoilt(content: str, fault: str) -> Answer:
    match fault:
        case "server error":
            return json({"error": {"message": "chaos"}}, 500)
        case "throttled":
            return json({"error": {"message": "chaos"}}, 429)
        case "garbage":
            return _completion('{"reply": 7}')
        case "half":
            return _completion(content[: len(content) // 2])
        case _:
            return _completion(content)


def read(messages: _Messages) -> tuple[tuple[int, ...], str]:
    """The messages after the agent's last words, and what those were."""
    unread: list[int] = []
    for message in reversed(messages):
        text = str(message.get("content") or "")
        if message["role"] == "assistant":
            return tuple(reversed(unread)), words.label(text)
        if message["role"] == "user":
            unread.extend(reversed(words.serials(text)))
    return tuple(reversed(unread)), ""


def _answer(reply: str) -> str:
    return orjson.dumps({
        "language": "es", "facts": [], "wants_human": False, "resolved": True,
        "stage_done": False, "mood": "usual", "confidence": 95, "reply": reply,
    }).decode()  # fmt: skip


def _completion(content: str) -> Answer:
    return json({
        "id": "chatcmpl-chaos",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "chaos",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": content, "refusal": None},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    })  # fmt: skip


def _free(asked: dict[str, Any]) -> dict[str, Any]:
    """Everybody has time, and no calendar has an event."""
    calendars: dict[str, Any] = {item["id"]: {"busy": []} for item in asked.get("items", [])}
    return {"calendars": calendars, "items": [], "nextSyncToken": "chaos"}


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--record", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=int, required=True)
def main(port: int, record: Path, seed: int) -> None:
    """Serve until SIGTERM."""
    book = Record(record)
    asyncio.run(_run(port, book, Dice(seed)))
    book.close()


async def _run(port: int, record: Record, dice: Dice) -> None:
    async with serving(port, Model(record, dice).handle):
        await until_signal()


if __name__ == "__main__":
    main()
