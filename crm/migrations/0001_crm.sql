-- The CRM's own tables. Times are UTC; a message's id is the keyed hash of its wamid.
-- `seq` orders a conversation: Meta's times have only seconds, and clocks differ.

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    phone text,
    bsuid text,
    profile_name text NOT NULL DEFAULT '',
    language text,
    referral text,
    first_inbound_at timestamptz,
    last_inbound_at timestamptz,
    opted_out_at timestamptz
);
-- a number is looked up by its last digits: prefixes differ between Meta's form and what people type
CREATE INDEX contacts_phone ON contacts (right(phone, 8));
CREATE INDEX contacts_first_inbound ON contacts (first_inbound_at);

CREATE TABLE contact_aliases (
    alias text PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts
);
CREATE INDEX contact_aliases_contact ON contact_aliases (contact_id);

CREATE TABLE leads (
    contact_id uuid PRIMARY KEY REFERENCES contacts,
    stage text NOT NULL CHECK (stage IN ('greeting', 'qualification', 'scheduling', 'handoff')),
    unresolved int NOT NULL DEFAULT 0 CHECK (unresolved >= 0),
    score int CHECK (score BETWEEN 0 AND 100),
    qualified bool NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX leads_stage ON leads (stage, updated_at);

CREATE TABLE facts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    field text NOT NULL,
    value text,
    quote text NOT NULL,
    message_id text NOT NULL,
    turn_id text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON COLUMN facts.value IS 'null: the lead declined to say it';
CREATE INDEX facts_latest ON facts (contact_id, field, at DESC, id DESC);

CREATE TABLE messages (
    id text PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    contact_id uuid NOT NULL REFERENCES contacts,
    turn_id text,
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'rep')),
    kind text NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX messages_conversation ON messages (contact_id, seq);

CREATE TABLE summaries (
    contact_id uuid PRIMARY KEY REFERENCES contacts,
    text text NOT NULL,
    upto text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE turns (
    turn_id text PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    stage_before text NOT NULL,
    stage_after text NOT NULL,
    kind text NOT NULL,
    decision jsonb NOT NULL,
    confidence real,
    resolved bool NOT NULL,
    model text NOT NULL,
    calls int NOT NULL,
    input_tokens int NOT NULL,
    output_tokens int NOT NULL,
    seconds real NOT NULL,
    facts_dropped int NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX turns_contact ON turns (contact_id, at DESC);
CREATE INDEX turns_at ON turns (at);

CREATE TABLE stage_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    turn_id text NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stage_events_contact ON stage_events (contact_id, to_stage);
CREATE INDEX stage_events_at ON stage_events (to_stage, at);

CREATE TABLE handoffs (
    id text PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    turn_id text NOT NULL,
    reason text NOT NULL,
    rep text NOT NULL,
    signals jsonb NOT NULL,
    at timestamptz NOT NULL,
    claimed_at timestamptz,
    released_at timestamptz,
    brief text
);
CREATE UNIQUE INDEX handoffs_one_open ON handoffs (contact_id) WHERE released_at IS NULL;
CREATE INDEX handoffs_at ON handoffs (at);

CREATE TABLE answered (
    message_id text PRIMARY KEY,
    turn_id text NOT NULL
);

CREATE TABLE consents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    kind text NOT NULL CHECK (kind IN ('opt_in', 'opt_out')),
    message_id text NOT NULL,
    turn_id text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON COLUMN consents.message_id IS 'the proof: the message in which the lead said so';
CREATE INDEX consents_contact ON consents (contact_id, at);

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    contact_id uuid NOT NULL REFERENCES contacts,
    turn_id text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    tries int NOT NULL DEFAULT 0,
    leased_until timestamptz,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'dead')),
    error text,
    UNIQUE (kind, turn_id)
);
CREATE INDEX jobs_due ON jobs (due_at) WHERE status = 'open';
CREATE INDEX jobs_contact ON jobs (contact_id, kind) WHERE status = 'open';
