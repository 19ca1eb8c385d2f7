"""Which lost messages a person hears of, and when the lead is told."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.contact import Address
from domain.undelivered import Lost, Reach, may_be_told, missed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA = Address(phone="34600111222")
HER = "34600111222"
REP = "34911222333"


def lost(**changes: Any) -> Lost:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {"turn_id": "t", "kind": "document", "reaction": "give_up", "to": HER}
    return Lost.of({**usual, **changes})


@dataclass(frozen=True)
class Row:
    """A lost message, and whether a person hears of it."""

    why: str
    lost: Lost
    heard: bool


ROWS = [
    Row("a reply", lost(kind="text"), heard=True),
    Row("an unreadable one", lost(kind=None), heard=True),
    Row("he is not on WhatsApp", lost(kind="text", reaction="unreachable"), heard=True),
    Row("the request to write", lost(kind="template", turn_id="reopen/1"), heard=True),
    Row("his call was moved", lost(kind="template", turn_id="moved/1"), heard=True),
    Row("a notice to the rep", lost(kind="template", to=REP), heard=False),
    Row("an old number of his", lost(kind="text", to="34600999999"), heard=True),
    Row("a nudge", lost(kind="text", turn_id="followup/1"), heard=False),
    Row("the line of a handoff", lost(kind="text", turn_id="handoff/1"), heard=False),
    Row("that it comes later", lost(kind="text", turn_id="later/1"), heard=False),
    *(
        Row(reaction, lost(reaction=reaction), heard=False)
        for reaction in ("withdrawn", "opted_out", "stop_marketing")
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.why for row in ROWS])
def test_who_hears_of_what(row: Row) -> None:
    assert missed([row.lost], ANA) == ((row.lost,) if row.heard else ())


def reach(**changes: Any) -> Reach:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {
        "address": ANA, "last_inbound_at": NOW - timedelta(hours=1),
        "unreachable": False, "opted_out": False,
    }  # fmt: skip
    return Reach.model_validate({**usual, **changes})


@pytest.mark.parametrize("kind", ["document", "buttons", "menu", "contact_request"])
def test_he_is_told_when_only_this_failed(kind: str) -> None:
    assert may_be_told([lost(kind=kind)], reach(), NOW)
    assert not may_be_told([lost(kind=kind), lost(kind="text")], reach(), NOW)


@pytest.mark.parametrize(
    "how",
    [
        {"unreachable": True},
        {"opted_out": True},
        {"address": Address()},
        {"last_inbound_at": NOW - timedelta(hours=25)},
        {"last_inbound_at": None},
    ],
)
def test_he_is_not_told_when_no_line_may_go(how: dict[str, Any]) -> None:
    assert not may_be_told([lost()], reach(**how), NOW)


@pytest.mark.parametrize("reaction", ["unreachable", "template"])
def test_he_is_not_told_when_no_line_arrives(reaction: str) -> None:
    assert not may_be_told([lost(reaction=reaction)], reach(), NOW)
