"""Who writes: name, company and e-mail address."""

import re
from collections.abc import Iterator

from sandbox.brain.found import Found
from sandbox.brain.words import fold, gibberish, words

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UPPER = "A-ZÀ-ÖØ-Þ"
_PART = rf"[{_UPPER}][\w'’-]*"
_FULL = re.compile(rf"{_PART}(?:\s+(?:(?:de|da|do|dos|del|la|van|von)\s+){{0,2}}{_PART}){{0,3}}")
_FIRST = re.compile(r"[^\W\d_][\w'’-]+")
_INTRODUCES = re.compile(
    r"\b(?:me llamo|mi nombre es|mi nombre|me dicen|le habla|les habla|te habla|te escribe|"
    r"les escribe|soy|soi|i'm|i am|im|my name is|my name's|name is|this is|it's|call me|meu nome e|"
    r"me chamo|pode me chamar de|eu sou|sou|aqui e|quem fala e|aqui)\s+"
    r"(?:(?:el|la|o|a|e)\s+(?=[^\W\d_]))?"
)
_STRONG = re.compile(r"llamo|nombre|dicen|habla|escribe|name|call|nome|chamo|chamar|fala")
_COMPANY = re.compile(
    r"\b(?:trabajo (?:en|para)|(?:mi|nuestra|la) (?:empresa|compania|tienda|agencia|"
    r"firma) (?:es|se llama)"
    r"|de la empresa|represento a|i work (?:at|for)|i'm with|(?:my|our|the) (?:company|"
    r"business|firm|"
    r"agency|store|shop)(?: is called| called| name is|'s name is| is)|(?:trabalho|"
    r"atuo) (?:na|no|em|para)"
    r"|(?:minha|nossa|a) (?:empresa|loja|companhia|agencia) (?:e|se chama|chama|chama-se)|"
    r"(?:empresa|company)\s*:)\s+(?:(?:la|el|o|a|the)\s+)?"
)
_FROM = re.compile(r"\s*,?\s+(?:de|del|from|at|with|da|do|na|no|of|en)\s+(?:(?:la )?empresa\s+)?")
_COMPANY_NAME = re.compile(
    rf"(?:[{_UPPER}0-9][\w&.'’-]*\w|[{_UPPER}])(?:\s+(?:(?:&|y|e|and|de|da|do|"
    rf"del)\s+)?[{_UPPER}0-9][\w&'’-]*){{0,3}}"
)
_LOWER_COMPANY = re.compile(r"[\w&'’-]{2,}(?:\s+[\w&'’-]{2,})?(?=\s*(?:[.,;!?\n]|$))")
_PLACES_WORDS = """
    madrid barcelona sevilla valencia bilbao malaga espana mexico cdmx monterrey guadalajara
    bogota medellin cali colombia lima peru quito ecuador santiago chile argentina cordoba
    rosario uruguay montevideo paraguay caracas venezuela panama brasil brazil sao rio curitiba
    recife salvador fortaleza brasilia lisboa porto portugal london paris berlin usa texas
    florida miami california boston chicago canada toronto uk england spain ireland dublin
    australia india nueva new
"""
_PLACES = frozenset(_PLACES_WORDS.split())
_SIGNED = re.compile(
    rf"\W*(?:(?:hi|hello|hey|hola|oi|ola|olá|Hi|Hello|Hey|Hola|Oi|Olá)\W+)?({_PART}(?:\s+{_PART})?)"
    rf"\s+(?:here|aquí|aqui|(?:from|at|with)\s+({_PART}(?:\s+{_PART}){{0,2}}))(?=\W|$)"
)
_NO_NAMES_WORDS = """
    me te se le nos interesa interessa jaja haha jajaja kkk kkkk rs
    el la los las un una uno de del en con por para y o que muy mas nuevo nueva yo tu ella dueno
    duena gerente director directora jefe jefa responsable encargado encargada propietario
    propietaria fundador fundadora ceo cto cliente interesado interesada quien autonomo autonoma
    emprendedor emprendedora estudiante abogado medico medica agente vendedor empresa persona
    humano the a an not so very just here from looking interested trying in on at with going
    sorry fine good well happy owner manager boss founder your my our this that it is ok okay
    great busy new still also afraid sure done ready wondering calling writing contacting
    available free os as um uma do da no na dono dona proprietario proprietaria diretor diretora
    chefe novo nova socio socia eu eles quem responsavel interessado interessada hola hello hi
    hey ola oi buenas buenos bom boa gracias thanks thank obrigado obrigada si sim yes vale
    claro nada nadie none precio preco price hours call test prueba bot robot ninguno help ayuda
    ajuda quiero want quero nao ya aqui alli hoy hoje today tomorrow manana amanha solo only
    cool nice perfect perfecto bien bem como what why how where when porque cual qual who mi su
    meu seu him her necesito need preciso busco info informacion information web crm seo app
    marketing ventas vendas sales automation automatizacion publicidad pagina site website
    chatbot consultoria presupuesto budget orcamento asesoria servicio servicios service
    services
"""
_NO_NAMES = frozenset(_NO_NAMES_WORDS.split())
_LINK = re.compile(r"\s+(?:de|da|do|del)\s+")
_SURNAMES_WORDS = """
    la los las leon jesus oliveira souza sousa lima silva costa cruz luz rocha cunha mata santos
    conceicao paula fonseca gama nascimento carmo rosario pilar castro moura melo almeida abreu
"""
_SURNAMES_WITH_DE = frozenset(_SURNAMES_WORDS.split())
_MOST_WORDS_IN_A_NAME = 4
_FIRST_AND_LAST = 2


