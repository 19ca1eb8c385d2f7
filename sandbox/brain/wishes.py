"""What a message is for: small talk, a person, a document, a cancellation, a question."""

import re

from sandbox.brain.words import fold

_PERSON = (
    r"(?:person|people|human|agent\b|assistant|asistente(?! virtual)|"
    r"assistente(?! virtual)|representative|representant|rep\b|someone|somebody|"
    r"operator|operador|advisor|"
    r"adviser|salesperson|staff|manager|persona|human[oa]|agente(?! inmobiliari| de ia|"
    r" virtual| imobiliari)|asesor|"
    r"alguien|ejecutiv[oa]|vendedor|comercial\b|encargad[oa]|gente\b|pessoa|atendente|alguem|"
    r"consultor|"
    r"responsable|responsavel|supervisor)"
)
_TALK = (
    r"(?:habl\w+|convers\w+|comuni\w+|contact\w*|contat\w*|pas[ae]r?me|me pas\w+|pon\w*me|"
    r"atiend\w*|atend(?:er|a|e)\b|"
    r"transf\w+|deriv\w+|chate?\w*|speak\w*|talk\w*|connect\w*|conect\w+|put me|pass me|reach|"
    r"get (?:me )?(?:a hold of|hold of|through to|in touch with)|falar|fala|chamar?\b|"
    r"llamar? a|call)"
)
_MACHINE = r"(?:bots?|robots?|robos?|maquinas?|machines?|contestador\w*|computer|computador\w*)"
_ANYONE = r"(?:nadie|alguien|anyone|anybody|someone|somebody|alguem|ninguem)"
_OBLIQUE = (
    rf"\b(?:hay|habra|tem|existe|is|isn'?t|there|puede|pode|can|could)\s+{_ANYONE}\b.{{0,25}}"
    r"\b(?:ahi|alli|ai|there|real|de verdad|de verdade|que me|ayudarme|me ayude|who can|help|"
    r"me ajudar|atenderme|atender)\b|"
    rf"(?:hart[oa]|cansad[oa]|cansei|tired|sick|odio|detesto|hate|no me gusta|"
    rf"nao gosto|don'?t like)\b.{{0,25}}\b{_MACHINE}\b|"
    r"\b(?:trato|contacto|contato|toque|touch) (?:mas |mais )?(?:human[oa]|personal|"
    r"pessoal|directo|direto)|"
    r"\b(?:human|personal) (?:touch|contact)|carne y hueso|carne e osso|flesh and blood|"
    rf"\b{_TALK}\b.{{0,20}}\b(?:ventas|sales|vendas|(?:tu|un|your|a|seu|um) (?:jef[ea]|boss|"
    r"supervisor|coleg[ao]|colleague|compañer[oa]|companer[oa]|team|equipo|chefe))\b|"
    rf"\b(?:rather|prefer to) deal with|que me (?:atiendan|llamen) (?:directamente|ustedes)"
)
_WISHES = {
    "human": (
        rf"\b{_TALK}\b.{{0,40}}\b{_PERSON}"
        rf"|\b(?:me|nos) (?:llam|contact|escrib|lig|atiend)\w*\b.{{0,15}}\b{_PERSON}"
        rf"|\b{_PERSON}\b.{{0,15}}\b(?:(?:me|nos) (?:llam|contact|escrib|lig)\w+|"
        rf"call me|contact me)"
        rf"|\b(?:need|want|prefer|give me|get me|quiero|necesito|prefiero|quero|preciso de?|"
        rf"prefiro|dame|deme)(?: to)?"
        rf"(?: con| com| with)?(?: an?| some| una?| uma?)?(?: real| live| actual|"
        rf" verdader[oa])* (?:{_PERSON})"
        r"(?! de ia| virtual)|\b(?:atencion|atendimento) human[oa]|(?:persona|pessoa) (?:real|"
        r"de verdad)|"
        r"\b(?:live agent|real (?:person|human)|human (?:please|being|agent)|customer service)|"
        r"no quiero (?:hablar con )?(?:un |una )?(?:bot|robot|maquina)|"
        r"nao quero (?:falar com )?(?:um |uma )?(?:bot|robo|maquina)|stop (?:the )?bot|"
        r"^\W*(?:human|humano|agent|"
        r"agente|asesor|atendente|operator|operador|persona|pessoa|representative)\W*$|"
        rf"{_OBLIQUE}"
    ),
    "who": (
        r"\b(?:eres|es usted|sos|estoy hablando con|hablo con|are you|is this|am i (?:talking|"
        r"speaking) (?:to|with)|"
        r"voce e|estou falando com|isso e|quien eres|who are you|quem e voce)\b.{0,30}"
        r"(?:bot|robo|\bia\b|\bai\b|maquina|machine|human|persona|person|pessoa|real|\?)"
    ),
    "greeting": (
        r"^\W*(?:hol+a+|holi|buenas|buen(?:os|as)? (?:dias?|tardes|noches)|hi|hel+o+|hey|"
        r"good (?:morning|"
        r"afternoon|evening)|(?:mas |more |mais )?info\w*(?: por favor| please)?\W*$|"
        r"ola|oi|bom dia|boa (?:tarde|noite)|e ai|alo|que tal)\b"
    ),
    "thanks": r"\b(?:gracias|thanks|thank you|thx|ty|obrigad[oa]|valeu|agradezco|agradeco)\b",
    "bye": (
        r"\b(?:adios|chao|chau|hasta (?:luego|pronto|manana|el)|nos vemos|bye|goodbye|see you|"
        r"tchau|"
        r"ate (?:logo|mais|breve|amanha))\b"
    ),
    "yes": (
        r"^\W*(?:(?:ja|je|ha|he|k|rs)+\W+)?(?:(?:(?:si|sim),? )?(?:me|nos) interes+a\W*$|"
        r"i'?m interested\W*$|ok(?:ay|i)?|"
        r"vale|si+|sim|yes|yep|yeah|claro|perfecto|perfect|perfeito|"
        r"de acuerdo|dale|listo|genial|"
        r"great|sure|sounds good|beleza|certo|combinado|bueno|esta bien|tudo bem|entendido|"
        r"got it|cool|"
        r"por supuesto|of course|com certeza|bora|adelante|pode ser|me parece bien|fine)\b|"
        r"^\s*[👍👌🙏✅😊🙂😀]"
    ),
    "no": r"^\W*(?:no+|nao|nope|nop|nah|nada|ninguno|nenhum|none|nothing)\b",
    "cancel": (
        r"\b(?:cancel\w*|anul\w+|desmarc\w+|no (?:voy a )?(?:podre|puedo) (?:ir|asistir|estar)|"
        r"(?:can'?t|cannot|won'?t be able to) (?:make it|attend|come)|nao vou poder|nao posso ir)\b"
    ),
    "move": (
        r"\b(?:cambiar|cambiamos|mover(?:la|lo)?|moverla|reagend\w+|reprogram\w+|resched\w+|"
        r"postpone|aplazar|"
        r"posponer|adiar|remarcar|mudar|(?:move|change|switch) (?:the|my|it|our)|"
        r"otr[oa]s? (?:hora|horario|dia|"
        r"momento|fecha)s?|another (?:time|day|slot|date)|other (?:times?|days?|slots?|"
        r"options?)|different (?:time|"
        r"day)|outr[oa]s? (?:hora|horario|dia|data)s?|otras opciones|outras opcoes|"
        r"ningun[oa] de|none of|nenhum|"
        r"no me (?:viene|va|queda|sirve)|ningun[oa] me \w+|nenhum[ao]? (?:me )?\w+|"
        r"(?:doesn'?t|don'?t|do not) work|nao (?:da|posso|"
        r"consigo)|no puedo|can'?t)\b"
    ),
    "no_call": (
        r"\b(?:no (?:quiero|necesito|hace falta|me interesa)\b.{0,20}\b(?:llamada|reunion|"
        r"cita|call|meeting)|"
        r"(?:don'?t|do not) (?:want|need)\b.{0,15}\b(?:call|meeting)|no call|sin llamada|"
        r"nao (?:quero|preciso)\b.{0,20}\b(?:ligacao|chamada|reuniao|call)|no,? gracias|"
        r"no,? thanks?|"
        r"nao,? obrigad[oa]|not interested|no me interesa|nao tenho interesse|nao me interessa|"
        r"no estoy interesad[oa])"
    ),
    "refuses_the_call": (
        r"\b(?:no (?:quiero|necesito|hace falta|me interesa)|nao (?:quero|preciso)|sin|sem|"
        r"(?:don'?t|do not) (?:want|need))\b.{0,20}"
        r"\b(?:llamada|reunion|ligacao|chamada|reuniao|call|meeting)\b"
    ),
    "document": (
        r"\b(?:catalogo|folleto|brochure|pdf|documento|document|dossier|ficha tecnica|"
        r"presentacion|presentation|"
        r"apresentacao|catalogue|catalog|lista de prec[io]+s|tab(?:el|l)a de prec[io]+s|"
        r"price list|"
        r"tarifario|folder|one-?pager|"
        r"guia|guide|datasheet|folheto|portfolio|cartilla|cartilha)s?\b"
    ),
    "paper": (
        r"\b(?:m[ae]nd\w+|envi\w+|pasa(?:me)?|compart\w+|send(?: me| us)?|share)\b.{0,20}"
        r"\b(?:contratos?|contracts?|manual(?:es)?|manuals?|certificad\w+|certificates?|"
        r"planos|polizas?|politica\w*)\b|"
        r"^\W*(?:(?:y|e|and) )?(?:ahora|agora|now) (?:el|la|o|a|the) "
        r"(?:contrato|contract|manual|certificad\w+|certificate|poliza)\W*$"
    ),
    "prices": (
        r"^\W*(?:(?:y|e|and|ok|hola|oi|hi) )?(?:l?os |the |as |las |sus |your )?"
        r"(?:precios?|prices?|pricing|precos?|tarifas?|costos?)\W*$"
    ),
    "command": (
        r"\b(?:ignor\w+|forget|disregard|olvid\w+|esquec\w+|desconsider\w+)\b.{0,40}"
        r"\b(?:instru\w+|rules|reglas|regras|prompt)\b"
    ),
    "speaks": (
        r"\b(?:do you speak|habla[ns]?(?: usted(?:es)?)?|fala[mn]?|voces? falam?) "
        r"(?:en |em )?(?:english|spanish|portuguese|ingles|espanol|espanhol|portugues)\b"
    ),
    "sending": (
        r"\b(?:m[ae]nd\w+|envi\w+|pas[ae]\w*|compart\w+|send|share|show|get|see|have|quiero|"
        r"quisiera|necesito|ver|"
        r"want|like|quero|queria|gostaria|preciso|tem|tienes|tienen|hay|pode|puedes|podrias|"
        r"can|could|email)\b"
    ),
    "question": (
        r"\?|^\W*(?:y |and |e |hola |hi |oi |ola )?(?:que (?!tal)|cual|cuanto|cuanta|"
        r"como (?!estas)|donde|cuando|"
        r"quien|por que|tienen|tienes|ofrecen|hacen|puedo|se puede|incluye|aceptan|trabajan|"
        r"que |what|which|how|where|"
        r"when|who|why|do you|does|can i|can you|could you|is there|are there|is it|qual|"
        r"quais|quant[oa]s?|onde|"
        r"quando|quem|voces|vcs?|tem|fazem|posso|e possivel|inclui|aceitam|saber|quiero saber|"
        r"quero saber)\b"
    ),
    "any": (
        r"\b(?:cualquiera|cualquier|el que sea|la que sea|me da igual|any(?: of them| time)?|"
        r"whichever|whatever|either|"
        r"qualquer(?: um)?|tanto faz|you choose|elige tu|lo antes posible|the soonest|"
        r"o mais cedo|cuanto antes)\b"
    ),
}
_COMPILED = {name: re.compile(pattern, re.MULTILINE) for name, pattern in _WISHES.items()}
_PLEASANTRY = re.compile(
    r"\W*(?:(?:hola|buenas|hi|hello|hey|ola|oi|bom dia|boa tarde|boa noite|buen(?:os|as)? \w+|"
    r"good \w+|there)\W+)*(?:tudo (?:bem|bom)(?: (?:com )?(?:voce|ai))?|"
    r"como (?:estas?|esta usted|van?|vai|"
    r"voce esta|andas)|how (?:are you(?: doing)?|is it going|do you do)|que tal|todo bien|"
    r"what'?s up)\W*"
)
_HOW_ARE_YOU = re.compile(
    r"(?<![^\W_])(?:tudo (?:bem|bom)(?: (?:com )?(?:voces?|ai))?|como (?:estas?|estan|esta usted|"
    r"les va|te va|voces? esta[om]?)|how (?:are you(?: doing)?|is it going)|que tal|todo bien)"
    r"(?: (?:hoy|hoje|today|todos?|por ahi))?\W*\?+"
)
_DECLINES = re.compile(
    r"\b(?:prefiero no|prefer(?:iria)? no|prefiro nao|(?:i'd |i would )?(?:rather|prefer) not|"
    r"no (?:te |se )?(?:lo |la )?"
    r"(?:quiero|puedo|voy a|deseo) (?:decir\w*|dar\w*|compartir\w*|revelar\w*|contar\w*)|"
    r"(?:don'?t|do not) want to "
    r"(?:say|share|tell|give|disclose)|(?:can'?t|cannot) (?:say|share|tell|disclose)|"
    r"nao (?:quero|posso|vou) "
    r"(?:dizer|falar|informar|passar|compartilhar|contar|revelar)|none of your|no es asunto|"
    r"nao e da sua|"
    r"es (?:privado|confidencial)|it'?s (?:private|confidential)|e confidencial|confidencial|"
    r"confidential|"
    r"(?:next question|skip (?:it|that|this)?|paso|pulo|prefiero omitir|otra pregunta|"
    r"proxima pergunta))\b"
)
_DOES_NOT_KNOW = re.compile(
    r"\b(?:no (?:lo )?(?:se|sabemos|tengo idea|lo tengo (?:claro|definido)|esta definid[oa])|"
    r"ni idea|todavia no|"
    r"aun no|sin definir|no (?:tengo|tenemos|hay) (?:un )?(?:presupuesto|plazo|fecha|definid)\w*|"
    r"(?:i |we )?(?:don'?t|do not) know|not sure|no idea|not (?:yet )?(?:decided|defined)|"
    r"(?:don'?t|do not) have (?:a |any )?(?:budget|deadline|timeline)|no (?:budget|deadline|"
    r"timeline)|haven'?t decided|"
    r"nao sei|nao sabemos|ainda nao|nao (?:tenho|temos) (?:um )?(?:orcamento|prazo|ideia|"
    r"definid)\w*|sem (?:prazo|orcamento)|sei la)\b"
)
_FIELD_WORDS = {
    "budget": re.compile(
        r"presupuesto|budget|orcamento|cuanto (?:quiero|puedo|voy)|invertir|dinero|money"
    ),
    "name": re.compile(r"\b(?:mi nombre|my name|meu nome|como me llamo|quien soy|who i am)"),
    "company": re.compile(r"\b(?:empresa|company|companhia)\b"),
    "email": re.compile(r"\b(?:correo|e-?mail)\b"),
    "timeline": re.compile(r"\b(?:plazo|fecha|deadline|timeline|prazo)\b"),
    "authority": re.compile(r"\b(?:quien decide|who decides|quem decide)\b"),
}


