"""What to do about the unread messages: the first rule that applies decides."""

from collections.abc import Callable
from dataclasses import replace

from sandbox.brain.decision import ANSWERED, LOST, UNKNOWN, Decision
from sandbox.brain.facts import ASKED, facts
from sandbox.brain.found import Found
from sandbox.brain.knowing import about, asks_for_price, document, listed, lookup, prices
from sandbox.brain.language import language_to_answer_in
from sandbox.brain.moods import mood
from sandbox.brain.needs import asked_for
from sandbox.brain.replying import Voice
from sandbox.brain.request import Brief, Section, sections
from sandbox.brain.scheduling import arrange, times_found
from sandbox.brain.topics import means_something, on_topic
from sandbox.brain.wishes import wishes
from sandbox.brain.words import gibberish, short

Rule = Callable[[Voice, frozenset[str]], Decision | None]


def decide(brief: Brief) -> tuple[Voice, Decision]:
    """The decision, with the voice that holds language and facts."""
    company = brief.about or " ".join(section.body for section in brief.knowledge)
    language = language_to_answer_in(brief.text, brief.context.get("language"), company)
    voice = Voice(brief, language, facts(brief, language))
    wished = wishes(brief.text)
    for rule in _RULES:
        if decision := rule(voice, wished):
            return _with_extra(voice, decision)
    return voice, _lost(voice)


def _with_extra(voice: Voice, decision: Decision) -> tuple[Voice, Decision]:
    voice = replace(voice, facts=voice.facts + decision.extra)
    finished = voice.brief.stage in ASKED and not voice.left()
    return voice, replace(decision, done=decision.done or finished)


def _after_tool(voice: Voice, wished: frozenset[str]) -> Decision | None:
    brief = voice.brief
    if brief.result is None:
        return None
    if brief.called == "find_slots":
        return times_found(voice)
    if brief.called == "search_knowledge":
        text = lookup(
            sections(brief.result) or (Section("", brief.result),), brief.text, voice.language
        )
        return _told(voice, _in_our_words(voice, text)) if text else _no_answer(voice)
    return Decision(voice.with_question(voice.say("ok"))) if "human" not in wished else None


def _human(voice: Voice, wished: frozenset[str]) -> Decision | None:
    if "human" not in wished:
        return None
    return Decision(voice.alone(voice.say("human")), wants_human=True)


def _command(voice: Voice, wished: frozenset[str]) -> Decision | None:
    """Whoever gives the agent orders is not obeyed, and not believed either."""
    return _lost(voice) if "command" in wished else None


def _speaks(voice: Voice, wished: frozenset[str]) -> Decision | None:
    if "speaks" not in wished or voice.brief.text.count("?") > 1:
        return None
    return Decision(voice.with_question(voice.say("speaks")))


def _in_a_mood(voice: Voice, wished: frozenset[str]) -> Decision | None:
    """Whoever wants to be left alone is asked nothing."""
    del wished
    found = mood(voice.brief.unread[-1]) if voice.brief.unread else "usual"
    return None if found == "usual" else Decision(voice.alone(voice.say(found)), mood=found)


def _no_call_yet(voice: Voice, wished: frozenset[str]) -> Decision | None:
    if "refuses_the_call" not in wished or voice.brief.stage not in ASKED:
        return None
    return Decision(voice.with_question(voice.say("no_call_yet")))


def _who(voice: Voice, wished: frozenset[str]) -> Decision | None:
    if "who" not in wished:
        return None
    return Decision(voice.with_question(voice.say("virtual")))


def _document(voice: Voice, wished: frozenset[str]) -> Decision | None:
    brief = voice.brief
    if "paper" not in wished and (
        "document" not in wished or not ("sending" in wished or not voice.facts)
    ):
        return None
    found = listed(brief, brief.text) if "paper" in wished else document(brief, brief.text)
    if found is None:
        return _not_listed(voice) if "paper" in wished else None
    if "send_document" not in brief.tools:
        return Decision(voice.with_question(voice.say("no_document")), confidence=ANSWERED)
    reply = voice.with_question(voice.say("document"))
    return Decision(tool="send_document", arguments={"document_id": found, "reply": reply})


def _not_listed(voice: Voice) -> Decision:
    return Decision(voice.with_question(voice.say("not_listed")), confidence=ANSWERED)


