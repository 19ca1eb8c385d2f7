"""What a model's reply may not do, checked before it is sent.

The model may have been talked into anything (OWASP LLM01, prompt injection), so each rule looks at
the words alone: links, prices, phone numbers, promises, deeds that it claims, leaked instructions,
length, language.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import normalize

from domain.addresses import emails, handles, host, hosts
from domain.business import Business
from domain.claims import books, hands_over
from domain.language import clearly_not
from domain.leaks import Windows, coded, repeats, speaks_of_them
from domain.money import Money, amounts, in_words, money
from domain.promises import gives_away, promises, warranties, without_gift, without_warranty
from domain.values import Language

Rule = Literal["length", "link", "phone", "price", "promise", "call", "person", "leak", "language"]

LONGEST = 1000
"""Characters of a reply; two short sentences or a price list need far less."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_URL = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^\s<>\"')\]]+", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+])(?:\+|00)\d[\d ().-]{6,}\d|(?<![\w+.,])\d{10,13}(?!\d)"
    r"|(?<![\w+.,:/$-])\(?\d{1,4}\)?(?:[ -]\d{2,5}){2,4}(?![\w:]|[.,]\d)"
    r"|(?<![\w+.,])\d{3}\.\d{3}\.\d{4}(?!\d)|(?<!\w)(?:\d[ .-]){8,}\d(?!\w)"
)
_DICTATED_DIGITS = re.compile(
    r"(?:\b(?:cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|zero|oh|one|two|three|four|five|six|"
    r"seven|eight|nine|um|dois|tr[eê]s|quatro|sete|oito|nove|meia)\b[ ,-]*){7,}",
    re.IGNORECASE,
)
_SHORTEST = 9
"""Digits of a number without its country; dates have eight."""
_INVITES = re.compile(
    r"\b(?:ll[aá]m(?:a|e|en|ad|anos|ame|enos|enme)|m[aá]rca(?:nos|me)?|marque|call(?! you)|dial|"
    r"ring|ligue|liga|disque|telefon[ae]|escr[ií]b(?:e|a|an|enos|eme|anos)|write|text|escreva|mand[ae]|"
    r"env[ií][ae]|m[aá]nda(?:nos|me)|contact[ae]|mailto)\b",
    re.IGNORECASE,
)
_OF_THE_LEAD = re.compile(
    r"\b(?:te|tu|su|seu|sua|le|lhe|you|your|voc[eê]|anot\w+|noted?|regist\w+|confirm\w*|invit\w+|"
    r"convite|correct[oa]?|correto|right|dijiste|disse|said)\b",
    re.IGNORECASE,
)
_THING = re.compile(r"\b\w{5}")
_HIS_OWN = re.compile(
    r"\b(?:presupuesto|budget|or[cç]amento|verba|cifra|rango|range|faixa|anot\w+|noted?|mencion\w+|"
    r"mention\w+|dij\w+|said|disse\w*|factura\w*|bill|conta|recibo|gast\w+|spend\w*|invert\w+|"
    r"inversi[oó]n|invest\w+|cuent[ao]s? con|con (?:tus|sus)|with your|"
    r"com (?:seus|os seus)|(?:tus|sus|your|seus) (?=\W{0,4}\d)|alcanzan?|covers?|cobrem?|"
    r"(?:es|son|is|are|[eé]|s[aã]o) (?:\w+ )?(?:bastante|mucho|muito|a lot|steep|high|alto))\b"
    r"|\b(?:con|with|com) (?:(?:unos|hasta|about|up to|uns|at[eé]) |R|US|U)?\$?\s?\d",
    re.IGNORECASE,
)
_OF_A_PRICE = re.compile(
    r"\b(?:precios?|prices?|pre[cç]os?|cuestan?|costs?|custam?|valen?|sale|sai|fica|queda|"
    r"deja(?:mos|r)?|dejo|llev\w+|tuy[oa]s?|yours|lev[ae]\w*|deix(?:o|amos)|"
    r"ofert\w*|offers?|deals?|total|paga(?:s|r[aá]s)|por solo|"
    r"for only|for just|por apenas)\b",
    re.IGNORECASE,
)
_TOLD_PRICE = re.compile(
    r"\(\D{0,6}\d[^()]{0,20}\)"
    r"|\b(?:cuestan?|costs?|custam?|valen?|sale en|sai por|fica em|for|at|a)"
    r" \D{0,4}\d[\d.,]*(?: mil| k)?(?: ?(?:USD|US\$|d[oó]lar(?:es)?|dollars?))?(?![\d.,]*\d)",
    re.IGNORECASE,
)
"""A price as it is told: by a verb, or in brackets."""
_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")


