"""From a request to a reply: a structured answer, a tool call, or plain text."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.brain.deciding import decide
from sandbox.brain.decision import Decision
from sandbox.brain.found import Found
from sandbox.brain.replying import Voice
from sandbox.brain.request import Json, as_list, as_object, read_request
from sandbox.brain.shapes import fit
from sandbox.brain.writing import write

_OURS = frozenset(("facts", "resolved", "reply"))


@dataclass(frozen=True)
class Reply:
    """`content`, or `tool` with `arguments`: never both."""

    content: str | None = None
    tool: str | None = None
    arguments: Json = field(default_factory=dict[str, Any])

    def wire(self) -> bytes:
        """What the model would have had to write, for counting tokens."""
        return (self.content or self.tool or "").encode() + json.dumps(self.arguments).encode()


def complete(request: Json) -> Reply:
    """Answer a checked Chat Completions request."""
    schema = _schema(request)
    if schema is None and not request.get("tools"):
        return Reply(write(request) or "-")
    if schema is not None and not _OURS.issubset(as_object(schema.get("properties"))):
        return Reply(_written(fit({}, schema)))
    voice, decision = decide(read_request(request))
    if decision.tool is not None:
        parameters = _parameters(request, decision.tool)
        arguments = {"facts": _facts(voice.facts), **decision.arguments}
        return Reply(tool=decision.tool, arguments=fit(arguments, parameters))
    answer = _answer(voice, decision)
    return Reply(_written(fit(answer, schema)) if schema else decision.reply)


def _answer(voice: Voice, decision: Decision) -> Json:
    return {
        "language": voice.language,
        "facts": _facts(voice.facts),
        "wants_human": decision.wants_human,
        "resolved": decision.resolved,
        "stage_done": decision.done,
        "mood": decision.mood,
        "confidence": decision.confidence,
        "reply": decision.reply,
    }


def _facts(found: tuple[Found, ...]) -> list[Json]:
    return [{"field": fact.field, "quote": fact.quote, "value": fact.value} for fact in found]


def _schema(request: Json) -> Json | None:
    given = as_object(request.get("response_format"))
    shape = as_object(given.get("json_schema"))
    return as_object(shape.get("schema")) if given.get("type") == "json_schema" else None


def _parameters(request: Json, tool: str) -> Json:
    functions = (as_object(as_object(each).get("function")) for each in as_list(request["tools"]))
    return next(as_object(each.get("parameters")) for each in functions if each.get("name") == tool)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
