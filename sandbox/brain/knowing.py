"""Answers about the business, out of the request's knowledge, price table and documents."""

import re
from functools import lru_cache

from sandbox.brain.request import Brief, Section
from sandbox.brain.words import fold, words

_STEM = 5
_SHORTEST = 3
_ENOUGH = 2
_LONGEST = 240
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKED = re.compile(r"[A-Z]{2}: ")
_MARKUP = re.compile(r"[*_`#>]|^\s*[-•]\s+", re.MULTILINE)
_WHAT_YOU_DO = re.compile(
    r"\bwhat (?:exactly )?(?:do|does) .{1,20} (?:do|sell|offer)\b|"
    r"\bwhat (?:is this|are your services)|"
    r"\bque (?:es lo que )?(?:hacen|haceis|venden|ofrecen|hace la empresa|es esto)\b|"
    r"\ba que se dedican|\bo que (?:e que )?(?:voces? |a empresa )?(?:fazem?|vendem?|oferecem?)\b"
)
_CONCEPT_WORDS = {
    "price": """
        precio precios cuesta cuestan costo costos coste vale valen valor valores tarifa tarifas
        plan planes planos plano price prices pricing cost costs fee fees rates preco precos
        custa custam tabela
    """,
    "hours": """
        horario horarios abren abierto abiertos hora hours opening abrem aberto
        funcionamento schedule sabado sabados domingo domingos saturday saturdays sunday sundays
        weekend weekends weekday weekdays
    """,
    "place": """
        donde ubicacion direccion oficina oficinas where location located address office onde
        endereco localizacao escritorio ubicados
    """,
    "support": "soporte support suporte ayuda help ajuda asistencia assistance assistencia",
    "integration": """
        integracion integraciones integra integran integrar conecta conectar integration
        integrations integrate connect integracao integracoes conectam api apis crm
    """,
    "contract": """
        contrato contratos permanencia contract contracts commitment fidelidad fidelidade
        cancelar cancelacion cancel cancellation cancelamento minimum lock
    """,
    "trial": """
        prueba pruebas gratis gratuita gratuito trial free teste testar demo demostracion probar
        try
    """,
    "payment": """
        pago pagos pagar tarjeta tarjetas payment payments card cards pay pagamento pagamentos
        cartao factura facturas facturacion invoice invoices billing fatura transferencia pix
    """,
    "security": """
        seguridad datos privacidad security data privacy seguranca dados privacidade gdpr rgpd
        lgpd encriptacion encryption secure seguro
    """,
    "setup": """
        implementacion implementar implementa instalacion instalar setup install
        onboarding implementation implement puesta implantacion implantar
        configurar
    """,
    "duration": """
        tarda tardan tardar demora demoram demoran demorar take takes long tiempo tiempos prazo
        prazos plazo plazos timeline duracion dura duran duration
    """,
    "language": "idioma idiomas language languages lingua linguas",
    "guarantee": """
        garantia garantias guarantee warranty refund refunds devolucion reembolso reembolsos
        devolver dinero
    """,
    "team": "equipo quienes empresa team company equipe fundadores founders",
    "shipping": "envio envios entrega entregas shipping delivery deliver frete",
    "channels": "whatsapp instagram messenger facebook telegram canales channels canais",
}
_CONCEPTS = {
    word: f"#{concept}" for concept, text in _CONCEPT_WORDS.items() for word in text.split()
}
_PAPERS = frozenset(("contr", "manua", "certi", "plano", "poliz", "polit"))
_COMMON_WORDS = """
    que cual como cuando para por con una uno los las del sus esta este eso esto hay ser son
    tengo tienen tiene tenemos puedo puede pueden quiero quisiera saber hacen hola gracias mas
    muy sobre what which how when the and for with you your does can could there this that are
    have has about want know tell would like hello thanks more from they them qual quais tem
    voces voce minha meu seu sua posso pode quero gostaria sim nao uma isso ola obrigado mais
    muito fazem ofrecen ofrece offer offers oferecem oferece incluye include includes inclui
    use uses using usan usas utilizan usam utilizam trabajan trabalham will
    algo something need necesito preciso se si do es en un el la lo al te me mi tu ya is it in
    on to of my we us at an as os um no na em da de ou ao eu
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@lru_cache(maxsize=512)
def _stems(text: str) -> frozenset[str]:
    found = [word for word in words(text) if word not in _COMMON and len(word) >= _SHORTEST]
    return frozenset(_CONCEPTS.get(word, word.removesuffix("s")[:_STEM]) for word in found)


def asks_for_price(text: str) -> bool:
    """The message is about what something costs."""
    folded = fold(text)
    return "#price" in _stems(text) or bool(
        re.search(r"\bhow much\b|\bcuanto (?:es|sale)|\bquanto (?:e|sai)\b", folded)
    )


def prices(brief: Brief, text: str, *, most: int = 3) -> str | None:
    """The rows of the price table that a question is about, else the first ones."""
    asked = _stems(text) - {"#price"}
    best = max((len(asked & _stems(row)) for row in brief.prices), default=0)
    nearest = [row for row in brief.prices if len(asked & _stems(row)) == best]
    rows = [_row(row) for row in nearest[:most]]
    return "; ".join(rows) if rows else None


def _row(row: str) -> str:
    item, _, rest = row.partition(" · ")
    item = item.partition(" (")[0]
    return f"{item}: {rest.replace(' · ', ' ')}" if rest else item


def about(brief: Brief, text: str, language: str) -> str | None:
    """What the company does, for whoever asks just that."""
    if not _WHAT_YOU_DO.search(fold(text)):
        return None
    told = brief.about or next((section.body for section in brief.knowledge), "")
    return _sentences(Section("", told), frozenset(), language) if told.strip() else None


def lookup(sections: tuple[Section, ...], text: str, language: str) -> str | None:
    """The sentences of the nearest section that answer a question; None when none is near."""
    asked = _stems(text)
    scored = [(_score(section, asked, sections), section) for section in sections]
    best = max(scored, key=lambda pair: pair[0], default=None)
    if best is None or best[0] < _ENOUGH:
        return None
    return _sentences(best[1], asked, language)


def _score(section: Section, asked: frozenset[str], sections: tuple[Section, ...]) -> int:
    """A title says more than a body; one lone word of a body must be half of what was asked."""
    body = asked & _stems(section.body)
    alone = sum(bool(asked & _stems(each.body)) for each in sections) == 1
    telling = alone and 0 < len(asked) <= 2 * len(body)
    return 3 * len(asked & _stems(section.title)) + len(body) + telling


def _in_language(body: str, language: str) -> str:
    """The lines marked with the language ("EN: ..."), else those that are not marked."""
    lines = body.splitlines()
    mark = f"{language.upper()}:"
    own = [line.removeprefix(mark) for line in lines if line.startswith(mark)]
    return "\n".join(own or [line for line in lines if not _MARKED.match(line)])


def _sentences(section: Section, asked: frozenset[str], language: str) -> str:
    lines = [
        line.strip()
        for line in _SENTENCE.split(_MARKUP.sub("", _in_language(section.body, language)))
        if line.strip()
    ]
    if not lines:
        return section.title
    best = max(range(len(lines)), key=lambda at: (len(asked & _stems(lines[at])), -at))
    text = lines[best]
    if best + 1 < len(lines) and len(text) + len(lines[best + 1]) < _LONGEST // 2:
        text = f"{text} {lines[best + 1]}"
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + "…"


def listed(brief: Brief, text: str) -> str | None:
    """The id of the document that a message calls by its name, or by the paper that it is."""
    asked = _naming(text) - _naming(str(brief.context.get("company")))
    for name, about in brief.documents:
        if asked & (_naming(name) | (_PAPERS & _naming(about))):
            return name
    return None


def _naming(text: str) -> frozenset[str]:
    found = (word for word in words(text) if word not in _COMMON)
    return frozenset(word.removesuffix("s")[:_STEM] for word in found)


def document(brief: Brief, text: str) -> str | None:
    """The id of the document that a message asks for; the only one when it names none."""
    asked = _stems(text)
    scores = {name: len(asked & _stems(f"{name} {about}")) for name, about in brief.documents}
    if not scores:
        return None
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] or len(scores) == 1 else brief.documents[0][0]
