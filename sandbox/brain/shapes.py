"""Makes a value that a strict JSON schema takes, from what is at hand."""

import math
from typing import Any, cast

from sandbox.brain.request import Json, as_list, as_object

_DEEPEST = 12
_EMPTY: dict[str, object] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "null": None,
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),), "object": (dict,), "array": (list,),
}  # fmt: skip


def fit(value: object, schema: Json, root: Json | None = None, *, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """The value where the schema takes it, plausible defaults where it does not."""
    root = schema if root is None else root
    schema = _resolved(schema, root)
    if depth > _DEEPEST:
        return None
    if options := as_list(schema.get("enum")) or [schema[key] for key in schema if key == "const"]:
        return value if value in options else options[0]
    if choices := as_list(schema.get("anyOf")):
        return fit(value, _best(value, choices, root), root, depth=depth + 1)
    kind = _kind(value, schema)
    if kind == "object":
        given = as_object(value)
        return {
            name: fit(given.get(name), as_object(part), root, depth=depth + 1)
            for name, part in as_object(schema.get("properties")).items()
        }
    if kind == "array":
        return _array(value, schema, root, depth)
    return _scalar(value, schema, kind)


def _resolved(schema: Json, root: Json) -> Json:
    seen = 0
    while "$ref" in schema and seen < _DEEPEST:
        target: object = root
        for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
            target = as_object(target).get(step) if step else target
        schema, seen = as_object(target), seen + 1
    return schema


def _kind(value: object, schema: Json) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        named = [str(kind) for kind in cast(list[object], kinds)]
        return next((kind for kind in named if _is(value, kind)), named[0] if named else "null")
    return str(kinds or "string")


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, ()))


def _best(value: object, choices: list[object], root: Json) -> Json:
    resolved = [_resolved(as_object(choice), root) for choice in choices]
    return next((each for each in resolved if _is(value, _kind(value, each))), resolved[0])


def _array(value: object, schema: Json, root: Json, depth: int) -> list[Any]:
    items = as_object(schema.get("items"))
    given = as_list(value)[: schema.get("maxItems")]
    given += [None] * (int(schema.get("minItems") or 0) - len(given))
    return [fit(each, items, root, depth=depth + 1) for each in given]


def _scalar(value: object, schema: Json, kind: str) -> object:
    if not _is(value, kind):
        value = _EMPTY.get(kind)
    if isinstance(value, int | float) and not isinstance(value, bool):
        lowest, highest = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
        return min(max(value, lowest), highest)
    return value
