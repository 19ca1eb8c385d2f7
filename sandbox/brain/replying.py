"""Puts the answer into words: what was understood, then the one open question."""

import zlib
from dataclasses import dataclass

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
    language: str
    facts: tuple[Found, ...]

    def say(self, key: str, *, again: int | None = None, **values: str) -> str:
        """A phrase, the same for the same request. `again`: how often it was asked before."""
        options = PHRASES[self.language][key]
        if again is None:
            phrase = pick(options, key, self.brief.text, self.brief.turns)
        else:  # the last way of asking leaves it open to decline
            phrase = options[-1] if again else pick(options[:2], key, self.brief.text)
        company = str(self.brief.context.get("company") or "Vendedor")
        return phrase.format_map({"name": self._named(), "company": company, **values})

    def with_question(self, *said: str) -> str:
        """What was said, then the open question."""
        return " ".join(part for part in (self._notice(said), *said, self.question()) if part)

    def alone(self, *said: str) -> str:
        """What was said and no question."""
        return " ".join(part for part in (self._notice(said), *said) if part)

    def question(self) -> str:
        """The next thing to find out, in this stage or, when it is complete, in the next one."""
        if self.brief.stage == "handoff":
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

    def _notice(self, said: tuple[str, ...]) -> str:
        """That the lead writes with an assistant, said once, at the beginning."""
        due = self.brief.context.get("assistant_notice_due") is True
        virtual = PHRASES[self.language]["virtual"]
        already = any(
            part in {each.format_map({"company": self._company()}) for each in virtual}
            for part in said
        )
        return self.say("notice") if due and not already else ""

    def _company(self) -> str:
        return str(self.brief.context.get("company") or "Vendedor")

    def _named(self) -> str:
        """', Ana' when she has just said it, and now and then later."""
        new = next((fact.value for fact in self.facts if fact.field == "name"), None)
        name = new or self.brief.known.get("name")
        often = zlib.crc32(self.brief.text.encode("utf-8", "replace")) % _NAMED_EVERY == 0
        return f", {str(name).split()[0]}" if name and str(name).split() and (new or often) else ""
