"""The week of every calendar as a plain page, so that a call is seen to appear."""

import html
from datetime import UTC, date, datetime, time, timedelta

from sandbox.calendar_store import Calendars, Event, instant

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Calendar (sandbox)</title>
<style>
body {{ font: 15px system-ui, sans-serif; margin: 2rem; color: #1f2328 }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed }}
th, td {{ border: 1px solid #d0d7de; padding: .5rem; vertical-align: top; text-align: left }}
.event {{ background: #d7f5dd; border-radius: 4px; padding: .3rem .5rem; margin-bottom: .3rem }}
small {{ color: #57606a }}
</style>
<h1>Week of {monday}</h1>
<p><a href="?week={before}">before</a> · <a href="?week={after}">after</a>
<small>A stand-in for Google Calendar on this machine; times in UTC.</small></p>
<table><tr><th>Calendar</th>{days}</tr>{rows}</table>
</html>"""


def week_page(calendars: Calendars, week: str | None) -> str:
    """HTML of the week that holds the ISO date `week`; of this week when it is none."""
    monday = _monday(week)
    days = [monday + timedelta(days=n) for n in range(7)]
    rows = [_row(calendars, name, days) for name in calendars.names]
    return _PAGE.format(
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        days="".join(f"<th>{day:%a %d %b}</th>" for day in days),
        rows="".join(rows),
    )


def _monday(week: str | None) -> date:
    try:
        day = date.fromisoformat(week or "")
    except ValueError:
        day = datetime.now(UTC).date()
    return day - timedelta(days=day.weekday())


def _row(calendars: Calendars, name: str, days: list[date]) -> str:
    cells = "".join(f"<td>{_cell(calendars, name, day)}</td>" for day in days)
    return f"<tr><th>{html.escape(name)}</th>{cells}</tr>"


def _cell(calendars: Calendars, name: str, day: date) -> str:
    start = datetime.combine(day, time(), UTC)
    events = calendars.list(name, start=start, end=start + timedelta(days=1))
    return "".join(map(_box, events))


def _box(event: Event) -> str:
    times = f"{instant(event['start']):%H:%M}–{instant(event['end']):%H:%M}"
    return f'<div class="event">{times}<br>{html.escape(event.get("summary", "busy"))}</div>'
