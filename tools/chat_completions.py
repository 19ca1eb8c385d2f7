"""One Chat Completions request through LangChain, with what never changes made once.

The OpenAI SDK walks tools and schema anew in every call, and builds each request in many layers:
more CPU than all the rest of a turn. `LeanChatOpenAI` posts the payload as it stands; callbacks,
tracing, usage and tool parsing stay LangChain's.
"""

import re
from collections.abc import Sequence
from typing import Any, Self, cast

import httpx
import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, PrivateAttr, SecretStr

from domain.proposal import Answer, Tool
from domain.values import Plain
from tools.profiles import Profile

Bound = Runnable[LanguageModelInput, AIMessage]

_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_PASSING = (408, 409, 429)
_SERVER_ERROR = 500


class Refused(Exception):
    """The endpoint's refusal: status and code, never its text, which may hold a part of the key.

    `passing`: the same request may be taken a moment later (too many, or the endpoint's own fault).
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"HTTP {status} {code}".rstrip())
        self.passing = status in _PASSING or status >= _SERVER_ERROR


class Malformed(Exception):
    """The endpoint answered with something that is no chat completion."""


class LeanChatOpenAI(ChatOpenAI):
    """ChatOpenAI that sends by a client of ours."""

    _http: httpx.AsyncClient = PrivateAttr()

    def sending_by(self, http: httpx.AsyncClient) -> Self:
        """This client, once it has what it sends by: pydantic's constructor takes none such."""
        self._http = http
        return self

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the base's signature
        **kwargs: Any,  # noqa: ANN401 - the base's signature
    ) -> ChatResult:
        """Raises Refused, Malformed, httpx.RequestError."""
        payload = cast(Plain, self._get_request_payload(messages, stop=stop, **kwargs))
        payload.pop("stream", None)
        response = await self._http.post("chat/completions", content=orjson.dumps(payload))
        if not response.is_success:
            raise Refused(response.status_code, _code(response))
        try:
            body = cast(Plain, orjson.loads(response.content))
            result = self._create_chat_result(body)
            first = result.generations[0].message
            first.additional_kwargs["refusal"] = body["choices"][0]["message"].get("refusal")
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise Malformed("the endpoint's answer is no chat completion") from None
        return result


def _code(response: httpx.Response) -> str:
    """The code of OpenAI's error object, if it looks like one."""
    try:
        code = orjson.loads(response.content)["error"]["code"]
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def strict_schema(shape: type[BaseModel]) -> Plain:
    """JSON schema for strict mode; raises ValueError for a class that strict mode cannot take.

    Strict: every property required, none additional, no defaults. Titles only cost tokens.
    """
    schema = _lean(shape.model_json_schema())
    schema.pop("description", None)
    for part in [schema, *schema.get("$defs", {}).values()]:
        if part.get("type") == "object":
            if "properties" not in part or part.get("additionalProperties"):
                raise ValueError(f"{shape.__name__} does not fit strict mode")
            part |= {"required": [*part["properties"]], "additionalProperties": False}
    return schema


def _lean(schema: Plain) -> Plain:
    return {
        key: _lean(cast(Plain, value)) if isinstance(value, dict) else value
        for key, value in schema.items()
        if isinstance(value, dict) or key not in ("title", "default")
    }


ANSWER_FORMAT: Plain = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "strict": True, "schema": strict_schema(Answer)},
}


def tool_format(tool: Tool) -> Plain:
    """A tool as the request carries it."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": strict_schema(tool.arguments),
            "strict": True,
        },
    }


def client(model: str, profile: Profile, *, http: httpx.AsyncClient) -> LeanChatOpenAI:
    """A client of one model. `http` knows endpoint, key and timeouts."""
    return LeanChatOpenAI(
        model=model,
        api_key=SecretStr("held by the client that sends"),
        max_completion_tokens=profile.max_tokens,
        temperature=profile.temperature,
        reasoning_effort=profile.reasoning_effort,
        use_responses_api=False,
        disable_streaming=True,  # Studio's token stream would ask for one
    ).sending_by(http)


def answering(llm: ChatOpenAI, tools: Sequence[Tool], *, logprobs: bool) -> Bound:
    """The client bound to the answer's schema and to a stage's tools."""
    request: Plain = {"response_format": ANSWER_FORMAT}
    if tools:
        request["tools"] = [tool_format(tool) for tool in tools]
        request["parallel_tool_calls"] = False  # parallel calls would lift strict mode
    if logprobs:
        request |= {"logprobs": True, "top_logprobs": 3}
    return llm.bind(**request)
