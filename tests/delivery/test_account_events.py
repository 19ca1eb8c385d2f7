"""What an operator reads in the log, and what wakes him."""

from pathlib import Path

import orjson
import pytest
import structlog
from structlog.testing import capture_logs

from delivery.account_events import alarming, told
from delivery.events import OtherEvent
from delivery.payload import split
from tests.delivery.webhooks import Json, body, change


def event(field: str, **value: object) -> OtherEvent:
    [found] = split(body(change(field, **value))).others
    return found


def alarms(field: str, **value: object) -> bool:
    found = event(field, **value)
    return alarming(found.field, told(found))


TEMPLATE = {"message_template_name": "handoff_notice", "message_template_language": "es"}


def test_a_paused_template_is_told_by_name() -> None:
    paused = event("message_template_status_update", event="PAUSED", reason="NONE", **TEMPLATE)
    assert told(paused) == {
        "what": "PAUSED", "reason": "NONE", "template": "handoff_notice", "language": "es"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "act"),
    [
        ("message_template_status_update", {"event": "PAUSED"}, True),
        ("message_template_status_update", {"event": "DISABLED"}, True),
        ("message_template_status_update", {"event": "REJECTED"}, True),
        ("message_template_status_update", {"event": "APPROVED"}, False),
        ("message_template_quality_update", {"new_quality_score": "RED"}, True),
        ("message_template_quality_update", {"new_quality_score": "YELLOW"}, False),
        ("phone_number_quality_update", {"event": "FLAGGED"}, True),
        ("phone_number_quality_update", {"event": "UPGRADE"}, False),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}, True),
        ("account_update", {"event": "DISABLED_UPDATE",
                            "ban_info": {"waba_ban_state": "DISABLE"}}, True),
        ("account_update", {"event": "DISABLED_UPDATE",
                            "ban_info": {"waba_ban_state": "REINSTATE"}}, False),
        ("account_update", {"event": "PARTNER_ADDED"}, False),
        ("account_review_update", {"decision": "REJECTED"}, True),
        ("account_alerts", {"alert_info": {"alert_severity": "CRITICAL"}}, True),
        ("account_alerts", {"alert_severity": "INFORMATIONAL"}, False),
        ("of_2027", {"event": "PAUSED"}, False),
    ],
)  # fmt: skip
def test_only_what_a_person_must_act_on_alarms(field: str, value: Json, *, act: bool) -> None:
    assert alarms(field, **value) is act


@pytest.mark.parametrize(("code", "act"), [(368, True), (131031, True), (130429, False)])
def test_an_error_alarms_by_the_policy_of_its_code(code: int, *, act: bool) -> None:
    [error] = split(body(change(errors=[{"code": code, "title": "x"}]))).others
    assert alarming("errors", told(error)) is act


def test_no_name_is_one_that_the_log_line_has_itself() -> None:
    paused = event("message_template_status_update", event="PAUSED", **TEMPLATE)
    with capture_logs() as lines:
        structlog.get_logger().info("webhook event", field=paused.field, **told(paused))
    assert lines[0]["what"] == "PAUSED"


def test_neither_numbers_nor_texts_are_told() -> None:
    value: Json = {
        "event": "5491155550101", "reason": "call +5491155550101", "code": {"a": 1},
        "message_template_name": "x" * 200, "display_phone_number": "5491155550101",
    }  # fmt: skip
    assert told(event("account_update", **value)) == {}


def test_published_events_tell_what_happened(corpora: Path) -> None:
    seen = 0
    for path in (corpora / "webhooks").glob("*.json"):
        for case in orjson.loads(path.read_bytes()).values():
            for other in split(orjson.dumps(case)).others:
                assert told(other).keys() & {"what", "quality"}, other.item
                seen += 1
    assert seen >= 15
