"""The language model: one request, one overall deadline, one more try."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import httpx
import structlog
from langchain_core.messages import AIMessage

from domain.errors import ModelError, ModelRefused
from domain.ports import ChatMessage
from domain.proposal import Proposal, Tool, Usage, Written
from tools import answers, chat_completions
from tools.answers import Unusable
from tools.chat_completions import Bound, LeanChatOpenAI, Malformed, Refused
from tools.profiles import profile_of

OPENAI_URL = "https://api.openai.com/v1"

_log = structlog.stdlib.get_logger(__name__)
_FAILURES = (httpx.RequestError, TimeoutError, Refused, Malformed, Unusable)

T = TypeVar("T")


class ChatModel:
    """`domain.ports.Model` over an endpoint that speaks Chat Completions.

    `deadline` is in seconds and holds for a whole call; with a fallback the first model gets
    `first_share` of it. Without one the model is asked again, `pause` seconds after it was busy or
    broken, and at once after a useless answer.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        fallback: str | None = None,
        base_url: str = OPENAI_URL,
        deadline: float = 8.0,
        first_share: float = 0.6,
        pause: float = 0.5,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._fallback = fallback
        self._deadline = deadline
        self._first_share = first_share if fallback else 1.0
        self._pause = pause
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(deadline, connect=min(2.0, deadline)),
            transport=transport,
        )
        self._clients: dict[str, LeanChatOpenAI] = {}
        self._bound: dict[tuple[str, tuple[Tool, ...]], Bound] = {}

    async def propose(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], *, model: str | None = None
    ) -> Proposal:
        """One request, or two when the first one fails. Raises ModelRefused, ModelError."""

        def read(message: AIMessage) -> Proposal:
            return answers.proposal(message, tools)

        proposal, spent = await self._ask(
            messages, model or self._model, lambda name: self._answering(name, tuple(tools)), read
        )
        return proposal.model_copy(update={"usage": spent})

    async def write(self, messages: Sequence[ChatMessage]) -> Written:
        """Free text under the same deadline. Raises ModelRefused, ModelError."""
        text, spent = await self._ask(messages, self._model, self._client, answers.prose)
        return Written(text=text, usage=spent)

    async def close(self) -> None:
        """Close the connections; the model cannot be used afterwards."""
        await self._http.aclose()

    async def _ask(
        self,
        messages: Sequence[ChatMessage],
        model: str,
        bound: Callable[[str], Bound],
        read: Callable[[AIMessage], T],
    ) -> tuple[T, Usage]:
        started = time.monotonic()
        spent = Usage(model=model)
        for name, until in self._attempts(model, started):
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    message = await _connected(bound(name), list(messages))
                spent = _added(spent, answers.usage(message, model=name), started)
                return read(message), spent
            except ModelRefused as refused:
                raise ModelRefused(str(refused), spent) from None
            except _FAILURES as error:
                _log.warning("model_failed", model=name, reason=_reason(error))
                if not self._fallback and not await self._worth_repeating(error, until):
                    break
        raise ModelError(f"no usable answer in {time.monotonic() - started:.1f} s", spent)

    def _attempts(self, model: str, started: float) -> Iterator[tuple[str, float]]:
        """Who is asked, and until when on the monotonic clock."""
        yield model, started + self._deadline * self._first_share
        yield self._fallback or model, started + self._deadline

    async def _worth_repeating(self, error: Exception, until: float) -> bool:
        """Whether the same model may do better now; what broke the line was tried again already."""
        if isinstance(error, Malformed | Unusable):
            return True
        if not (isinstance(error, Refused) and error.passing):
            return False
        in_time = time.monotonic() + self._pause < until
        await asyncio.sleep(self._pause if in_time else 0)
        return in_time

    def _client(self, name: str) -> LeanChatOpenAI:
        if name not in self._clients:
            self._clients[name] = chat_completions.client(name, profile_of(name), http=self._http)
        return self._clients[name]

    def _answering(self, name: str, tools: tuple[Tool, ...]) -> Bound:
        if (name, tools) not in self._bound:
            self._bound[name, tools] = chat_completions.answering(
                self._client(name), tools, logprobs=profile_of(name).logprobs
            )
        return self._bound[name, tools]


async def _connected(model: Bound, messages: list[ChatMessage]) -> AIMessage:
    """The model's message; once more when the line broke, which a provider closes when idle."""
    try:
        return await model.ainvoke(messages)
    except httpx.TimeoutException:
        raise
    except httpx.RequestError:
        return await model.ainvoke(messages)


def _added(before: Usage, now: Usage, started: float) -> Usage:
    return Usage(
        model=now.model,
        calls=before.calls + now.calls,
        input_tokens=before.input_tokens + now.input_tokens,
        cached_tokens=before.cached_tokens + now.cached_tokens,
        output_tokens=before.output_tokens + now.output_tokens,
        seconds=time.monotonic() - started,
    )


def _reason(error: Exception) -> str:
    """What failed; the text of an error that is not ours may hold an address."""
    ours = isinstance(error, Unusable | Refused | Malformed)
    return str(error) if ours else type(error).__name__
