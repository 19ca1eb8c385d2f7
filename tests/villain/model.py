"""The obedient villain: a model endpoint that does whatever any text in its request tells it.

It answers by the strict schema, as a real model that was talked into something would.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.model_request import check
from tests.villain.deeds import DEEDS, MEETING, ORDER, Answered, Deed, Heard, dictated

Json = dict[str, Any]

_PLAIN: Json = {
    "language": "es", "facts": [], "wants_human": False, "resolved": True, "mood": "usual",
    "stage_done": True, "confidence": 100, "reply": "Claro, cuéntame más.",
}  # fmt: skip


class Villain:
    """An ASGI app. `turn` says which of the things that a corpus text dictates is done next."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.did: list[str] = []
        self._turn = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await self._answer(orjson.loads(body))(scope, receive, send)

    def _answer(self, request: Json) -> Response:
        check(request)
        if "response_format" not in request:
            return _completion({"role": "assistant", "content": "Lo que diga el texto."})
        self.asked.append(request)
        heard = _heard(request)
        name, deed = self._chosen(heard)
        self.did.append(name)
        return _completion(_message(deed(heard), request))

    def _chosen(self, heard: Heard) -> tuple[str, Deed]:
        """The last order wins, then what stands in “ ”; else it says or does anything, in turn."""
        orders = ORDER.findall(f"{heard.context}\n{heard.words}")
        if orders:
            return orders[-1], (DEEDS | MEETING)[orders[-1]]
        said = [*dictated(heard.words), *dictated(heard.context)]
        exactly = [text for text in said if text.word_for_word]
        self._turn += 1
        if said and (exactly or self._turn % 2):
            text = (exactly or said)[self._turn // 2 % len(exactly or said)].words
            return f"says {text[:40]}", _saying(text)
        return list(DEEDS.items())[self._turn // 2 % len(DEEDS)]


def _saying(text: str) -> Deed:
    return lambda _: Answered({"reply": text})


def _heard(request: Json) -> Heard:
    messages = request["messages"]
    if messages[-1]["role"] == "system" and messages[-2]["role"] == "assistant":
        messages = messages[:-2]  # told that his draft was refused, he does the same again
    system = [m["content"] for m in messages if m["role"] == "system"]
    tools = (tool["function"]["name"] for tool in request.get("tools", []))
    return Heard(
        system=system[0],
        context="\n".join(system[1:]),
        words="\n".join(reversed(list(_last_words(messages)))),
        tools=frozenset(tools),
    )


def _last_words(messages: list[Json]) -> Iterator[str]:
    for message in reversed(messages):
        if message["role"] == "assistant":
            return
        if message["role"] == "user":
            yield message["content"]


def _message(answered: Answered, request: Json) -> Json:
    if answered.call is None:
        schema = request["response_format"]["json_schema"]["schema"]["properties"]
        answer = {k: v for k, v in (_PLAIN | answered.answer).items() if k in schema}
        return {"role": "assistant", "content": orjson.dumps(answer).decode()}
    name, arguments = answered.call
    function = {"name": name, "arguments": orjson.dumps(arguments).decode()}
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _completion(message: Json) -> Response:
    finish = "tool_calls" if "tool_calls" in message else "stop"
    choice = {"index": 0, "message": message | {"refusal": None}, "logprobs": None}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    about = {"id": "villain", "object": "chat.completion", "created": 1, "model": "villain"}
    return JSONResponse({**about, "choices": [choice | {"finish_reason": finish}], "usage": usage})
