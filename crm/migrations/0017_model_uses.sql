-- What model calls cost that no row of `turns` holds: summaries, briefs, drafts that were discarded.
-- No contact: nobody asks it by lead, so it holds nothing of anybody.

CREATE TABLE model_uses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('summary', 'brief', 'discarded')),
    model text NOT NULL,
    calls int NOT NULL,
    input_tokens int NOT NULL,
    cached_input_tokens int NOT NULL,
    output_tokens int NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_uses_at ON model_uses (at);

-- the report reads a handoff's first human word here; before 0013 only the messages told it
UPDATE handoffs SET word_counted = true, first_word_at = (
    SELECT min(messages.at) FROM messages
    WHERE messages.contact_id = handoffs.contact_id AND direction = 'rep'
        AND messages.at >= handoffs.at
        AND (released_at IS NULL OR messages.at <= released_at))
WHERE first_word_at IS NULL AND released_at < now() - interval '1 hour';
