"""From a model's raw message to a proposal that fits our classes."""

import math
import re
from collections.abc import Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage
from langchain_core.messages import ToolCall as RawCall
from pydantic import ValidationError

from domain.errors import ModelRefused
from domain.proposal import Answer, Proposal, Tool, ToolCall, Usage
from domain.values import Plain

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
"""The answer, which an endpoint without strict mode may put into a fence or between words."""


class Unusable(Exception):
    """The model answered, but with nothing that fits; the text names what, not the content."""


def proposal(message: AIMessage, tools: Sequence[Tool]) -> Proposal:
    """Read a message. Raises ModelRefused, and Unusable when cut off or out of shape."""
    _check_finish(message)
    if message.invalid_tool_calls:
        raise Unusable("tool arguments are not JSON")
    if message.tool_calls:
        return Proposal(call=_call(message.tool_calls[0], tools))
    written = _OBJECT.search(message.text)
    try:
        answer = Answer.model_validate_json(written[0] if written else "")
    except ValidationError as error:
        raise Unusable(f"answer does not fit: {error.error_count()} problems") from None
    if not answer.reply.strip():
        raise Unusable("empty reply")
    return Proposal(answer=answer, resolved_probability=resolved_probability(message))


def _check_finish(message: AIMessage) -> None:
    reason = message.response_metadata.get("finish_reason")
    if message.additional_kwargs.get("refusal") or reason == "content_filter":
        raise ModelRefused("the model declined to answer")
    if reason == "length":
        raise Unusable("cut off at the token limit")


def _call(raw: RawCall, tools: Sequence[Tool]) -> ToolCall:
    tool = next((tool for tool in tools if tool.name == raw["name"]), None)
    if tool is None:
        raise Unusable("calls a tool that it was not given")
    try:
        arguments = tool.arguments.model_validate(raw["args"])
    except ValidationError as error:
        raise Unusable(f"{tool.name}: {error.error_count()} arguments do not fit") from None
    return ToolCall(id=raw["id"] or "call", name=tool.name, arguments=arguments.model_dump())


def usage(message: AIMessage, *, model: str) -> Usage:
    """What one answered request cost; the name is the one that the endpoint states."""
    spent = message.usage_metadata
    details = spent.get("input_token_details") if spent else None
    return Usage(
        model=str(message.response_metadata.get("model_name") or model),
        calls=1,
        input_tokens=spent["input_tokens"] if spent else 0,
        cached_tokens=details.get("cache_read", 0) if details else 0,
        output_tokens=spent["output_tokens"] if spent else 0,
    )


def resolved_probability(message: AIMessage) -> float | None:
    """How likely the model held `resolved` to be true, from its tokens; None when unknown."""
    logprobs = cast(Plain, message.response_metadata.get("logprobs") or {})
    text = ""
    for token in cast(list[Plain], logprobs.get("content") or []):
        word = str(token.get("token", "")).strip()
        if text.rstrip().endswith('"resolved":') and word in ("true", "false"):
            return _share_of_true(token)
        text += str(token.get("token", ""))
    return None


def _share_of_true(token: dict[str, Any]) -> float:
    chance = {"true": 0.0, "false": 0.0}
    for choice in [*cast(list[Plain], token.get("top_logprobs") or []), token]:
        word = str(choice["token"]).strip()
        if word in chance:
            chance[word] = math.exp(float(choice["logprob"]))
    total = chance["true"] + chance["false"]
    return chance["true"] / total if total else float(str(token["token"]).strip() == "true")


def prose(message: AIMessage) -> str:
    """Plain text. Raises ModelRefused, and Unusable when empty; a cut end is still worth having."""
    if message.additional_kwargs.get("refusal"):
        raise ModelRefused("the model declined to answer")
    if not (text := message.text.strip()):
        raise Unusable("empty text")
    return text
