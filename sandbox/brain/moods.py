"""Whether a lead wants to be left alone, is angry, or is no lead at all."""

import re

from sandbox.brain.words import fold

_BUT = r"(?:\W+(?:muchas? )?(?:gracias|thanks|thank you|obrigad[oa]|por ahora|for now))*\W*"
_LEAD_IN = r"\W*(?:(?:hola|hi|hello|ola|oi|mira|lo siento|sorry|desculpe?|perdon[ae]?|no|nao)\W+)*"
_WHOLE = {
    "not_interested": (
        r"(?:(?:ya )?no (?:me|nos) interesa(?: nada| esto)?|no estoy interesad[oa]|not interested|"
        r"(?:i'?m|i am|we'?re) not interested(?: any ?more)?|nao (?:tenho|temos) interesse|"
        r"nao (?:me|nos) interessa|no quiero nada|nao quero nada|i don'?t want (?:anything|it))"
    ),
    "later": (
        r"(?:(?:ahora|ahorita|agora|right now|now) (?:no|nao|not)(?: puedo| posso)?|(?:te|les|lhe) "
        r"(?:escribo|aviso|escrevo) (?:luego|despues|mas tarde|otro dia|depois|mais tarde)|"
        r"(?:escribo|falo|hablamos|falamos) (?:luego|despues|mas tarde|otro dia|depois|mais tarde|"
        r"outro dia)|(?:maybe |let'?s talk |i'?ll write (?:to you )?|talk )?later|"
        r"(?:quizas |talvez )?(?:mas adelante|mais para frente)|"
        r"(?:estoy|estou) ocupad[oa]|(?:i'?m|i am) busy(?: right now)?|lo pienso(?: y te aviso)?|"
        r"vou pensar|i'?ll think about it)"
    ),
    "wrong_number": (
        r"(?:(?:me equivoque|se equivoco|equivocad[oa])(?: de (?:numero|chat|persona))?|"
        r"numero equivocado|(?:este )?no es (?:el numero|para usted(?:es)?|para ti)|wrong number"
        r"(?: sorry)?|(?:i have|got|it'?s|this is) (?:the )?wrong number|"
        r"(?:foi |e )?(?:numero errado|engano)|mandei (?:errado|para o numero errado))"
    ),
}
_ANGRY = re.compile(
    r"\b(?:(?:son|eres|sois) (?:un[oa]s? )?(?:inutil\w*|estafador\w*|ladron\w*|idiota\w*|"
    r"incompetente\w*|mentiros\w*)|que (?:verguenza|falta de respeto|porqueria|mierda)|"
    r"esto es (?:una (?:estafa|verguenza|mierda|burla))|(?:pesimo|horrible) servicio|"
    r"you(?:'re| are| people are| guys are) (?:\w+ )?(?:useless|idiots?|scammers?|liars?|thieves|"
    r"incompetent|stupid)|this is (?:a scam|ridiculous|outrageous|bullshit|unacceptable)|"
    r"terrible service|fed up with you|(?:estoy hart[oa]|cansei|to cansad[oa]) de "
    r"(?:ustedes|voces)|(?:voces? )?(?:sao|e) (?:um bando de |uns )?(?:inute[il]s?|ladroes|"
    r"golpistas|idiotas?|mentirosos)|que (?:vergonha|palhacada|merda)|isso e um (?:golpe|absurdo)|"
    r"pessimo (?:atendimento|servico))\b"
)
_SPAM = re.compile(
    r"\b(?:gan[ae]r? (?:dinero|plata) (?:facil|desde casa)|trabaja desde casa|"
    r"prestamos? (?:inmediat|rapid)\w+|inversion garantizada|ganaste un premio|"
    r"reenvia (?:este|esto)|make money (?:fast|online|from home)|you(?:'ve| have) won|"
    r"crypto (?:investment|signals)|forward this (?:message )?to|buy followers|seo services|"
    r"ganh(?:e|ar) dinheiro (?:facil|em casa)|voce ganhou|emprestimos? (?:imediat|rapid)\w+|"
    r"(?:gracias por (?:comunicarte|contactarnos|escribir a)|thank you for contacting|"
    r"obrigad[oa] por entrar em contato).{0,80}"
    r"(?:responderemos|en breve|shortly|soon|away|em breve|retornaremos))"
)
_COMPILED = {
    name: re.compile(rf"{_LEAD_IN}{said}(?:\W+{said})?{_BUT}") for name, said in _WHOLE.items()
}


def mood(text: str) -> str:
    """The mood of a message, "usual" for nearly all."""
    folded = fold(text)
    if _SPAM.search(folded):
        return "spam"
    if _ANGRY.search(folded):
        return "angry"
    return next((name for name, said in _COMPILED.items() if said.fullmatch(folded)), "usual")
