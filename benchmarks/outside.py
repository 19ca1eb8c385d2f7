"""The world outside: leads who write, a Graph API and a model, in one process at little CPU.

The model waits as long as it is told and gives the same answer each time. Every message that we
send is told back as sent and delivered.
"""

import asyncio
import itertools
import math
import re
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from secrets import token_hex

import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.machine import NUMBER
from benchmarks.webhook_load import Connection, body, request
from domain.values import Plain
from hosting import listen, run_until, serving

_ANSWER = orjson.dumps({
    "language": "es", "facts": [], "wants_human": False, "resolved": True, "stage_done": False,
    "mood": "usual", "confidence": 95,
    "reply": "Con gusto. ¿Cómo te llamas y qué te gustaría resolver?",
}).decode()  # fmt: skip
_PHONE = re.compile(r"\b57\d{10}\b")
PATIENCE = 30.0
_AGAIN_SECONDS = 0.2


class Outside:
    """Leads write with `say`.

    `replies` holds the moments at which each phone got something, `questions` those at which the
    model was asked about a message that names the phone.
    """

    def __init__(self, model_seconds: float) -> None:
        self.model_seconds = model_seconds
        self.replies: dict[str, list[float]] = defaultdict(list)
        self.questions: dict[str, list[float]] = defaultdict(list)
        self.webhook_port = 0
        self._listening: dict[str, list[asyncio.Future[float]]] = defaultdict(list)
        self._name = token_hex(4)  # else a second world's messages are duplicates of the first's
        self._numbers = itertools.count()
        self._idle: list[Connection] = []
        self._waits: dict[Connection, asyncio.Future[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def say(self, phone: str, text: str) -> float:
        """Write to the company; gives the moment. Repeated until it is taken, as Meta does."""
        content = body(f"wamid.{self._name}in{next(self._numbers):08d}", phone, text)
        written = time.monotonic()
        while await self._post(content) != 200:  # noqa: ASYNC110 - Meta waits and repeats, too
            await asyncio.sleep(_AGAIN_SECONDS)
        return written

    async def answer(self, phone: str, text: str) -> float:
        """Say something, and give the seconds until the phone gets something, else infinity."""
        heard = self.next_reply(phone)
        written = await self.say(phone, text)
        try:
            async with asyncio.timeout(PATIENCE):
                return await heard - written
        except TimeoutError:
            return math.inf

    def next_reply(self, phone: str) -> asyncio.Future[float]:
        """The moment of the next message that this phone gets."""
        heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._listening[phone].append(heard)
        return heard

    async def _post(self, content: bytes) -> int:
        port = self.webhook_port
        connection = self._idle.pop() if self._idle else await Connection.to(port, self._answered)
        answer = asyncio.get_running_loop().create_future()
        self._waits[connection] = answer
        connection.send(request(content), 0)
        return await answer

    def _answered(self, connection: Connection, status: int) -> None:
        self._idle.append(connection)
        self._waits.pop(connection).set_result(status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The Graph API and the model, by the end of the path."""
        asked = b""
        while (message := await receive()).get("more_body"):
            asked += message["body"]
        given = orjson.loads(asked + message.get("body", b"") or b"{}")
        path: str = scope["path"]
        status = 200
        if path.endswith("/chat/completions"):
            answer = await self._complete(given)
        elif path.endswith("/messages"):
            answer = self._take(given)
        else:
            status, answer = 404, {"error": {"message": "not here", "code": 404}}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    async def _complete(self, asked: Plain) -> Plain:
        for phone in _PHONE.findall(str(asked["messages"][-1]["content"])):
            self.questions[phone].append(time.monotonic())
        await asyncio.sleep(self.model_seconds)
        said = _ANSWER if "response_format" in asked else "El lead saluda y pide información."
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_795_000_000,
            "model": asked["model"],
            "choices": [{
                "index": 0, "finish_reason": "stop", "logprobs": None,
                "message": {"role": "assistant", "content": said, "refusal": None},
            }],
            "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980},
        }  # fmt: skip

    def _take(self, sent: Plain) -> Plain:
        if "status" in sent:
            return {"success": True}
        phone = sent["to"]
        wamid = f"wamid.{self._name}out{next(self._numbers):08d}"
        self.replies[phone].append(time.monotonic())
        for waiting in self._listening.pop(phone, ()):
            if not waiting.done():
                waiting.set_result(self.replies[phone][-1])
        telling = asyncio.create_task(self._tell(wamid, sent.get("biz_opaque_callback_data", "")))
        self._tasks.add(telling)
        telling.add_done_callback(self._tasks.discard)
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": phone, "wa_id": phone}],
            "messages": [{"id": wamid}],
        }

    async def _tell(self, wamid: str, tracker: str) -> None:
        for status in ("sent", "delivered"):
            await self._post(_receipt(wamid, tracker, status))


def _receipt(wamid: str, tracker: str, status: str) -> bytes:
    item = {
        "id": wamid, "status": status, "timestamp": f"{time.time():.0f}",
        "recipient_id": "573000000000", "biz_opaque_callback_data": tracker,
    }  # fmt: skip
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        "statuses": [item],
    }
    change = {"field": "messages", "value": value}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]})


@asynccontextmanager
async def outside(model_seconds: float) -> AsyncGenerator[tuple[Outside, str]]:
    """The world and its address; leads write to `webhook_port` once that is set."""
    world, stop = Outside(model_seconds), asyncio.Event()
    with listen("127.0.0.1", 0, "the world outside") as listener:
        serve = run_until(stop, serving(world, listener, drain_seconds=1))
        running = asyncio.create_task(serve)
        yield world, f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        await running
