"""Reading fields of a request's JSON as strictly as the Graph API does."""

from collections.abc import Collection
from typing import Any, cast
from urllib.parse import urlsplit

from domain.values import Plain
from sandbox.graph_errors import GraphFault, invalid, missing


def json_object(parent: Plain, name: str, path: str = "") -> Plain:
    """A required JSON object. Raises GraphFault 100."""
    value = required(parent, name, path)
    if not isinstance(value, dict):
        raise GraphFault(100, f"Param {join(path, name)} must be a JSON object.")
    return cast("Plain", value)


def objects(parent: Plain, name: str, path: str = "") -> list[Plain]:
    """A required array of objects, at least one. Raises GraphFault 100 or 131009."""
    value = required(parent, name, path)
    if not isinstance(value, list):
        raise GraphFault(100, f"Param {join(path, name)} must be an array.")
    items = cast("list[Any]", value)
    if not items:
        raise invalid(f"{join(path, name)} must not be empty")
    if not all(isinstance(item, dict) for item in items):
        raise GraphFault(100, f"Param {join(path, name)} must be an array of JSON objects.")
    return items


def text(parent: Plain, name: str, limit: int, path: str = "") -> str:
    """A required text of 1 to `limit` characters. Raises GraphFault 100 or 131009."""
    value = required(parent, name, path)
    if not isinstance(value, str):
        raise GraphFault(100, f"Param {join(path, name)} must be a string.")
    if not value.strip():
        raise missing(join(path, name))
    if len(value) > limit:
        raise invalid(
            f"{join(path, name)} is too long: length {len(value)}, maximum length {limit}"
        )
    return value


def optional_text(parent: Plain, name: str, limit: int, path: str = "") -> str | None:
    """As `text`, and None when the field is absent or empty."""
    return text(parent, name, limit, path) if parent.get(name) not in (None, "") else None


def required(parent: Plain, name: str, path: str = "") -> object:
    """A field that must be there. Raises GraphFault 100."""
    value: object = parent.get(name)
    if value is None:
        raise missing(join(path, name))
    return value


def only(parent: Plain, allowed: Collection[str], path: str) -> None:
    """Raises GraphFault 100 for a field that Meta does not know."""
    for name in parent:
        if name not in allowed:
            raise GraphFault(100, f'Unexpected key "{name}" on param "{path}".')


def one_of(parent: Plain, name: str, allowed: Collection[str], path: str = "") -> str:
    """A required word out of a fixed set. Raises GraphFault 100 or 131009."""
    value = text(parent, name, 100, path)
    if value not in allowed:
        raise invalid(f"{join(path, name)} must be one of {{{', '.join(sorted(allowed))}}}")
    return value


def degrees(parent: Plain, name: str, limit: float, path: str = "") -> float:
    """A required angle between -limit and limit, as a number or as text. Raises GraphFault."""
    value = required(parent, name, path)
    try:
        angle = float(str(value))
    except ValueError:
        raise invalid(f"{join(path, name)} must be a number") from None
    if not -limit <= angle <= limit:
        raise invalid(f"{join(path, name)} must be between -{limit:g} and {limit:g}")
    return angle


def unique(values: list[str], what: str) -> None:
    """Raises GraphFault 131009 when a value stands twice."""
    if len(set(values)) < len(values):
        raise invalid(f"Duplicated {what}: each must be unique within the message")


def link(parent: Plain, name: str, path: str = "") -> str:
    """A required http(s) address. Raises GraphFault 100."""
    value = text(parent, name, 2048, path)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise GraphFault(100, f"Param {join(path, name)} is not a valid URI.")
    return value


def join(path: str, name: str) -> str:
    """The way Meta names a nested parameter: interactive['body']['text']."""
    return f"{path}['{name}']" if path else name
