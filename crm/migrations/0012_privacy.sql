-- Erasing people, and what shows afterwards that it was done; limits of a day; archived conversations.

ALTER TABLE contacts
    ADD COLUMN joined_into uuid,
    ADD COLUMN erased_at timestamptz,
    ADD COLUMN fence bigint NOT NULL DEFAULT 0,
    ADD COLUMN archived_for timestamptz;
COMMENT ON COLUMN contacts.joined_into IS 'the contact who this one turned out to be';
COMMENT ON COLUMN contacts.erased_at IS
    'what was known of him until then is gone; he may have written again since. On a random id: the counts that he left, which nothing leads back to him';
COMMENT ON COLUMN contacts.fence IS
    'no lease up to this fencing token writes him: it was given out before he was erased';
COMMENT ON COLUMN contacts.archived_for IS 'his last message when his conversation was archived';
CREATE INDEX contacts_joined ON contacts (joined_into) WHERE joined_into IS NOT NULL;
CREATE INDEX contacts_to_archive ON contacts (last_inbound_at)
    WHERE archived_for IS DISTINCT FROM last_inbound_at;
CREATE INDEX contacts_last_inbound ON contacts (last_inbound_at);

-- joins of before: a turn stays with the contact that had it, its messages moved on
UPDATE contacts SET joined_into = moved.contact_id
FROM (
    SELECT DISTINCT ON (turns.contact_id) turns.contact_id AS was, messages.contact_id
    FROM messages JOIN turns USING (turn_id) WHERE messages.contact_id <> turns.contact_id
    ORDER BY turns.contact_id, messages.seq DESC
) moved
WHERE contacts.id = moved.was;

-- what a contact used today
CREATE INDEX messages_received ON messages (contact_id, at) WHERE direction = 'in';

-- so that it can be pruned: Meta repeats a message for seven days
ALTER TABLE answered ADD COLUMN at timestamptz NOT NULL DEFAULT now();
CREATE INDEX answered_at ON answered (at);

-- a stretch of a conversation, until the lead was silent for the whole customer service window
CREATE TABLE conversations (
    contact_id uuid NOT NULL REFERENCES contacts,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    stage text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('booked', 'handed_over', 'opted_out', 'open')),
    messages int NOT NULL,
    summary text,
    archived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (contact_id, started_at)
);
CREATE INDEX conversations_ended ON conversations (ended_at);

-- work that one process does at a time; `due_at` is schedule and lease in one
CREATE TABLE chores (
    name text PRIMARY KEY,
    due_at timestamptz NOT NULL
);

-- who did what to whose data; no names, numbers or words
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    contact_id uuid,
    detail jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN audit.actor IS 'cli:USER of the machine, api, or the process itself';
CREATE INDEX audit_contact ON audit (contact_id, at);
CREATE INDEX audit_at ON audit (at);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END
$$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
