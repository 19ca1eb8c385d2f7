"""A thumbs up is a yes to one clear offer, and nothing else is a yes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages import (
    Button,
    Buttons,
    ContactRequest,
    Inbound,
    Menu,
    Outbound,
    Quote,
    Row,
    Text,
)
from domain.reactions import is_yes, offers_one_thing, with_yes

AT = datetime(2026, 11, 23, tzinfo=UTC)
ONE_TIME = Buttons(body="¿Te queda bien?", buttons=(Button(id="slot:a", title="mar 24 nov 10:00"),))
OFFER = Text(body="Eso lo ve mejor alguien. ¿Quieres que te escriba una persona de nuestro equipo?")


def reaction(emoji: str = "👍", to: str = "m1", name: str = "r1") -> Inbound:
    return Inbound(id=name, wamid=name, kind="reaction", text=emoji, at=AT, quoted=to)


def meant(*messages: Inbound, sent: Outbound | None = OFFER, latest: bool = True) -> list[Inbound]:
    return list(with_yes(messages, {"m1": Quote(text="?", sent=sent, latest=latest)}, "es"))


@pytest.mark.parametrize("emoji", ["👍", "👍🏻", "👍🏼", "👍🏽", "👍🏾", "👍🏿", "👍\ufe0f"])
def test_a_thumbs_up_in_any_tone_is_a_yes(emoji: str) -> None:
    assert is_yes(emoji)
    [message] = meant(reaction(emoji))
    assert (message.kind, message.text, message.choice) == ("text", f"{emoji} Sí", None)


@pytest.mark.parametrize(
    "emoji", ["", "❤️", "👎", "👎🏽", "😂", "🙏", "✅", "👌", "👍👎", "👍👍", "ok"]
)
def test_no_other_reaction_is(emoji: str) -> None:
    assert meant(reaction(emoji)) == [reaction(emoji)]


@given(st.text(max_size=5).filter(lambda text: "👍" not in text))
def test_nothing_without_a_thumbs_up_is(emoji: str) -> None:
    assert not is_yes(emoji)


MORE = Button(id="more:0", title="Otros horarios")


@pytest.mark.parametrize("others", [(), (MORE,)])
def test_on_the_only_time_it_is_the_tap(others: tuple[Button, ...]) -> None:
    sent = ONE_TIME.model_copy(update={"buttons": (*ONE_TIME.buttons, *others)})
    [message] = meant(reaction(), sent=sent)
    assert (message.kind, message.choice) == ("choice", "slot:a")
    assert message.text == "👍 mar 24 nov 10:00"


SEVERAL: list[Outbound | None] = [
    ONE_TIME.model_copy(
        update={"buttons": (*ONE_TIME.buttons, Button(id="slot:b", title="12:00"), MORE)}
    ),
    ONE_TIME.model_copy(update={"body": "¿Te lo reservo?\n\n¿Estás en Bogotá?"}),
    ONE_TIME.model_copy(update={"buttons": (*ONE_TIME.buttons, Button(id="no", title="No"))}),
    ONE_TIME.model_copy(update={"buttons": (MORE,)}),
    Menu(body="¿Cuál?", button="Ver", rows=(Row(id="a", title="10:00"),)),
    ContactRequest(body="¿Te llamamos?"),
    Text(body="Listo, quedamos así."),
    None,
]


@pytest.mark.parametrize("sent", SEVERAL)
def test_where_there_is_not_one_thing_to_agree_to_it_is_none(sent: Outbound | None) -> None:
    assert meant(reaction(), sent=sent) == [reaction()]


def test_on_an_older_or_unknown_message_it_is_none() -> None:
    assert meant(reaction(), latest=False) == [reaction()]
    assert meant(reaction(to="m0")) == [reaction(to="m0")]


def test_the_last_reaction_to_a_message_holds() -> None:
    assert [m.kind for m in meant(reaction("👎"), reaction("👍", name="r2"))] == [
        "reaction",
        "text",
    ]
    assert [m.kind for m in meant(reaction(), reaction("", name="r2"))] == ["reaction"] * 2
    other = reaction("❤️", to="m0", name="r2")
    assert [m.kind for m in meant(reaction(), other)] == ["text", "reaction"]


def test_beside_words_it_stays_a_reaction() -> None:
    no = Inbound(id="t", wamid="t", kind="text", text="mejor no", at=AT)
    assert meant(reaction(), no) == [reaction(), no]
    assert meant(no, reaction()) == [no, reaction()]


@pytest.mark.parametrize(
    "text",
    [
        "Eso no te lo puedo asegurar yo. ¿Quieres que te escriba una persona de nuestro equipo?",
        "I can't answer that for certain. Would you like a person on our team to write to you?",
        "Isso eu não posso garantir. Quer que uma pessoa da nossa equipe te escreva?",
        "No tienes ninguna llamada agendada. ¿Quieres que busquemos un horario?",
        "Entiendo, Ana. ¿Te parece si agendamos una llamada?",
        "¿Te gustaría recibir el folleto? 😊",
        "Ese horario está libre. ¿Te lo reservo?",
        "No pudimos hablar. ¿Buscamos otro horario?",
        "Great. Shall I send you the brochure?",
        "Perfeito! Posso te enviar a proposta?",
        "¿Y te queda bien el martes?",
        "Can I send you the price list?",
    ],
)
def test_an_offer_in_the_last_sentence_can_be_agreed_to(text: str) -> None:
    assert offers_one_thing(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "¿?",
        "Gracias, Ana.",
        "¿Cómo te llamas y qué estás buscando?",
        "¿Qué te gustaría mejorar?",
        "¿Para cuándo te gustaría empezar?",
        "¿Quieres que te llame, o prefieres seguir por aquí?",
        "¿Quieres una casa o un piso?",
        "¿Quieres el martes/miércoles?",
        "¿Te sirve? ¿O mejor otro día?",
        "¿Quieres agendar una llamada? Dime qué día te va bien.",
        "¿Me das un rango de presupuesto?",
        "¿La decisión la tomas tú?",
        "Could you tell me a bit more?",
        "Do you have a rough figure in mind?",
        "Would you like to tell me which day suits you?",
        "May I have your name?",
        "What would you like to improve?",
        "Gostaria de terça ou quarta?",
        "Qual é o seu nome?",
        "Você decide sozinho?",
    ],
)
def test_a_question_that_yes_does_not_answer_cannot(text: str) -> None:
    assert not offers_one_thing(text)


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert offers_one_thing(text) in (True, False)
