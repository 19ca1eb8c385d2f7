"""Everything that is held of one person, in names that he understands."""

import base64
from collections.abc import Mapping
from typing import Any

from crm import audit
from crm.erasure import same_person
from crm.pool import Pool
from domain.values import Plain

_ABOUT = """
SELECT phone AS phone_number, bsuid AS whatsapp_user_id, profile_name AS whatsapp_name,
    callback_phone AS number_to_call, language, timezone AS time_zone,
    CASE timezone_source WHEN 'said' THEN 'what you said' WHEN 'phone' THEN 'your number' END
        AS time_zone_known_from,
    referral AS ad_headline, source AS ad_that_brought_you,
    first_inbound_at AS first_message_at, last_inbound_at AS last_message_at,
    opted_out_at AS stopped_messages_at, marketing_stopped_at AS stopped_marketing_at,
    unreachable_at AS not_reachable_since, free_until AS free_of_charge_until,
    joined_into IS NOT NULL AS also_known_under_another_id, erased_at AS erased_before_at,
    id::text AS internal_id
FROM contacts WHERE id = ANY($1::uuid[]) ORDER BY joined_into IS NOT NULL, id
"""

PARTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "sales_stage": (("leads",), """
        SELECT stage, score, qualified, unresolved AS unanswered_in_a_row, updated_at FROM leads
        WHERE contact_id = ANY($1::uuid[]) ORDER BY updated_at"""),
    "stages_passed": (("stage_events",), """
        SELECT from_stage, to_stage, at FROM stage_events
        WHERE contact_id = ANY($1::uuid[]) ORDER BY id"""),
    "facts_with_their_history": (("facts",), """
        SELECT field AS about, value, value IS NULL AS declined_to_say, quote AS your_words,
            normal AS understood_as, confidence, at, message_id AS message FROM facts
        WHERE contact_id = ANY($1::uuid[]) ORDER BY field, at, id"""),
    "messages": (("messages",), """
        SELECT id AS message, CASE direction WHEN 'in' THEN 'you' WHEN 'out' THEN 'assistant'
            ELSE 'person of the company' END AS written_by,
            kind, text, at, edited_at, deleted_at FROM messages
        WHERE contact_id = ANY($1::uuid[]) ORDER BY seq"""),
    "sent_to_you_or_about_you": (("outbox",), """
        SELECT recipient AS sent_to, message AS content, original AS asked_to_send,
            state::text AS state, error AS problem, created_at, sent_at FROM outbox
        WHERE contact_id = ANY($1::uuid[]) ORDER BY seq"""),
    "summaries": (("summaries",), """
        SELECT text, at FROM summaries WHERE contact_id = ANY($1::uuid[]) ORDER BY at"""),
    "past_conversations": (("conversations",), """
        SELECT started_at, ended_at, stage, outcome, messages, summary FROM conversations
        WHERE contact_id = ANY($1::uuid[]) ORDER BY started_at"""),
    "consents": (("consents",), """
        SELECT consents.kind, consents.at, message_id AS proof, messages.text AS your_words
        FROM consents LEFT JOIN messages ON messages.id = message_id
        WHERE consents.contact_id = ANY($1::uuid[]) ORDER BY consents.id"""),
    "calls": (("bookings",), """
        SELECT rep AS with, starts_at, ends_at, status, link, created_at FROM bookings
        WHERE contact_id = ANY($1::uuid[]) ORDER BY created_at"""),
    "handed_over_to_a_person": (("handoffs",), """
        SELECT at, reason, rep AS person, signals, brief, claimed_at, released_at FROM handoffs
        WHERE contact_id = ANY($1::uuid[]) ORDER BY at"""),
    "what_the_assistant_decided": (("turns",), """
        SELECT at, stage_before, stage_after, decision, confidence, model, input_tokens,
            output_tokens FROM turns WHERE contact_id = ANY($1::uuid[]) ORDER BY at"""),
    "reminders": (("followups",), """
        SELECT kind, about, due_at, state, reason, settled_at FROM followups
        WHERE contact_id = ANY($1::uuid[]) ORDER BY due_at"""),
    "edits_and_other_events": (("contact_events",), """
        SELECT kind, text AS new_words, at FROM contact_events
        WHERE contact_id = ANY($1::uuid[]) ORDER BY at"""),
    "names_in_our_queue": (("contact_aliases",), """
        SELECT alias AS keyed_hash_of_a_number_or_user_id FROM contact_aliases
        WHERE contact_id = ANY($1::uuid[]) ORDER BY alias"""),
    "work_to_do": (("jobs",), """
        SELECT kind, due_at, status, error AS problem FROM jobs
        WHERE contact_id = ANY($1::uuid[]) ORDER BY id"""),
}  # fmt: skip
"""By part: the tables that it tells of, and how they are read."""

_FILES = """
SELECT message_id AS message, kind, filename, mime_type AS type, status,
    reason AS why_not_kept, octet_length(content) AS bytes,
    CASE WHEN $2 THEN content END AS content
FROM media WHERE contact_id = ANY($1::uuid[]) ORDER BY updated_at
"""


async def export(pool: Pool, contact_id: str, *, content: bool, actor: str) -> Plain:
    """Everything held of the person whom the contact is; files with their content, in base64.

    One reading of the database; that it was read is in the audit trail.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        ids = await same_person(connection, contact_id)
        told: Plain = {"about_you": await _rows(connection.fetch(_ABOUT, ids))}
        for part, (_, query) in PARTS.items():
            told[part] = await _rows(connection.fetch(query, ids))
        told["files"] = await _rows(connection.fetch(_FILES, ids, content))
        acts = await audit.of(connection, ids)
        told["who_used_your_data"] = [act.plain() for act in acts]
        await audit.note(connection, actor, "export", contact_id, {"content": content})
    return told


async def _rows(fetching: Any) -> list[Plain]:  # noqa: ANN401 - asyncpg's stubs
    return [{name: _plain(value) for name, value in row.items()} for row in await fetching]


def _plain(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
