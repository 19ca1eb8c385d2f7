"""What a model's reply may not do, checked before it is sent.

The model may have been talked into anything (OWASP LLM01, prompt injection), so each rule looks at
the words alone: links, prices, phone numbers, promises, leaked instructions, length, language.
"""

import re
from collections.abc import Callable
from typing import Literal
from unicodedata import normalize
from urllib.parse import urlsplit

from domain.business import Business
from domain.language import clearly_not
from domain.money import Money, amounts, in_words, money
from domain.values import Language

Rule = Literal["length", "link", "phone", "price", "promise", "leak", "language"]

LONGEST = 1000
"""Characters of a reply; two short sentences or a price list need far less."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_URL = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^\s<>\"')\]]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w./-])(?:[\w-]+@)?(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|app|dev|ai|info|biz|xyz|link|ly|"
    r"me|site|online|shop|store|top|click|ru|cn|br|mx|ar|es|pt|pe|cl)\b",
)
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)\d[\d ().-]{6,}\d|(?<![\w+.,])\d{10,13}(?!\d)")
_NEGATED = re.compile(
    r"\b(?:no|not|nunca|never|sin|without|n[aã]o|sem|nem|ni|cannot|tampoco)\b|n['’]t\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\d\s?% (?:de )?(?:desc\w+|off|discount)"
    r"|\b(?:con|with|com) (?:un |a |um )?(?:\w+ )?(?:descuento|discount|desconto)"
    r"|\b(?:doy|damos|daremos|ofrezco|ofrecemos|hago|hacemos|haremos|aplico|aplicamos|aplicaremos|"
    r"tengo|tenemos|hay|tienes|give|offer|apply|get|have|dou|ofere[cç]o|oferecemos|fa[cç]o|fazemos|"
    r"aplicamos|temos|tenho|ganhas?|ganas?)\b(?: \S+){0,4} "
    r"(?:descuentos?|rebaja|discounts?|descontos?)"
    r"|\bgarantiz(?:o|amos|ad[oa]s?|aremos)\b|\bguaranteed?\b"
    r"|\bgarant(?:o|imos|id[oa]s?|iremos)\b"
    r"|\b(?:te|le|les|lhe) devolv(?:emos|eremos|o|er[eé])\b"
    r"|\breembols(?:o|amos|aremos) (?:el|tu|todo|o seu|completo|total|integral|garanti)"
    r"|\bmoney[ -]back\b|\b(?:full|get a|give you a) refund\b"
    r"|\bwe(?:'ll| will)? refund\b|\bdinero de vuelta\b|\bdinheiro de volta\b",
    re.IGNORECASE,
)
_LEAK = re.compile(
    r"system prompt|prompt (?:del|do|de) sistema|developer message|</?context>|language model"
    r"|modelo de (?:lenguaje|linguagem)|"
    r"(?:ignore|disregard) (?:all |any )?(?:the )?(?:previous|prior)"
    r"|\b(?:mis|minhas|my) (?:instrucciones|instru[cç][oõ]es|instructions)"
    r" (?:son|dicen|s[aã]o|dizem|are|say|tell)"
    r"|\b(?:offered_slots|stage_done|wants_human|search_knowledge|find_slots|book_call"
    r"|cancel_call|send_document|assistant_notice_due|profile_name)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")


def broken_rule(reply: str, business: Business, language: Language, said: str) -> Rule | None:
    """The first rule that the reply breaks, None when it may be sent.

    `said` is what the lead himself has said (messages, quotes of facts): his own amounts, links and
    numbers may be repeated to him.
    """
    text = _INVISIBLE.sub("", normalize("NFKC", reply))
    checks: dict[Rule, Callable[[], bool]] = {
        "length": lambda: len(text) > LONGEST,
        "link": lambda: _foreign_link(text, business, said),
        "phone": lambda: _foreign_phone(text, business, said),
        "price": lambda: _invented_price(text, business, said),
        "promise": lambda: any(_promises(sentence) for sentence in _SENTENCE.split(text)),
        "leak": lambda: bool(_LEAK.search(text)),
        "language": lambda: clearly_not(text, language),
    }
    return next((rule for rule, broken in checks.items() if broken()), None)


def _foreign_link(text: str, business: Business, said: str) -> bool:
    own = {_host(url) for url in (*business.links, business.privacy_url)}
    return bool(_hosts(text) - own - (_hosts(said) - {""}))


def _hosts(text: str) -> set[str]:
    """Every host that a text names, in a link, bare, or in an email address."""
    bare = _HOST.findall(_URL.sub(" ", text.lower()))
    return {_host(url) for url in _URL.findall(text)} | {_bare(n.split("@")[-1]) for n in bare}


def _host(url: str) -> str:
    """The host of a link; "" when it has none, which is on no list."""
    try:
        return _bare(urlsplit(url if "//" in url else f"//{url}").hostname or "")
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.").rstrip(".")


def _foreign_phone(text: str, business: Business, said: str) -> bool:
    phones = [_digits(phone) for phone in _PHONE.findall(_URL.sub(" ", text))]
    if not phones:
        return False
    known = [_digits(said), *(_digits(section.body) for section in business.knowledge)]
    return any(all(phone not in digits for digits in known) for phone in phones)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _invented_price(text: str, business: Business, said: str) -> bool:
    lead = amounts(said)
    if any(not _priced(sum_, business) and sum_.amount not in lead for sum_ in money(text)):
        return True
    return any(words not in said.lower() for words in in_words(text))


def _priced(sum_: Money, business: Business) -> bool:
    return any(
        price.amount == sum_.amount and (not sum_.currencies or price.currency in sum_.currencies)
        for price in business.prices
    )


def _promises(sentence: str) -> bool:
    promise = _PROMISE.search(sentence)
    if promise is None or sentence.rstrip().endswith("?"):
        return False
    return not _NEGATED.search(sentence[: promise.end()])
