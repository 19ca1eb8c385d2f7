"""Does a lead ask for a person? A rule without a model, in Spanish, English and Portuguese.

Every word becomes one letter for its role in such a request ("quiero hablar con un asesor" is
`WTlla`); what is a request is then a pattern over these letters. The rule is made to be right
when it says yes; what it misses, the model's own `wants_human` is there to catch.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize

WORDS = {
    # to talk
    "T": "hablar ablar hablarle charlar platicar chatear tratar comunicarme comunicarnos "
    "contactar contactarme hablase hablara speak speaking talk talking chat chatting contact "
    "hablarlo charlarlo platicarlo conversarlo contacting reach deal dealing falar fala "
    "conversar contatar falasse",
    "t": "hablo converso falo hablando charlando chateando falando conversando",
    # to pass the lead on: verbs with "me" inside, verbs beside "me", and verbs that need no "me"
    "M": "pasame paseme pasenme pasarme comunicame comuniqueme comuniquenme transfiereme "
    "transfierame transfieranme transferirme derivame deriveme derivarme conectame conecteme ponme "
    "poneme pongame ponerme dame deme denme contactame contacteme contactenme pasanos "
    "comuniquenos canalizame",
    "v": "pasa pasas pasan pasen pase pasar comunica comunicas comunican comunicar transfiere "
    "transfieren transferir deriva derivas derivan deriven derivar canaliza canalizas "
    "regalas manda mandas mande conecta conectas conectan conectar "
    "pone pones poner transfer connect put get give direct pass hand forward switch "
    "redirect route passa passam passem passe passar transfere transferem transfira transfiram "
    "coloca colocar poe encaminha encaminhe encaminhar conecte",
    "Y": "cade chama chame chamem llamen",
    "y": "chamar",
    # to want, to be able
    "W": "quiero kiero quero qero quisiera querria queria necesito nesesito ocupo requiero deseo "
    "prefiero preferiria exijo solicito want wanna need prefer wish demand gostaria preciso "
    "prefiro desejo desejava gustaria",
    "L": "like rather",
    "C": "can could may would id puedo puede puedes pueden podria podrias podrian podes pueda "
    "posso pode podem poderia poderiam podia possa let lemme dejame deixa dejenme",
    "N": "no not dont isnt arent nao sin sem never nunca",
    # people: anybody, a person, an agent, a boss, a human
    "n": "alguien someone somebody anyone anybody alguem gente",
    "p": "persona person pessoa colega",
    "a": "agente agent asesor asesora acesor ejecutivo ejecutiva executivo executiva "
    "operador operadora operator representante representative rep advisor atendente",
    "s": "assistant asistente assistente",
    "g": "gerente manager supervisor supervisora encargado encargada responsable responsavel jefe "
    "chefe boss dueno dono vendedor vendedora consultor consultora consultant salesperson "
    "comercial companero companera staff",
    "P": "humano humana human humn",
    "r": "real live verdad verdade vivo viva actual verdadera verdadeira carne ser being",
    "d": "ventas vendas sales service servicio",
    "B": "bot bots robot robots robo robos maquina maquinas machine machines",
    "S": "atencion atendimento soporte suporte support ayuda ajuda asistencia",
    # to be served, to be helped, to be called
    "A": "atienda atiendan atender atenderme atendiera atendido atendida atenda atendam atendesse",
    "Z": "ayude ayudar ayudarme ajude ajudar help assist answer responda conteste",
    "J": "llame llamar contacte contactara contatasse ligue liga ligar call",
    # words between
    "l": "con c com to with a al o un una uno um uma el la los las the an this por q que as su "
    "tu vuestro your seu sua teu another other otra otro outra outro algun alguna algum alguma "
    "any some area setor sector departamento department team time equipo equipe "
    "bloody fucking damn goddamn through over back tecnico tecnica",
    ">": "para pra pro for",
    "f": "de del da do of from in at en em dos",
    "m": "me m mim us",
    "o": "mi mis my our nuestro nuestra nuestros nuestras meu minha meus minhas nosso nossa",
    "c": "contacto contato touch numero number telefono telefone",
    "e": "please pls plz plis favor favo porfa porfis porfavor pfv pf ya ja ahora agora now "
    "gracias thanks thank obrigado obrigada urgente asap posible possivel possible gentileza",
    "h": "hola oi ola hi hello hey buenas buenos buen dia dias tardes noches boa bom tarde noite",
    "K": "quien quem who whom",
    "k": "como how mejor melhor",
    "E": "hay tem there existe",
    "O": "disponible disponivel available online",
    "V": "vez lugar instead",
    "b": "soy sou im am is are eres es sos estoy estou esta was were been",
    # what makes it somebody else's talk, another trade, another time
    "w": "conmigo comigo",
    "u": "atiende atienden atende atendem",
    "j": "cliente client customer people personas pessoas",
    "X": "clientes customers clients usuarios users pacientes leads lead prospectos prospects",
    "z": "inmobiliario inmobiliaria imobiliario imobiliaria seguros viajes bienes virtual "
    "digital resources rights error recursos",
    "i": "ia ai",
    "q": "antes before first primero primeiro",
    "D": "lunes martes miercoles jueves viernes manana segunda terca quarta quinta sexta amanha "
    "monday tuesday wednesday thursday friday tomorrow horas pm",
}
_MAY_SLIP = re.compile("[TnpasP]")
_ACCENTED = {
    **dict.fromkeys(("hablé", "pasé", "contacté", "contactó", "llamé", "llamó", "aí"), "x"),
    "é": "b",
    "dá": "v",
}
_REAL_WORDS = """
    acento algum arent argent asesoria atende atente charla charting coleta comunicarse contacta
    contracting contract contratar conversa conversas conversor dialing fallar faltar falhar falir
    gene genie genre gent hallar operadores peak pearson perdon perdona roach sneak sneaking speck
    steak taking tartar tasking trata travar trazar walking
