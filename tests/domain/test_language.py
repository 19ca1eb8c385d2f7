from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.language import agreed, clearly_not, home_language, language_of
from domain.values import LANGUAGES, Language

ES = """
hola
buenas tardes
hola, quiero información
cuánto cuesta
cuanto cuesta el plan?
precio
gracias
quiero agendar una llamada
me interesa su producto
necesito un bot para mi negocio
somos una clínica dental en Lima
tenemos unos cinco vendedores
el presupuesto es de 500 dólares al mes
lo decido yo
la decisión la toma mi socio
para enero
lo antes posible
mañana a las 10
el jueves por la tarde
no puedo el lunes
¿tienen descuento?
¿cómo funciona?
¿dónde están ubicados?
soy Ana, de Bogotá
me llamo Carlos
trabajo en una inmobiliaria
vendemos ropa por internet
envíame el catálogo por favor
quiero hablar con alguien
no me interesa
todavía no
sí, claro
está bien, gracias
qué incluye el plan básico?
se integra con HubSpot?
tienen API?
hacen factura electrónica?
cuántos mensajes incluye
prefiero por la mañana
me lo puedes explicar mejor
no entiendo
quisiera cambiar la reunión
cancela la llamada por favor
quiero darme de baja
cuál es la diferencia entre los planes
nuestro equipo atiende por whatsapp
recibimos 300 mensajes al día
perdemos muchos clientes por no contestar
queremos empezar este mes
el año que viene
unos dos mil dólares
depende del precio
lo tengo que consultar con mi jefe
soy la dueña
soy el gerente comercial
buenos días, vi su anuncio
vi la publicidad en instagram
estoy buscando una solución para mi tienda
eso es muy caro
hay algo más barato?
perfecto, nos vemos el martes
quiero saber los precios y como funciona
me pueden mandar la lista de precios
tengo una duda
"""
PT = """
oi
olá
bom dia
boa tarde, tudo bem?
oi, quero informações
quanto custa
quanto custa o plano?
preço
obrigado
quero agendar uma ligação
tenho interesse no produto
preciso de um bot para o meu negócio
somos uma clínica odontológica em Recife
temos uns cinco vendedores
o orçamento é de 500 dólares por mês
quem decide sou eu
a decisão é do meu sócio
para janeiro
o quanto antes
amanhã às 10
na quinta à tarde
não posso na segunda
vocês têm desconto?
como funciona o sistema de vocês?
onde vocês ficam?
sou a Ana, de São Paulo
me chamo Carlos
trabalho numa imobiliária
vendemos roupas pela internet
me manda o catálogo por favor
quero falar com alguém
não tenho interesse
ainda não
sim, claro
tá bom, obrigado
o que inclui o plano básico?
integra com o HubSpot?
vocês têm API?
emitem nota fiscal?
quantas mensagens estão incluídas
prefiro de manhã
pode me explicar melhor
não entendi
queria mudar a reunião
cancela a ligação por favor
não quero mais receber mensagens
qual é a diferença entre os planos
nossa equipe atende pelo whatsapp
recebemos 300 mensagens por dia
perdemos muitos clientes por não responder
queremos começar este mês
no ano que vem
uns dois mil dólares
depende do preço
tenho que consultar meu chefe
sou a dona
sou o gerente comercial
bom dia, vi o anúncio de vocês
vi a propaganda no instagram
estou procurando uma solução para a minha loja
isso é muito caro
tem algo mais barato?
perfeito, até terça
quero saber os preços e como funciona
podem me mandar a tabela de preços
tenho uma dúvida
"""
EN = """
hello
hi there
good morning
hi, I want information
how much is it
how much does the plan cost?
pricing
thanks
I want to book a call
I'm interested in your product
I need a bot for my business
we are a dental clinic in Austin
we have about five salespeople
the budget is 500 dollars a month
I decide
my partner makes the decision
by January
as soon as possible
tomorrow at 10
Thursday in the afternoon
I can't on Monday
do you have discounts?
how does it work?
where are you located?
this is Ana from Boston
my name is Carlos
I work at a real estate agency
we sell clothes online
please send me the brochure
I want to talk to someone
I'm not interested
not yet
yes, sure
that's fine, thanks
what does the basic plan include?
does it integrate with HubSpot?
do you have an API?
do you send invoices?
how many messages are included
I prefer the morning
can you explain that better
I don't understand
I'd like to change the meeting
please cancel the call
I want to unsubscribe
what is the difference between the plans
our team answers on whatsapp
we get 300 messages a day
we lose many customers because we answer late
we want to start this month
next year
about two thousand dollars
it depends on the price
I have to ask my boss
I'm the owner
I am the sales manager
good morning, I saw your ad
saw your ad on instagram
I'm looking for a solution for my store
that is too expensive
is there something cheaper?
great, see you on Tuesday
I want to know the prices and how it works
could you send me the price list
I have a question
"""
TOO_SHORT = ["ok", "Ana", "demo", "500", "no", "10:30", "👍", "", "Carlos Pérez", "HubSpot", "...",
             "https://example.com/the-price", "ana@with.the.com"]  # fmt: skip


