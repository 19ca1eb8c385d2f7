import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.formatting import LIMIT, bubbles, to_whatsapp


@pytest.mark.parametrize(
    ("markdown", "whatsapp"),
    [
        ("**Hola** Ana", "*Hola* Ana"),
        ("*Hola* _Ana_ ~no~", "*Hola* _Ana_ ~no~"),
        ("***now***", "*_now_*"),
        ("**a *b* c**", "*a *b* c*"),
        ("**Price: **30", "*Price:* 30"),
        ("__Hola__ snake__case__name", "*Hola* snake__case__name"),
        ("~~old~~ new", "~old~ new"),
        ("[our page](https://a.example/x)", "our page: https://a.example/x"),
        ('[page](https://a.example/x "Title")', "page: https://a.example/x"),
        ("[wiki](https://a.example/b_(c))", "wiki: https://a.example/b_(c)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("![](https://a.example/i.png)", "https://a.example/i.png"),
        ("<https://a.example>", "https://a.example"),
        ('<a class="b" href="https://a.example">here</a>', "here: https://a.example"),
        ("# Plans", "*Plans*"),
        ("### Our **best** plans ##", "*Our best plans*"),
        ("#hashtag", "#hashtag"),
        ("one\n\n---\n\ntwo", "one\n\n\ntwo"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("<p>one<br>two</p><b>x</b>", "one\ntwo\n*x*"),
        ("if 3 < 4 and 5 > 2", "if 3 < 4 and 5 > 2"),
        ("- one\n- two\n1. three\n> said", "- one\n- two\n1. three\n> said"),
        ("```\n# **x**\n``` **y**", "```\n# **x**\n``` *y*"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
        ("#  ", "#  "),
    ],
)
def test_markdown_becomes_whatsapp_formatting(markdown: str, whatsapp: str) -> None:
    assert to_whatsapp(markdown) == whatsapp


_MARKS = st.sampled_from(
    ["**", "*", "__", "_", "~~", "`", "```", "# ", "|", "---", "[", "](", ")", "\n", "\n\n", ". ",
     " ", "<b>", "</b>", "<br>", "<p>", "palabra", "año", "https://a.example/x"]
)  # fmt: skip
_MARKDOWN = st.lists(_MARKS, min_size=1, max_size=60).map("".join).filter(lambda t: t.strip())


@given(_MARKDOWN)
def test_formatting_never_lengthens_nor_empties_a_text(markdown: str) -> None:
    assert 0 < len(to_whatsapp(markdown)) <= len(markdown)


@given(_MARKDOWN)
def test_no_word_is_lost(markdown: str) -> None:
    text = to_whatsapp(markdown)
    assert text.count("palabra") == markdown.count("palabra")
    assert text.count("año") == markdown.count("año")


@given(_MARKDOWN, st.integers(20, 60))
def test_at_most_two_bubbles_within_the_limit(markdown: str, limit: int) -> None:
    parts = bubbles(markdown, limit)
    assert 1 <= len(parts) <= 2
    assert all(0 < len(part) <= limit for part in parts)


@given(st.text(min_size=1).filter(lambda t: t.strip()).map(lambda t: t * 30))
def test_any_text_fits_whatsapps_limit(text: str) -> None:
    assert all(0 < len(part) <= LIMIT for part in bubbles(text))


@given(
    st.lists(st.sampled_from(["Sí, claro. ", "¿Cuándo? ", "Vale!\n\n"]), min_size=1).map("".join)
)
def test_nothing_is_lost_when_two_bubbles_are_enough(text: str) -> None:
    limit = len(text) * 3 // 4 + 12
    assert "".join("".join(bubbles(text, limit)).split()) == "".join(text.split())


def test_the_cut_prefers_a_paragraph_then_a_sentence_then_a_word() -> None:
    assert bubbles("One. Two.\n\nThree. Four five.", 20) == ("One. Two.", "Three. Four five.")
    assert bubbles("One two. Three four. Five six seven.", 24) == (
        "One two. Three four.",
        "Five six seven.",
    )
    assert bubbles("one two three four five six", 18) == ("one two three four", "five six")
    assert bubbles("x" * 15, 10) == ("x" * 10, "x" * 5)


def test_what_two_bubbles_cannot_hold_ends_in_an_ellipsis() -> None:
    first, second = bubbles("word " * 3000)
    assert len(first) <= LIMIT
    assert second.endswith("…")
    assert len(second) <= LIMIT
