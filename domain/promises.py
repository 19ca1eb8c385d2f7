"""Words that lower a price, give something away or guarantee, in Spanish, English and Portuguese.

Only the business may: what its own texts do not promise, no reply promises.
"""

import re

from domain.negation import denied

_PERCENT = r"(?:%|por ?ciento|per ?cent|por cento)"
_THEE = r"(?:te|le|les|lhes?|os|you)"
_PRICE = r"(?:precios?|prices?|pre[cç]os?)"

_PROMISE = re.compile(
    rf"{_PERCENT} (?:de )?(?:desc\w+|off|discount|rebaja)"
    rf"|{_PERCENT} (?:menos|less|a menos|m[aá]s barato|cheaper|mais barato)"
    r"|\b(?:con|with|com) (?:un |a |um )?(?:\w+ )?(?:descuento|discount|desconto)"
    r"|\b(?:doy|damos|daremos|ofrezco|ofrecemos|hago|hacemos|haremos|aplico|aplicamos|aplicaremos|"
    r"tengo|tenemos|hay|tienes|give|offer|apply|get|have|dou|ofere[cç]o|oferecemos|fa[cç]o|fazemos|"
    r"aplicamos|temos|tenho|ganhas?|ganas?)\b(?: \S+){0,4} "
    r"(?:descuentos?|rebajas?|discounts?|descontos?)"
    r"|\b(?:hago|hacemos|hacerte|doy|damos|darte|dejo|dejamos|fa[cç]o|fazemos|dou|can do|give you)"
    rf" (?:\S+ ){{0,3}}?\d+ ?{_PERCENT}"
    rf"|\b{_THEE} (?:lo |la |o |a )?(?:rebaj|descuent|descont|baj(?:o|amos|aremos|ar[eé])\b)"
    r"|\b(?:te (?:quito|quitamos)|knock|take)(?: off)? \D{0,4}\d+(?: off)?\b"
    r"|\bgarantiz(?:o|amos|ad[oa]s?|aremos)\b|\bguaranteed?\b"
    r"|\bgarant(?:o|imos|id[oa]s?|iremos)\b"
    rf"|\b{_THEE} devolv(?:emos|eremos|o|er[eé])\b"
    r"|\breembols(?:o|amos|aremos) (?:el|tu|todo|o seu|completo|total|integral|garanti)"
    r"|\b(?:devol|regres|reintegr|reembols|return|give back)\w*(?: \S+){0,4} "
    r"(?:dinero|dinheiro|plata|money)\b"
    r"|\b(?:descuentos?|discounts?|descontos?|rebajas?) (?:\S+ ){0,2}\d"
    r"|\b(?:cuesta|sale|queda|paga(?:s|r[aá]s)?|custa|fica|costs?|pay|give you)(?: \w+){0,2} "
    r"(?:la mitad|metade|half)\b|\bhalf off\b"
    r"|\bmoney[ -]back\b|\b(?:full|get a|give you a) refund\b"
    r"|\bwe(?:'ll| will)? refund\b|\bdinero de vuelta\b|\bdinheiro de volta\b"
    rf"|\b(?:a |la |pela )?(?:mitad|metade) d(?:el|e|o) {_PRICE}|\bhalf[ -](?:the )?price\b"
    rf"|\b(?:cut|drop|lower|reduce|halve|slash|baj|reduci|baix)\w*(?: \w+)? {_PRICE}\b"
    r"|\b(?:2|dos|two|dois)\s?(?:x|por|for)\s?(?:1|uno|one|um)\b"
    r"|\b(?:2|dos|two|dois) (?:y|e|and) (?:paga|pague|pay)"
    r"|\b(?:cup[oó]n|cupones|cupo(?:m|ns)|coupons?|vouchers?|promo(?:tional)? code)\b"
    r"|\bc[oó]digo promocional\b"
    r"|\b(?:oferta|promo[cç][ií]?[oó]n|promo[cç][aã]o) (?:especial|exclusiv[ao]|para ti)\b"
    rf"|\b{_PRICE} (?:de amig\w+|especial|exclusivo|preferencial|rebajado)\b"
    r"|\b(?:special|exclusive|friends?['’]?s?) (?:offer|deal|price)\b",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"\bgr[aá]tis\b|\bgratuit[oa]s?\b|\bde gra[çc]a\b|\bsin (?:ning[uú]n )?(?:cost[oe]|cargo)\b"
    r"|\bsem (?:nenhum )?custo\b|\bfree of charge\b|\bfor free\b|\b(?:completely|totally) free\b"
    r"|\bat no (?:extra |additional )?(?:cost|charge)\b|\bwaiv(?:e|ed|ing)\b"
    r"|\bfirst (?:month|year)(?: is)? free\b"
    r"|\bfree (?:kit|battery|installation|survey|gift|trial)\b"
    rf"|\b{_THEE} (?:lo |la )?(?:regal|obsequi)"
    r"|\b(?:de|un|as a|um) (?:regalo|obsequio|gift|presente)\b"
    r"|\b(?:por|corre por|va por) (?:cuenta|conta) d(?:e la|a) (?:casa|empresa)\b"
    r"|\b(?:va|corre|fica) por (?:nuestra cuenta|nossa conta)\b|\bon the house\b"
    r"|\b(?:is|are) on us\b"
    r"|\bthrow in (?:a|an|the|your)\b"
    r"|\bcortes[ií]a (?:nuestra|nossa|de la casa|da casa)\b|\bde cortes[ií]a\b"
    r"|\b(?:zero|no) cost\b|\b(?:cost[oe]|custo) (?:cero|zero)\b"
    r"|\b(?:de|[eé]|um|como) brinde\b|\bbonificad[oa]s?\b|\bcomplimentary\b"
    r"|\bvoc[eê] ganha (?:um|uma|o|a)\b|\b(?:ganhe|gana|win) (?:um|uma|un|una|a)\b"
    r"|\b(?:te ganas|ganas) (?:un|una|el|la)\b",
    re.IGNORECASE,
)
_NOTHING_TO_PAY = re.compile(
    r"\b(?:no|n[aã]o|sin|sem) (?:\w+ ){0,3}?pag(?:as|ar|ar[aá]s|a|ue|ues)\b(?: \w+)? ?"
    r"(?:nada|(?:por|pelo|pela) (?:el|la|o|a|un|una)?)|\b(?:sin|sem) pagar\b"
    r"|\b(?:no|n[aã]o|don['’]?t|won['’]?t|never) (?:\w+ ){0,2}?(?:cobr(?:o|a|amos|aremos)|charge)\b"
    r"|\b(?:costs?|cuesta|custa) (?:nothing|nada)\b"
    r"|\bno (?:tiene|lleva) (?:ning[uú]n )?cost[oe]\b|\bn[aã]o tem (?:nenhum )?custo\b"
    r"|\b(?:won['’]?t|doesn['’]?t|not) cost (?:\w+ )?(?:a thing|anything|a cent)\b"
    r"|\bpay (?:nothing|zero|\$?0)\b"
    r"|\b(?:won['’]?t|don['’]?t|not) (?:have to |need to )?pay (?:for|anything)\b",
    re.IGNORECASE,
)


