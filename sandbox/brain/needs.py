"""What a lead looks for, and which problem he wants to solve."""

import re

from sandbox.brain.found import Found
from sandbox.brain.words import clause_around, clause_from, fold, short, words

_WANTS = re.compile(
    r"\b(?:(?:yo |nosotros |eu |nos )?(?:quiero|quisiera|queremos|queria|busco|buscamos|"
    r"necesito|necesitamos|"
    r"procuro|procuramos|quero|gostaria de|gostariamos de|preciso(?: de)?|precisamos(?: de)?|"
    r"(?:estoy|estamos|ando|estou) (?:buscando|procurando|atras de|pensando (?:en|em))|"
    r"kiero|kero|busko|nesesito|(?:me|nos) (?:interesa|"
    r"interessa|gustaria)|"
    r"(?:estoy|estamos|estou) interesad[oa]s? en|(?:estou|estamos) interessad[oa]s? em|"
    r"tenho interesse em|"
    r"(?:informacion|info|informacoes|informacao) (?:sobre|de|acerca de)|me gustaria)|"
    r"(?:i|we)(?:'m| am|'re| are)? (?:also |just )?(?:looking (?:for|to|at|into)|"
    r"thinking (?:about|of)|"
    r"interested in|want(?: to)?|"
    r"need(?: to)?|would like(?: to)?|searching for)|(?:i'd|we'd) like(?: to)?|im looking for|"
    r"looking for|"
    r"interested in|(?:information|info) (?:about|on)|curious about|tell me (?:more )?about)\s+"
)
_ASKS_FOR = re.compile(
    r"\b(?:(?:tienen|tienes|ofrecen|venden|hacen|instalan|manejan|arreglan)|"
    r"(?:voces?|vcs?) (?:tem|vendem|fazem|instalam|oferecem|trabalham com)|"
    r"do you (?:guys )?(?:do|have|sell|offer|install)|"
    r"how much (?:is|are|does|do|for)|cuanto (?:cuestan?|valen?|sale|es)|"
    r"quanto (?:custam?|e|sai)|(?:precios?|precos?|prices?) (?:de|del|da|do|dos|das|for|of))\s+"
    r"(?:(?:the|an?|el|la|l[oa]s|un[oa]?s?|um|uma|os?|as)\s+)?"
    r"(?!(?:en|em|in|at|na|no|de|for|para|por|it|eso|esto|isso|hoy|con|com|que)\b)(?=\w)"
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
    r"me cuesta|dificil|dificuldade|mejorar|reducir|automatizar|aumentar|vender mas|ahorr\w+|"
    r"(?:bajar|disminuir|recortar|quitar|eliminar|evitar|arreglar|solucionar|resolver|proteger) |"
    r"(?:gastar|pagar|gasto|pago) (?:menos|mucho|demasiado|muito|demais)|gastamos|pagamos|"
    r"(?:muy|demasiad[oa]|mas|muito|tao|so|too|very) (?:car[oa]s?|alt[oa]s?|lent[oa]s?|expensive|"
    r"high|slow)|me duel\w+|carisim[oa]s?|no (?:lo |la )?aguant\w+|se pierden?|"
    r"todo el tiempo|o tempo todo|all the time|constantly|gets? lost|se (?:va|corta|cae) la luz|"
    r"organizar|crecer|"
    r"responder mas|gestionar|tardamos|demoramos|no podemos|no logramos|no conseguimos|"
    r"nao conseguimos|nao damos conta|"
    r"losing|lose|struggl\w+|trouble|improve|automate|reduce|increase|sav(?:e|ing)s?|"
    r"lower|cut|spend(?:ing)? less|pay(?:ing)? less|"
    r"hard to|too (?:much|many|"
    r"long|slow)|manual(?:ly|mente)?|can'?t keep up|scale|grow|get more|organi[sz]e|manage|stop|"
    r"avoid|solve|get rid of|protect|hurts?|melhorar|reduzir|baixar|diminuir|gastar menos|"
    r"pagar menos|vender mais|evitar|doendo|doi|"
    r"economizar|crescer|gerenciar|captar|conseguir (?:mas|mais)|"
    r"atender m[ae]i?s|kill(?:s|ing) (?:me|us)|(?:me|nos) (?:matan?|ahogan?|estan? matando))\b"
)
_OWN_STATE = re.compile(
    r"\b(?:(?:no |nao )?(?:tengo|tenemos|tenho|temos|me falta|nos falta|necesito|preciso|"
    r"quiero|quero|queremos|queria)|(?:just|only) (?:looking|browsing)|"
    r"so (?:olhando|vendo)|solo (?:estoy |estaba )?(?:mirando|viendo)|"
    r"(?:i|we) (?:don'?t )?(?:have|need|want)|"
    r"(?:mis?|nuestr[oa]s?|my|our|meus?|minhas?|noss[oa]s?) .{2,30}?"
    r"\b(?:no|not|nao|esta|estan|is|are|isn'?t|keeps?|pierden?|perdem?))\b"
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


def states_an_aim(text: str) -> bool:
    """He says what he wants, has or suffers from, rather than anything at all."""
    folded = fold(text)
    return any(said.search(folded) for said in (_WANTS, _PROBLEM, _OWN_STATE))


def intent(text: str, *, bare: str) -> Found | None:
    """What the lead looks for. `bare` is what may be taken for it because he was asked."""
    if match := _WANTS.search(fold(text)):
        quote = _until_next_fact(text, match.start())
        value = short(quote[match.end() - match.start() :])
        if _says_something(value):
            return Found("intent", value, quote)
    if _says_something(bare) and not _OF_HIMSELF.match(fold(bare)):
        quote = _until_next_fact(bare, 0)
        if _says_something(quote):
            return Found("intent", short(quote), quote, plain=False)
    return None


def asked_for(question: str) -> Found | None:
    """The thing that a question is about, when it names one ("do you do solar for shops?")."""
    match = _ASKS_FOR.search(fold(question))
    if match is None:
        return None
    value = short(clause_from(question, match.end()))
    return Found("intent", value, value) if _says_something(value) else None


def need(text: str, *, bare: str) -> Found | None:
    """Which problem the lead wants to solve. `bare` may be taken for it because he was asked."""
    if match := _PROBLEM.search(fold(text)):
        quote = clause_around(text, match.start())
        return Found("need", short(quote), quote) if quote else None
    if _says_something(bare):
        quote = bare.strip().splitlines()[0].strip()
        return Found("need", short(quote), quote, plain=False)
    return None


def _until_next_fact(text: str, start: int) -> str:
    end = _NEXT_FACT.search(fold(text), start)
    return text[start : end.start() if end else len(text)].strip()


def _says_something(text: str) -> bool:
    return any(
        not (word in _EMPTY or _LAUGH.fullmatch(word)) and len(word) > 1 and not word.isdigit()
        for word in words(text)
    )
