"""The model endpoint on its own: as strict as the real one, and open about what it is."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.model_api import NOTICE, Pace, create_app
from tests.sandbox.dialogue import Dialogue

KEY = {"authorization": "Bearer any"}
HELLO: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hola"}]}
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
STRICT = {**OPEN, "additionalProperties": False}


def client(pace: Pace | None = None, *, headers: dict[str, str] = KEY) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(pace))
    return httpx.AsyncClient(transport=transport, base_url="http://model", headers=headers)


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as http:
        yield http


async def post(api: httpx.AsyncClient, body: object) -> httpx.Response:
    return await api.post("/v1/chat/completions", json=body)


def shaped(schema: object, *, strict: bool = True, name: str = "x") -> dict[str, Any]:
    shape = {"name": name, "strict": strict, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": shape}}


def tool(schema: object, *, strict: bool | None = True, name: str = "do") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": schema, "strict": strict}}


def calling(*ids: str) -> dict[str, Any]:
    function = {"name": "do", "arguments": "{}"}
    calls = [{"id": each, "type": "function", "function": function} for each in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


async def test_it_says_openly_what_it_is(api: httpx.AsyncClient) -> None:
    assert (await api.get("/health")).json()["kind"] == NOTICE
    response = await post(api, HELLO)
    body = response.json()
    assert response.headers["x-stand-in"] == NOTICE
    assert body["system_fingerprint"] == NOTICE
    assert body["metadata"]["kind"] == NOTICE
    (model,) = (await api.get("/v1/models")).json()["data"]
    assert model["owned_by"] == NOTICE
    assert "not a language model" in NOTICE


async def test_usage_grows_with_the_text(api: httpx.AsyncClient) -> None:
    short = (await post(api, HELLO)).json()["usage"]
    long = {**HELLO, "messages": [{"role": "user", "content": "hola " * 400}]}
    longer = (await post(api, long)).json()["usage"]
    assert longer["prompt_tokens"] > short["prompt_tokens"] + 400
    assert short["total_tokens"] == short["prompt_tokens"] + short["completion_tokens"]


async def test_a_structured_answer_and_a_tool_call_have_the_real_shape(
    api: httpx.AsyncClient,
) -> None:
    (choice,) = (await post(api, Dialogue().request("hola"))).json()["choices"]
    assert choice["finish_reason"] == "stop"
    assert "reply" in json.loads(choice["message"]["content"])
    asked = Dialogue(stage="scheduling").request("el jueves")
    (choice,) = (await post(api, asked)).json()["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["function"]["name"] == "book_call"
    arguments = json.loads(call["function"]["arguments"])
    assert arguments == {"facts": [], "slot_id": "s-thu", "reply": None}


@pytest.mark.parametrize(
    "headers", [{"x": "y"}, {"authorization": "Bearer "}, {"authorization": "k"}]
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions"])
async def test_no_key_is_401(headers: dict[str, str], path: str) -> None:
    async with client(headers=headers) as http:
        method = "GET" if path.endswith("models") else "POST"
        response = await http.request(method, path, json=HELLO)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


BAD: dict[str, object] = {
    "no object": [],
    "no model": {"messages": HELLO["messages"]},
    "no messages": {"model": "m"},
    "empty messages": {"model": "m", "messages": []},
    "messages no list": {"model": "m", "messages": "hi"},
    "a message no object": {"model": "m", "messages": ["hi"]},
    "unknown argument": {**HELLO, "colour": "red"},
    "streaming": {**HELLO, "stream": True},
    "temperature": {**HELLO, "temperature": 3},
    "temperature as text": {**HELLO, "temperature": "hot"},
    "unknown role": {"model": "m", "messages": [{"role": "wizard", "content": "x"}]},
    "no content": {"model": "m", "messages": [{"role": "user"}]},
    "null content": {"model": "m", "messages": [{"role": "assistant", "content": None}]},
    "orphan tool message": {
        "model": "m",
        "messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}],
    },
    "wrong call id": {
        "model": "m",
        "messages": [calling("a"), {"role": "tool", "tool_call_id": "b", "content": "x"}],
    },
    "unanswered call": {
        "model": "m",
        "messages": [calling("a", "b"), {"role": "tool", "tool_call_id": "a", "content": "x"}],
    },
    "call then user": {"model": "m", "messages": [calling("a"), *HELLO["messages"]]},
    "empty tool calls": {
        "model": "m",
        "messages": [{"role": "assistant", "content": "x", "tool_calls": []}],
    },
    "call without id": {
        "model": "m",
        "messages": [{"role": "assistant", "content": "x", "tool_calls": [{"type": "function"}]}],
    },
    "no tools": {**HELLO, "tools": []},
    "tool without function": {**HELLO, "tools": [{"type": "function"}]},
    "tool of another type": {**HELLO, "tools": [{"type": "magic", "function": {"name": "x"}}]},
    "tool with a bad name": {**HELLO, "tools": [tool(STRICT, name="do it")]},
    "strict tool, open schema": {**HELLO, "tools": [tool(OPEN)]},
    "parallel without tools": {**HELLO, "parallel_tool_calls": False},
    "loose tool, strict answer": {
        **HELLO,
        **shaped(STRICT),
        "tools": [tool(STRICT, strict=None)],
        "parallel_tool_calls": False,
    },
    "strict and parallel": {**HELLO, **shaped(STRICT), "tools": [tool(STRICT)]},
    "format of another type": {**HELLO, "response_format": {"type": "xml"}},
    "format no object": {**HELLO, "response_format": "json"},
    "format without schema": {**HELLO, "response_format": {"type": "json_schema"}},
    "schema without a name": {**HELLO, **shaped(STRICT, name="")},
    "additional properties": {**HELLO, **shaped(OPEN)},
    "not all required": {**HELLO, **shaped({**STRICT, "required": []})},
    "required no list": {**HELLO, **shaped({**STRICT, "required": "a"})},
    "properties no object": {**HELLO, **shaped({**STRICT, "properties": []})},
    "not an object": {**HELLO, **shaped({"type": "string"})},
    "no schema": {**HELLO, **shaped(None)},
    "open inside": {
        **HELLO,
        **shaped({**STRICT, "properties": {"a": {"type": "array", "items": OPEN}}}),
    },
    "open in a definition": {**HELLO, **shaped({**STRICT, "$defs": {"Inner": OPEN}})},
    "reference with more": {
        **HELLO,
        **shaped({**STRICT, "properties": {"a": {"$ref": "#", "description": "x"}}}),
    },
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_a_wrong_request_is_400_with_openais_error(
    api: httpx.AsyncClient, body: object
) -> None:
    response = await post(api, body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]


async def test_a_body_that_is_no_json_is_400(api: httpx.AsyncClient) -> None:
    response = await api.post("/v1/chat/completions", content=b"{oops")
    assert response.status_code == 400


async def test_another_schema_is_filled_with_what_it_takes(api: httpx.AsyncClient) -> None:
    properties = {
        "colour": {"enum": ["red", "green"]},
        "count": {"type": "integer", "minimum": 3},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "inner": {"$ref": "#/$defs/Inner"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": {"Inner": {**STRICT, "properties": {"a": {"type": ["boolean", "null"]}}}},
    }
    response = await post(api, {**HELLO, **shaped(schema)})
    value = json.loads(response.json()["choices"][0]["message"]["content"])
    assert value == {
        "colour": "red",
        "count": 3,
        "tags": ["", ""],
        "note": None,
        "inner": {"a": None},
    }


async def test_failures_repeat_with_the_seed() -> None:
    async def statuses(seed: int) -> list[int]:
        pace = Pace(rate_limited=0.3, failing=0.3, seed=seed)
        async with client(pace) as http:
            return [(await post(http, HELLO)).status_code for _ in range(40)]

    first = await statuses(7)
    assert first == await statuses(7)
    assert first != await statuses(8)
    assert set(first) == {200, 429, 500}


async def test_latency_is_drawn_from_the_seed() -> None:
    pace = Pace(first_token=0.001, tokens_per_second=100_000)
    async with client(pace) as http:
        assert (await post(http, HELLO)).status_code == 200
