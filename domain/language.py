"""Which language does a lead write in? Function words and letters that the others do not have."""

import re
from collections.abc import Mapping
from typing import cast
from unicodedata import normalize

from babel.core import get_global
from babel.languages import get_official_languages

from domain.values import LANGUAGES, Language

_ENOUGH_FOR_FIRST = 1.0
_ENOUGH_TO_SWITCH = 2.0
"""How much more evidence than for the next language; a known one is not left for one word."""

_WORDS: dict[Language, str] = {
    "es": """
        el los las una unos unas y con sin pero muy mucho mucha muchos es son hay del al lo le les
        yo usted ustedes nosotros nuestro nuestra nuestros mi mis tu tus su sus este esta esto ese
        eso aquel quien quienes donde cuando cuanto cuanta cuantos cuantas cual cuales porque
        quiero quisiera necesito necesitamos tengo tiene tienen tenemos puedo puede pueden podria
        puedes hacer hago hace hacen voy va vamos estoy estamos estan soy eres fue era hola gracias
        buenas buenos noches dia si tambien ahora manana hoy ayer despues antes mas menos todo todos
        nada algo alguien otro otra otros precio precios costo cuesta cuestan llamada reunion
        negocio tienda informacion saber gusta gustaria interesa dime digame envia enviame mandame
        lunes martes miercoles jueves viernes sabado domingo mes meses semana ano anos vale listo
        bueno bien cinco siete ocho nueve diez veinte cien dueno dinero trabajo vendemos clinica
        correo llamo nombre busco buscamos usan usamos hasta desde segun ya ni
        me nos das na ja pq queria diga manda segunda quinta tarde propaganda he has
        en entiendo todavia mensajes enero febrero mayo junio julio noviembre diciembre nadie llamo
    """,
    "en": """
        the an and or but with without is are was were be been am i you he she we they it my your
        our their this that these those who what where when how much many why which want need have
        has had can could would should will do does did not hello hi hey thanks thank please yes
        good morning afternoon evening to of for from in on at by about into than then there here
        now today tomorrow yesterday after before more less all some any price pricing cost costs
        call meeting business store information know like interested tell send us monday tuesday
        wednesday thursday friday saturday sunday month months week year years great sure okay name
        company looking work works use using so if just let get im id dont whats soon possible ask
    """,
    "pt": """
        o os um uma uns umas e com sem mas muito muita muitos sao nao do da das ao aos na nas eu
        voce voces vc vcs nos nosso nossa nossos meu minha meus minhas seu sua seus suas isso isto
        esse essa quem onde quando quanto quanta quantos quantas qual quais porque pq quero queria
        gostaria preciso precisamos tenho tem temos posso pode podem poderia fazer faco faz vou vai
        estou esta estamos sou foi oi ola obrigado obrigada bom boa noite sim tambem agora amanha
        hoje ontem depois antes mais menos tudo todos nada algo alguem outro outra preco precos
        custa custam custo ligacao reuniao negocio loja informacao informacoes saber interessa me
        diga manda envia segunda terca quarta quinta sexta sabado domingo mes meses semana ano anos
        beleza bem cinco sete oito nove dez vinte cem dono dinheiro trabalho vendemos clinica email
        chamo nome procuro usam usamos ate desde ja nem pra pro pelo pela duvida valeu tarde dia
        este ainda entendi mensagem mensagens janeiro fevereiro maio junho julho novembro dezembro
        ninguem recebemos comecar dona vem propaganda tu era
    """,
}
_COUNTRIES = cast("Mapping[str, str]", get_global("zone_territories"))
_WORDS_OF: Mapping[Language, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS.items()
}
_LETTERS: Mapping[Language, re.Pattern[str]] = {
    "es": re.compile(r"[ñ¿¡]|[áéíóú]n\b|ci[oó]n(?:es)?\b|dad(?:es)?\b|ll[aeo]\w|(?<!q)ue[nrs]"),
    "en": re.compile(r"\w{3}ing\b|\bwh|th|'(?:m|re|ll|ve|s|t|d)\b|tion|ee|oo|sh|\w{2}ly\b"),
    "pt": re.compile(r"[ãõçêâà]|[çc][ãa]o\b|[çc][õo]es\b|dades?\b|[ln]h[aeoã]|ei[rt]|ou\b|\bé\b"),
}
_LETTERS_WEIGH = 1.0
_NAMED: Mapping[Language, re.Pattern[str]] = {
    "es": re.compile(r"\b(?:español|espanol|castellano|spanish|espanhol)\b", re.IGNORECASE),
    "en": re.compile(r"\b(?:ingl[eéê]s|english)\b", re.IGNORECASE),
    "pt": re.compile(r"\bportugu[eéê]s(?:e|a)?\b", re.IGNORECASE),
}
_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\d+")
_PLAIN = str.maketrans("áàâãäéêëíïóôõöúüñç", "aaaaaeeeiioooouunc")


