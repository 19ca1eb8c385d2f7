"""Leads as outside CRMs see them, read at the moment of sending."""

from collections.abc import Mapping, Sequence
from typing import Any

from crm.pool import Database
from domain import bant
from domain.lead import Fact
from domain.sync import LeadRecord

_LEADS = """
SELECT contact.id::text, phone, bsuid, profile_name, language,
    opted_out_at IS NOT NULL AS opted_out, stage, coalesce(qualified, false) AS qualified,
    (SELECT coalesce(jsonb_agg(to_jsonb(fact)), '[]') FROM (
        SELECT DISTINCT ON (field)
            field, value, quote, message_id, at, confidence, normal FROM facts
        WHERE contact_id = contact.id ORDER BY field, at DESC, id DESC
    ) fact) AS facts,
    (SELECT rep FROM (
        SELECT rep, at FROM handoffs WHERE contact_id = contact.id
        UNION ALL
        SELECT rep, created_at FROM bookings
        WHERE contact_id = contact.id AND status = 'confirmed'
        ORDER BY at DESC LIMIT 1
    ) whose) AS rep
FROM contacts contact LEFT JOIN leads lead ON lead.contact_id = contact.id
WHERE contact.id = ANY($1::uuid[])
"""


async def read(database: Database, contact_ids: Sequence[str]) -> dict[str, LeadRecord]:
    """The contacts that are known by a number or a user id; one who was erased is not there."""
    rows = await database.fetch(_LEADS, list(contact_ids))
    return {row["id"]: _lead(dict(row)) for row in rows if row["phone"] or row["bsuid"]}


def _lead(row: Mapping[str, Any]) -> LeadRecord:
    known = {name: value for name, value in row.items() if name not in ("id", "facts")}
    facts = tuple(Fact.of(fact) for fact in row["facts"])
    return LeadRecord(**known, facts=facts, score=bant.score({fact.field: fact for fact in facts}))
