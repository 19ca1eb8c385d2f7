"""Plain text on request, for a summary or a brief: the weightiest sentences of what was given."""

import re

from sandbox.brain.request import Json, as_list, as_object, content

_MOST = 5
_LONGEST = 500
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SAYS_MUCH = re.compile(
    r"\d|@|€|\$|presupuesto|budget|orcamento|busc|quier|quer|want|need|necesit|precis|decid|"
    r"llam|name|nome|nombre",
    re.IGNORECASE,
)


def write(request: Json) -> str:
    """A few sentences taken from the given text, in its order, newest kept when there are many."""
    lines = [line for text in _material(request) for line in _lines(text)]
    weighty = [line for line in lines if _SAYS_MUCH.search(line)] or lines
    text = " ".join(dict.fromkeys(weighty[-_MOST:]))
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] or text[:_LONGEST]


def _material(request: Json) -> list[str]:
    """What users and assistants wrote; instructions only when there is nothing else."""
    messages = [as_object(message) for message in as_list(request.get("messages"))]
    spoken = [content(each) for each in messages if each.get("role") in ("user", "assistant")]
    return [text for text in spoken if text.strip()] or [content(each) for each in messages] or [""]


def _lines(text: str) -> list[str]:
    parts = (part.strip(" -•*#\t") for part in _SENTENCE.split(text))
    sentences = (part for part in parts if any(char.isalnum() for char in part))
    return [part if part[-1] in ".!?…:" else f"{part}." for part in sentences]
