"""A link that cannot be guessed, changed, or used for anything else."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.handoff_link import GOOD_FOR, HandoffLinks

LINKS = HandoffLinks(b"secret", "https://sales.example/")
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
TOKEN = LINKS.token("6b0f", "luis-2", NOW)


def test_it_says_what_it_is_good_for() -> None:
    known = LINKS.read(TOKEN)
    assert known
    assert (known.handoff, known.rep, known.expires) == ("6b0f", "luis-2", NOW + GOOD_FOR)
    assert LINKS.address("6b0f", "luis-2", NOW) == f"https://sales.example/handoff/{TOKEN}"


@given(st.text())
def test_what_we_did_not_make_says_nothing(token: str) -> None:
    assert LINKS.read(token) is None
    assert not LINKS.sent_by_form(TOKEN, token)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_changed_letter_spoils_it(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert changed == TOKEN or LINKS.read(changed) is None


def test_a_form_belongs_to_its_link_and_is_no_signature() -> None:
    form = LINKS.form(TOKEN)
    assert LINKS.sent_by_form(TOKEN, form)
    assert not LINKS.sent_by_form(LINKS.token("6b0f", "ana", NOW), form)
    assert LINKS.read(f"{TOKEN.rpartition('.')[0]}.{form}") is None
    assert HandoffLinks(b"another", "https://sales.example/").read(TOKEN) is None
