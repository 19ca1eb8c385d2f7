-- What decides whether a message may go now: pace, pauses, and what is known of its recipient.

-- settled inside another message; last, so that no receipt moves it
ALTER TYPE outbox_state ADD VALUE 'merged';

ALTER TABLE outbox
    ADD COLUMN template text GENERATED ALWAYS AS (
        CASE WHEN message ->> 'kind' = 'template'
            THEN (message ->> 'name') || '/' || (message ->> 'language') END) STORED,
    ADD COLUMN since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN pair_free_at timestamptz,
    ADD COLUMN original jsonb,
    ADD COLUMN merged_into uuid;
COMMENT ON COLUMN outbox.template IS 'name and language; null for what only an open window takes';
COMMENT ON COLUMN outbox.since IS 'asked for, or asked for once more by a person';
COMMENT ON COLUMN outbox.pair_free_at IS 'when the recipient''s bucket is empty again; latest counts';
COMMENT ON COLUMN outbox.original IS 'the message as it was asked for, when another was sent instead';

-- replies before templates, the oldest first
CREATE INDEX outbox_waiting ON outbox ((template IS NOT NULL), seq)
    WHERE state IN ('requested', 'in_doubt');
CREATE INDEX outbox_sending ON outbox (due_at) WHERE state = 'sending';
CREATE INDEX outbox_pair ON outbox (recipient, pair_free_at DESC) WHERE pair_free_at IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (updated_at) WHERE state = 'failed';

-- The number's token bucket, shared by every process that sends for it: one row.
CREATE TABLE outbox_pace (
    scope text PRIMARY KEY,
    free_at timestamptz NOT NULL,
    wanted int NOT NULL,
    taken int NOT NULL
);

-- What Meta has closed for a while.
CREATE TABLE outbox_pauses (
    scope text PRIMARY KEY,
    until timestamptz NOT NULL,
    times int NOT NULL,
    code int NOT NULL
);
COMMENT ON COLUMN outbox_pauses.scope IS
    'number; templates; template:NAME/LANGUAGE; country:PREFIX of the recipients';
COMMENT ON COLUMN outbox_pauses.times IS 'in a row; 0 as soon as a send of this scope has passed';

ALTER TABLE contacts ADD COLUMN unreachable_at timestamptz;
COMMENT ON COLUMN contacts.unreachable_at IS 'WhatsApp does not deliver to him, until he writes again';
