"""Puts the answer into words: what was understood, then the one open question."""

import re
import zlib
from dataclasses import dataclass

from domain.values import Language
from sandbox.brain.facts import ASKED, BANT, missing
from sandbox.brain.found import Found
from sandbox.brain.phrases import OR, PHRASES
from sandbox.brain.request import Brief, Json, as_object
from sandbox.brain.words import pick

_MOST_SLOTS = 3
_NAMED_EVERY = 3


@dataclass(frozen=True)
class Voice:
    """Speaks one language about one request."""

    brief: Brief
    language: Language
    facts: tuple[Found, ...]

    def say(self, key: str, *, again: int | None = None, **values: str) -> str:
        """A phrase, the same for the same request. `again`: how often it was asked before."""
        options = PHRASES[self.language][key]
        if again is not None:  # the last way of asking leaves it open to decline
            options = options[-1:] if again and not self._just_said(options[-1]) else options[:2]
        fresh = tuple(option for option in options if not self._just_said(option)) or options
        phrase = pick(fresh, key, self.brief.text, self.brief.turns)
        return phrase.format_map({"name": self._named(), "company": self._company(), **values})

    def with_question(self, *said: str) -> str:
        """What was said, then the open question."""
        return " ".join(part for part in (*said, self.question()) if part)

    def alone(self, *said: str) -> str:
        """What was said and no question."""
        return " ".join(part for part in said if part)

    def question(self) -> str:
        """The next thing to find out, in this stage or, when it is complete, in the next one."""
        if self.brief.stage == "handoff" or self.brief.context.get("opted_out"):
            return ""
        if self.brief.stage in ASKED:
            left = self.left()
            if left == ("name", "intent"):
                return self.say("name+intent")
            if left := left or self._left_of_bant():
                return self._ask(left[0])
        return "" if self.brief.booking else self.offer()

    def left(self) -> tuple[str, ...]:
        """What the stage still misses once this turn's facts are taken."""
        found = {fact.field for fact in self.facts}
        return tuple(field for field in missing(self.brief) if field not in found)

    def _left_of_bant(self) -> tuple[str, ...]:
        if self.brief.stage == "qualification":
            return ()
        found = {fact.field for fact in self.facts} | set(self.brief.known)
        return tuple(field for field in BANT if field not in found)

    def _ask(self, field: str) -> str:
        times = as_object(self.brief.context.get("asked")).get(field)
        key = field if field in PHRASES[self.language] else "other"
        return self.say(key, again=times if isinstance(times, int) else 0)

    def offer(self) -> str:
        """On to the call. The application lists the times, so no hour is said in words."""
        if self.brief.stage != "scheduling":
            return self.say("offer")
        return self.say("which" if self.brief.slots else "ask_day")

    def listed(self, slots: list[Json]) -> str:
        """'A, B or C'."""
        times = [str(slot.get("when") or slot.get("start") or "") for slot in slots]
        times = [time for time in times if time][:_MOST_SLOTS]
        *others, last = times or [""]
        return f"{', '.join(others)} {OR[self.language]} {last}" if others else last

    def just_said(self, key: str) -> bool:
        """The agent's last words hold the phrase, in any of its ways."""
        return any(map(self._just_said, PHRASES[self.language][key]))

    def _just_said(self, option: str) -> bool:
        """The agent's last words hold this phrase, with or without a name in it."""
        pieces = re.split(r"\{\w+\}", option)
        return any(pieces) and all(piece in self.brief.said for piece in pieces)

    def _company(self) -> str:
        return str(self.brief.context.get("company") or "Vendedor")

    def _named(self) -> str:
        """', Ana' when she has just said it, and now and then later."""
        new = next((fact.value for fact in self.facts if fact.field == "name"), None)
        name = new or self.brief.known.get("name")
        often = zlib.crc32(self.brief.text.encode("utf-8", "replace")) % _NAMED_EVERY == 0
        return f", {str(name).split()[0]}" if name and str(name).split() and (new or often) else ""