def people(text: str, *, pending: bool) -> Iterator[Found]:
    """Name, company and e-mail in a message; a bare name counts when it was asked for."""
    if match := _EMAIL.search(text):
        yield Found("email", match.group().lower(), match.group())
    introduced = _introduction(text)
    if introduced:
        yield introduced[0]
    if company := _company(text, introduced[1] if introduced else None):
        yield company
    if introduced is None and (signed := _SIGNED.match(text)):
        yield Found("name", signed[1], signed[1])
        yield from (Found("company", signed[2], signed[2]),) if signed[2] else ()
    elif introduced is None and pending and (name := _bare_name(text)):
        yield name


def _introduction(text: str) -> tuple[Found, int] | None:
    """The name that the lead introduces himself with, and where it ends."""
    for match in _INTRODUCES.finditer(fold(text)):
        name = _FULL.match(text, match.end()) or _lower_name(text, match)
        if name and fold(name.group().split()[0]) not in _NO_NAMES | _PLACES:
            value = _before_company(name.group())
            end = name.start() + len(value)
            return Found("name", value[:1].upper() + value[1:], text[match.start() : end]), end
    return None


def _lower_name(text: str, introduction: re.Match[str]) -> re.Match[str] | None:
    """A name in small letters: believed after 'me llamo', or when little else follows."""
    name = _FIRST.match(text, introduction.end())
    if (
        name is None
        or gibberish(name.group())
        or re.search(r"(?:ando|endo|ing|ado|ed)$", name.group())
    ):
        return None
    rest = text[name.end() :]
    ends = re.match(
        r"\s*(?:[.,;!\n]|$|(?:de|del|from|da|do|y|and|e|[qk]u?iero|quero|busco|necesito|preciso|"
        r"procuro|want|need|looking|i|me)\s)",
        fold(rest),
    )
    return name if ends or _STRONG.search(introduction.group()) else None


def _before_company(name: str) -> str:
    """'Ana de Acme' is a name and a company; 'Ana de la Cruz' and 'Ana da Silva' are names."""
    link = _LINK.search(name)
    if link is None or fold(name[link.end() :]).split()[0] in _SURNAMES_WITH_DE:
        return name
    return name[: link.start()]


def _company(text: str, name_end: int | None) -> Found | None:
    folded = fold(text)
    if match := _COMPANY.search(folded):
        name = _COMPANY_NAME.match(text, match.end()) or _LOWER_COMPANY.match(text, match.end())
        if name:
            return Found("company", name.group(), text[match.start() : name.end()])
    link = _FROM.match(folded, name_end) if name_end is not None else None
    if link is None:
        return None
    name = _COMPANY_NAME.match(text, link.end()) or _LOWER_COMPANY.match(text, link.end())
    if name is None or fold(name.group()).split()[0] in _PLACES | _NO_NAMES:
        return None
    return Found("company", name.group(), name.group())


def _bare_name(text: str) -> Found | None:
    """A message, or its first part, that is nothing but a name."""
    first = re.split(r"[,.;!?\n]", text.strip(" .!¡¿?\n"), maxsplit=1)[0].strip()
    found = words(first)
    letters = all(re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?", each) for each in first.split())
    if not found or len(found) > _MOST_WORDS_IN_A_NAME or not letters or gibberish(first):
        return None
    capital = _FULL.fullmatch(first)
    if found[0] in _NO_NAMES or (
        not capital and (len(found) > _FIRST_AND_LAST or set(found) & _NO_NAMES)
    ):
        return None
    value = _before_company(first) if capital else first.title()
    return Found("name", value, first, plain=False)