_WARRANTY = re.compile(r"\b(?:garant[ií]as?|warrant(?:y|ies)|guarantees?)\b", re.IGNORECASE)
_OF_YEARS = re.compile(
    r"\b(?P<before>\d{1,2})[ -]years? (?:[\w'’]+ )?guarantee\b"
    r"|(?<=\ba )guarantee of (?P<after>\d{1,2}) years\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b(\d{1,2})[ -](?:a[nñ]os?|years?)\b", re.IGNORECASE)


def warranties(section: str) -> frozenset[str]:
    """The years that a section of the business's knowledge names, if it is about a warranty."""
    return frozenset(_YEARS.findall(section) if _WARRANTY.search(section) else ())


def without_warranty(sentence: str, years: frozenset[str]) -> str:
    """The sentence without the guarantees that last as long as the business's own."""

    def unless_own(found: re.Match[str]) -> str:
        return " " if (found["before"] or found["after"]) in years else found[0]

    return _OF_YEARS.sub(unless_own, sentence)


def promises(sentence: str) -> bool:
    """Whether a sentence that is no question promises a better price or a guarantee."""
    if sentence.rstrip().endswith("?"):
        return False
    return any(not denied(sentence[: found.end()]) for found in _PROMISE.finditer(sentence))


def gives_away(sentence: str) -> bool:
    """Whether a sentence says that something costs nothing."""
    if any(not denied(sentence[: found.start()]) for found in _FREE.finditer(sentence)):
        return True
    return bool(_NOTHING_TO_PAY.search(sentence))


def without_gift(sentence: str) -> str:
    """The sentence without the words that make a gift of its things."""
    return _NOTHING_TO_PAY.sub(" ", _FREE.sub(" ", sentence))
