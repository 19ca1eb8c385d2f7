import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import policy
from delivery.policy import Reaction, ReactionKind, Retry
from domain.messages import Button, Buttons, DocumentMessage, Menu, Row, Text

TABLE: list[tuple[ReactionKind, bool, list[int]]] = [
    ("retry", False, [1, 2, 500, 502, 503, 131000, 131016, 133004]),
    ("pace_number", False, [4, 80007, 130429, 429]),
    ("pace_pair", False, [131056]),
    ("pause_number", True, [131048, 131064]),
    ("retry_slowly", False, [131057, 2494100]),
    ("template", False, [131047]),
    ("no_marketing", False, [131049, 131050, 130472]),
    ("unreachable", False, [131026]),
    ("degrade", True, [131051, 100, 131008, 131009, 135000, 131021, 33]),
    ("reupload", False, [131052, 131053]),
    ("give_up", False, [131062, 137000]),
    ("give_up", True, [132000, 132005, 132012, 132018, 132001, 132007, 132015, 132016]),
    ("pause_number", True, [190, 0, 3, 10, *range(200, 300), 131005]),
    ("pause_number", True, [368, 131031, 131037, 131042, 131045, 133010]),
    ("unreachable", True, [130497]),
]

BUTTONS = Buttons(body="¿Cuándo?", buttons=(Button(id="a", title="Hoy"),))
HELD_UP: set[ReactionKind] = {"retry", "retry_slowly", "pace_number", "pace_pair", "pause_number"}


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


def test_a_transient_failure_is_retried_after_1_4_and_16_seconds() -> None:
    delays = [policy.retry("retry", tries) for tries in range(1, 6)]
    assert delays == [Retry(1), Retry(4), Retry(16), None, None]


def test_a_pair_is_paced_by_powers_of_four() -> None:
    delays = [policy.retry("pace_pair", tries) for tries in range(1, 7)]
    assert delays == [Retry(1), Retry(4), Retry(16), Retry(64), Retry(64), Retry(64)]


def test_maintenance_is_waited_out_for_at_most_ten_minutes() -> None:
    delays = [policy.retry("retry_slowly", tries) for tries in range(1, 12)]
    assert delays[:9] == [Retry(60)] * 9
    assert delays[9:] == [None, None]


@given(st.integers(1, 12), st.floats(0, 1), st.sampled_from(["retry", "retry_slowly", "pace_pair"]))
def test_jitter_only_ever_delays(tries: int, jitter: float, kind: ReactionKind) -> None:
    plain, jittered = policy.retry(kind, tries), policy.retry(kind, tries, jitter)
    assert (plain is None) == (jittered is None)
    if plain and jittered:
        assert plain.seconds <= jittered.seconds <= plain.seconds * 1.25


def test_the_number_is_paced_up_to_a_minute_or_as_long_as_meta_asks() -> None:
    pauses = [policy.number_pause("pace_number", times) for times in range(1, 8)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert policy.number_pause("pace_number", 1, retry_after=90) == 90
    assert policy.number_pause("pace_number", 1, retry_after=1e9) == 600


def test_a_pause_of_the_number_is_probed_ever_more_rarely() -> None:
    pauses = [policy.number_pause("pause_number", times) for times in range(1, 6)]
    assert pauses == [60, 120, 240, 600, 600]


@pytest.mark.parametrize("kind", [kind for kind, _, _ in TABLE if "number" not in kind])
def test_nothing_else_holds_up_the_number(kind: ReactionKind) -> None:
    assert policy.number_pause(kind, 1) is None


@pytest.mark.parametrize(
    ("code", "kind"), [(code, kind) for kind, _, codes in TABLE for code in codes]
)
def test_a_failed_receipt_is_sent_again_only_for_what_can_change(
    code: int, kind: ReactionKind
) -> None:
    again = policy.retry_after_receipt(code, tries=1, previous_code=None, message=Text(body="x"))
    assert (again is not None) == (kind in HELD_UP or kind == "reupload")


@pytest.mark.parametrize("code", [code for _, _, codes in TABLE for code in codes])
def test_failed_receipts_come_to_an_end_or_wait_for_the_pair(code: int) -> None:
    again = policy.retry_after_receipt(code, tries=10, previous_code=code, message=Text(body="x"))
    assert again is None or (code == 131056 and again.seconds == 64)


def test_a_refused_interactive_message_becomes_plain_text_once() -> None:
    text = Text(body="¿Cuándo?\n\n- Hoy")
    first = policy.retry_after_receipt(131051, tries=1, previous_code=None, message=BUTTONS)
    assert first == Retry(0, text)
    second = policy.retry_after_receipt(131051, tries=2, previous_code=131051, message=text)
    assert second is None


def test_media_is_uploaded_again_once() -> None:
    document = DocumentMessage(document="prices", filename="prices.pdf")
    assert policy.retry_after_receipt(131053, tries=1, previous_code=None, message=document)
    assert policy.retry_after_receipt(131053, tries=2, previous_code=131000, message=document)
    assert not policy.retry_after_receipt(131052, tries=2, previous_code=131053, message=document)


def test_a_full_menu_fits_into_one_text() -> None:
    rows = tuple(Row(id=str(i), title="t" * 24, description="d" * 72) for i in range(10))
    text = policy.plain_text(Menu(body="b" * 4096, button="Ver", rows=rows))
    assert text is not None
    assert len(text.body) == 4096
    assert text.body.count("t" * 24) == 10


def test_a_text_has_nothing_to_lose() -> None:
    assert policy.plain_text(Text(body="x")) is None
