"""What of a lead and an event goes into HubSpot, as pure functions."""

from dataclasses import dataclass
from html import escape

from domain.lead import Fact
from domain.sync import LeadRecord, SyncEvent

ID_PROPERTY = "whatsapp_id"
DEAL_ID_PROPERTY = "vendedor_id"
DEAL_TO_CONTACT, NOTE_TO_CONTACT = 3, 202
"""HubSpot's own association types."""

DEAL_KINDS = ("lead.qualified", "booking.confirmed")

Properties = dict[str, str]


@dataclass(frozen=True, slots=True)
class Property:
    """A property that HubSpot does not have by itself."""

    name: str
    type: str
    unique: bool = False


OWN_PROPERTIES: dict[str, tuple[Property, ...]] = {
    "contacts": (
        Property(ID_PROPERTY, "string", unique=True),
        Property("vendedor_stage", "string"),
        Property("vendedor_score", "number"),
        Property("vendedor_qualified", "string"),
        Property("vendedor_facts", "string"),
        Property("whatsapp_opted_out", "string"),
    ),
    "deals": (Property(DEAL_ID_PROPERTY, "string", unique=True),),
}
"""To be created once, by object type."""


def contact_properties(event: SyncEvent, lead: LeadRecord, *, new: bool) -> Properties:
    """Our own properties as they are; HubSpot's own only when `new`, or when the lead changed them.

    Else an update would undo what a rep has corrected by hand.
    """
    changed: list[str] = event.data.get("changed", [])
    standard = {
        "firstname": lead.fact("name") or lead.profile_name if new or "name" in changed else None,
        "company": lead.fact("company") if new or "company" in changed else None,
        "email": lead.fact("email") if new or "email" in changed else None,
        "phone": lead.whatsapp_id if new and lead.phone else None,
    }
    own = {
        ID_PROPERTY: lead.whatsapp_id,
        "vendedor_stage": lead.stage,
        "vendedor_score": None if lead.score.total is None else str(lead.score.total),
        "vendedor_qualified": str(lead.qualified).lower(),
        "vendedor_facts": "\n".join(map(_fact, lead.facts)),
        "whatsapp_opted_out": str(lead.opted_out).lower(),
    }
    return {name: value for name, value in (standard | own).items() if value}


def deal_properties(event: SyncEvent, lead: LeadRecord, *, stage: str) -> Properties:
    """One deal a lead. Its stage is set when it is made, and is the reps' from then on."""
    who = lead.fact("company") or lead.fact("name") or lead.profile_name or "WhatsApp lead"
    return {
        DEAL_ID_PROPERTY: event.contact_id,
        "dealname": f"{who} (WhatsApp)",
        "pipeline": "default",
        "dealstage": stage,
    }


def note_body(event: SyncEvent, lead: LeadRecord) -> str | None:
    """HTML for what a rep should see in the contact's history; None for other events.

    Its last line names the event, by which a repeat knows its own note.
    """
    lines = _note_lines(event, lead)
    if not lines:
        return None
    return "<br>".join([*map(escape, lines), f"<small>{note_mark(event)}</small>"])


def note_mark(event: SyncEvent) -> str:
    return f"vendedor {event.id}"


def _note_lines(event: SyncEvent, lead: LeadRecord) -> list[str]:
    data = event.data
    if event.kind == "handoff.requested":
        handoff = data.get("handoff", {})
        head = f"A person is wanted ({handoff.get('reason')}), assigned to {handoff.get('rep')}"
        return [head, *map(_fact, lead.facts), *lead.score.reasons]
    if event.kind == "handoff.released":
        return ["The agent has the conversation again"]
    if event.kind.startswith("booking."):
        booking = data.get("booking", {})
        what = event.kind.removeprefix("booking.").replace("_", "-")
        rep = f" with {booking['rep']}" if booking.get("rep") else ""
        call = f"Call {what}: {booking.get('start')}{rep}"
        return [call, *filter(None, [booking.get("link")])]
    return []


def _fact(fact: Fact) -> str:
    value = "declined" if fact.value is None else fact.value
    return f"{fact.field}: {value} (“{fact.quote}”)"
