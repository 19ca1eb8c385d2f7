"""The statements of `crm.turns`. In a script, `contact` is the contact's locked row."""

TURN = """
INSERT INTO turns (turn_id, contact_id, stage_before, stage_after, kind, decision, confidence,
    resolved, model, calls, input_tokens, output_tokens, seconds, facts_dropped,
    cached_input_tokens)
SELECT $1, id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM contact
ON CONFLICT (turn_id) DO NOTHING
RETURNING true
"""

ANSWERED = """
INSERT INTO answered (message_id, turn_id)
SELECT message, $1 FROM contact, unnest($2::text[]) AS message
ORDER BY message ON CONFLICT (message_id) DO NOTHING
RETURNING true
"""

LEAD = """
INSERT INTO leads (contact_id, stage, unresolved) VALUES ($1, $2, $3)
ON CONFLICT (contact_id) DO UPDATE SET
    stage = excluded.stage, unresolved = excluded.unresolved, updated_at = now()
RETURNING score, qualified,
    (SELECT before.qualified FROM leads AS before WHERE before.contact_id = $1) AS was_qualified
"""

STAGE_EVENT = """
INSERT INTO stage_events (contact_id, turn_id, from_stage, to_stage) VALUES ($1, $2, $3, $4)
"""
