"""Does a lead want no more messages, or want them again?

WhatsApp's policy is that whoever asks to stop is left alone. A bare word counts only as the whole
message ("baja el precio" is no opt-out); in a longer one it takes a clear sentence about being
written to.
"""

import re
from unicodedata import combining, normalize

_POLITE = re.compile(
    r"^(?:(?:hola|oi|ola|hello|hi|ok|por favor|porfa|please|pls) )+"
    r"|(?: (?:por favor|porfa|porfavor|please|pls|gracias|thanks|thank you|obrigad[oa]|ya|now))+$"
)
_REPEATED = re.compile(r"^(\w+)(?: \1)+$")

_OUT_WORD = re.compile(
    r"stop|stop ?all|stop messages|stop promotions?|unsubscribe|unsubscribe me|opt ?out|quit"
    r"|(?:detener|parar) (?:las )?promo\w+"
    r"|(?:quiero )?(?:la )?baja|(?:quiero )?(?:dar|darme|dame|deme|denme) de baja|desuscrib\w+"
    r"|sair|parar|pare|parem|(?:me )?descadastr\w+|stop it|basta(?: ya)?"
    r"|(?:stop|baja|sair|unsubscribe)(?: please| por favor)?(?: ya| i)? "
    r"(?:no (?:me interesa|quiero)|not interested|dont want|nao (?:quero|tenho interesse)).*"
)
_ANOTHER_TIME_OR_THING = (
    r"(?! (?:tarde|cedo|temprano|pronto|fotos?|videos?|audios?|documentos?|archivos?|arquivos?|"
    r"opciones|opcoes|preguntas|perguntas|precios|precos|de (?:las? |das )?(?:\d|una?\b|uma?\b)))"
)
"""Who wants a message or call less, or not so late, wants others."""
_OUT_SENTENCE = re.compile(
    r"\b(?:"
    # Spanish
    r"no (?:me|nos) (?:vuelv\w+ a )?(?:escrib|mand|envi|contact|molest|llam)\w+"
    rf" (?:mas{_ANOTHER_TIME_OR_THING}|nunca|nada|mensajes|otra vez)\b"
    r"|no (?:me|nos) vuelv\w+ a (?:escribir|contactar|molestar|mandar|enviar|llamar)"
    r"|no (?:me|nos) (?:molest|escrib|contact)(?:en|an|es|as)$"
    r"|no quiero (?:recibir )?(?:mas )?(?:mensajes|publicidad|promociones)\b"
    r"(?! (?:tan|largos?|de voz|automaticos|de un|de bots?|de robots?|de maquinas?)\b)"
    r"|(?:no|ya no) quiero (?:recibir mas|que me (?:escriban|contacten|manden|envien|molesten))"
    r"(?: (?:mas|nada|mensajes|publicidad)\b|$)"
    r"|(?:deja|dejen|dejad|paren|para) de (?:escribir|molestar|contactar)(?:me|nos)\b"
    r"|(?:deja|dejen|dejad|paren|para) de (?:mandar|enviar)(?:me|nos)"
    r"(?:$| (?:mas |tant[oa]s |sus |tus |es[oa]s |est[oa]s )?"
    r"(?:mensajes|publicidad|promociones|propaganda|cosas|correos|info\w*|spam)\b)"
    r"|dejen? de molestar\b|(?:ya )?no (?:escriban|molesten)(?: mas)?$"
    r"|(?:darme|dame|deme|denme) de baja(?= de (?:la|su|tu|esta|los|sus|estos)\b|$)"
    r"|(?:borr|elimin|quit|saqu|sac)\w*(?:me|nos) de (?:la|su|tu|esta|sus) "
    r"(?:lista(?! de espera)|base)"
    r"|(?:no|ni un|basta de) mas mensajes|basta de mensajes|dejen?me en paz"
    # English
    r"|(?:stop|quit) (?:messaging|texting|contacting|writing|spamming|bothering)"
    r"(?: to)?(?: me| us|$| messages$| these messages)"
    r"|(?:stop|quit) sending(?: to)?(?: me| us)?"
    r"(?:$| (?:these |this |those |any |more |your |all )*"
    r"(?:messages?|texts?|stuff|things|ads?|spam|promo\w*|anything)\b| (?:this|these)$)"
    r"|(?:do not|dont|never) (?:message|text|contact|write|send|bother)(?: to)? (?:me|us)"
    r"(?: (?:again|any ?more|messages|ever)| any(?:thing)? more| any messages|$)"
    r"|(?:remove|take|delete) (?:me|us|my number) (?:from|off)(?: of)? (?:your|the|this) "
    r"|(?:no more|do not want(?: any)?(?: more)?|dont want(?: any)?(?: more)?) messages"
    r"|(?:please|want to) unsubscribe(?: me)?$|leave me alone|opt me out"
    # Portuguese
    r"|(?:pare|parem|para) de (?:me |nos )?(?:mandar|enviar|escrever|contatar|incomodar|perturbar)"
    r"|nao (?:me |nos )(?:mand|envi|escrev|contat|incomod|perturb|lig)\w+"
    rf" (?:mais{_ANOTHER_TIME_OR_THING}|mensagens)\b"
    r"|nao (?:mand|envi|escrev)\w+ mais (?:mensagens|nada|para mim)"
    r"|nao quero (?:mais )?(?:receber )?(?:mais )?(?:mensagens|mensagem|propagandas?)\b"
    r"|nao quero mais (?:receber|que me (?:escrev|mand|envi|contat)\w+)"
    r"|(?:me )?(?:tir|remov|retir|exclu)\w*(?: me| meu numero)? d(?:a|essa|esta) (?:sua )?lista"
    r"(?! de espera)"
    r"|nao me (?:contat|escrev|incomod|perturb)\w+$|nao quero mais contato"
    r"|(?:quero|desejo) (?:sair|me descadastrar)(?: d(?:a|essa|esta) lista|$)"
    r"|(?:chega de|sem mais) mensagens|me deix\w+ em paz"
    r")"
)
_IN_WORD = re.compile(
    r"start|unstop|subscribe|resume|(?:quiero )?(?:el )?alta|(?:darme|dame|deme|denme) de alta"
    r"|(?:re)?suscrib\w+|reanudar|quiero volver|volver"
    r"|(?:quero )?voltar|inscrever|reativar|retomar"
)
_IN_SENTENCE = re.compile(
    r"\b(?:"
    r"(?:quiero|quisiera) (?:volver a )?recibir (?:sus |los |tus )?mensajes"
    r"|pueden? (?:volver a escribirme|escribirme (?:de nuevo|otra vez))"
    r"|(?:message|text|write to|contact) me again"
    r"|(?:quero|queria) (?:voltar a )?receber (?:as |suas )?mensagens"
    r"|podem? (?:voltar a )?me (?:escrever|mandar mensagens?)(?: de novo| novamente|$)"
    r")"
)