def broken_rule(
    reply: str,
    business: Business,
    language: Language,
    said: str,
    secret: Windows = frozenset(),
    *,
    booked: str | None = None,
) -> Rule | None:
    """The first rule that the reply breaks, None when it may be sent.

    `said` is what the lead himself has said (messages, quotes of facts): his own email, number and
    budget may be repeated to him, his links may not. `secret` is the model's instructions,
    `booked` the words for the call that he has.
    """
    text = _INVISIBLE.sub("", normalize("NFKC", reply))
    sentences = _SENTENCE.split(text)
    checks: dict[Rule, Callable[[], bool]] = {
        "length": lambda: len(text) > LONGEST,
        "link": lambda: _foreign_address(text, business, said),
        "phone": lambda: _foreign_phone(text, business, said),
        "price": lambda: _invented_price(text, business, said),
        "promise": lambda: _promised(text, business),
        "call": lambda: any(books(sentence, booked) for sentence in sentences),
        "person": lambda: any(map(hands_over, sentences)),
        "leak": lambda: speaks_of_them(text) or repeats(text, secret) or coded(text),
        "language": lambda: clearly_not(text, language),
    }
    return next((rule for rule, broken in checks.items() if broken()), None)


def _promised(text: str, business: Business) -> bool:
    years = _known(business).warranties
    return any(promises(without_warranty(line, years)) for line in _SENTENCE.split(text))


def _foreign_address(text: str, business: Business, said: str) -> bool:
    known = _known(business)
    own = {host(url) for url in (*business.links, business.privacy_url)}
    foreign = {email for email in emails(text) if email.split("@")[-1] not in own} - known.emails
    return bool(
        hosts(text) - own
        or handles(text) - known.handles
        or foreign - emails(said)
        or (foreign and not _speaks_of_his(text))
    )


def _speaks_of_his(text: str) -> bool:
    """Whether what the lead gave as his is repeated as his, and not as where he is to turn."""
    return bool(_OF_THE_LEAD.search(text)) and not _INVITES.search(text)


class _Known(NamedTuple):
    """What the business says of itself: `gifts` are the sentences that give something away,
    `warranties` how many years its own last, `digits` those of each section, run together.
    """

    emails: frozenset[str]
    handles: frozenset[str]
    gifts: tuple[str, ...]
    warranties: frozenset[str]
    digits: tuple[str, ...]


def _known(business: Business) -> _Known:
    sections = (f"{section.title}\n{section.body}" for section in business.knowledge)
    return _read((business.about, *sections))


@lru_cache(maxsize=8)
def _read(sections: tuple[str, ...]) -> _Known:
    words = "\n".join(sections)
    return _Known(
        emails=frozenset(emails(words)),
        handles=frozenset(handles(words)),
        gifts=tuple(line for line in _SENTENCE.split(words) if gives_away(line)),
        warranties=frozenset[str]().union(*map(warranties, sections)),
        digits=tuple(map(_digits, sections)),
    )


def _foreign_phone(text: str, business: Business, said: str) -> bool:
    written = _URL.sub(" ", text)
    phones = {d for d in map(_digits, _PHONE.findall(written)) if len(d) >= _SHORTEST}
    known = _known(business).digits
    foreign = {phone for phone in phones if all(phone not in digits for digits in known)}
    if not foreign:
        return bool(_DICTATED_DIGITS.search(text))
    of_lead = _digits(said)
    return any(phone not in of_lead for phone in foreign) or not _speaks_of_his(written)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _invented_price(text: str, business: Business, said: str) -> bool:
    gifts = _known(business).gifts
    return any(
        _invented(sentence, business, said)
        or (gives_away(sentence) and not _is_one_of(gifts, sentence))
        for sentence in _SENTENCE.split(text)
    )


def _is_one_of(gifts: Sequence[str], sentence: str) -> bool:
    """Whether the sentence gives away what the business's own words give away."""
    said = _things(sentence)
    return any(said & _things(gift) for gift in gifts)


def _things(sentence: str) -> set[str]:
    """The beginnings of its longer words: llamada and llamadas are one thing."""
    return set(_THING.findall(without_gift(sentence.lower())))


def _invented(sentence: str, business: Business, said: str) -> bool:
    """An amount that is no price. The lead's own may be repeated, but as no price either."""
    invented = [sum_ for sum_ in money(sentence) if not _priced(sum_, business)]
    written = in_words(sentence)
    if not (invented or written):
        return False
    rest = _without_prices(sentence, business)
    if not _HIS_OWN.search(rest) or _OF_A_PRICE.search(rest):
        return True
    lead = amounts(said)
    return any(sum_.amount not in lead for sum_ in invented) or any(
        words not in said.lower() for words in written
    )


def _without_prices(sentence: str, business: Business) -> str:
    """The sentence without "cuesta 3900 USD" and "(3900 USD)", where that is a price of ours."""

    def kept(match: re.Match[str]) -> str:
        found = list(money(match[0]))
        return " " if found and all(_priced(sum_, business) for sum_ in found) else match[0]

    return _TOLD_PRICE.sub(kept, sentence)


def _priced(sum_: Money, business: Business) -> bool:
    return any(
        price.amount == sum_.amount and (not sum_.currencies or price.currency in sum_.currencies)
        for price in business.prices
    )
