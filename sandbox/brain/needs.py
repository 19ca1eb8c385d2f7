"""What a lead looks for, and which problem he wants to solve."""

import re

from sandbox.brain.found import Found
from sandbox.brain.words import clause_around, fold, gibberish, short, words

_WANTS = re.compile(
    r"\b(?:(?:yo |nosotros |eu |nos )?(?:quiero|quisiera|queremos|queria|busco|buscamos|"
    r"necesito|necesitamos|"
    r"procuro|procuramos|quero|gostaria de|gostariamos de|preciso(?: de)?|precisamos(?: de)?|"
    r"(?:estoy|estamos|ando|estou) (?:buscando|procurando|atras de)|(?:me|nos) (?:interesa|"
    r"interessa|gustaria)|"
    r"(?:estoy|estamos|estou) interesad[oa]s? en|(?:estou|estamos) interessad[oa]s? em|"
    r"tenho interesse em|"
    r"(?:informacion|info|informacoes|informacao) (?:sobre|de|acerca de)|me gustaria)|"
    r"(?:i|we)(?:'m| am|'re| are)? (?:also |just )?(?:looking (?:for|to|at|into)|"
    r"interested in|want(?: to)?|"
    r"need(?: to)?|would like(?: to)?|searching for)|(?:i'd|we'd) like(?: to)?|im looking for|"
    r"looking for|"
    r"interested in|(?:information|info) (?:about|on)|curious about|tell me (?:more )?about)\s+"
)
_NEXT_FACT = re.compile(
    r"\s+(?:y|and|e)\s+(?=(?:mi|my|meu|minha|tengo|tenho|i|we|me|decido|yo|eu|soy|sou|"
    r"el presupuesto|"
    r"the budget|o orcamento|con un presupuesto|unos|unas|cuento|puedo)\b)|\s+(?:porque|"
    r"because|ya que)\b|"
    r"\s*[.!?;\n](?:\s|$)|,\s"
)
_PROBLEM = re.compile(
    r"\b(?:problemas?|no damos abasto|no doy abasto|(?:estamos |estoy )?perd(?:emos|iendo|"
    r"endo|o)\b|nos cuesta|"
    r"me cuesta|dificil|dificuldade|mejorar|reducir|automatizar|aumentar|vender mas|ahorrar|"
    r"organizar|crecer|"
    r"responder mas|gestionar|tardamos|demoramos|no podemos|no logramos|no conseguimos|"
    r"nao conseguimos|nao damos conta|"
    r"losing|lose|struggl\w+|trouble|improve|automate|reduce|increase|save (?:time|money)|"
    r"hard to|too (?:much|many|"
    r"long|slow)|manual(?:ly|mente)?|can'?t keep up|scale|grow|get more|organi[sz]e|manage|stop|"
    r"melhorar|reduzir|vender mais|economizar|crescer|gerenciar|captar|conseguir (?:mas|mais)|"
    r"atender m[ae]i?s)\b"
)
_LAUGH = re.compile(r"(?:ja|je|ha|he|k|rs)+")
_OF_HIMSELF = re.compile(r"\W*(?:soy|estoy|sou|estou|i'm|i am|im|aqui|this is)\b")
_EMPTY_WORDS = """
    ta me nos interesa interessa interested
    hola hello hi hey ola oi buenas buenos bom boa dia dias tarde tardes noche noches noite good
    morning afternoon evening si sim yes no nao ok okay vale claro gracias thanks thank you
    obrigado obrigada bien bem fine well perfecto perfect perfeito listo dale sure great genial
    que what o a y e and the el la de un una um uma por favor please mas more algo something
    info nada nothing todo all tudo usted voce eso isso that it lo es is saber know ayuda help
    ajuda hablar talk falar con com with alguien someone alguem aqui here todos como estas tal
    are how va
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


def intent(text: str, *, pending: bool) -> Found | None:
    """What the lead looks for. Bare words count when he was asked."""
    if match := _WANTS.search(fold(text)):
        quote = _until_next_fact(text, match.start())
        value = short(quote[match.end() - match.start() :])
        if _says_something(value):
            return Found("intent", value, quote)
    if pending and _says_something(text) and not _about_himself(text):
        quote = _until_next_fact(text, len(text) - len(text.lstrip()))
        if _says_something(quote):
            return Found("intent", short(quote), quote, plain=False)
    return None


def need(text: str, *, pending: bool) -> Found | None:
    """Which problem the lead wants to solve. Any sentence counts when he was asked."""
    if match := _PROBLEM.search(fold(text)):
        quote = clause_around(text, match.start())
        return Found("need", short(quote), quote) if quote else None
    if pending and _says_something(text) and not gibberish(text):
        quote = text.strip().splitlines()[0].strip()
        return Found("need", short(quote), quote, plain=False)
    return None


def _until_next_fact(text: str, start: int) -> str:
    end = _NEXT_FACT.search(fold(text), start)
    return text[start : end.start() if end else len(text)].strip()


def _about_himself(text: str) -> bool:
    """ "I'm new here" says nothing of what he looks for; nor does a run of keys."""
    return gibberish(text) or bool(_OF_HIMSELF.match(fold(text)))


def _says_something(text: str) -> bool:
    return any(
        not (word in _EMPTY or _LAUGH.fullmatch(word)) and len(word) > 1 and not word.isdigit()
        for word in words(text)
    )
