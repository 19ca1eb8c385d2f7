"""HubSpot as a sink: the contact is kept, a deal is opened, and notes tell what happened.

Every step may be repeated: contacts and deals are found by a unique property, associations are set,
and before a note is written again it is looked for.
"""

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from domain.errors import EventRefused
from domain.sync import LeadRecord, Refs, SyncEvent
from domain.values import Plain
from tools.hubspot_answers import Found, Known, Notes, PropertyList, Upserted
from tools.hubspot_api import Conflict, HubSpotApi, NotThere
from tools.hubspot_objects import (
    DEAL_ID_PROPERTY,
    DEAL_KINDS,
    DEAL_TO_CONTACT,
    ID_PROPERTY,
    NOTE_TO_CONTACT,
    OWN_PROPERTIES,
    Properties,
    contact_properties,
    deal_properties,
    note_body,
    note_mark,
)

_OBJECTS = "/crm/v3/objects"
_NOTES_READ = 100


class HubSpotSink:
    """`deal_stage` is the id of the stage in which a deal is made."""

    name = "hubspot"
    at_once = 4

    def __init__(self, api: HubSpotApi, *, deal_stage: str = "appointmentscheduled") -> None:
        self._api = api
        self._deal_stage = deal_stage

    async def close(self) -> None:
        await self._api.close()

    async def deliver(self, event: SyncEvent, refs: Refs) -> None:
        if event.kind == "lead.erased":
            await self._erase(refs)
        elif event.lead and event.lead.whatsapp_id:
            try:
                await self._record(event, event.lead, refs)
            except (NotThere, Conflict) as error:
                raise EventRefused(f"HubSpot answered {error}") from None

    async def _record(self, event: SyncEvent, lead: LeadRecord, refs: Refs) -> None:
        refs["contact"] = await self._contact(event, lead, refs.get("contact"))
        if event.kind in DEAL_KINDS:
            await self._deal(event, lead, refs)
        if body := note_body(event, lead):
            await self._note(event, body, refs["contact"])

    async def _contact(self, event: SyncEvent, lead: LeadRecord, known: str | None) -> str:
        """By HubSpot's id where it is known, since a lead's number may change."""
        if known:
            # deleted or merged there: the number decides
            with contextlib.suppress(NotThere, Conflict):
                changes = contact_properties(event, lead, new=False)
                return await _perhaps_without_email(partial(self._update, known), changes)
        properties = contact_properties(event, lead, new=True)
        upsert = partial(self._upsert, "contacts", ID_PROPERTY)
        return await _perhaps_without_email(upsert, properties)

    async def _update(self, contact: str, properties: Properties) -> str:
        path = f"{_OBJECTS}/contacts/{contact}"
        return (await self._api.ask(Known, "PATCH", path, {"properties": properties})).id

    async def _upsert(self, kind: str, id_property: str, properties: Properties) -> str:
        entry = {
            "id": properties[id_property],
            "idProperty": id_property,
            "properties": properties,
        }
        path = f"{_OBJECTS}/{kind}/batch/upsert"
        return (await self._api.ask(Upserted, "POST", path, {"inputs": [entry]})).results[0].id

    async def _deal(self, event: SyncEvent, lead: LeadRecord, refs: Refs) -> None:
        if "deal" not in refs:
            properties = deal_properties(event, lead, stage=self._deal_stage)
            refs["deal"] = await self._upsert("deals", DEAL_ID_PROPERTY, properties)
        path = f"/crm/v4/objects/deals/{refs['deal']}/associations/contacts/{refs['contact']}"
        # a deal that a rep deleted is not made again
        with contextlib.suppress(NotThere):
            await self._api.call("PUT", path, [_association(DEAL_TO_CONTACT)])

    async def _note(self, event: SyncEvent, body: str, contact: str) -> None:
        if event.repeated and await self._has_note(contact, note_mark(event)):
            return
        note = {
            "properties": {"hs_note_body": body, "hs_timestamp": event.at.isoformat()},
            "associations": [{"to": {"id": contact}, "types": [_association(NOTE_TO_CONTACT)]}],
        }
        await self._api.call("POST", f"{_OBJECTS}/notes", note)

    async def _has_note(self, contact: str, mark: str) -> bool:
        path = f"{_OBJECTS}/contacts/{contact}/associations/notes"
        ids = [note.id for note in (await self._api.ask(Found, "GET", path)).results]
        newest = sorted(ids, key=lambda one: (len(one), one))[-_NOTES_READ:]
        if not newest:
            return False
        wanted: Plain = {"inputs": [{"id": one} for one in newest], "properties": ["hs_note_body"]}
        notes = await self._api.ask(Notes, "POST", f"{_OBJECTS}/notes/batch/read", wanted)
        return any(mark in (note.properties.hs_note_body or "") for note in notes.results)

    async def _erase(self, refs: Refs) -> None:
        """The deal first, whose name may be the lead's; then the contact, for good."""
        if "deal" in refs:
            await self._remove("DELETE", f"{_OBJECTS}/deals/{refs['deal']}")
            del refs["deal"]
        if "contact" in refs:
            which = {"objectId": refs["contact"]}
            await self._remove("POST", f"{_OBJECTS}/contacts/gdpr-delete", which)
            del refs["contact"]

    async def _remove(self, method: str, path: str, body: Plain | None = None) -> None:
        with contextlib.suppress(NotThere):
            await self._api.call(method, path, body)


async def _perhaps_without_email(
    write: Callable[[Properties], Awaitable[str]], properties: Properties
) -> str:
    """Anybody can name anybody's address, so it neither joins two contacts nor stops one."""
    try:
        return await write(properties)
    except Conflict:
        if "email" not in properties:
            raise
        return await write({n: value for n, value in properties.items() if n != "email"})


def _association(kind: int) -> Plain:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}


async def missing(api: HubSpotApi) -> list[str]:
    """What HubSpot lacks for us, a line each with what to do. Raises SyncError."""
    lines: list[str] = []
    for kind, wanted in OWN_PROPERTIES.items():
        said = await api.ask(PropertyList, "GET", f"/crm/v3/properties/{kind}")
        known = {one.name: one.unique for one in said.results}
        for one in wanted:
            what = f"{one.name} ({one.type}{', unique values' if one.unique else ''})"
            if one.name not in known:
                lines.append(f"HubSpot has no property {what} of {kind}: create it")
            elif one.unique and not known[one.name]:
                lines.append(f"HubSpot's property {one.name} of {kind} must have unique values")
    return lines
