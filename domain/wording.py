"""How code speaks to leads and reps: sentences filled in, dates in the lead's language."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from string import Formatter
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, get_timezone_location

from domain.business import Business, Person
from domain.intervals import Interval
from domain.lead import FACT_FIELDS, Facts
from domain.sentences import SENTENCES
from domain.slots import Booking
from domain.triggers import HandoffReason
from domain.values import Language
from domain.working_time import spans

_LOCALES: Mapping[Language, str] = {"es": "es_419", "en": "en", "pt": "pt_BR"}
_DAYS: Mapping[Language, str] = {
    "es": "EEEE d 'de' MMMM",
    "en": "EEEE, d MMMM",
    "pt": "EEEE, d 'de' MMMM",
}
_TIME_TO_ANSWER = timedelta(hours=1)
"""What must be left of today's working hours for a person's word to be promised for today."""

_FACTS_CHARS = 600
"""A utility template's body holds 1024 characters in all."""


def say(language: Language, key: str, **values: str) -> str:
    """The sentence of this key, filled in; a line whose value is empty is left out.

    `zone` is an IANA name and comes out in the lead's words. Raises KeyError for an unknown key and
    for a missing value.
    """
    if "zone" in values and key != "zone":
        values["zone"] = zone_name(values["zone"], language)
    lines = SENTENCES[key][language].split("\n")
    return "\n".join(line.format(**values) for line in lines if _filled(line, values))


def placeholders(line: str) -> set[str]:
    """The names of the values that a sentence needs."""
    return {name for _, name, _, _ in Formatter().parse(line) if name}


def _filled(line: str, values: Mapping[str, str]) -> bool:
    return all(values[name] for name in placeholders(line))


def zone_name(zone: str, language: Language) -> str:
    """A time zone in words: "hora de Bogotá"."""
    city = get_timezone_location(zone, locale=_LOCALES[language], return_city=True)
    city = city.rsplit("/", 1)[-1]
    return city if city == "UTC" else say(language, "zone", city=city)


def moment(at: datetime, zone: str, language: Language) -> str:
    """Day, date, hour and zone: "martes 24 de noviembre, 10:00 (hora de Bogotá)"."""
    return f"{day_and_hour(at, zone, language)} ({zone_name(zone, language)})"


def day_and_hour(at: datetime, zone: str, language: Language) -> str:
    """The same without the zone, for a line under a sentence that names it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_name(local.date(), language)}, {local:%H:%M}"


def day_name(day: date, language: Language) -> str:
    """A day in words: "martes 24 de noviembre"."""
    return format_date(day, _DAYS[language], locale=_LOCALES[language])


def calendar_link(call: Booking, title: str) -> str:
    """An address that adds the call to the Google Calendar of whoever opens it."""
    times = "/".join(f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in call.interval)
    query = {"action": "TEMPLATE", "text": title, "dates": times, "location": call.link or ""}
    return f"https://calendar.google.com/calendar/render?{urlencode(query, safe='/')}"


def slot_title(at: datetime, zone: str, language: Language) -> str:
    """A reply button's title, at most 20 characters: "mar 24 nov 10:00"."""
    local = at.astimezone(ZoneInfo(zone))
    return format_datetime(local, "EEE d MMM HH:mm", locale=_LOCALES[language]).replace(".", "")


def handoff_when(
    business: Business, person: Person, now: datetime, language: Language, zone: str | None = None
) -> str:
    """When he will write: today if enough of his working hours is left, else when they begin.

    `zone` is the lead's: the day is named where his own calendar shows another one.
    """
    worked = (span for span in spans(business, person, now) if _enough(span, now))
    begins = next((opens for opens, _ in worked), None)
    if begins is None:
        return say(language, "when_possible")
    if begins <= now:
        return say(language, "today")
    local = begins.astimezone(business.zone)
    hour = format_time(local, "HH:mm", locale=_LOCALES[language])
    clocks = (business.zone, ZoneInfo(zone) if zone else business.zone)
    if all(now.astimezone(clock).date() == local.date() for clock in clocks):
        return say(language, "later_today", hour=hour, zone=business.timezone)
    day = day_name(local.date(), language)
    return say(language, "another_day", day=day, hour=hour, zone=business.timezone)


def _enough(span: Interval, now: datetime) -> bool:
    opens, closes = span
    return opens > now or closes - now >= _TIME_TO_ANSWER


def reason_line(reason: HandoffReason, language: Language) -> str:
    """Why a rep gets this conversation."""
    return SENTENCES[f"reason_{reason}"][language]


def facts_line(facts: Facts, language: Language) -> str:
    """What is known of the lead in one line for a template: no line breaks, bounded in length."""
    known = [
        f"{SENTENCES[field][language]}: {facts[field].value or say(language, 'declined')}"
        for field in FACT_FIELDS
        if field in facts and field not in ("name", "timezone")
    ]
    line = " ".join(" · ".join(known).split())
    return line if len(line) <= _FACTS_CHARS else line[: _FACTS_CHARS - 1] + "…"
