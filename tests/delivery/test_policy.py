from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import policy
from delivery.policy import Reaction, ReactionKind, Retry
from domain.messages import (
    Button,
    Buttons,
    ContactRequest,
    DocumentMessage,
    Menu,
    Row,
    Text,
)

TABLE: list[tuple[ReactionKind, bool, list[int]]] = [
    ("retry", False, [1, 2, 500, 502, 503, 131000, 131016, 133004]),
    ("pace_number", False, [4, 80007, 130429, 429]),
    ("pace_pair", False, [131056]),
    ("pause_templates", True, [131048, 131064]),
    ("maintenance", False, [131057, 2494100]),
    ("template", False, [131047]),
    ("stop_marketing", False, [131050]),
    ("give_up", False, [131049, 130472]),
    ("unreachable", False, [131026]),
    ("degrade", True, [131051, 100, 131008, 131009, 135000, 131021, 33]),
    ("reupload", False, [131052, 131053]),
    ("use_phone", False, [131062]),
    ("give_up", True, [132000, 132005, 132012, 132018]),
    ("pause_template", True, [132001, 132007, 132015, 132016]),
    ("pause_number", True, [190, 0, 3, 10, *range(200, 300), 131005]),
    ("pause_number", True, [368, 131031, 131037, 131042, 131045, 133010]),
    ("pause_country", True, [130497]),
    ("give_up", False, [137000]),
    ("unreached", False, [policy.UNREACHED]),
    ("upload_later", False, [policy.NO_UPLOAD]),
    ("give_up", True, [policy.UNSENDABLE]),
]

BUTTONS = Buttons(body="¿Cuándo?", buttons=(Button(id="a", title="Hoy"),))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "kind", "alert"),
    [(code, kind, alert) for kind, alert, codes in TABLE for code in codes],
)
def test_every_code_has_its_reaction(code: int, kind: ReactionKind, alert: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert policy.reaction(code) == Reaction(kind, alert)


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [(None, "give_up"), (400, "give_up"), (429, "pace_number"), (500, "retry"), (504, "retry")],
)
def test_an_unknown_code_goes_by_its_http_status(
    http_status: int | None, kind: ReactionKind
) -> None:
    assert policy.reaction(987654, http_status).kind == kind


def test_an_unknown_refusal_is_seen_by_a_person() -> None:
    assert policy.reaction(987654, 400).alert


def test_transient_failures_are_retried_ever_more_rarely() -> None:
    assert [policy.gap(tries) for tries in range(1, 9)] == [1, 4, 16, 64, 256, 600, 600, 600]


@given(st.integers(1, 200), st.timedeltas(timedelta(), policy.LONGEST))
def test_an_outage_is_waited_out(tries: int, age: timedelta) -> None:
    assert not policy.hopeless(tries, age, alone=False)


@pytest.mark.parametrize(("tries", "hopeless"), [(1, False), (3, False), (4, True), (9, True)])
def test_a_message_that_alone_fails_is_given_up_after_four_tries(
    tries: int,
    hopeless: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert policy.hopeless(tries, HOUR, alone=True) is hopeless


def test_nothing_is_tried_for_longer_than_six_hours() -> None:
    assert policy.hopeless(1, 6 * HOUR + timedelta(seconds=1), alone=False)


def test_a_pair_is_paced_by_powers_of_four() -> None:
    assert [policy.pair_seconds(tries) for tries in range(1, 7)] == [1, 4, 16, 64, 64, 64]


@given(st.floats(0, 3600), st.floats(0, 1))
def test_jitter_only_ever_delays(seconds: float, jitter: float) -> None:
    assert seconds <= policy.jittered(seconds, jitter) <= seconds * 1.25


@pytest.mark.parametrize("kind", policy.PAUSES)
def test_pauses_grow(kind: policy.PauseKind) -> None:
    lengths = policy.PAUSES[kind]
    assert list(lengths) == sorted(set(lengths))


def test_a_refused_interactive_message_becomes_plain_text_once() -> None:
    text = Text(body="¿Cuándo?\n\n- Hoy")
    assert policy.repaired("degrade", BUTTONS, None, late=True) == Retry(0, text)
    assert policy.repaired("degrade", text, 131051, late=True) is None


def test_media_is_uploaded_again_once() -> None:
    document = DocumentMessage(document="prices", filename="prices.pdf")
    assert policy.repaired("reupload", document, None, late=True)
    assert policy.repaired("reupload", document, 131000, late=True)
    assert not policy.repaired("reupload", document, 131053, late=True)


@pytest.mark.parametrize("kind", ["degrade", "reupload"])
def test_what_the_sender_has_tried_already_is_not_tried_again(kind: ReactionKind) -> None:
    assert policy.repaired(kind, BUTTONS, None, late=False) is None


def test_a_full_menu_fits_into_one_text() -> None:
    rows = tuple(Row(id=str(i), title="t" * 24, description="d" * 72) for i in range(10))
    text = policy.plain_text(Menu(body="b" * 4096, button="Ver", rows=rows))
    assert text is not None
    assert len(text.body) == 4096
    assert text.body.count("t" * 24) == 10


def test_a_request_for_a_phone_number_can_be_asked_in_words() -> None:
    assert policy.plain_text(ContactRequest(body="¿Tu número?")) == Text(body="¿Tu número?")


def test_a_text_has_nothing_to_lose() -> None:
    assert policy.plain_text(Text(body="x")) is None
