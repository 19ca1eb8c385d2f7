-- What the report counts: when a lead became qualified, what the model read from its cache.

ALTER TABLE leads ADD COLUMN qualified_at timestamptz;
COMMENT ON COLUMN leads.qualified_at IS 'the first time; it stays when the lead takes something back';
UPDATE leads SET qualified_at = (
    SELECT coalesce(max(first), leads.updated_at) FROM (
        SELECT min(at) AS first FROM facts
        WHERE facts.contact_id = leads.contact_id AND value IS NOT NULL
            AND field IN ('budget', 'authority', 'need', 'timeline')
        GROUP BY field) AS known
) WHERE qualified;
CREATE INDEX leads_qualified ON leads (qualified_at) WHERE qualified_at IS NOT NULL;

ALTER TABLE turns ADD COLUMN cached_input_tokens int NOT NULL DEFAULT 0;
COMMENT ON COLUMN turns.cached_input_tokens IS 'part of input_tokens';

CREATE INDEX messages_turn ON messages (turn_id, direction, at);
CREATE INDEX messages_rep ON messages (contact_id, at) WHERE direction = 'rep';
CREATE INDEX outbox_turn ON outbox (turn_id, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX bookings_created ON bookings (created_at);

-- calls that were confirmed once: a hold that ran out is none, one that is being moved is one
CREATE VIEW booked_calls AS
SELECT id, contact_id, created_at, ends_at, status FROM bookings
WHERE status = 'confirmed' OR previous_starts_at IS NOT NULL
    OR status = 'cancelled' AND key NOT LIKE 'released:%';
