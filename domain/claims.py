"""Claims of deeds that only the system does: a call booked or moved, a person told to write.

A model that says so instead of doing so leaves the lead waiting for a call that nobody has noted.
"""

import re

from domain.negation import denied

_CALL = (
    r"(?:(?:video)?llamadas?|cita|reuni[oó]n|calls?|meeting|appointment|liga[cç][aã]o|reuni[aã]o)"
)
_DONE = (
    r"(?:agendad|reservad|movid|cambiad|reagendad|reprogramad|cancelad|anulad|remarcad|"
    r"marcad|desmarcad|adiad)[oa]"
)
_I_DO = r"(?:agend|reserv|reagend|reprogram|cancel|cambi)(?:o|é|ó|amos)"
_DAY = (
    r"(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|mañana|hoy|"
    r"segunda|ter[cç]a|quarta|quinta|sexta|amanh[aã]|hoje|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today)\b"
)
_THEN = rf"(?:(?:for |para )?(?:el |on |na |no |this |este )?{_DAY}|(?:at|a las|[aà]s|para las) \d)"
_BOOKED = re.compile(
    rf"\b(?:qued[oóae]\w*|est[aá]|ha sido|fue|foi|fica|ficou|j[aá]|ya|listo,?|pronto,?)"
    rf" (?:\w+ )?{_DONE}\b|\b(?:he|hemos) (?!cambiad){_DONE}\b"
    rf"|\b{_CALL} (?:\w+ )?{_DONE}\b"
    rf"|\b(?:te|lo|la|le|se) (?:la |lo )?(?!cambi){_I_DO}\b"
    rf"|\b{_I_DO} (?:ya )?(?:tu|su|la|esa) {_CALL}|\b(?:moví|muevo|movemos) (?:tu|su|la) {_CALL}"
    r"|\b(?:te|lo|la) (?:dej[oóé]|tengo) (?:\w+ )?(?:agendad|reservad|apuntad|anotad)[oa]"
    r" (?:para|el|a)\b"
    rf"|\b(?:agend|reserv|reagend|reprogram|cancel)é\b|\b{_I_DO} (?:para )?(?:el |la )?{_DAY}"
    r"|\b(?:re)?(?:agend|reserv|marqu|cancel|desmarqu)ei\b|\bvou (?:agend|reserv|marc|remarc)ar\b"
    rf"|\b(?:mud|adi|alter|pass|transfer)ei (?:\w+ )?{_CALL}"
    r"|(?:\b(?:is|are|been|got|have|now|it)|['’](?:s|ve)) (?:\w+ )?"
    r"(?:(?:re)?scheduled|booked|cancel+ed)\b|\bbooked for\b"
    rf"|\b{_CALL} (?:is|has been|was) (?:\w+ )?(?:moved|confirmed)\b"
    r"|\bi(?:['’]ve| have|['’]ll| will)? (?:just )?"
    r"(?:booked?|(?:re)?scheduled?|cancel+(?:ed)?|moved?) (?:you|your|the|it|that)\b"
    r"|\b(?:you['’]re|you are) (?:all )?(?:set|booked|confirmed) (?:for|in|on)\b"
    rf"|^\W*{_DONE} para {_THEN}|\byou(?:['’]re| are) (?:all )?booked\b"
    rf"|\bi['’]ll book {_THEN}|\b{_CALL} (?:is|es|ser[aá]|é) {_THEN}"
    rf"|\b(?:see you|meets? you|nos vemos|(?:te|lo|la|le) esper(?:o|a|amos)) {_THEN}"
    rf"|^\W*(?:listo|hecho|done|combinado|pronto)\W+{_THEN}"
    rf"|\b(?:te|lo|la|le) llam(?:o|amos|ar[eé]|ar[aá]n?|aremos) {_THEN}"
    rf"|\b(?:will|['’]ll) call you {_THEN}|\b(?:vou|vamos|vai) te ligar {_THEN}"
    r"|\b(?:confirmad[oa]|confirmed|confirmo) (?:\w+ ){0,3}(?:para|for|on|a las|às)\b",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"movid|mov[íi]|muev|cambi|reagend|reprogram|cancel|anul|remar[cq]|desmar[cq]|adiad|moved|resched|"
    r"\b(?:mud|adi|alter|pass|transfer)ei",
    re.IGNORECASE,
)
_SOMEBODY = (
    r"(?:una? |uma? |an? |the |el |la |al |o |nuestr[oa] |nosso |nossa |our |my |mi |otr[oa] )?"
    r"(?:persona|pessoa|person|humano?|human|alguien|algu[eé]m|someone|somebody|asesora?|agente|"
    r"agent|colega|compa[nñ]er[oa]|colleague|team(?:mate)?|equipo|equipe|time|vendedora?|"
    r"consultora?|especialista|specialist|representante|rep(?:resentative)?)"
)
_WITH_YOU = r"(?:you|this|it|your|a|the|our|my)\b"
_SOON = r"(?:back|soon|shortly|today|tomorrow|asap)"
_REACHES = (
    r"(?:contacts?|reach(?:es)? out|gets? (?:back|in touch)|be in touch|writes?|follows? up|"
    rf"messages?|repl(?:y|ies)|responds?|looks? into|calls? (?:you )?{_SOON})"
)
_LATER = (
    r"(?:si|cuando|apenas|en cuanto|se|quando|assim que|caso|if|when|once|as soon as|whenever)\b"
)
_NAME = r"(?-i:[A-ZÁÉÍÓÚÑ])\w+"
_TOLD = re.compile(
    r"\b(?:te|le|lo|la) (?:paso|comunico|conecto|transfiero|derivo|pongo en contacto)"
    r" (?:ya )?(?:con|a)\b"
    r"|\b(?:voy|vamos) a (?:pasar|comunicar|conectar|transferir|derivar)(?:te|le|lo|la) (?:con|a)\b"
    r"|\b(?:avis(?:[oéó]|ar|aré|amos|aremos|ado)|inform(?:é|ar|aré|amos|ado)|"
    rf"notifi(?:qu[eé]|car|caré|camos|cado)) (?:ya )?(?:al? )?{_SOMEBODY}"
    rf"|\bavis(?:o|[eé]|ar[eé]|amos|aremos) (?:ya )?a {_NAME}"
    rf"|\b(?:te|le|lo|la) avis(?:o|ar[eé]|amos|aremos) {_LATER}"
    rf"|\bvou (?:te )?avisar(?: voc[eê])? {_LATER}"
    rf"|\b(?:i|we)['’]ll let you know {_LATER}"
    rf"|\b(?:i|we)['’]ll (?:let {_NAME} know|tell {_NAME})"
    r"|\b(?:me asegur(?:o|ar[eé])|voy a asegurarme) de que"
    r"|\b(?:te|le|lo|la) (?:contactaremos|escribiremos|responderemos)\b"
    r"|\bnos (?:pondremos|comunicaremos)\b"
    r"|\b(?:te|le|lo|la) llamaremos (?:pronto|en breve)"
    r"|\brecibir[aá]s? una llamada\b|\byou(?:['’]ll| will) (?:get|receive) a call\b"
    rf"|\b{_SOMEBODY}(?: \S+){{0,4}} (?:te|le|lo|la|se) (?:va a |van a )?"
    r"(?:contactar|escribir|responder|llamar|pondr)(?:á|án|a)?\b"
    r"|\b(?:vou|vamos) (?:te |lhe )?(?:passar|transferir|encaminhar|conectar|direcionar|colocar)"
    r"(?: voc[eê])? (?:para|com|a|em contato)\b"
    r"|\b(?:avisei|avisamos|acionei|chamei|informei|vou (?:avisar|informar|acionar))"
    r" (?:[aoà]|ao|uma?)\b"
    rf"|\b(?:garanto|vou garantir) que {_SOMEBODY}"
    rf"|\b{_SOMEBODY}(?: \S+){{0,4}} (?:vai|ir[aá]) (?:te |lhe )?"
    r"(?:entrar em contato|escrever|contatar|responder|ligar)\b"
    r"|\bentrar(?:[aá]o?|emos|ei) em contato\b"
    r"|\b(?:i['’]ll|i will|i['’]m|i am|let me|we['’]ll|i['’]ve|i have) (?:\w+ )?"
    r"(?:connect|transfer|pass|forward|hand|notif|alert|told)(?:r?ing|r?ed|y|ied)? "
    rf"{_WITH_YOU}"
    r"|\b(?:i['’]ll|i will|let me) put you (?:through|in touch)\b"
    rf"|\bi['’]ll (?:have|get|ask) {_SOMEBODY}\b"
    rf"|\b(?:let|informed|notified) {_SOMEBODY}(?: \S+)? (?:know|about|of)\b"
    r"|\bi(?:['’]ll|['’]ve| will| have)? (?:\w+ )?(?:inform|escalat|flag|rais|report)"
    rf"(?:e|ed|g?ged)? (?:\S+ ){{0,4}}?(?:(?:to|with|for) )?{_SOMEBODY}"
    r"|\bi(?:['’]ll|['’]ve| will| have) (?:\w+ )?escalated? (?:this|it)\b"
    rf"|\b{_SOMEBODY}(?: \S+){{0,4}} will (?:\w+ )?{_REACHES}\b"
    rf"|\b(?:make sure|ensure|see to it) (?:that )?{_SOMEBODY}(?: \S+){{0,4}} {_REACHES}\b"
    r"|\bwe(?:['’]ll| will) (?:\w+ )?"
    rf"(?:get back to|be in touch|contact you|reach out|follow up|call you {_SOON})\b"
    r"|\byou(?:['’]ll| will) (?:\w+ )?(?:hear (?:back )?from|be contacted)\b",
    re.IGNORECASE,
)
_ERASED = re.compile(
    r"\b(?:i|we)(?:['’]ll|['’]ve| will| have)? (?:\w+ )?(?:delet|eras|remov)ed?"
    r" (?:all )?(?:of )?your\b"
    r"|\byour (?:\w+ ){1,3}(?:has|have|was|were|will) (?:\w+ )?(?:delet|eras|remov)ed\b"
    r"|\b(?:he|hemos) (?:borrado|eliminado) (?:\w+ )?[ts]us?\b"
    r"|\b(?:borr|elimin)(?:é|aré|amos|aremos) (?:\w+ )?[ts]us?\b"
    r"|\b[ts]us datos (?:\w+ ){1,2}(?:borrados|eliminados)"
    r"|\b(?:apaguei|exclu[ií]|removi|vou (?:apagar|excluir|remover)) (?:\w+ )?(?:os )?seus\b"
    r"|\bseus dados (?:\w+ ){1,2}(?:apagados|exclu[ií]dos|removidos)",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:a[uú]n|todav[ií]a|ainda|yet|cuando|si|en cuanto|apenas|una vez|once|when|if|"
    r"as soon as|after|before|antes|quando|caso|assim que|depois|puedo|podemos|can|could|posso|"
    r"para que|eli[gj]\w+|escog\w+|dime|choose|pick|tell me|escolh\w+|me diga)\b",
    re.IGNORECASE,
)
"""Asks for something first, or offers it."""
_AS_HE_LIKES = re.compile(
    r"\b(?:hora|hor[aá]rio|momento|d[ií]a|time|day) (?:que|that you|you) (?:\w+ )?"
    r"(?:eli[gj]\w+|escoj\w+|escolh\w+|prefi\w+|prefer\w*|quier\w+|quis\w+|choose|pick|like)\b",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?<![\d.,:])(\d{1,2})(?::\d{2}|\s?[ap]\.?m|\s?h(?:rs|oras)?\b)"
    r"|\b(?:a las?|para las?|at|[aà]s) (\d{1,2})\b",
    re.IGNORECASE,
)
_HALF_DAY = 12


def books(sentence: str, booked: str | None) -> bool:
    """Whether it says that a call was booked, moved or cancelled. `booked`: the call there is.

    That one may be told as it stands: the hour is in the words of `booked`.
    """
    found = _claimed(_BOOKED, sentence)
    if not found or booked is None or any(map(_MOVES.search, found)):
        return bool(found)
    return not _hours(sentence) <= _hours(booked)


def hands_over(sentence: str) -> bool:
    """Whether it says what a person has to do: that one was told, will write, or erased data."""
    return bool(_claimed(_TOLD, sentence) or _claimed(_ERASED, sentence))


def _claimed(deed: re.Pattern[str], sentence: str) -> list[str]:
    """The words that claim the deed, where they are no question, no denial and no condition."""
    if sentence.rstrip().endswith("?") or _AS_HE_LIKES.search(sentence):
        return []
    before = ((found[0], sentence[: found.start()]) for found in deed.finditer(sentence))
    return [said for said, words in before if not (denied(words) or _OPEN.search(words))]


def _hours(text: str) -> set[int]:
    """The hours that are named, on a clock of twelve."""
    return {int(a or b) % _HALF_DAY for a, b in _HOUR.findall(text)}
