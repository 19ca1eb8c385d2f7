-- What outside CRMs are to be told: one row an event and sink, gone once it is delivered.
-- A row holds ids and times of the business, no words of the lead: who he is, is read when it is sent.

CREATE TABLE sync_sinks (
    name text PRIMARY KEY,
    disabled bool NOT NULL DEFAULT false,
    rests_until timestamptz NOT NULL DEFAULT '-infinity',
    trouble text,
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sync_sinks IS 'an event is written for each of these';
COMMENT ON COLUMN sync_sinks.trouble IS 'what an operator has to mend; null when the last answer was good';

CREATE TABLE sync_outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink text NOT NULL REFERENCES sync_sinks ON DELETE CASCADE,
    event_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    kind text NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
    due_at timestamptz NOT NULL DEFAULT now(),
    claims int NOT NULL DEFAULT 0,
    failures int NOT NULL DEFAULT 0,
    error text,
    UNIQUE (sink, event_id)
);
COMMENT ON COLUMN sync_outbox.due_at IS 'when to send; while a worker sends it, when that one counts as dead';
COMMENT ON COLUMN sync_outbox.claims IS 'the fencing token of who sends it';
CREATE INDEX sync_outbox_due ON sync_outbox (sink, due_at) WHERE state = 'waiting';
CREATE INDEX sync_outbox_order ON sync_outbox (contact_id, sink, seq) WHERE state = 'waiting';
CREATE INDEX sync_outbox_dead ON sync_outbox (sink, seq) WHERE state = 'dead';

-- what a sink calls a contact and his deal, so that both are found when his number is known no more
CREATE TABLE sync_refs (
    sink text NOT NULL,
    contact_id uuid NOT NULL,
    refs jsonb NOT NULL,
    PRIMARY KEY (sink, contact_id)
);
