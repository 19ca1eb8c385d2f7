"""What the rules take out of a request: the prompt's parts, the unread messages, the tools."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

Json = dict[str, Any]

_CONTEXT = re.compile(r"<context>(.*?)</context>", re.DOTALL)
_DOCUMENT = re.compile(r"^[-*]\s*`?([a-z0-9_-]+)`?\s*:\s*(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"\A(?:> .*\n)+")
_GAP = re.compile(r"\s{8,}")  # long gaps would make the patterns slow
_MOST_READ = 1_500
_MOST_TEXTS = 12
_RULE = re.compile(r"^[\s|:-]+$")


@dataclass(frozen=True)
class Section:
    title: str
    body: str


@dataclass(frozen=True)
class Brief:
    """One request, read.

    `business` is all that stands about it, `said` what the agent wrote last, and `result` what the
    tool `called` gave back in this turn.
    """

    context: Json = field(default_factory=dict[str, Any])
    about: str = ""
    business: str = ""
    said: str = ""
    knowledge: tuple[Section, ...] = ()
    prices: tuple[str, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
    turns: int = 0
    result: str | None = None
    called: str | None = None
    tools: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return "\n".join(self.unread)

    @property
    def opens(self) -> bool:
        """Nothing was said before: the application greets and says who writes."""
        return not (self.said or self.context.get("summary"))

    @property
    def stage(self) -> str:
        return str(self.context.get("stage") or "greeting")

    @property
    def known(self) -> Json:
        return as_object(self.context.get("known"))

    @property
    def slots(self) -> list[Json]:
        return [as_object(slot) for slot in as_list(self.context.get("offered_slots"))]

    @property
    def booking(self) -> Json:
        return as_object(self.context.get("booking"))


def as_object(value: object) -> Json:
    """The value when it is an object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """The value when it is a list, else an empty one."""
    return cast(list[object], value) if isinstance(value, list) else []


def read_request(request: Json) -> Brief:
    """Take a checked Chat Completions request apart."""
    messages = [as_object(message) for message in as_list(request.get("messages"))]
    system = "\n\n".join(content(each) for each in messages if each.get("role") in _SYSTEM)
    parts = dict(_parts(system))
    result = content(messages[-1]) if messages and messages[-1].get("role") == "tool" else None
    return Brief(
        context=_context(system),
        about=parts.get("the company", "").strip(),
        business="\n".join(parts.get(name, "") for name in _OF_THE_BUSINESS),
        said=_last_said(messages),
        knowledge=sections(parts.get("knowledge", "")),
        prices=tuple(_prices(parts.get("prices", ""))),
        documents=tuple(_DOCUMENT.findall(parts.get("documents", ""))),
        unread=_unread(messages),
        turns=len(messages),
        result=result,
        called=None if result is None else _last_call(messages),
        tools=frozenset(_tool_names(request)),
    )


_SYSTEM = ("system", "developer")
_OF_THE_BUSINESS = ("the company", "knowledge", "prices", "documents")


def content(message: Json) -> str:
    """The words of a message, whether content is a text or a list of parts."""
    given = message.get("content")
    if isinstance(given, str):
        return given
    return "\n".join(str(as_object(part).get("text") or "") for part in as_list(given))


def _context(system: str) -> Json:
    found = _CONTEXT.findall(system)
    try:
        return as_object(json.loads(found[-1])) if found else {}
    except ValueError:
        return {}


def _unread(messages: list[Json]) -> tuple[str, ...]:
    texts: list[str] = []
    for message in reversed(messages):
        if message.get("role") == "user":
            own = _QUOTED.sub("", content(message))[:_MOST_READ]
            texts += [part for part in reversed(_GAP.split(own)) if part.strip()]
        elif message.get("role") == "assistant" and not message.get("tool_calls"):
            break
    return tuple(reversed(texts[:_MOST_TEXTS]))


def _last_said(messages: list[Json]) -> str:
    spoken = (content(each) for each in reversed(messages) if each.get("role") == "assistant")
    return next((text for text in spoken if text), "")


def _last_call(messages: list[Json]) -> str | None:
    for message in reversed(messages):
        for call in as_list(message.get("tool_calls")):
            return str(as_object(as_object(call).get("function")).get("name"))
    return None


def _parts(system: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^##? ", _CONTEXT.sub("", system), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        yield title.strip().lower(), body


def sections(part: str) -> tuple[Section, ...]:
    """The headings of a Markdown text with what stands under each."""
    cut = (each.partition("\n") for each in re.split(r"^#+ ", part, flags=re.MULTILINE)[1:])
    return tuple(Section(title.strip(), body.strip()) for title, _, body in cut)


def _prices(part: str) -> Iterator[str]:
    """The rows of a Markdown table without its head, cells set apart by ' · '."""
    rows = [line.strip().strip("|") for line in part.splitlines() if "|" in line]
    for row in rows[1:]:
        if not _RULE.match(row):
            yield " · ".join(cell.strip() for cell in row.split("|") if cell.strip())


def _tool_names(request: Json) -> Iterator[str]:
    for tool in as_list(request.get("tools")):
        yield str(as_object(as_object(tool).get("function")).get("name"))
