"""When a lead wants to start, and who decides."""

import re

from sandbox.brain.found import Found
from sandbox.brain.words import fold

_COUNT = (
    r"(?:\d+|una?|dos|tres|cuatro|cinco|seis|ocho|diez|an?|one|two|three|four|five|six|"
    r"couple of|few|"
    r"uma?|dois|duas|quatro|dez|un par de|pocos?|poucos?|algunos|alguns)"
)
_SPAN = (
    r"(?:dias?|semanas?|mes(?:es)?|anos?|quincenas?|trimestres?|semestres?|days?|weeks?|months?|"
    r"years?|quarters?)"
)
_PERIOD = (
    r"(?:mes|semana|ano|trimestre|semestre|quincena|verano|otono|invierno|primavera|month|"
    r"week|year|"
    r"quarter|summer|fall|autumn|winter|spring|verao|outono|inverno|q[1-4])"
)
_MONTH = (
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"janeiro|"
    r"fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|dezembro|navidad|christmas|natal)"
)
_SURE = re.compile(
    r"\b(?:"
    r"(?:lo )?(?:mas pronto|antes) posible|cuanto antes|ya mismo|ahora mismo|de inmediato|"
    r"inmediatamente|"
    r"asap|as soon as possible|right away|right now|immediately|(?:o )?quanto antes|urgente?|"
    r"urgently|"
    r"(?:o )?mais rapido possivel|imediatamente|de imediato|"
    rf"(?:en|dentro de|in|within|em|daqui a|over)\s+(?:the next |los proximos |nos proximos |"
    rf"proximos |unos |"
    rf"unas |uns |umas |menos de |about |around |less than |cerca de |a )?{_COUNT}"
    rf"(?:\s*(?:-|a|o|or|to|ou)\s*{_COUNT})?\s+{_SPAN}|"
    rf"(?:(?:para|en|em|no|na|el|la|o|a|by|pro|pra)\s+)*(?:el |la |the |o |a )?"
    rf"(?:proximos?|proximas?|siguiente|next)\s+{_PERIOD}|"
    rf"(?:(?:para|en|el|la|o|a|no|na)\s+)*{_PERIOD}\s+(?:que viene|que vem|entrante|seguinte)|"
    rf"(?:(?:antes de[l]?|para|a|ate|ate o|by|before|at|no|antes do)\s+)?(?:the |el |o )?"
    rf"(?:fin|final|finales|fines|end|fim)\s+(?:d[aeo]l?|of)\s+"
    rf"(?:the |this |este |el |la |o )?{_PERIOD}|"
    rf"(?:(?:later|ainda|durante|during|antes de)\s+)?(?:este|esta|neste|nesta|this)\s+"
    rf"(?:mismo |mesmo )?{_PERIOD}|"
    rf"q[1-4](?:\s+(?:de\s+|of\s+)?20\d\d)?|"
    rf"(?:(?:a |em |in )?(?:principios|mediados|finales|inicio|inicios|meados|fim|final|early|"
    rf"mid|late|start|"
    rf"beginning|end)\s*(?:de|of|do)?\s*-?|para|en|in|by|em|until|before|antes de[lo]?|hasta|"
    rf"desde|a partir de|"
    rf"from|starting|starting in|ate|despues de|after|depois de[o]?|since)\s+(?:el |la |the |"
    rf"o )?{_MONTH}"
    r"(?:\s+(?:de\s+|of\s+)?20\d\d)?|"
    r"(?:para|en|in|by|em|during|durante|a partir de)\s+20[2-3]\d"
    r")\b"
)
_LOOSE = re.compile(
    rf"\b(?:(?:unos |unas |about |around |cerca de |uns |umas )?{_COUNT}(?:\s*(?:-|a|o|or|to|"
    rf"ou)\s*{_COUNT})?\s+"
    rf"{_SPAN}|{_MONTH}(?:\s+(?:de\s+)?20\d\d)?|hoy|hoje|today|manana|amanha|tomorrow|ya|now|"
    rf"agora|ahora|pronto|cuando (?:se pueda|sea posible|puedan|quieran)|"
    r"when(?:ever)? (?:possible|you can)|quando (?:der|puder(?:em)?|for possivel)|"
    r"soon|logo|en breve|em breve|sin prisa|no hay prisa|no corre prisa|no (?:rush|hurry)|"
    r"sem pressa|mas adelante|"
    r"later|mais (?:para frente|tarde)|20[2-3]\d|(?:antes|despues|depois|before|"
    r"after)\s+(?:de[lo]?\s+|the\s+)?\w+|"
    r"(?:a|de)?\s*(?:corto|medio|largo) plazo)\b"
)
_STARTS = re.compile(
    r"empezar|arrancar|comenzar|lanzar|implement|launch|start|kick off|comecar|iniciar|lancar|"
    r"plazo|timeline|"
    r"prazo|lo necesit|lo quer|need it|necesitamos|precisamos|preciso dele"
)

