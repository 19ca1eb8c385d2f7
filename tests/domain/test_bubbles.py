from hypothesis import given
from hypothesis import strategies as st

from domain.bubbles import MOST, at_most_two, joined, merged
from domain.messages import (
    Button,
    Buttons,
    DocumentMessage,
    Menu,
    Outbound,
    Row,
    Template,
    Text,
    words,
)

BUTTONS = Buttons(body="¿Cuándo?", buttons=(Button(id="a", title="Hoy"),))
MENU = Menu(body="Elige", button="Ver", rows=(Row(id="a", title="Hoy"),))
FILE = DocumentMessage(document="p", filename="p.pdf")

texts = (
    st.text("ab ", min_size=1, max_size=2000).filter(str.strip).map(lambda body: Text(body=body))
)
messages = st.lists(texts | st.sampled_from([BUTTONS, MENU, FILE]), min_size=1, max_size=5)


def test_words_go_into_what_they_introduce() -> None:
    assert joined(Text(body="Mira"), BUTTONS) == BUTTONS.model_copy(
        update={"body": "Mira\n\n¿Cuándo?"}
    )
    assert joined(Text(body="Mira"), FILE) == FILE.model_copy(update={"caption": "Mira"})


def test_what_would_break_a_limit_or_the_order_is_not_joined() -> None:
    assert joined(Text(body="a" * 1020), BUTTONS) is None
    assert joined(BUTTONS, Text(body="after")) is None
    assert joined(Text(body="x"), Template(name="t", language="es")) is None


def test_a_text_a_document_and_a_choice_become_two() -> None:
    told = at_most_two([Text(body="Aquí está"), FILE, MENU])
    assert told == (FILE.model_copy(update={"caption": "Aquí está"}), MENU)


def test_two_stay_two() -> None:
    assert at_most_two([Text(body="a"), Text(body="b")]) == (Text(body="a"), Text(body="b"))


@given(st.lists(texts, min_size=1, max_size=2), st.sampled_from([[], [FILE], [BUTTONS], [MENU]]))
def test_what_the_nodes_say_fits_into_two(said: list[Outbound], last: list[Outbound]) -> None:
    short = [
        m.model_copy(update={"body": m.body[:400]}) if isinstance(m, Text) else m for m in said
    ]
    assert len(at_most_two([*short, *last])) <= MOST


@given(messages)
def test_no_word_is_lost_or_moved(said: list[Outbound]) -> None:
    whole, taken = merged(said)
    for told in (at_most_two(said), [whole, *said[taken:]]):
        assert _letters(told) == _letters(said)
        assert [type(m) for m in told if not isinstance(m, Text)] == [
            type(m) for m in said if not isinstance(m, Text)
        ]


def _letters(said: "list[Outbound] | tuple[Outbound, ...]") -> str:
    plain = (m.caption if isinstance(m, DocumentMessage) else words(m) for m in said)
    return "".join("".join(plain).split())
