"""Which language to answer in, and the small words that say nothing of what a message is about.

The language is read as the guards read it: an answer in another one would be held back.
"""

from domain.language import language_of
from domain.values import LANGUAGES, Language

_SMALL_WORDS = {
    "es": """
        hola buenas buenos dias tardes noches gracias quiero quisiera queremos necesito busco
        buscamos cuanto cuesta cuestan que el los las una un y con para mi soy llamo tengo
        tenemos estamos somos nosotros ustedes usted tu como donde cuando pero por favor si no
        euros pesos mes proximo semana ahora persona hablar tienen precio precios empresa
        negocio tienda yo decido jefe manana prefiero decirlo es en de la del al lo se nos hay
        este esta ano unos mejor puedo puede hasta desde entre mil jueves martes lunes viernes
        adios vale claro perfecto presupuesto cualquiera otro dia muy todo bien interesa
        gustaria nombre trabajo
    """,
    "pt": """
        ola oi bom boa dia tarde noite obrigado obrigada quero gostaria queria queremos preciso
        precisamos procuro quanto custa custam que o os uma um e com para minha meu sou chamo
        tenho temos estamos somos nos voces voce como onde quando mas por favor sim nao reais
        proximo semana agora pessoa falar tem preco precos empresa negocio loja eu decido chefe
        amanha prefiro dizer em de da do ao na no isso muito tudo bem ate socio junto ainda este
        ano mes seria pode posso quinta terca segunda sexta feira manha tchau claro perfeito
        orcamento qualquer outro meus nossa nosso voltar aqui umas uns mil pela pelo nome
        trabalho
    """,
    "en": """
        hi hello hey good morning afternoon evening thanks thank the i i'm im we you what how
        much is are my name need want looking for and with to of please price prices month week
        next would like can could do does our your it in on at this that yes no not have has
        from there budget company business shop store decide boss tomorrow prefer say rather
        about around call a an am be by thousand dollars me someone person speak talk who when
        where which any other day monday tuesday wednesday thursday friday bye great perfect
        interested works work
    """,
}
SMALL_WORDS = frozenset(word for text in _SMALL_WORDS.values() for word in text.split())


def language_to_answer_in(text: str, known: object, company: str) -> Language:
    """The lead's language; the known one, then that of the company's own words, when unclear."""
    sticky: Language | None = next((each for each in LANGUAGES if each == known), None)
    return language_of(text, sticky, language_of(company, None, "es"))
