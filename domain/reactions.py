"""When a reaction is an answer. Most are a courtesy: they are recorded, and nobody answers them.

A thumbs up on the last message of the conversation is a yes, if that message is the agent's and
leaves exactly one thing to say yes to: the only time on offer, or what its last sentence offers.
Whatever else it could mean is not guessed.
"""

import re
from collections.abc import Mapping, Sequence

from domain.messages import Button, Buttons, Inbound, Quote, Text
from domain.offers import MORE, SLOT
from domain.values import Language
from domain.wording import say

_THUMBS_UP = "\N{THUMBS UP SIGN}"
_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_OFFERS = re.compile(
    r"[¿\s]*(?:(?:y|e|and|so|entonces|ent[aã]o|bueno|ok|okay),?\s+)*(?:"
    # Spanish
    r"(?:te |le )?(?:quieres|quiere|quer[eé]s|gustar[ií]a|parece|sirve|(?:va|queda|viene) bien)"
    r"|(?:(?:te|le|lo|la|se) ){0,2}(?:agend|reserv|confirm|env[ií]|mand|busc|prob)(?:o|amos)"
    r"|seguimos|puedo (?:enviar|mandar|agendar|reservar)|es correcto|est[aá] bien"
    # English
    r"|would you like|do you want|sh(?:all|ould) (?:i|we)|(?:does|is|would) th(?:at|is)"
    r"|sounds good|are you interested|can i (?:send|book)|may i (?:send|book)"
    # Portuguese
    r"|quer|gostaria|posso (?:te )?(?:enviar|mandar|marcar|agendar|reservar)|(?:marc|agend)amos"
    r"|vamos (?:marcar|agendar|achar|continuar)|pode ser|fica bom|serve|est[aá] certo|tudo bem"
    r")\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:o|u|or|ou|qu[eé] (?:d[ií]a|hora|hor[aá]rio)|cu[aá](?:l|nd|nt)\w*|c[oó]mo|what|which|"
    r"when|how|where|qual|quais|quando|quant\w+)\b|/",
    re.IGNORECASE,
)
_LAST_QUESTION = re.compile(r"(?:^|[.!\n…])([^.!?\n…]+)\?\W*$")


def with_yes(
    messages: Sequence[Inbound], quotes: Mapping[str, Quote], language: Language
) -> tuple[Inbound, ...]:
    """The messages, with a reaction that is a yes as the tap or the word that it stands for.

    `quotes` are the messages that were reacted to, by `Inbound.quoted`. The last reaction to a
    message holds. Beside words of the lead a reaction stays one: the words say what he means.
    """
    if any(message.kind != "reaction" for message in messages):
        return tuple(messages)
    last = next((m for m in reversed(messages) if _of(m, quotes).latest), None)
    if last is None or not is_yes(last.text):
        return tuple(messages)
    return tuple(_meant(m, _of(m, quotes), language) if m is last else m for m in messages)


def is_yes(emoji: str) -> bool:
    """Whether an emoji is a thumbs up, in any skin tone; a heart is kind, but no yes."""
    return _TONES.sub("", emoji) == _THUMBS_UP


def offers_one_thing(text: str) -> bool:
    """Whether a text ends with its only question, and that one offers something without a choice.

    A question that asks the lead to tell something is none: "yes" would not answer it.
    """
    found = _LAST_QUESTION.search(text)
    if found is None or text.count("?") > 1:
        return False
    return bool(_OFFERS.match(found[1])) and not _SEVERAL.search(found[1])


def _of(reaction: Inbound, quotes: Mapping[str, Quote]) -> Quote:
    return quotes.get(reaction.quoted or "", Quote())


def _meant(reaction: Inbound, quote: Quote, language: Language) -> Inbound:
    match quote.sent:
        case Buttons(body=body, buttons=buttons) if button := _only_time(body, buttons):
            meant = {"kind": "choice", "text": _with(reaction, button.title), "choice": button.id}
        case Text(body=body) if offers_one_thing(body):
            meant = {"kind": "text", "text": _with(reaction, say(language, "yes"))}
        case _:
            return reaction
    return reaction.model_copy(update=meant)


def _only_time(body: str, buttons: Sequence[Button]) -> Button | None:
    """The one time on offer beside the way to others, unless the message asks a second thing."""
    times = [button for button in buttons if button.id.startswith(SLOT)]
    others = [button for button in buttons if not button.id.startswith((SLOT, MORE))]
    return times[0] if len(times) == 1 and not others and body.count("?") <= 1 else None


def _with(reaction: Inbound, words: str) -> str:
    """The record shows both: what he sent, and what it was taken for."""
    return f"{reaction.text} {words}"
