-- Messages on their way to WhatsApp. A row exists before its send; its id is the send's tracker.

-- In the order in which a row may move; it is unfinished below 'accepted'.
CREATE TYPE outbox_state AS ENUM (
    'requested', 'sending', 'in_doubt', 'accepted', 'sent', 'failed', 'delivered', 'read'
);

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    contact_id uuid NOT NULL,
    turn_id text NOT NULL,
    position integer NOT NULL,
    recipient_phone text,
    recipient_bsuid text,
    recipient text NOT NULL GENERATED ALWAYS AS (coalesce(recipient_phone, recipient_bsuid)) STORED,
    message jsonb NOT NULL,
    state outbox_state NOT NULL DEFAULT 'requested',
    tries integer NOT NULL DEFAULT 0,
    resent integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    wamid_id text,
    error_code integer,
    error text,
    reaction text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN outbox.due_at IS
    'requested, in_doubt: when to send; sending: when the sender counts as dead';
COMMENT ON COLUMN outbox.wamid_id IS 'keyed hash of Meta''s id of the last attempt known';
COMMENT ON COLUMN outbox.reaction IS 'failed rows: what the error policy asks for instead';

CREATE INDEX outbox_unfinished ON outbox (recipient, seq)
    WHERE state < 'accepted';
CREATE INDEX outbox_wamid ON outbox (wamid_id);
CREATE INDEX outbox_contact ON outbox (contact_id, seq);
