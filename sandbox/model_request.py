"""Checks a Chat Completions request as strictly as the real endpoint does."""

import re
from collections.abc import Iterator
from typing import cast

from sandbox.model_schema import BadRequest, Json, check_strict_schema

ROLES = ("system", "developer", "user", "assistant", "tool")
_HOTTEST = 2
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_KNOWN_WORDS = """
    model messages tools tool_choice parallel_tool_calls response_format temperature top_p n
    stop max_tokens max_completion_tokens logprobs top_logprobs seed user metadata store stream
    stream_options presence_penalty frequency_penalty logit_bias reasoning_effort service_tier
    prompt_cache_key prompt_cache_options safety_identifier prediction modalities verbosity
"""
_KNOWN = frozenset(_KNOWN_WORDS.split())


def check(body: object) -> Json:
    """The request when it is right; raises BadRequest otherwise."""
    if not isinstance(body, dict):
        raise BadRequest("We could not parse the JSON body of your request.")
    request = cast(Json, body)
    _check_top(request)
    _check_messages(cast(list[object], request["messages"]))
    _check_tools(request)
    _check_response_format(request)
    return request


def _check_top(request: Json) -> None:
    if not isinstance(request.get("model"), str) or not request["model"]:
        raise BadRequest("you must provide a model parameter", "model")
    if not isinstance(request.get("messages"), list) or not request["messages"]:
        raise BadRequest("Missing required parameter: 'messages'.", "messages", _MISSING)
    for field in request:
        if field not in _KNOWN:
            raise BadRequest(f"Unrecognized request argument supplied: {field}")
    if request.get("stream"):
        raise BadRequest("This stand-in does not stream.", "stream", "unsupported_value")
    temperature = request.get("temperature")
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= _HOTTEST):
        raise BadRequest("Invalid 'temperature': must be between 0 and 2.", "temperature")


_MISSING = "missing_required_parameter"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_messages(messages: list[object]) -> None:
    waiting: set[str] = set()
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise BadRequest(f"Invalid type for '{where}': expected an object.", where)
        known = cast(Json, message)
        if known.get("role") not in ROLES:
            raise BadRequest(f"Invalid value for '{where}.role'.", f"{where}.role", "invalid_value")
        if known["role"] == "tool":
            _check_tool_message(known, waiting, where)
            continue
        if waiting:
            raise BadRequest(
                "An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'.",
                where,
            )
        waiting = set(_call_ids(known, where))
        _check_content(known, where)
    if waiting:
        raise BadRequest("The last 'tool_calls' have no tool messages.", "messages")


def _check_tool_message(message: Json, waiting: set[str], where: str) -> None:
    if message.get("tool_call_id") not in waiting:
        raise BadRequest(
            "messages with role 'tool' must be a response to a preceding message with "
            "'tool_calls'.",
            f"{where}.role",
        )
    waiting.discard(message["tool_call_id"])
    _check_content(message, where)


def _call_ids(message: Json, where: str) -> Iterator[str]:
    calls = message.get("tool_calls")
    if calls is None:
        return
    if message["role"] != "assistant" or not isinstance(calls, list) or not calls:
        raise BadRequest(f"Invalid '{where}.tool_calls'.", f"{where}.tool_calls")
    for call in cast(list[object], calls):
        if not isinstance(call, dict):
            raise BadRequest(f"Invalid '{where}.tool_calls'.", f"{where}.tool_calls")
        known = cast(Json, call)
        function = known.get("function")
        named = isinstance(function, dict) and isinstance(cast(Json, function).get("name"), str)
        if not isinstance(known.get("id"), str) or not named:
            raise BadRequest(f"Missing id or function in '{where}.tool_calls'.", where, _MISSING)
        yield known["id"]


def _check_content(message: Json, where: str) -> None:
    content = message.get("content")
    if content is None and message["role"] == "assistant" and message.get("tool_calls"):
        return
    if not isinstance(content, str | list):
        raise BadRequest(
            f"Invalid value for 'content': expected a string or an array, at '{where}'.",
            f"{where}.content",
        )


def _check_tools(request: Json) -> None:
    tools = request.get("tools")
    if tools is None:
        if request.get("tool_choice") or request.get("parallel_tool_calls") is not None:
            raise BadRequest("'parallel_tool_calls' is only allowed when 'tools' are specified.")
        return
    if not isinstance(tools, list) or not tools:
        raise BadRequest("Invalid 'tools': expected a non-empty array.", "tools", "empty_array")
    strict_answer = _wants_schema(request)
    for index, tool in enumerate(cast(list[object], tools)):
        _check_tool(tool, f"tools[{index}]", must_be_strict=strict_answer)
    if strict_answer and request.get("parallel_tool_calls") is not False:
        raise BadRequest("Strict tools need 'parallel_tool_calls': false.", "parallel_tool_calls")


def _check_tool(tool: object, where: str, *, must_be_strict: bool) -> None:
    if not isinstance(tool, dict) or cast(Json, tool).get("type") != "function":
        raise BadRequest(f"Invalid '{where}': expected a function.", where)
    function = cast(Json, tool).get("function")
    if not isinstance(function, dict):
        raise BadRequest(f"Missing '{where}.function'.", f"{where}.function", _MISSING)
    known = cast(Json, function)
    name = known.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadRequest(f"Invalid '{where}.function.name'.", f"{where}.function.name")
    if must_be_strict and known.get("strict") is not True:
        raise BadRequest(f"{name} is not strict.", f"{where}.function.strict")
    if known.get("strict"):
        check_strict_schema(known.get("parameters"), name, f"{where}.function.parameters")


def _wants_schema(request: Json) -> bool:
    given = request.get("response_format")
    return isinstance(given, dict) and cast(Json, given).get("type") == "json_schema"


def _check_response_format(request: Json) -> None:
    given = request.get("response_format")
    if given is None:
        return
    kind = cast(Json, given).get("type") if isinstance(given, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise BadRequest("Invalid 'response_format.type'.", "response_format.type")
    if kind != "json_schema":
        return
    shape = cast(Json, given).get("json_schema")
    if not isinstance(shape, dict) or not _NAME.fullmatch(str(cast(Json, shape).get("name", ""))):
        raise BadRequest("Missing 'response_format.json_schema.name'.", "response_format", _MISSING)
    known = cast(Json, shape)
    if known.get("strict"):
        check_strict_schema(known.get("schema"), str(known["name"]), "response_format")
