"""An OpenAI-compatible model endpoint on loopback: rule-based, not a language model.

`python -m sandbox.model_api --port 8081` runs it alone. It reads nothing but the request, and every
answer says what it is: in `system_fingerprint`, in `metadata` and in a header.
"""

import asyncio
import math
import random
from dataclasses import dataclass
from typing import cast

import click
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.brain import Reply, complete
from sandbox.model_request import check
from sandbox.model_schema import BadRequest, Json

NOTICE = "rule-based stand-in, not a language model"
MODEL = "vendedor-rules"
_CREATED = 1_750_000_000
_BYTES_PER_TOKEN = 4
_LARGEST_BODY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Pace:
    """How slow and how unreliable the endpoint pretends to be; the same seed, the same run.

    Times in seconds: log-normal to the first token, then constant per token. Rates from 0 to 1.
    """

    first_token: float = 0.0
    spread: float = 0.4
    tokens_per_second: float = math.inf
    rate_limited: float = 0.0
    failing: float = 0.0
    stalled: float = 0.0
    stall: float = 30.0
    seed: int = 0


def create_app(pace: Pace | None = None) -> Starlette:
    """The endpoint; each app counts and draws by itself."""
    endpoint = _Endpoint(pace or Pace())
    return Starlette(
        routes=[
            Route("/v1/chat/completions", endpoint.completions, methods=["POST"]),
            Route("/v1/models", _models),
            Route("/health", _health),
        ]
    )


class _Endpoint:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._random = random.Random(pace.seed)  # noqa: S311 - no secret, repeatable runs
        self._count = 0

    async def completions(self, request: Request) -> Response:
        if not _authorized(request):
            return _error(401, "You didn't provide an API key.", code="invalid_api_key")
        try:
            body = check(await _json(request))
        except BadRequest as error:
            return _error(400, str(error), param=error.param, code=error.code)
        if failure := await self._misfortune():
            return failure
        self._count += 1
        completion = _completion(body, complete(body), self._count)
        await self._linger(completion["usage"]["completion_tokens"])
        return JSONResponse(completion, headers={"x-stand-in": NOTICE})

    async def _misfortune(self) -> Response | None:
        draw, pace = self._random.random(), self._pace
        if draw < pace.rate_limited:
            return _error(429, "Rate limit reached.", kind="requests", code="rate_limit_exceeded")
        if draw < pace.rate_limited + pace.failing:
            return _error(500, "The server had an error.", kind="server_error")
        if draw < pace.rate_limited + pace.failing + pace.stalled:
            await asyncio.sleep(pace.stall)
        return None

    async def _linger(self, tokens: int) -> None:
        pace = self._pace
        if not pace.first_token:
            return
        first = self._random.lognormvariate(math.log(pace.first_token), pace.spread)
        await asyncio.sleep(first + tokens / pace.tokens_per_second)


async def _json(request: Request) -> object:
    if int(request.headers.get("content-length") or 0) > _LARGEST_BODY:
        raise BadRequest("The request is too large.")
    try:
        return cast(object, orjson.loads(await request.body()))
    except orjson.JSONDecodeError:
        raise BadRequest("We could not parse the JSON body of your request.") from None


def _authorized(request: Request) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and bool(key.strip())


async def _models(request: Request) -> Response:
    if not _authorized(request):
        return _error(401, "You didn't provide an API key.", code="invalid_api_key")
    model = {"id": MODEL, "object": "model", "created": _CREATED, "owned_by": NOTICE}
    return JSONResponse({"object": "list", "data": [model]})


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "kind": NOTICE})


def _error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> Response:
    """OpenAI's error shape."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status, headers={"x-stand-in": NOTICE})


def _completion(body: Json, reply: Reply, number: int) -> Json:
    read, written = _tokens(orjson.dumps(body["messages"])), _tokens(reply.wire())
    return {
        "id": f"chatcmpl-rules-{number}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": MODEL,
        "system_fingerprint": NOTICE,
        "metadata": {"kind": NOTICE, "requested_model": body["model"]},
        "choices": [_choice(reply, number)],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _choice(reply: Reply, number: int) -> Json:
    message: Json = {"role": "assistant", "content": reply.content, "refusal": None}
    if reply.tool:
        function = {"name": reply.tool, "arguments": orjson.dumps(reply.arguments).decode()}
        message["tool_calls"] = [
            {"id": f"call_rules_{number}", "type": "function", "function": function}
        ]
    return {
        "index": 0,
        "message": message,
        "logprobs": None,  # rules have none
        "finish_reason": "tool_calls" if reply.tool else "stop",
    }


def _tokens(data: bytes) -> int:
    return math.ceil(len(data) / _BYTES_PER_TOKEN)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8081, show_default=True)
@click.option("--first-token", default=0.0, help="Median seconds to the first token.")
@click.option("--tokens-per-second", default=math.inf, help="Speed after the first token.")
@click.option("--seed", default=0, help="Seed of the pretended latency.")
def main(host: str, port: int, first_token: float, tokens_per_second: float, seed: int) -> None:
    """Run the rule-based model endpoint."""
    pace = Pace(first_token=first_token, tokens_per_second=tokens_per_second, seed=seed)
    click.echo(f"{NOTICE}: http://{host}:{port}/v1")
    uvicorn.run(create_app(pace), host=host, port=port, log_level="warning")


if __name__ == "__main__":
    main()