def language_of(text: str, known: Language | None, default: Language) -> Language:
    """The language of the lead's words; `known`, then `default` when they are too few to tell."""
    scores = _evidence(text)
    best = max(LANGUAGES, key=lambda language: scores[language])
    lead = scores[best] - max(scores[other] for other in LANGUAGES if other != best)
    enough = _ENOUGH_TO_SWITCH if known else _ENOUGH_FOR_FIRST
    return best if lead >= enough else known or default


def agreed(text: str, ours: Language, models: Language, *, known: bool) -> Language:
    """The language of a turn: what the model says it is, unless the lead's words say otherwise.

    A `known` language is left only for words, or for the wish, of another one.
    """
    if ours == models or _NAMED[models].search(text):
        return models
    scores = _evidence(text)
    if scores[ours] - scores[models] >= _ENOUGH_TO_SWITCH or (known and not scores[models]):
        return ours
    return models


def home_language(zone: str | None) -> Language | None:
    """The language of the country of a time zone, where it is one of ours."""
    country = _COUNTRIES.get(zone or "")
    spoken = country and get_official_languages(country, de_facto=True)
    return next((each for each in LANGUAGES if spoken and each == spoken[0]), None)


_OTHER_WORDS = """
    vous nous est avec pour une dans pas je bonjour merci votre notre cette sont mais
    francais parlez suis voudrais cherche combien
    und nicht ist der sie wir ich mit ein eine auf fur sind haben danke guten ihr ihre
    hallo deutsch sprechen mochte kostet das wie
    che sono della gli questo questa grazie buongiorno anche piu siamo nostra nostro vostro
    italiano parlate vorrei cerco quanto prezzo
"""
_OTHERS = frozenset(_OTHER_WORDS.split())
_OTHERS_ENOUGH = 3
_STRANGE = 2
"""Words of a fourth language; of ours there must be fewer."""
_OTHER_SCRIPTS = re.compile(r"[^\W\d_a-zà-öø-ÿœªº]", re.IGNORECASE)
_LETTERS_ENOUGH = 6


def clearly_not(text: str, language: Language) -> bool:
    """Whether the words are plainly in another language, one of ours or not.

    Of ours, and of those that share our letters, never for less than eight words.
    """
    said = text.lower()
    if len(_OTHER_SCRIPTS.findall(said)) >= _LETTERS_ENOUGH:
        return True
    if len(text.split()) < 8:  # noqa: PLR2004  names and greetings prove nothing
        return False
    scores = _evidence(text)
    best = max(scores.values())
    others = len(_words(said) & _OTHERS)
    if others >= _OTHERS_ENOUGH and others > scores[language]:
        return True
    return best >= 2 * _ENOUGH_TO_SWITCH and scores[language] <= best / 2


def _evidence(text: str) -> dict[Language, float]:
    """A word or a letter that several languages share speaks for none of them against another.

    Words that are plainly those of a fourth language speak for none of ours.
    """
    said = _NOT_WORDS.sub(" ", normalize("NFC", text).lower().replace("’", "'"))
    words = _words(said.replace("'", ""))
    scores: dict[Language, float] = {
        language: len(words & _WORDS_OF[language])
        + _LETTERS_WEIGH * min(3, len(set(_LETTERS[language].findall(said))))
        for language in LANGUAGES
    }
    foreign = len(_words(said) & _OTHERS)
    strange = foreign >= _STRANGE and foreign > max(len(words & own) for own in _WORDS_OF.values())
    return dict.fromkeys(LANGUAGES, 0.0) if strange else scores


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.translate(_PLAIN)))
