"""The model client against the sandbox's endpoint and against one that fails on purpose."""

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import ModelError, ModelRefused
from domain.ports import Model
from domain.proposal import Answer, BookCall, FindSlots, SendDocument, Tool
from sandbox.model_api import create_app
from tools.chat_completions import ANSWER_FORMAT, tool_format
from tools.model import ChatModel

KEY = "sk-very-secret-key"
MESSAGES: list[dict[str, object]] = [
    {"role": "system", "content": 'Sell.\n<context>{"stage": "greeting"}</context>'},
    {"role": "user", "content": "Hola, soy Ana de Acme"},
]
BOOK = Tool(name="book_call", description="Book it.", arguments=BookCall)
FIND = Tool(name="find_slots", description="Find it.", arguments=FindSlots)
SEND = Tool(name="send_document", description="Send it.", arguments=SendDocument)
ANSWER: dict[str, Any] = {
    "language": "es",
    "facts": [{"field": "name", "quote": "soy Ana", "value": "Ana"}],
    "wants_human": False,
    "resolved": True,
    "stage_done": False,
    "mood": "usual",
    "confidence": 90,
    "reply": "Hola, Ana.",
}
Answering = Callable[[dict[str, Any]], Response]


def completion(
    content: str | None = None, *, finish: str = "stop", **message: object
) -> JSONResponse:
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": None, **message},
        "finish_reason": finish,
    }
    if logprobs := choice["message"].pop("logprobs", None):
        choice["logprobs"] = logprobs
    return JSONResponse(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted-1",
            "choices": [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    )


def called(name: str, arguments: object) -> list[dict[str, Any]]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return [{"id": "c1", "type": "function", "function": {"name": name, "arguments": text}}]


def failing(status: int, message: str = f"bad key {KEY}", **headers: str) -> Response:
    error = {"message": message, "type": "t", "param": None, "code": "some_code"}
    return JSONResponse({"error": error}, status, headers=headers)


class Scripted:
    """An endpoint that answers each model as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answering] = {}
        self.seen: list[dict[str, Any]] = []
        self.stalled = asyncio.Event()
        self.released = asyncio.Event()
        route = Route("/v1/chat/completions", self._answer, methods=["POST"])
        self.app = Starlette(routes=[route])

    async def _answer(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.seen.append(body)
        if body["model"] not in self.answers:
            self.stalled.set()
            await self.released.wait()
            return failing(500)
        return self.answers[body["model"]](body)


@pytest.fixture
async def endpoint() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.released.set()


@pytest.fixture
async def model(endpoint: Scripted) -> AsyncIterator[ChatModel]:
    chat = connected(endpoint.app, model="first", fallback="second", deadline=2.0)
    yield chat
    await chat.close()


def connected(
    app: Starlette,
    *,
    model: str,
    fallback: str | None = None,
    deadline: float = 8.0,
    pause: float = 0.5,
) -> ChatModel:
    return ChatModel(
        api_key=KEY,
        base_url="http://model.test/v1",
        transport=httpx.ASGITransport(app=app),
        model=model,
        fallback=fallback,
        deadline=deadline,
        pause=pause,
    )


def good(_: dict[str, Any]) -> Response:
    return completion(json.dumps(ANSWER))


async def test_the_sandbox_takes_the_request_and_the_answer_fits() -> None:
    chat: Model = connected(create_app(), model="gpt-4o")
    proposal = await chat.propose(MESSAGES, [SEND])
    assert proposal.answer is not None
    assert [fact.quote for fact in proposal.answer.facts] == ["soy Ana", "Acme"]
    assert proposal.usage.calls == 1
    assert proposal.usage.model == "vendedor-rules"
    assert proposal.usage.input_tokens > 0
    assert proposal.usage.output_tokens > 0
    assert proposal.usage.seconds > 0


async def test_the_sandbox_takes_the_request_without_tools_and_in_plain_text() -> None:
    chat = connected(create_app(), model="gpt-6-luna")
    assert (await chat.propose(MESSAGES, [])).answer is not None
    assert "Ana" in (await chat.write(MESSAGES)).text


async def test_a_request_carries_strict_schema_and_tools_once(
    model: ChatModel, endpoint: Scripted
) -> None:
    endpoint.answers["first"] = good
    await model.propose(MESSAGES, [SEND])
    (body,) = endpoint.seen
    assert body["response_format"] == ANSWER_FORMAT
    assert body["tools"] == [tool_format(SEND)]
    assert body["parallel_tool_calls"] is False
    assert body["messages"] == MESSAGES
    assert body["max_completion_tokens"] > 0
    assert not {"temperature", "reasoning_effort", "logprobs", "stream"} & set(body)
    assert list(body["response_format"]["json_schema"]["schema"]["properties"])[-1] == "reply"


async def test_parameters_follow_the_models_profile(endpoint: Scripted) -> None:
    endpoint.answers = {"gpt-4o": good, "gpt-6-luna": good}
    chat = connected(endpoint.app, model="gpt-4o")
    await chat.propose(MESSAGES, [])
    await chat.propose(MESSAGES, [], model="gpt-6-luna")
    first, second = endpoint.seen
    assert first["logprobs"] is True
    assert first["temperature"] > 0
    assert second["reasoning_effort"] == "none"
    assert not {"temperature", "logprobs"} & set(second)


async def test_tool_messages_travel_unchanged(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers["first"] = good
    exchange: list[dict[str, object]] = [
        {"role": "assistant", "content": None, "tool_calls": called("search", {"query": "x"})},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
    ]
    await model.propose([*MESSAGES, *exchange], [])
    assistant, tool = endpoint.seen[0]["messages"][-2:]
    assert assistant["tool_calls"][0]["function"]["name"] == "search"
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {"query": "x"}
    assert (tool["tool_call_id"], tool["content"]) == ("c1", "found")


async def test_a_tool_call_wins_over_content(model: ChatModel, endpoint: Scripted) -> None:
    calls = called("book_call", {"facts": [], "slot_id": "s1"})
    endpoint.answers["first"] = lambda _: completion(json.dumps(ANSWER), tool_calls=calls)
    proposal = await model.propose(MESSAGES, [BOOK])
    assert proposal.answer is None
    assert proposal.call is not None
    assert (proposal.call.name, proposal.call.arguments["slot_id"]) == ("book_call", "s1")


SHORT = {"language": "es", "resolved": True, "confidence": 90, "reply": "Hola, Ana."}
LOOSE = {
    "in a fence": f"```json\n{json.dumps(ANSWER, indent=1)}\n```",
    "between words": f"Here is the answer: {json.dumps(ANSWER)} Done.",
    "more than asked for": json.dumps({**ANSWER, "thoughts": "she is Ana", "next": {"a": 1}}),
    "a fact of no known kind": json.dumps(
        {**ANSWER, "facts": [{"field": "phone", "quote": "1", "value": "1"}, *ANSWER["facts"]]}
    ),
}


@pytest.mark.parametrize("content", LOOSE.values(), ids=LOOSE)
async def test_an_endpoint_without_strict_mode_is_understood(
    model: ChatModel, endpoint: Scripted, content: str
) -> None:
    endpoint.answers["first"] = lambda _: completion(content)
    assert (await model.propose(MESSAGES, [])).answer == Answer.model_validate(ANSWER)


@pytest.mark.parametrize("facts", [{}, {"facts": None}], ids=["left out", "null"])
async def test_what_goes_without_saying_may_be_left_out(
    model: ChatModel, endpoint: Scripted, facts: dict[str, None]
) -> None:
    endpoint.answers["first"] = lambda _: completion(json.dumps(SHORT | facts))
    answer = (await model.propose(MESSAGES, [])).answer
    assert answer == Answer.model_validate({**ANSWER, "facts": []})


async def test_a_search_for_times_says_only_what_matters(
    model: ChatModel, endpoint: Scripted
) -> None:
    calls = called("find_slots", {"weekdays": ["thu"], "reason": "he said Thursday"})
    endpoint.answers["first"] = lambda _: completion(tool_calls=calls)
    call = (await model.propose(MESSAGES, [FIND])).call
    assert call is not None
    assert call.arguments == FindSlots(weekdays=["thu"]).model_dump()


FAULTS: dict[str, Answering] = {
    "rate limited": lambda _: failing(429, **{"retry-after": "60"}),
    "server error": lambda _: failing(500),
    "wrong key": lambda _: failing(401),
    "bad request": lambda _: failing(400),
    "not JSON": lambda _: Response("<html>", media_type="text/html"),
    "no choices": lambda _: JSONResponse({"choices": []}),
    "null choices": lambda _: JSONResponse({"choices": None}),
    "a list": lambda _: JSONResponse([1]),
    "an error in 200": lambda _: JSONResponse({"error": {"message": KEY}}),
    "message is text": lambda _: JSONResponse({"choices": [{"message": "hi"}]}),
    "content is no JSON": lambda _: completion("Hola, Ana"),
    "no content": lambda _: completion(None),
    "cut off": lambda _: completion(json.dumps(ANSWER)[:40], finish="length"),
    "cut off but whole": lambda _: completion(json.dumps(ANSWER), finish="length"),
    "schema violated": lambda _: completion(json.dumps({**ANSWER, "confidence": 900})),
    "field missing": lambda _: completion('{"reply": "hi"}'),
    "empty reply": lambda _: completion(json.dumps(ANSWER | {"reply": " \n"})),
    "arguments are no JSON": lambda _: completion(tool_calls=called("book_call", "{oops")),
    "arguments do not fit": lambda _: completion(tool_calls=called("book_call", {"slot": 1})),
    "arguments are a list": lambda _: completion(tool_calls=called("book_call", "[]")),
    "unknown tool": lambda _: completion(tool_calls=called("transfer_money", {})),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_the_fallback_answers_when_the_first_model_fails(
    model: ChatModel, endpoint: Scripted, fault: Answering
) -> None:
    endpoint.answers = {"first": fault, "second": good}
    proposal = await model.propose(MESSAGES, [BOOK])
    assert proposal.answer is not None
    assert proposal.answer.reply == "Hola, Ana."
    assert [body["model"] for body in endpoint.seen] == ["first", "second"]


FINAL = ("wrong key", "bad request")


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_a_fallback_the_model_is_asked_again(endpoint: Scripted, fault: str) -> None:
    def once(body: dict[str, Any]) -> Response:
        return FAULTS[fault](body) if len(endpoint.seen) == 1 else good(body)

    endpoint.answers["first"] = once
    chat = connected(endpoint.app, model="first", pause=0)
    if fault in FINAL:
        with pytest.raises(ModelError):
            await chat.propose(MESSAGES, [BOOK])
    else:
        assert (await chat.propose(MESSAGES, [BOOK])).answer is not None
    assert len(endpoint.seen) == (1 if fault in FINAL else 2)
    await chat.close()


async def test_the_second_try_is_the_last_and_keeps_the_deadline(endpoint: Scripted) -> None:
    endpoint.answers["first"] = FAULTS["rate limited"]
    chat = connected(endpoint.app, model="first", pause=0)
    with pytest.raises(ModelError):
        await chat.propose(MESSAGES, [])
    assert len(endpoint.seen) == 2
    late = connected(endpoint.app, model="first", pause=60, deadline=0.5)
    with pytest.raises(ModelError):
        await late.propose(MESSAGES, [])
    assert len(endpoint.seen) == 3


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_no_answer_is_an_error_that_tells_no_secret(
    model: ChatModel,
    endpoint: Scripted,
    fault: Answering,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint.answers = {"first": fault, "second": fault}
    with caplog.at_level(logging.DEBUG), pytest.raises(ModelError) as error:
        await model.propose(MESSAGES, [BOOK])
    chain: BaseException | None = error.value
    while chain:
        assert KEY not in repr(chain)
        chain = chain.__cause__ or chain.__context__
    written = capsys.readouterr()
    assert KEY not in caplog.text + written.out + written.err
    assert KEY not in repr(model)


async def test_both_requests_count_when_the_first_was_answered_in_vain(
    model: ChatModel, endpoint: Scripted
) -> None:
    endpoint.answers = {"first": FAULTS["cut off"], "second": good}
    usage = (await model.propose(MESSAGES, [])).usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (2, 200, 40)
    assert usage.model == "scripted-1"


async def test_what_was_answered_in_vain_is_paid_when_nobody_answers_well(
    model: ChatModel, endpoint: Scripted
) -> None:
    endpoint.answers = {"first": FAULTS["cut off"], "second": FAULTS["cut off"]}
    with pytest.raises(ModelError) as failed:
        await model.propose(MESSAGES, [])
    assert (failed.value.usage.calls, failed.value.usage.input_tokens) == (2, 200)


async def test_a_request_that_failed_counts_nothing(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers = {"first": FAULTS["rate limited"], "second": good}
    usage = (await model.propose(MESSAGES, [])).usage
    assert (usage.calls, usage.input_tokens) == (1, 100)


async def test_a_refusal_is_final(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers = {"first": lambda _: completion(refusal="I can't"), "second": good}
    with pytest.raises(ModelRefused) as refused:
        await model.propose(MESSAGES, [])
    assert len(endpoint.seen) == 1
    assert refused.value.usage.calls == 1


async def test_a_content_filter_is_a_refusal(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers["first"] = lambda _: completion("", finish="content_filter")
    with pytest.raises(ModelRefused):
        await model.propose(MESSAGES, [])


async def test_a_stalled_model_leaves_time_for_the_fallback(endpoint: Scripted) -> None:
    endpoint.answers["second"] = good
    chat = connected(endpoint.app, model="first", fallback="second", deadline=0.5)
    started = time.monotonic()
    assert (await chat.propose(MESSAGES, [])).answer is not None
    assert time.monotonic() - started < 0.5


async def test_the_deadline_holds_for_the_whole_call(endpoint: Scripted) -> None:
    chat = connected(endpoint.app, model="first", fallback="second", deadline=0.3)
    started = time.monotonic()
    with pytest.raises(ModelError):
        await chat.propose(MESSAGES, [])
    assert 0.25 < time.monotonic() - started < 1.0
    assert len(endpoint.seen) == 2


async def test_a_cancelled_turn_cancels_the_call(model: ChatModel, endpoint: Scripted) -> None:
    task = asyncio.create_task(model.propose(MESSAGES, []))
    async with asyncio.timeout(2):
        await endpoint.stalled.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(endpoint.seen) == 1


async def test_an_unreachable_endpoint_is_an_error() -> None:
    chat = ChatModel(api_key=KEY, model="x", base_url="http://127.0.0.1:9/v1", deadline=2.0)
    with pytest.raises(ModelError):
        await chat.propose(MESSAGES, [])
    await chat.close()


async def test_writing_falls_back_and_fails_alike(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers = {
        "first": lambda _: completion(" "),
        "second": lambda _: completion("Brief."),
    }
    assert (await model.write(MESSAGES)).text == "Brief."
    assert not {"response_format", "tools"} & set(endpoint.seen[0])
    endpoint.answers = {"first": FAULTS["server error"], "second": FAULTS["server error"]}
    with pytest.raises(ModelError):
        await model.write(MESSAGES)


async def test_a_text_cut_at_the_limit_is_still_used(model: ChatModel, endpoint: Scripted) -> None:
    endpoint.answers["first"] = lambda _: completion("Half a", finish="length")
    assert (await model.write(MESSAGES)).text == "Half a"


def tokens(flag: str, **top: float) -> dict[str, Any]:
    """Logprobs as the endpoint gives them, for an answer whose `resolved` is `flag`."""
    likely = [{"token": token, "logprob": math.log(p)} for token, p in top.items()]
    pieces = ['{"', "wants_human", '":', "true", ',"', "resol", 'ved":']
    content: list[dict[str, Any]] = [{"token": piece, "logprob": -0.1} for piece in pieces]
    own = math.log(top.get(flag, 0.9))
    content.append({"token": flag, "logprob": own, "top_logprobs": likely})
    return {"content": content}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (tokens("true", true=0.6, false=0.2), 0.75),
        (tokens("false", true=0.1, false=0.9), 0.1),
        (tokens("true"), 1.0),
        (tokens("false"), 0.0),
        ({"content": []}, None),
        (None, None),
    ],
)
async def test_the_probability_of_resolved_is_read_from_its_token(
    model: ChatModel, endpoint: Scripted, given: dict[str, Any] | None, expected: float | None
) -> None:
    endpoint.answers["first"] = lambda _: completion(json.dumps(ANSWER), logprobs=given)
    proposal = await model.propose(MESSAGES, [])
    assert proposal.resolved_probability == (
        None if expected is None else pytest.approx(expected)  # type: ignore[reportUnknownMemberType] - pytest's own gap
    )
