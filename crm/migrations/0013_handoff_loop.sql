-- A handoff ends when a person has spoken: who was told, who acts next, and what he did.

ALTER TABLE handoffs
    ADD COLUMN told text[] NOT NULL DEFAULT '{}',
    ADD COLUMN told_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN next_step_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN unclaimed_at timestamptz,
    ADD COLUMN first_word_at timestamptz,
    ADD COLUMN word_counted bool NOT NULL DEFAULT false,
    ADD COLUMN needed bool;
UPDATE handoffs SET told = ARRAY[rep];
COMMENT ON COLUMN handoffs.rep IS 'who has it, or is to answer now';
COMMENT ON COLUMN handoffs.told IS 'who was told of it, in order';
COMMENT ON COLUMN handoffs.told_at IS 'when the last one was told; later when he asked for time';
COMMENT ON COLUMN handoffs.next_step_at IS 'when to look whether the next one must be told';
COMMENT ON COLUMN handoffs.unclaimed_at IS 'when it went back to the agent because nobody took it';
COMMENT ON COLUMN handoffs.first_word_at IS 'when a person first spoke to the lead';
COMMENT ON COLUMN handoffs.needed IS 'what the rep says afterwards; null: he did not say';
CREATE INDEX handoffs_next_step ON handoffs (next_step_at)
    WHERE claimed_at IS NULL AND released_at IS NULL;
CREATE INDEX handoffs_first_word ON handoffs (first_word_at)
    WHERE first_word_at IS NOT NULL AND NOT word_counted;

-- a link does each thing once
CREATE TABLE handoff_acts (
    handoff_id text NOT NULL REFERENCES handoffs ON DELETE CASCADE,
    rep text NOT NULL,
    act text NOT NULL CHECK (
        act IN ('claim', 'spoke', 'give_back', 'snooze', 'needed', 'not_needed')),
    at timestamptz NOT NULL,
    PRIMARY KEY (handoff_id, rep, act)
);

-- when each rep last got one
CREATE TABLE handoff_rota (
    rep text PRIMARY KEY,
    last_at timestamptz NOT NULL
);
INSERT INTO handoff_rota SELECT rep, max(at) FROM handoffs GROUP BY rep;

-- turns of which another threshold might have made something else
CREATE INDEX turns_confidence ON turns (confidence) WHERE confidence IS NOT NULL;