_TITLE = (
    r"(?:duen[oa]|propietari[oa]|ceo|fundador[a]?|cofundador[a]?|gerente(?: general)?|"
    r"director[a]?(?: general)?|"
    r"jef[ea]|responsable|owner|founder|co-?founder|manager|boss|head|decision.?maker|"
    r"managing director|"
    r"don[oa]|diretor[a]?|proprietari[oa]|responsavel|chefe|unic[oa]|encargad[oa])"
)
_PEER = (
    r"(?:soci[oa]s?|equipo|partners?|co-?founders?|team|equipe|marido|mujer|esposa|esposo|"
    r"wife|husband|"
    r"herman[oa]|brother|sister|irma[o]?|chefe|jef[ea]|boss|board|diretoria|directorio|comite|time)"
)
_CHIEF = (
    r"(?:jef[ea]|director[a]?|gerente|soci[oa]|marido|mujer|esposa|esposo|boss|manager|ceo|"
    r"cto|cfo|coo|partner|"
    r"chefe|diretor[a]?|wife|husband|padre|father|pai|madre|mae|mama|papa|mamae|mom|mum|dad|parents|padres|pais|famil\w+|owner|duen[oa]|don[oa]|"
    r"diretoria|directiva|"
    r"board|comite|committee|head office|matriz|superior)"
)
_JOINT = re.compile(
    rf"\b(?:(?:yo|eu)?\s*(?:decid\w+ )?(?:junto |juntamente |together )?(?:con|com|"
    rf"with) (?:mis?|meus?|minhas?|my|our|"
    rf"nuestr[oa]|noss[oa]|el|la|o|a|the) {_PEER}|(?:mi|meu|minha|my) {_PEER} (?:y|e|"
    rf"and) (?:yo|eu|i|me)|"
    rf"(?:yo|eu|me|i) (?:y|e|and) (?:mi|o meu|a minha|meu|minha|my) {_PEER}|"
    rf"we (?:all )?decide|decidimos|"
    r"entre (?:los dos|todos|varios|os dois|nos)|lo decidimos|decisao conjunta|"
    r"decision conjunta|joint decision|"
    r"we both|en conjunto|em conjunto|as a team|jointly)\b"
)
_JOINT_LOOSE = re.compile(
    r"\b(?:consult\w*|check with|ask my|talk (?:it over|to my)|hablarlo|comentarlo|juntos|together|"
    r"conversar com|falar com|ambos|both|os dois|los dos|nosotros|we do|us|nos)\b"
)
_OTHER = re.compile(
    rf"\b(?:(?:lo |la |quem |who )?(?:decide|aprueba|aprova|decid[ei]ria|decides|"
    rf"approves)\s+(?:es |e |is )?"
    rf"(?:mi|el|la|o|a|os|meu|minha|my|our|the) {_CHIEF}|(?:mi|el|la|meu|minha|o|a|my|our|"
    rf"the) {_CHIEF} "
    rf"(?:(?:es|e|is) (?:quien|el que|la que|quem|the one who) )?(?:lo |la |que )?(?:decid\w+|"
    rf"aprueb\w+|aprov\w+|"
    rf"approv\w+|makes|toma\w*|tiene|has the|tem a|manda|firma|signs|will decide)|"
    rf"(?:depende de|depends on|up to|depende d[oa]) (?:mi |my |our |meu |minha |el |la )?{_CHIEF}|"
    rf"(?:no decido|i don'?t decide|nao decido|nao sou eu|no soy yo|not me|it'?s not me|"
    rf"(?:tengo|preciso|need) (?:que |to )?(?:consultar|ask|pedir)\w*.{{0,25}}{_CHIEF}))\b"
)
_SELF = re.compile(
    rf"\b(?:(?:yo|eu) (?:mism[oa]|mesm[oa]|decido|soy quien decide|soy la que decide|"
    rf"soy el que decide|que decido|"
    rf"tomo|sol[oa]|sozinh[oa]|quem decido)|decido (?:yo|eu)|quien decide soy yo|"
    rf"quem decide sou eu|"
    rf"(?:la decision es mia|a decisao e minha|decision mia)|depende (?:solo |so )?de mi[m]?|"
    rf"(?:eu )?(?:soy|sou) (?:el|la|o|a|eu)?\s*(?:{_TITLE}|que(?:m)? decid[eo]|quien decide)|"
    rf"(?:solo|so) (?:yo|eu)\b|"
    rf"tomo (?:yo )?(?:la|las|a|as) deci\w+|la decision la tomo yo|lo decido|i decide|"
    rf"i do decide|i make the|"
    rf"(?:i'm|i am|im) (?:the |an? )?(?:one who decides|only one|sole \w+|{_TITLE})|"
    rf"it'?s (?:just |only )?(?:me|my)\b|"
    rf"just me|my (?:own )?(?:decision|call)|i have (?:the )?(?:final |full )?(?:say|authority)|"
    rf"i can (?:decide|approve|sign)|i'?ll decide|that(?:'s| is| would be) me|i'm the decision)\b"
)
_SELF_BARE = re.compile(
    r"^\W*(?:yo|eu|me(?=\W*$|,)|myself|i do|si|sim|yes|yep|yeah|claro|correcto|exacto|isso|eu sim|"
    r"yo si|i am|s[oó]lo yo|"
    r"yes i do|sim eu|si yo|sou eu|soy yo)\b"
)
_OTHER_BARE = re.compile(
    rf"\b(?:(?:mi|meu|minha|my|our|el|o|a|la) {_CHIEF}|someone else|otra persona|outra pessoa)\b"
)
_NO_BARE = re.compile(r"^\W*(?:no|nao|nope|not really|not me)\W*$")

