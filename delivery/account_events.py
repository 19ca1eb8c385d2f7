"""What Meta tells of the account, its number and its templates: for a log line, and for an alarm.

Meta's pages "account_update", "account_alerts", "message_template_status_update",
"message_template_quality_update" and "phone_number_quality_update".
"""

import re
from collections.abc import Iterator, Mapping

from delivery import policy
from delivery.events import OtherEvent, part, word
from domain.values import Plain

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_LONG_NUMBER = re.compile(r"\d{7,}")

_TOLD = {
    "event": "what",
    "decision": "decision",
    "reason": "reason",
    "code": "code",
    "message_template_name": "template",
    "message_template_language": "language",
    "previous_quality_score": "quality_before",
    "new_quality_score": "quality",
    "previous_category": "category_before",
    "new_category": "category",
    "current_limit": "limit",
    "max_daily_conversations_per_business": "limit",
    "entity_type": "entity",
    "alert_severity": "severity",
    "alert_status": "status",
    "alert_type": "alert",
}
"""What an operator needs to know, by Meta's name and by ours; `event` is the log line's own."""

_NESTED = {
    "ban_info": {"waba_ban_state": "ban"},
    "violation_info": {"violation_type": "violation"},
    "disconnection_info": {"reason": "disconnected"},
    "alert_info": {name: _TOLD[name] for name in ("alert_severity", "alert_status", "alert_type")},
}

_ALARMS: dict[str, dict[str, frozenset[str]]] = {
    "account_update": {
        "what": frozenset(
            {"ACCOUNT_VIOLATION", "ACCOUNT_RESTRICTION", "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED",
             "DISABLED_UPDATE", "PARTNER_REMOVED"}
        ),
    },
    "account_review_update": {"decision": frozenset({"REJECTED"})},
    "account_alerts": {"severity": frozenset({"CRITICAL", "WARNING"})},
    "message_template_status_update": {
        "what": frozenset({"REJECTED", "PAUSED", "DISABLED", "FLAGGED"}),
    },
    "message_template_quality_update": {"quality": frozenset({"RED"})},
    "phone_number_quality_update": {"what": frozenset({"FLAGGED", "DOWNGRADE"})},
    "security": {"what": frozenset({"PIN_CHANGED", "PIN_RESET_REQUEST"})},
}  # fmt: skip
"""What a person of the operator has to act on: nothing is sent any more, or soon nothing will."""


def told(event: OtherEvent) -> dict[str, str]:
    """The event's plain words by name: no text, no link, nothing as long as a phone number."""
    if event.field in ("group_messages", "messages"):
        return {}
    return dict(_words(event.item))


def alarming(field: str, told: Mapping[str, str]) -> bool:
    """Whether a person of the operator has to act."""
    if field == "errors":
        code = told.get("code", "")
        return code.isdecimal() and policy.reaction(int(code)).alert
    if told.get("ban") == "REINSTATE":
        return False
    return any(told.get(name) in words for name, words in _ALARMS.get(field, {}).items())


def _words(item: Plain) -> Iterator[tuple[str, str]]:
    for source, names in ((item, _TOLD), *((part(item, key), n) for key, n in _NESTED.items())):
        for theirs, ours in names.items():
            value = word(source.get(theirs)) or ""
            if _WORD.fullmatch(value) and not _LONG_NUMBER.search(value):
                yield ours, value
