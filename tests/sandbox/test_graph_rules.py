import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import Plain
from sandbox.graph_errors import GraphFault
from sandbox.graph_rules import CONTENT_TYPES, check_message, phone_number
from tests.sandbox.graph_business import Business, graph_with, text_to


def interactive(content: Plain) -> Plain:
    envelope = {"messaging_product": "whatsapp", "to": "573001234567", "type": "interactive"}
    return {**envelope, "interactive": content}


def buttons(*replies: tuple[str, str], body: str = "¿Cuál?") -> Plain:
    action = {
        "buttons": [{"type": "reply", "reply": {"id": i, "title": title}} for i, title in replies]
    }
    return interactive({"type": "button", "body": {"text": body}, "action": action})


def menu(*rows: Plain, button: str = "Ver", body: str = "Elige", sections: int = 1) -> Plain:
    section = {"title": "Horas", "rows": list(rows)}
    action = {"button": button, "sections": [section] * sections}
    return interactive({"type": "list", "body": {"text": body}, "action": action})


def row(number: int = 1, **changes: object) -> Plain:
    return {"id": f"r{number}", "title": f"Fila {number}", "description": "d", **changes}


def code_of(body: Plain) -> int | None:
    try:
        check_message(body)
    except GraphFault as fault:
        return fault.code
    return None


def test_takes_every_kind_that_we_send() -> None:
    link = {"name": "cta_url", "parameters": {"display_text": "Ver", "url": "https://x.example"}}
    bodies = [
        text_to(),
        buttons(("a", "Sí"), ("b", "No"), ("c", "Luego")),
        menu(*(row(n) for n in range(10))),
        interactive({"type": "cta_url", "body": {"text": "mira"}, "action": link}),
        {**text_to(), "type": "document", "document": {"id": "1", "filename": "a.pdf"}},
        {**text_to(), "type": "image", "image": {"link": "https://x.example/a.png"}},
        {**text_to(), "type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
        {**text_to(), "type": "location", "location": {"latitude": "4.6", "longitude": -74}},
    ]
    for body in bodies:
        if body["type"] != "text":
            body.pop("text", None)
        assert check_message(body) == body["type"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (buttons(*((str(n), f"t{n}") for n in range(4))), 131009),
        (buttons(), 131009),
        (buttons(("a", "t" * 21)), 131009),
        (buttons(("a" * 257, "t")), 131009),
        (buttons(("a", "x"), ("a", "y")), 131009),
        (buttons(("a", "x"), ("b", "x")), 131009),
        (buttons(("", "x")), 100),
        (buttons(("a", "x"), body="b" * 1025), 131009),
        (buttons(("a", "x"), body=""), 100),
        (menu(*(row(n) for n in range(11))), 131009),
        (menu(*(row(n) for n in range(6)), sections=2), 131009),
        (menu(row(1), row(1)), 131009),
        (menu(row(title="t" * 25)), 131009),
        (menu(row(description="d" * 73)), 131009),
        (menu(row(id="i" * 201)), 131009),
        (menu(row(), button="b" * 21), 131009),
        (menu(row(), body="b" * 4097), 131009),
        (menu(), 131009),
        (menu(row(emoji="x")), 100),
        (interactive({"type": "flow", "body": {"text": "x"}, "action": {}}), 131009),
        (interactive({"type": "button", "body": {"text": "x"}}), 100),
        (text_to(body="x" * 4097), 131009),
        (text_to(body=" "), 100),
        (text_to(to=""), 100),
        (text_to(biz_opaque_callback_data="x" * 513), 131009),
        (text_to(context={"message_id": "0f3c"}), 131009),
        (text_to(extra=1), 100),
        (text_to(messaging_product="telegram"), 131009),
        (text_to(recipient_type="group"), 131009),
        (text_to(type="poll"), 131051),
        (text_to(type="image"), 100),
        ({"to": "573001234567", "type": "text", "text": {"body": "x"}}, 100),
        ({**text_to(), "text": "hola"}, 100),
        ({**text_to(), "text": {"body": 5}}, 100),
    ],
)
def test_refuses_what_meta_refuses(body: Plain, code: int) -> None:
    assert code_of(body) == code


def test_a_menu_body_may_be_longer_than_a_button_body() -> None:
    assert code_of(menu(row(), body="b" * 4096)) is None


@pytest.mark.parametrize("content", [{}, {"id": "1", "link": "https://x.example"}, {"link": "x"}])
def test_media_comes_by_id_or_by_link(content: Plain) -> None:
    body = {"messaging_product": "whatsapp", "to": "573001234567", "type": "document"}
    assert code_of({**body, "document": content}) == 100


@given(st.text(min_size=1, max_size=30))
def test_button_titles_end_at_20_characters(title: str) -> None:
    fits = bool(title.strip()) and len(title) <= 20
    assert (code_of(buttons(("a", title))) is None) == fits


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(["text", "interactive", "template", "document", "location", "contacts"]), _json
)
def test_any_json_is_taken_or_refused_with_a_code(kind: str, content: object) -> None:
    body = {"messaging_product": "whatsapp", "to": "573001234567", "type": kind, kind: content}
    assert code_of(body) in {None, 100, 131009}


@given(_json, _json)
def test_any_interactive_content_is_taken_or_refused(action: object, body: object) -> None:
    for kind in ("button", "list", "cta_url"):
        content = {"type": kind, "action": action, "body": body}
        assert code_of(interactive(content)) in {None, 100, 131009}


_WORDS = st.sampled_from([
    "id", "link", "body", "text", "name", "type", "title", "reply", "button", "buttons", "action",
    "sections", "rows", "language", "code", "components", "parameters", "header", "index", "es",
    "parameter_name", "message_id", "wamid.x", "latitude", "formatted_name", "handoff", "reminder",
])  # fmt: skip
_near = st.recursive(
    st.none() | st.integers(0, 9) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=5),
    max_leaves=20,
)


@given(st.sampled_from([*CONTENT_TYPES]), _near, _near)
async def test_a_send_is_taken_or_refused_and_never_breaks(
    kind: str, content: object, context: object
) -> None:
    body = {"messaging_product": "whatsapp", "to": "573001234567", "type": kind, kind: content}
    async with graph_with(Business()) as graph:
        await graph.leads.say("573001234567", "hola")
        for sent in (body, {**body, "context": context}):
            with contextlib.suppress(GraphFault):
                graph.number.accept(sent)


_READY: Plain = {
    "name": "reminder",
    "language": {"code": "es"},
    "components": [{"type": "body", "parameters": [{"type": "text", "text": "x"}]}],
}


@given(_near)
async def test_a_template_is_taken_or_refused_and_never_breaks(components: object) -> None:
    template = {**_READY, "components": components}
    body = {"messaging_product": "whatsapp", "to": "573001234567", "type": "template"}
    async with graph_with(Business()) as graph:
        with contextlib.suppress(GraphFault):
            graph.number.accept({**body, "template": template})


@pytest.mark.parametrize("written", ["+57 300 123-4567", "573001234567", "+57 (300) 1234567"])
def test_a_number_may_be_written_in_any_way(written: str) -> None:
    assert phone_number(written) == "573001234567"


@pytest.mark.parametrize("written", ["", "0123456789", "12345", "abc", None, 573001234, "9" * 16])
def test_what_is_no_number_is_refused(written: object) -> None:
    with pytest.raises(GraphFault) as refused:
        phone_number(written)
    assert refused.value.code == 100