def wishes(text: str) -> frozenset[str]:
    """The names of all that a message asks for or does."""
    folded = fold(text)
    if _PLEASANTRY.fullmatch(folded):
        return frozenset(("greeting",))
    told = _HOW_ARE_YOU.sub(". ", folded)
    found = {name for name, pattern in _COMPILED.items() if pattern.search(told)}
    if "who" in found:
        found.discard("human")
    return frozenset(found)


def declined(text: str, pending: str | None) -> tuple[str, str] | None:
    """The field that the lead will not or cannot fill, and his words for it."""
    folded = fold(text)
    match = _DECLINES.search(folded)
    if match is None and pending in _MAY_BE_OPEN:
        match = _DOES_NOT_KNOW.search(folded) or _JUST_NO.fullmatch(folded)
    if match is None:
        return None
    named = next((name for name, said in _FIELD_WORDS.items() if said.search(folded)), pending)
    quote = text[match.start() :].strip().splitlines()
    return (named, quote[0].strip()) if named and quote else None


_MAY_BE_OPEN = ("budget", "authority", "need", "timeline")
_JUST_NO = re.compile(
    r"\W*(?:no|nao|nope|nop|nah|nada|ninguno|nenhum|none|nothing)"
    r"(?:\W+(?:muchas )?(?:gracias|thanks|thank you|obrigad[oa]))?\W*"
)
