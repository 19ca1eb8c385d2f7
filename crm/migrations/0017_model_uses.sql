-- What the report reads, in the form in which it reads it.
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

-- Reply times, without a look at every message of the period.
ALTER TABLE outbox ADD COLUMN heard_at timestamptz;
COMMENT ON COLUMN outbox.heard_at IS
    'of a turn''s first reply: when the first message arrived that it answers';
UPDATE outbox SET heard_at = (
    SELECT min(at) FROM messages WHERE messages.turn_id = outbox.turn_id AND direction = 'in')
WHERE position = 0
    AND EXISTS (SELECT FROM messages WHERE messages.id = outbox.id::text AND direction = 'out');
CREATE INDEX outbox_heard ON outbox (heard_at) INCLUDE (sent_at) WHERE heard_at IS NOT NULL;
DROP INDEX outbox_turn, messages_turn;
