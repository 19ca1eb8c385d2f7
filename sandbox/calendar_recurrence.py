"""Recurring events: the daily and weekly rules that working people use.

Source: RFC 5545, RRULE with FREQ=DAILY or WEEKLY, INTERVAL, COUNT, UNTIL and BYDAY.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.calendar_events import ApiError, Event, instant

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}
_MOST = 2000
_STAMP = "%Y%m%dT%H%M%SZ"


def instances(event: Event, until: datetime) -> Iterator[Event]:
    """Every event of a recurring one that starts before `until`, on the walls of its zone."""
    start, length = instant(event["start"]), instant(event["end"]) - instant(event["start"])
    zone = ZoneInfo(event["start"].get("timeZone", "UTC"))
    for first in _starts(_rule(event), start.astimezone(zone)):
        if first >= until:
            return
        yield _instance(event, first, length)


def of_instance(event_id: str) -> tuple[str, datetime] | None:
    """The recurring event and the original start that an instance's id names."""
    master, _, stamp = event_id.rpartition("_")
    try:
        return master, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _instance(event: Event, start: datetime, length: timedelta) -> Event:
    begins = {**event["start"], "dateTime": start.isoformat()}
    single = {name: value for name, value in event.items() if name != "recurrence"}
    return {
        **single,
        "id": f"{event['id']}_{start.astimezone(UTC).strftime(_STAMP)}",
        "recurringEventId": event["id"],
        "originalStartTime": begins,
        "start": begins,
        "end": {**event["end"], "dateTime": (start + length).isoformat()},
    }


def _rule(event: Event) -> dict[str, str]:
    line = next((str(r) for r in event["recurrence"] if str(r).startswith("RRULE:")), "")
    parts = [part.split("=", 1) for part in line.removeprefix("RRULE:").split(";") if "=" in part]
    rule: dict[str, str] = dict(parts)
    if rule.get("FREQ") not in ("DAILY", "WEEKLY") or not rule.keys() <= _KNOWN:
        raise ApiError(400, "invalid", f"The stand-in does not know this recurrence: {line}")
    return rule


def _starts(rule: dict[str, str], first: datetime) -> Iterator[datetime]:
    """The starts as instants; days are counted on the wall, so that clock changes move nothing."""
    every, count = int(rule.get("INTERVAL", 1)), int(rule.get("COUNT", _MOST))
    ends = _until(rule.get("UNTIL"))
    found = 0
    for nth in range(_MOST):
        wall = first + timedelta(days=nth)
        if not _on(wall, first, rule, every):
            continue
        if found == min(count, _MOST) or (ends and wall > ends):
            return
        found += 1
        yield wall.astimezone(UTC)


def _on(wall: datetime, first: datetime, rule: dict[str, str], every: int) -> bool:
    days = (wall.date() - first.date()).days
    if rule["FREQ"] == "DAILY":
        return days % every == 0
    wanted = rule.get("BYDAY", _DAYS[first.weekday()]).split(",")
    week = (days + first.weekday()) // 7
    return _DAYS[wall.weekday()] in wanted and week % every == 0


def _until(text: str | None) -> datetime | None:
    if not text:
        return None
    padded = text if "T" in text else f"{text}T235959Z"
    return datetime.strptime(padded.removesuffix("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