def _question(voice: Voice, wished: frozenset[str]) -> Decision | None:
    brief = voice.brief
    if "question" not in wished and not asks_for_price(brief.text):
        return None
    rows = prices(brief, brief.text) if asks_for_price(brief.text) else None
    if rows and "budget" not in {fact.field for fact in voice.facts}:
        return _told(voice, voice.say("prices", text=rows))
    if "question" in wished and (
        text := lookup(brief.knowledge, brief.text, voice.language)
        or about(brief, brief.text, voice.language)
    ):
        return _told(voice, _in_our_words(voice, text))
    if voice.facts or "question" not in wished:
        return None
    if "search_knowledge" in brief.tools and not gibberish(brief.text):
        return Decision(tool="search_knowledge", arguments={"query": short(brief.text)})
    return _no_answer(voice)


def _in_our_words(voice: Voice, text: str) -> str:
    foreign = language_to_answer_in(text, voice.language, "") != voice.language
    return voice.say("foreign" if foreign else "answer", text=text)


def _told(voice: Voice, text: str | None) -> Decision:
    extra = _asked_about(voice)
    speaking = replace(voice, facts=voice.facts + extra)
    return Decision(speaking.with_question(text or ""), confidence=ANSWERED, extra=extra)


def _asked_about(voice: Voice) -> tuple[Found, ...]:
    """Whoever greets with a question has said what he is interested in."""
    if voice.brief.stage != "greeting" or "intent" not in voice.left() or not voice.brief.unread:
        return ()
    wanted = asked_for(voice.brief.unread[-1])
    return (wanted,) if wanted and on_topic(voice.brief, str(wanted.value)) else ()


def _no_answer(voice: Voice) -> Decision:
    if extra := _asked_about(voice):
        speaking = replace(voice, facts=voice.facts + extra)
        return Decision(speaking.with_question(voice.say("noted")), extra=extra)
    reply = voice.with_question(voice.say("unknown_answer"))
    return Decision(reply, resolved=False, confidence=UNKNOWN)


def _stated(voice: Voice, wished: frozenset[str]) -> Decision | None:
    """New facts: say thanks and ask for the next one."""
    if not voice.facts:
        return None
    corrected = any(fact.field in voice.brief.known for fact in voice.facts)
    declined = all(fact.value is None for fact in voice.facts)
    key = "declined" if declined else "corrected" if corrected else "thanks_for_fact"
    if key == "thanks_for_fact" and any(fact.field == "need" for fact in voice.facts):
        key = "noted"  # a trouble is nothing to call perfect
    if "greeting" in wished and not voice.brief.opens:
        key = "hello"
    return Decision(voice.with_question(voice.say(key)))


def _small_talk(voice: Voice, wished: frozenset[str]) -> Decision | None:
    if "bye" in wished:
        return Decision(voice.alone(voice.say("bye")))
    if "greeting" in wished:
        key = "first" if voice.brief.opens else "hello"
        return Decision(voice.with_question(voice.say(key)))
    if "thanks" in wished:
        return Decision(_and_the_call(voice, "welcome"))
    if "yes" in wished:
        return Decision(_and_the_call(voice, "ok"))
    return Decision(voice.with_question(voice.say("declined"))) if "no" in wished else None


def _noted(voice: Voice, wished: frozenset[str]) -> Decision | None:
    """On topic, but nothing new: the lead is heard, and the open question comes back."""
    if "question" in wished or not means_something(voice.brief, voice.brief.text):
        return None
    return Decision(voice.with_question(voice.say("noted")), confidence=ANSWERED)


def _and_the_call(voice: Voice, key: str) -> str:
    if voice.brief.booking:
        return voice.alone(voice.say(key), voice.say("booked"))
    if voice.just_said("no_call"):
        return voice.alone(voice.say(key))
    return voice.with_question(voice.say(key))


def _lost(voice: Voice) -> Decision:
    reply = voice.alone(voice.say("not_understood"))
    return Decision(reply, resolved=False, confidence=LOST)


_RULES: tuple[Rule, ...] = (
    _after_tool, _command, _human, _in_a_mood, _who, _speaks, arrange, _no_call_yet, _document,
    _question, _stated, _small_talk, _noted,
)  # fmt: skip