_THANKS = re.compile(
    r"(?:(?:muchas|mil|many|so much|muito|de nada|ok|okay|vale|listo|bueno|bien|perfecto|perfeito|"
    r"perfect|great|genial|entendido|gracias|thanks|thank you|obrigad[oa]|valeu|beleza|certo|"
    r"tudo bem|ta bom|de acuerdo|got it|bye|adios|chao|chau|tchau|hasta luego)(?: |$))+"
)


def only_thanks(text: str) -> bool:
    """Whether the words say thanks, fine or goodbye and nothing else."""
    return bool(_THANKS.fullmatch(_said(text)))


def wants_out(text: str) -> bool:
    """Whether the lead asks not to be written to any more."""
    said = _said(text)
    return bool(_OUT_WORD.fullmatch(said) or _OUT_SENTENCE.search(said))


def wants_in(text: str) -> bool:
    """Whether a lead that opted out asks to be written to again."""
    said = _said(text)
    if wants_out(text):
        return False
    return bool(_IN_WORD.fullmatch(said) or _IN_SENTENCE.search(said))


def _said(text: str) -> str:
    """Lower case, no accents, no punctuation, no courtesies, each word once when repeated."""
    plain = "".join(c for c in normalize("NFKD", text.lower()) if not combining(c))
    words = " ".join(re.findall(r"\w+", re.sub(r"['’]", "", plain)))
    return _REPEATED.sub(r"\1", _POLITE.sub("", words))
