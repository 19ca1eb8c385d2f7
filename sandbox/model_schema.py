"""Strict mode of structured outputs: which JSON schemas the endpoint takes.

Source: developers.openai.com/api/docs, "Structured model outputs", supported schemas.
"""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]


class BadRequest(Exception):
    """What the endpoint answers 400 to. `param` names the field, `code` is OpenAI's error code."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


def check_strict_schema(schema: object, name: str, param: str) -> None:
    """Objects with every property required and none additional, at every depth."""
    if not isinstance(schema, dict) or cast(Json, schema).get("type") != "object":
        raise BadRequest(f"Invalid schema for '{name}': its type must be 'object'.", param, _SCHEMA)
    for part in _parts(cast(Json, schema)):
        if problem := _problem(part):
            raise BadRequest(f"Invalid schema for '{name}': {problem}.", param, _SCHEMA)


_SCHEMA = "invalid_schema"


def _problem(part: Json) -> str | None:
    if "$ref" in part and len(part) > 1:
        return "$ref cannot have keywords"
    if part.get("type") != "object":
        return None
    if part.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false"
    required = part.get("required")
    properties = part.get("properties", {})
    if not isinstance(required, list) or not isinstance(properties, dict):
        return "'properties' must be an object and 'required' an array"
    if {str(key) for key in cast(list[object], required)} != set(cast(Json, properties)):
        return "'required' is required to be an array including every key in properties"
    return None


def _parts(schema: object) -> Iterator[Json]:
    """The schema and every schema inside it."""
    if not isinstance(schema, dict):
        return
    part = cast(Json, schema)
    yield part
    inner: list[object] = [part.get("items")]
    for key in ("properties", "$defs"):
        inner += cast(Json, part[key]).values() if isinstance(part.get(key), dict) else []
    for key in ("anyOf", "prefixItems"):
        inner += cast(list[object], part[key]) if isinstance(part.get(key), list) else []
    for each in inner:
        yield from _parts(each)
