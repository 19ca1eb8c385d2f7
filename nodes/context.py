"""What the model reads: the stage's prompt, what is known, and the messages not yet summarised.

The stable part comes first, so that the provider's prompt cache can serve it. The size stays flat
however long the conversation gets: the summary replaces what is older than the last messages.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import orjson
from langchain_core.messages import AIMessage, BaseMessage

from domain.business import Business
from domain.leaks import Windows, windows
from domain.messages import Inbound, heard
from domain.ports import ChatMessage
from domain.stages import Stage, missing
from domain.turn import Summary
from domain.values import Language
from domain.wording import moment
from nodes.state import Talk

LAST_MESSAGES = 6
"""At least this many messages go to the model, also those that the summary covers."""

_QUOTED_CHARS = 200

KNOWLEDGE_CHARS = 8_000
"""A knowledge folder up to this size stands in the prompt; a larger one is searched."""


def prompt(name: str, business: Business, **values: str) -> str:
    """A prompt file, filled in."""
    text = files("nodes.prompts").joinpath(f"{name}.md").read_text("utf-8")
    return Template(text).substitute(_company(business), **values)


def instructions(stage: Stage, business: Business) -> str:
    """The stable part of a stage's prompt: company, rules, task."""
    return f"{prompt('company', business)}\n{prompt(stage, business)}"


@cache
def confidential() -> Windows:
    """What every prompt says to the model, which no lead is to read."""
    files_ = sorted(files("nodes.prompts").iterdir(), key=lambda file: file.name)
    return windows("\n".join(file.read_text("utf-8") for file in files_ if file.name[-3:] == ".md"))


def small_enough(business: Business) -> bool:
    """Whether all the knowledge fits into the prompt."""
    return sum(len(section.body) for section in business.knowledge) <= KNOWLEDGE_CHARS


def request(
    system: str,
    talk: Talk,
    business: Business,
    *,
    language: Language,
    now: datetime,
    zone_sure: bool = True,
) -> list[ChatMessage]:
    """All messages of one model call, in the Chat Completions shape.

    `now` is the lead's clock.
    """
    known = _known(talk, business, language, now) | {"zone_sure": zone_sure}
    # escaped, so that no words of a lead can close the tag
    written = orjson.dumps(known).decode().replace("<", "\\u003c")
    window = recent(talk.messages, talk.memory.summary)
    return [
        {"role": "system", "content": system},
        {"role": "system", "content": f"<context>{written}</context>"},
        *({"role": _role(message), "content": message.text} for message in window),
        *({"role": "user", "content": _quoting(m, talk.messages)} for m in talk.batch.messages),
    ]


def recent(messages: Sequence[BaseMessage], summary: Summary | None) -> Sequence[BaseMessage]:
    """The messages that the summary does not cover, at least the last six."""
    covered = [i for i, message in enumerate(messages) if summary and message.id == summary.upto]
    start = covered[-1] + 1 if covered else 0
    return messages[min(start, max(0, len(messages) - LAST_MESSAGES)) :]


def _known(talk: Talk, business: Business, language: Language, now: datetime) -> dict[str, Any]:
    booking = talk.memory.booking
    return {
        "stage": talk.stage,
        "company": business.company,
        "language": language,
        "profile_name": talk.memory.profile_name,
        "came_from_ad": talk.memory.referral,
        "known": {fact.field: fact.value for fact in talk.facts.values()},
        "missing": missing(talk.stage, talk.facts, talk.asked),
        "asked": dict(talk.asked),
        "offered_slots": [
            {"id": slot.id, "seen": slot in talk.shown} | _when(slot.start, now, language)
            for slot in talk.offered
        ],
        "booking": booking and _when(booking.start, now, language),
        "colleague_said": talk.memory.rep_said,
        "sent_meanwhile": talk.memory.told,
        "opted_out": talk.memory.opted_out,
        "summary": talk.memory.summary and talk.memory.summary.text,
        "now": now.strftime(f"%A %Y-%m-%d %H:%M ({now.tzinfo})"),
        "timezone": str(now.tzinfo),
    }


def _when(start: datetime, now: datetime, language: Language) -> dict[str, Any]:
    """A time in words and as the lead's clock shows it."""
    when = moment(start, str(now.tzinfo), language)
    return {"when": when, "start": start.astimezone(now.tzinfo)}


def _role(message: BaseMessage) -> str:
    return "assistant" if isinstance(message, AIMessage) else "user"


def _quoting(message: Inbound, earlier: Sequence[BaseMessage]) -> str:
    """The message under the words that it replies to, on one line: only his own stand below."""
    inside = (m.text for m in earlier if message.quoted and m.id == message.quoted)
    quoted = " ".join((message.quoted_text or next(inside, "")).split())
    if len(quoted) > _QUOTED_CHARS:
        # the first reply begins with a notice, a list of times with its question
        half = _QUOTED_CHARS // 2
        quoted = f"{quoted[:half]} … {quoted[-half:]}"
    said = heard(message)
    return f"> {quoted}\n{said}" if quoted else said


def _company(business: Business) -> dict[str, str]:
    knowledge = [f"### {section.title}\n{section.body}" for section in business.knowledge]
    titles = [f"- {section.title}" for section in business.knowledge]
    searched = "Look these up with `search_knowledge`:\n" + "\n".join(titles)
    return {
        "company": business.company,
        "about": business.about,
        "tone": business.tone,
        "knowledge": "\n\n".join(knowledge) if small_enough(business) else searched,
        "prices": "\n".join(
            ["| item | amount | unit |", "| --- | --- | --- |"]
            + [f"| {p.item} | {p.amount} {p.currency} | {p.unit} |" for p in business.prices]
        ),
        "documents": "\n".join(f"- {d.id}: {d.title} - {d.about}" for d in business.documents),
        "links": "\n".join([*business.links, f"{business.privacy_url} (how we look after data)"]),
    }