_DECIDERS = {
    "self": {"es": "decide por su cuenta", "en": "decides alone", "pt": "decide por conta própria"},
    "joint": {"es": "decide con otros", "en": "decides with others", "pt": "decide com outros"},
    "other": {
        "es": "decide otra persona",
        "en": "someone else decides",
        "pt": "outra pessoa decide",
    },
}


def timeline(text: str, *, pending: bool, stage: str) -> Found | None:
    """When the lead wants to start. While a call is being arranged, 'next week' means the call."""
    folded = fold(text)
    plain = bool(_STARTS.search(folded))
    if not pending and not plain and (stage == "scheduling" or "?" in folded):
        return None
    match = _SURE.search(folded) or (_LOOSE.search(folded) if pending or plain else None)
    if match is None:
        return None
    quote = text[match.start() : match.end()].strip()
    return Found("timeline", quote, quote)


def authority(text: str, language: str, *, pending: bool) -> Found | None:
    """Who decides: the lead, somebody else, or both together."""
    folded = fold(text)
    patterns = (*_SURE_OF_WHO, *_WHEN_ASKED) if pending else _SURE_OF_WHO
    for who, pattern in patterns:
        if match := pattern.search(folded):
            return Found("authority", _DECIDERS[who][language], match_text(text, match))
    return None


_SURE_OF_WHO = (("joint", _JOINT), ("other", _OTHER), ("self", _SELF))
_WHEN_ASKED = (
    ("joint", _JOINT_LOOSE),
    ("other", _OTHER_BARE),
    ("self", _SELF_BARE),
    ("other", _NO_BARE),
)


def match_text(text: str, match: re.Match[str]) -> str:
    """What a match in the folded text is in the lead's own writing."""
    return text[match.start() : match.end()].strip()