"""
_NO_SLIPS = frozenset(_REAL_WORDS.split())
_PLAIN = str.maketrans("áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc")
_TOKEN = re.compile(r"[a-zà-ÿ]+|[.,;:!?\n()][.,;:!?\n()\s]*")


def _slips(word: str) -> Iterator[str]:
    """Spellings one slip away: two letters swapped, one left out, doubled or wrong."""
    for i in range(len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
    for i in range(1, len(word) - 1):
        for letter in "abcdefghijklmnopqrstuvwxyz":
            yield word[:i] + letter + word[i + 1 :]
            yield word[:i] + letter + word[i:]


def _lexicon() -> dict[str, str]:
    known = {word: role for role, words in WORDS.items() for word in words.split()}
    slips = {
        slip: role
        for word, role in known.items()
        if len(word) >= 5 and _MAY_SLIP.match(role)  # noqa: PLR2004  shorter words are near too many
        for slip in _slips(word)
        if slip not in _NO_SLIPS
    }
    return slips | known | _ACCENTED


_ROLE = _lexicon()
_SOMEBODY = "[pnagPs]"
_LINKS = "[l>rdjSP]*"
_NOT_ANOTHER = "(?!f?[zi]|x?f[lf]*o)"

_SUBJECT = re.compile("[pnagPsKdSB]")
_CLAUSE, _END = r"(?:^|\.)[leh]*", r"[lex]?e*(?:\.|$)"
_AGAINST_BOTS = re.compile(r"N[mxl]?W?[lx]{0,2}[Tt]l*B|[TAZ][^.]*Vfl*B")
_NOT_THE_LEAD = re.compile(
    r"N(?:[mlx]|b?x[l>f])?[WLT][^.]*"  # the lead does not want it
    r"|(?:^|(?<=\.))[^.]*(?:X|(?<!b)(?<!bl)(?<![dS]l)j(?=[^.]*[TM]))[^.]*"  # others do
)
_REQUEST = re.compile(
    "|".join(
        (
            rf"(?<!b)(?<!bx)Tx?{_LINKS}[pnaPs]{_NOT_ANOTHER}",  # talk to a person
            rf"(?:W|CL?)[mlxf]?T{_LINKS}g{_NOT_ANOTHER}(?![^.]*q)",  # can I talk to the manager
            rf"{_CLAUSE}T{_LINKS}g",
            r"(?<!b)Tl[lrfj]*[dS]",  # talk to sales
            rf"k[xC]?t{_LINKS}{_SOMEBODY}",  # how do I talk to a person
            r"K[xm]{0,2}C?[xm]{0,2}[Tt]",  # who can I talk to
            r"[pnaP]r?[xlKf]{0,4}Cx?T[le]*(?:\.|$)",  # a person that I can talk to
            rf"(?:M|mC?v|v[l>]?m)[fcl>r]*{_LINKS}{_SOMEBODY}{_NOT_ANOTHER}",  # pass me on
            r"(?:M|mC?v|v[l>]?m)l[lf]*[dS]",  # pass me on to sales
            rf"Y{_LINKS}{_SOMEBODY}",
            rf"Cl?y{_LINKS}{_SOMEBODY}{_NOT_ANOTHER}",  # can you fetch the manager
            r"E[lr]*P[xE]?(?:\.|$)",  # is there a human there
            rf"cl+r*{_SOMEBODY}",  # in touch with an agent
            rf"(?:W|CL)[lfr]*(?:[pa]r*|[rP]*Pr?){_END}",  # I want an agent
            rf"(?:{_CLAUSE}|W[lfr]*)[SZ]P{_END}",  # human help
            rf"(?:{_CLAUSE}|W[lfr]*)S[flx]{{0,3}}[paP]",  # the attention of a person
            rf"{_CLAUSE}(?:[aP]+|r[lf]*[paP]|[pa]f?r)r*{_END}",  # agent!
            rf"{_CLAUSE}[pn]r*l*e",  # a person, please
            r"(?<!b)nx?f?r",  # somebody real
            rf"A[fr.]{{0,3}}{_LINKS}[pnaPs]|[pnaP][lxmC]{{0,4}}A",  # be served by a person
            rf"mu{_LINKS}[pnaP](?![^.]*B)",
            r"[paP][lxC]{0,2}mZ|[ml]Z[lx]*[pP]|CZ[lm]*[pP]|Cl*(?:[pP]|nfl+)Z",  # be helped
            r"Cl+[pP]T",  # let a person talk
            r"(?:mC?J[l]*[pag]|[pang][lfd]*mJ)(?![^.]*D)",  # an agent should call me
            r"[np][^.]{0,2}N[^.]{0,2}B|[pagP][lfr]*\.Nl*[Bi]",  # somebody who is no bot
            rf"B.{{0,3}}W[lfr]*[npP]{_END}",  # enough of the bot, I want people
            r"CJml+[pags]",
            r"[pang][lfdx]{0,4}(?:mC|Cm)J(?![^.]*D)",
            r"(?:W|CL?)l?[na][flx]{0,6}Jm(?![^.]*D)",
            r"(?:[pang][JT]m|[pang][lxfcmT]{0,4}w)(?![^.]*D)",
            r"[agP]x?O|O[l>]*[aP]",  # any agent available
        )
    )
)


def asks_for_human(text: str) -> bool:
    """Whether the lead clearly asks to deal with a person instead of the assistant.

    A call at some later time is not such a request: that is a booking.
    """
    spelled = normalize("NFC", text).lower().replace("'", "").replace("’", "")
    roles = "".join([_role(token) for token in _TOKEN.findall(spelled)])
    if not _SUBJECT.search(roles):
        return False
    if _AGAINST_BOTS.search(roles):
        return True
    return bool(_REQUEST.search(_NOT_THE_LEAD.sub("", roles)))


def _role(token: str) -> str:
    if role := _ROLE.get(token):
        return role
    if not token[0].isalpha():
        return "."
    return "x" if token.isascii() else _ROLE.get(token.translate(_PLAIN), "x")
