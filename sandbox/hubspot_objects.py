"""The objects of the HubSpot stand-in, and what HubSpot refuses to store."""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from pydantic import TypeAdapter

Object = dict[str, Any]
_Key = tuple[str, str]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_OBJECT = TypeAdapter(dict[str, Any])
_ASSOCIATIONS = {("deals", "contacts"): 3, ("notes", "contacts"): 202}

_SCHEMAS: dict[str, dict[str, bool]] = {
    "contacts": {
        "email": True, "phone": False, "firstname": False, "lastname": False, "company": False,
        "whatsapp_id": True, "vendedor_stage": False, "vendedor_score": False,
        "vendedor_qualified": False, "vendedor_facts": False, "whatsapp_opted_out": False,
    },
    "deals": {
        "dealname": False, "pipeline": False, "dealstage": False, "amount": False,
        "vendedor_id": True,
    },
    "notes": {"hs_note_body": False, "hs_timestamp": False},
}  # fmt: skip
"""The properties of each kind, and whether their values are unique: those that docs/sync.md asks
for are there."""

_NEEDED = {"deals": ("dealname", "dealstage"), "notes": ("hs_timestamp",)}


class HubSpotError(Exception):
    """An answer as HubSpot gives it; `wait` is its Retry-After in seconds."""

    def __init__(self, status: int, category: str, message: str = "", *, wait: int = 0) -> None:
        super().__init__(category)
        self.status = status
        self.wait = wait
        self.body = {
            "status": "error",
            "category": category,
            "message": message or category,
            "correlationId": "00000000-0000-0000-0000-000000000000",
        }


class Objects:
    """Objects by kind and id. `properties` may be changed: {kind: {name: unique}}."""

    def __init__(self) -> None:
        self.properties = {kind: dict(known) for kind, known in _SCHEMAS.items()}
        self.history: list[tuple[str, str, str]] = []
        self.links: set[tuple[_Key, _Key, int]] = set()
        self._objects: dict[_Key, Object] = {}
        self._ids = count(501)

    def all(self, kind: str) -> list[Object]:
        """The properties of every object of a kind, the oldest first, with their ids."""
        return [{"id": key[1], **known} for key, known in self._objects.items() if key[0] == kind]

    def get(self, kind: str, of: str) -> Object:
        """Raises HubSpotError 404."""
        known = self._objects.get((kind, of))
        if known is None:
            raise HubSpotError(404, "OBJECT_NOT_FOUND")
        return {"id": of, "properties": known}

    def upsert(self, kind: str, entry: Mapping[str, Any]) -> Object:
        """By a unique property; raises HubSpotError 400."""
        by, value = entry.get("idProperty"), entry.get("id")
        if not by or not value:
            raise HubSpotError(400, "VALIDATION_ERROR", "idProperty and id are required")
        if not self.properties.get(kind, {}).get(str(by)):
            raise HubSpotError(400, "VALIDATION_ERROR", f"{by} is not a unique property")
        properties = {**_OBJECT.validate_python(entry.get("properties", {})), str(by): value}
        for (its_kind, of), known in self._objects.items():
            if its_kind == kind and known.get(str(by)) == value:
                return {**self.update(kind, of, properties), "new": False}
        return {**self._made(kind, properties), "new": True}

    def create(self, kind: str, body: Mapping[str, Any]) -> Object:
        """With its associations; raises HubSpotError 400, 404, 409."""
        links = body.get("associations", [])
        for link in links:
            self.get("contacts", str(link["to"]["id"]))
        made = self._made(kind, body.get("properties", {}))
        for link in links:
            for entry in link["types"]:
                self.associate((kind, made["id"]), ("contacts", str(link["to"]["id"])), entry)
        return made

    def update(self, kind: str, of: str, properties: Mapping[str, Any]) -> Object:
        """Raises HubSpotError 400, 404, 409."""
        known = self.get(kind, of)["properties"]
        self._check(kind, properties, besides=of)
        known.update(properties)
        self.history.append(("update", kind, of))
        return self.get(kind, of)

    def delete(self, kind: str, of: str) -> None:
        """Raises HubSpotError 404."""
        self.get(kind, of)
        del self._objects[kind, of]

    def erase(self, contact: str) -> None:
        """For good, with the notes of the contact; raises HubSpotError 404."""
        self.get("contacts", contact)
        for note in self.associated("contacts", contact, "notes"):
            self.delete("notes", note)
        self.delete("contacts", contact)

    def associate(self, of: _Key, to: _Key, entry: Mapping[str, Any]) -> None:
        """Raises HubSpotError 400, 404."""
        self.get(*of)
        self.get(*to)
        wanted = _ASSOCIATIONS.get((of[0], to[0]))
        if (entry.get("associationCategory"), entry.get("associationTypeId")) != (
            "HUBSPOT_DEFINED",
            wanted,
        ):
            raise HubSpotError(400, "VALIDATION_ERROR", "no such association type")
        self.links.add((of, to, wanted or 0))

    def associated(self, kind: str, of: str, to: str) -> list[str]:
        """The ids of what points to an object; raises HubSpotError 404."""
        self.get(kind, of)
        pairs = ((a, b) for a, b, _ in self.links)
        return [a[1] for a, b in pairs if b == (kind, of) and a[0] == to and a in self._objects]

    def schema(self, kind: str) -> list[Object]:
        return [
            {"name": name, "hasUniqueValue": unique}
            for name, unique in self.properties.get(kind, {}).items()
        ]

    def shown(self) -> Object:
        """Everything, for looking at."""
        links = [f"{a[0]}/{a[1]} -> {b[0]}/{b[1]} ({kind})" for a, b, kind in sorted(self.links)]
        return {kind: self.all(kind) for kind in self.properties} | {"associations": links}

    def _made(self, kind: str, properties: Mapping[str, Any]) -> Object:
        self._check(kind, properties)
        if any(not properties.get(name) for name in _NEEDED.get(kind, ())):
            raise HubSpotError(400, "VALIDATION_ERROR", "required properties were not set")
        of = str(next(self._ids))
        self._objects[kind, of] = dict(properties)
        self.history.append(("create", kind, of))
        return self.get(kind, of)

    def _check(self, kind: str, properties: Mapping[str, Any], besides: str = "") -> None:
        known = self.properties.get(kind, {})
        for name, value in properties.items():
            if name not in known:
                raise _not_valid("PROPERTY_DOESNT_EXIST", name)
            if name == "email" and not _EMAIL.fullmatch(str(value)):
                raise _not_valid("INVALID_EMAIL", name)
            if known[name] and self._taken(kind, name, value, besides):
                raise HubSpotError(409, "CONFLICT", "Contact already exists. Existing ID: 1")

    def _taken(self, kind: str, name: str, value: object, besides: str) -> bool:
        return any(
            its_kind == kind and of != besides and known.get(name) == value
            for (its_kind, of), known in self._objects.items()
        )


def _not_valid(error: str, name: str) -> HubSpotError:
    said = f'Property values were not valid: [{{"error":"{error}","name":"{name}"}}]'
    return HubSpotError(400, "VALIDATION_ERROR", said)
