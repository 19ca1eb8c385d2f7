"""Whether words have to do with the business: the evidence that a bare answer is one.

What a business is about is read out of its own prompt (name of its things, prices, documents,
knowledge), so that the rules know as much of dentists as of solar panels.
"""

import re
from functools import lru_cache

from sandbox.brain.language import SMALL_WORDS
from sandbox.brain.needs import states_an_aim
from sandbox.brain.request import Brief
from sandbox.brain.words import fold, gibberish, words

_STEM = 5
_SHORTEST = 3
_OF_ANY_BUSINESS_WORDS = """
    cliente customer client venta vender sale sales sell venda dinero money dinheiro gasto gastos
    cost costs costo costos coste custo custos expensive cheap cheaper barato economico factura
    bill bills conta cuenta recibo fatura
    calidad quality qualidade servicio service servico proyecto project
    projeto casa house home apartamento finca empresa company negocio business tienda loja shop
    store oficina office escritorio responder answer reply mensaje message mensagem error falla
    broken roto quebrado arreglar fix repair reparar consertar instalar install comprar buy
    alquilar rent alugar cotizar cotizacion cotacao quote precio price preco producto product
    produto pedido order dolor duele pain hurts dor doi cita appointment consulta
"""
_STOP_WORDS = """
    tambien toda todo todos todas tras segun cada otra otras otros dos four five three years year
    days day tres anos dias weeks hasta antes despues person people equipo team equipe mas menos
    less nos desde sobre sem sin con que not are was has can las los una unas para por del
"""
_OF_HIS_OWN = re.compile(r"\b(?:mis?|me|nos|nuestr[oa]s?|my|our|meus?|minhas?|noss[oa]s?)\b")
_BIG_LETTER = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’-]+")
_LIKES = re.compile(r"\b(?:gust\w+|encant\w+|gost\w+|ador\w+|like|love|ama|amo)\b")
_A_SENTENCE = 3
_FULL_NAME = 2


def on_topic(brief: Brief, text: str) -> bool:
    """The words are about what the business does, or about what any business is asked for."""
    said = _stems(text)
    company = str(brief.context.get("company") or "Vendedor")
    strong, weak = _of_the_business(_titles(brief), brief.business, company)
    if said & (strong | _OF_ANY_BUSINESS):
        return True
    own = 2 if _OF_HIS_OWN.search(fold(text)) else 1
    return 0 < len(said) <= 2 * own * len(said & weak)


def means_something(brief: Brief, text: str) -> bool:
    """A bare answer is taken when it is on topic or says what the lead is after."""
    return not gibberish(text) and (states_an_aim(text) or on_topic(brief, text))


def tells_of_himself(text: str) -> bool:
    """ "My teeth are yellow" tells of a trouble, without a word that the business uses."""
    folded = fold(text)
    return (
        len(words(text)) >= _A_SENTENCE
        and bool(_OF_HIS_OWN.search(folded))
        and not (_LIKES.search(folded) or gibberish(text))
    )


def could_be_a_name(brief: Brief, text: str) -> bool:
    """ "Solar" or "paneles" is what somebody wants; "Luz Clara" is what she is called."""
    return len(_BIG_LETTER.findall(text)) >= _FULL_NAME or not on_topic(brief, text)


def _titles(brief: Brief) -> str:
    named = [*brief.prices, *(f"{name} {about}" for name, about in brief.documents)]
    return "\n".join((brief.about, *(section.title for section in brief.knowledge), *named))


@lru_cache(maxsize=64)
def _of_the_business(
    titles: str, everything: str, company: str
) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of titles, prices and documents, and those of all the rest."""
    return _stems(titles.replace(company, " ")), _stems(everything.replace(company, " "))


def _stems(text: str) -> frozenset[str]:
    found = (word for word in words(text) if len(word) >= _SHORTEST and not word.isdigit())
    return frozenset(word.removesuffix("s")[:_STEM] for word in found if word not in _STOP)


_OF_ANY_BUSINESS = frozenset(
    word.removesuffix("s")[:_STEM] for word in _OF_ANY_BUSINESS_WORDS.split()
)
_STOP = frozenset((*_STOP_WORDS.split(), *SMALL_WORDS)) - frozenset(_OF_ANY_BUSINESS_WORDS.split())
