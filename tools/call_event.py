"""How a call reads in the rep's calendar."""

import re

from domain.bookings import BookingRow, CalendarEvent
from domain.lead import FactField
from domain.values import Language

_CALL: dict[Language, str] = {"es": "Llamada", "en": "Call", "pt": "Ligação"}
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def call_event(
    row: BookingRow, company: str, lead: dict[FactField, str], language: Language
) -> CalendarEvent:
    """The event of a booking. What is known of the lead stands in it only if he is not invited."""
    email = lead.get("email", "").strip()
    guest = email if _EMAIL.fullmatch(email) else None
    return CalendarEvent(
        id=row.event_id,
        start=row.place.start,
        end=row.place.end,
        title=f"{_CALL[language]}: {_who(lead)}{company}",
        notes="" if guest else "\n".join(f"{field}: {value}" for field, value in lead.items()),
        guest=guest,
    )


def _who(lead: dict[FactField, str]) -> str:
    known = [lead[field] for field in ("name", "company") if lead.get(field)]
    return f"{', '.join(known)} – " if known else ""