def cases() -> list[tuple[str, Language]]:
    blocks: list[tuple[str, Language]] = [(ES, "es"), (EN, "en"), (PT, "pt")]
    return [(line, language) for block, language in blocks for line in block.strip().splitlines()]


@pytest.mark.parametrize(("text", "language"), cases())
def test_first_message_tells_or_falls_to_the_default(text: str, language: Language) -> None:
    assert language_of(text, None, language) == language


def test_most_first_messages_tell() -> None:
    """With every other language as the default, nearly all lines are still told."""
    wrong = [
        (text, language, default)
        for text, language in cases()
        for default in LANGUAGES
        if language_of(text, None, default) != language
    ]
    assert len(wrong) <= 0.02 * 3 * len(cases()), wrong


@pytest.mark.parametrize(("text", "language"), cases())
def test_never_switches_away(text: str, language: Language) -> None:
    assert language_of(text, language, "en") == language


@pytest.mark.parametrize("text", TOO_SHORT)
@pytest.mark.parametrize("known", LANGUAGES)
def test_keeps_the_known_language_when_too_short(text: str, known: Language) -> None:
    assert language_of(text, known, "en") == known


@pytest.mark.parametrize("text", TOO_SHORT)
def test_takes_the_default_when_nothing_is_known(text: str) -> None:
    assert language_of(text, None, "pt") == "pt"


@pytest.mark.parametrize(
    ("text", "known", "language"),
    [
        ("Sorry, can we continue in English please?", "es", "en"),
        ("desculpe, eu não falo espanhol muito bem", "es", "pt"),
        ("perdón, prefiero que sigamos en español, gracias", "pt", "es"),
        ("hello", "es", "es"),
        ("obrigado", "es", "es"),
        ("quiero la demo del plan Enterprise Sales Cloud", "es", "es"),
    ],
)
def test_switches_on_clear_words_only(text: str, known: Language, language: Language) -> None:
    assert language_of(text, known, "en") == language


def test_accents_may_be_signs_of_their_own() -> None:
    assert language_of(normalize("NFD", "não sei"), "es", "es") == "pt"


def test_clearly_not() -> None:
    assert clearly_not("Sure, we can book the call for tomorrow at ten, is that fine?", "es")
    assert not clearly_not("Sure, tomorrow", "es")
    assert not clearly_not("Claro, podemos agendar la llamada para mañana a las diez.", "es")
    assert clearly_not("Claro, podemos agendar la llamada para mañana a las diez, ¿vale?", "pt")


@given(st.text(), st.sampled_from(LANGUAGES))
def test_takes_any_text(text: str, known: Language) -> None:
    assert language_of(text, known, "en") in LANGUAGES


@pytest.mark.parametrize(
    "text",
    [
        "Qué onda, me pasas info porfa? traigo un changarro de tacos",
        "me das informes",
        "manda la info pls",
        "Quería saber de los kits",
        "en la tarde o mañana",
        "pq nos sale tan caro",
    ],
)
def test_words_that_two_languages_share_speak_for_neither(text: str) -> None:
    assert language_of(text, None, "es") == "es"


@pytest.mark.parametrize(
    ("zone", "language"),
    [
        ("America/Sao_Paulo", "pt"),
        ("Europe/Lisbon", "pt"),
        ("America/New_York", "en"),
        ("Europe/London", "en"),
        ("America/Bogota", "es"),
        ("Europe/Paris", None),
        ("nowhere", None),
        (None, None),
    ],
)
def test_where_a_phone_is_from_tells_a_language(zone: str | None, language: str | None) -> None:
    assert home_language(zone) == language


@pytest.mark.parametrize(
    ("text", "known", "ours", "models", "settled"),
    [
        ("gimme a quote", False, "es", "en", "en"),  # no word that we know
        ("hola, quiero saber los precios", False, "es", "en", "es"),  # the model slipped
        ("ok", True, "es", "en", "es"),  # nothing that could be another language
        ("a ver, do you speak english", True, "es", "en", "en"),
        ("podemos seguir en inglés por favor, no entiendo", True, "es", "en", "en"),
        ("pode ser em português?", True, "es", "pt", "pt"),
        ("hola", True, "es", "es", "es"),
        (
            "Bonjour, je cherche des panneaux pour ma maison à Cali, vous parlez français ?",
            False,
            "pt",
            "en",
            "en",
        ),  # none of ours: its letters prove nothing
    ],
)
def test_the_model_settles_what_words_leave_open(
    text: str, ours: Language, models: Language, settled: Language, *, known: bool
) -> None:
    assert agreed(text, ours, models, known=known) == settled
