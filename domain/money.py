"""Amounts of money in running text, in Spanish, English and Portuguese.

A number is money when a currency stands beside it ("500 USD", "$1.200", "5 mil pesos", "R$ 99,90"),
after a word of price ("cuesta 49"), or before "al mes" and the like. Hours, dates, people and phone
numbers are not.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.values import Value

_NUMBER = re.compile(
    r"(?<![\w.,:/+-])(?P<digits>\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|"
    r"\d+(?:[.,]\d+)?)"
    r"(?:\s?(?P<scale>mil|miles|thousand|grand|k|mm|millones|mill[oó]n|milh[oõ]es|milh[aã]o|millions?|"
    r"lakhs?|lacs?|crores?|lu[ck]as?|palos?)"
    r"(?:\s(?:y|e|and)\s[^\W\d]\w*)?\b)?(?![\d:]|/\d|[.,]\d)",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(\d{1,3}(?:[.,' ]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})(?:[.,](\d{1,2}))?")
"""15,00,000 is how India groups them."""
_SCALES = {
    1000: ("mil", "miles", "k", "thousand", "grand", "luca", "lucas", "luka", "lukas"),
    100_000: ("lakh", "lakhs", "lac", "lacs"),
    10_000_000: ("crore", "crores"),
}
"""Every other one is a million."""
_DOLLARS_AND_PESOS = "USD COP MXN ARS CLP UYU DOP CAD AUD"
_CURRENCIES = {
    r"us\$|u\$s|u\$d|usd|d[oó]lar(?:es|itos)?|dollars?|bucks?": "USD",
    r"r\$|brl|reais": "BRL",
    r"€|eur|euros?": "EUR",
    r"£|gbp|pounds?|quid|libras?": "GBP",
    r"s/\.?|pen|soles": "PEN",
    r"pesos? mexicanos?": "MXN", r"pesos? colombianos?": "COP",
    r"pesos? argentinos?": "ARS", r"pesos? chilenos?": "CLP", r"pesos? uruguayos?": "UYU",
    r"rd\$|pesos? dominicanos?": "DOP", r"bs\.?|bolivianos?": "BOB VES",
    r"pesos?|mx\$": "COP MXN ARS CLP UYU DOP",
    r"cad|c\$|ca\$|canadian dollars?": "CAD",
    r"aud|au?\$|(?:australian|aussie) dollars?": "AUD",
    r"₹|inr|rupees?|rupias?": "INR", r"rs\.?": "INR BRL",
    r"₦|ngn|nairas?": "NGN", r"chf": "CHF",
    r"cop": "COP", r"mxn": "MXN", r"ars": "ARS", r"clp": "CLP", r"uyu": "UYU",
    r"bol[ií]vares|guaran[ií](?:es)?|yen(?:es)?|rublos?|rubles?|francos?|francs?|zar|rands?|btc|bitcoins?|usdt|"
    r"[¥₡₲₽₩₺]|quetzales|lempiras?|colones|c[oó]rdobas?|balboas?|yuan(?:es)?": "XXX",
    r"\$": _DOLLARS_AND_PESOS,
}  # fmt: skip
_ANY = "|".join(_CURRENCIES)
_BEFORE = re.compile(rf"(?<!\w)(?:{_ANY})\s?:?\s?$", re.IGNORECASE)
_AFTER = re.compile(rf"^(?:\s?-?|\sde\s)(?P<currency>{_ANY})(?!\w)", re.IGNORECASE)
_PRICED = re.compile(
    r"\b(?:cuestan?|valen?|precio (?:es )?de|costs?|priced? (?:at|is)|custam?|pre[çc]o "
    r"(?:[eé] )?de|por (?:solo|apenas)|for (?:only|just)|(?:precio|price|pre[çc]o)(?: \w+)?:?|"
    r"(?:sale|queda|dejo|dejamos|sai|fica|deixo|deixamos) (?:en|por|a|em)|"
    r"total (?:es|ser[ií]a|is|[eé])(?: de)?|te cobr(?:o|amos)|pagas(?: solo)?|fa[cç]o por|"
    r"do it for|(?:cuotas|parcelas|instal+ments|payments) (?:de|of))\s$",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"^\s?(?:/|(?:al|por|per|a|ao|cada)\s)\s?(?:mes|m[eê]s|month|a[nñ]o|ano|year|usuario|user)\b",
    re.IGNORECASE,
)
_ODD_SPELLINGS = (
    (re.compile(r"(?<=\d)_(?=\d)"), ""),
    (re.compile(r"\b(usd|us|cop|eur|brl|mxn|ars|clp|pen)(?=\d)", re.IGNORECASE), r"\1 "),
    (re.compile(r"\bs/\.?(?=\d)", re.IGNORECASE), "S/ "),
    (
        re.compile(
            r"(?<![\d.,:])(\d{1,3})\s(?:mill[oó]n(?:es)?|milh[aã]o|milh[oõ]es)\s(?:[ye]\s)?(\d{3})(?=\smil\b)",
            re.IGNORECASE,
        ),
        r"\1\2",
    ),
    (
        re.compile(
            r"(?<![\d.,:])(\d{1,3})\s?mil\s(?:e\s)?(\d{3})(?![\d:]|[.,]\d|\s?(?:mil|k\b))",
            re.IGNORECASE,
        ),
        r"\1\2",
    ),
    (re.compile(r"(?<=\d)[.,][-\u2013\u2014](?!\d)"), " "),
    (re.compile(r"(?<=\d)(k?)\s?-?ish\b", re.IGNORECASE), r"\1"),
    (
        re.compile(
            r"(?<![\d.,:])(\d{1,3})((?:\s(?:mil|thousand|grand|mill?\w*)|\s?k)?)\s"
            r"(?:y medi[oa]|e mei[oa]|and a half)\b",
            re.IGNORECASE,
        ),
        r"\1.5\2",
    ),
)
"""1_200, USD1500, S/3500, 39,-, 6ish, "2 mil 500" and "6 y medio" as others write them."""
_ENDS = re.compile(r"^\s*(?:[.,;:!?)]|$|(?:y|e|and|al|por|per|m[aá]s|mais|plus)\b)", re.IGNORECASE)
_NUMERAL = (
    r"(?:un|una|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|once|doce|quince|one|two|three|"
    r"four|five|six|seven|eight|nine|eleven|twelve|fifteen|um|uma|dois|duas|tr[eê]s|quatro|sete|oito|"
    r"nove|onze|doze|quinze|mil|cien(?:to)?|cem|duzentos|trezentos|"
    r"\w+ntos|mill[oó]n(?:es)?|milh[aã]o|milh[oõ]es|hundred|thousand|millions?|diez|dez|veinte|"
    r"vinte|trinta|\w+enta|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
_IN_WORDS = re.compile(
    rf"(?<!\d\s)\b{_NUMERAL}\s(?:de\s)?"
    r"(?:d[oó]lar(?:es|itos)?|dollars?|bucks|grand|quid|euros?|pesos|reais|soles|lucas|usd|eur|cop|brl|mxn)\b",
    re.IGNORECASE,
)
_PRICED_IN_WORDS = re.compile(
    r"\b(?:cuestan?|costs?|custam?|(?:vale|sale|queda|dejo|dejamos|sai|fica|deixo|deixamos) "
    rf"(?:en|por|a|em)) (?:\w+ (?:(?:y|e|and) )?){{0,2}}{_NUMERAL}\s?"
    r"(?:[.,;!)]|$|(?:al|por|per|a|ao|cada) (?:mes|m[eê]s|month|a[nñ]o|ano|year))",
    re.IGNORECASE,
)


_NEAR = 30
"""Characters around a number in which its currency stands."""


class Money(Value):
    """An amount as it was written. `currencies` are the codes that it can mean; none: unsaid."""

    amount: Decimal
    currencies: frozenset[str] = frozenset()


def money(text: str) -> Iterator[Money]:
    """Every amount of money in the text."""
    text = _usual(text)
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
        sign = _BEFORE.search(before)
        word = _AFTER.match(after)
        if sign or word:
            # "$15.000.000 COP": the code says which of the dollars and pesos
            code = word["currency"] if word and word["currency"].replace(" ", "").isalpha() else ""
            said = code or (sign[0] if sign else word["currency"] if word else "")
            yield Money(amount=_amount(match), currencies=_codes(said))
        elif _EACH.match(after) or (_PRICED.search(before) and _ENDS.match(after)):
            yield Money(amount=_amount(match))


def amounts(text: str) -> frozenset[Decimal]:
    """Every number in the text, money or not."""
    return frozenset(numbers(text))


def numbers(text: str) -> list[Decimal]:
    """The same in the order of the text."""
    return [_amount(match) for match in _NUMBER.finditer(_usual(text))]


def _usual(text: str) -> str:
    for spelling, usual in _ODD_SPELLINGS:
        text = spelling.sub(usual, text)
    return text


def in_words(text: str) -> list[str]:
    """Amounts written out: "quinientos dólares", "te queda en ochocientos."."""
    found = (*_IN_WORDS.finditer(text), *_PRICED_IN_WORDS.finditer(text))
    return [match[0].lower() for match in found]


def _codes(said: str) -> frozenset[str]:
    said = said.strip(" :")
    return next(
        frozenset(codes.split())
        for pattern, codes in _CURRENCIES.items()
        if re.fullmatch(pattern, said, re.IGNORECASE)
    )


def _amount(match: re.Match[str]) -> Decimal:
    digits, scale = match["digits"], (match["scale"] or "").lower()
    if grouped := _THOUSANDS.fullmatch(digits):
        number = Decimal(re.sub(r"\D", "", grouped[1]) + "." + (grouped[2] or "0"))
    else:
        number = Decimal(digits.replace(",", "."))
    return (number * _factor(scale)).normalize()


def _factor(scale: str) -> int:
    named = (factor for factor, words in _SCALES.items() if scale in words)
    return next(named, 1_000_000) if scale else 1
