-- What happens to a contact beside his messages: a rep's own words, edits, deletions, a new number,
-- marketing preferences. An event's id is a keyed hash, so a repeat is the same row.

CREATE TABLE contact_events (
    id text PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES contacts,
    kind text NOT NULL,
    target text,
    text text,
    at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN contact_events.target IS 'the message that it is about, stored or not yet';
COMMENT ON COLUMN contact_events.text IS 'of an edit: the new words';
CREATE INDEX contact_events_contact ON contact_events (contact_id, at);
CREATE INDEX contact_events_target ON contact_events (target) WHERE target IS NOT NULL;

ALTER TABLE contacts ADD COLUMN marketing_stopped_at timestamptz;
COMMENT ON COLUMN contacts.marketing_stopped_at IS
    'no marketing since then, by the lead''s choice in WhatsApp; service replies go on';

ALTER TABLE messages ADD COLUMN edited_at timestamptz, ADD COLUMN deleted_at timestamptz;
CREATE INDEX messages_revised ON messages (contact_id, seq)
    WHERE edited_at IS NOT NULL OR deleted_at IS NOT NULL;

ALTER TABLE consents
    DROP CONSTRAINT consents_kind_check,
    ADD CONSTRAINT consents_kind_check
        CHECK (kind IN ('opt_in', 'opt_out', 'marketing_stop', 'marketing_resume')),
    ALTER COLUMN turn_id DROP NOT NULL;
COMMENT ON COLUMN consents.message_id IS
    'the proof: the message in which the lead said so, or the event of a preference';
COMMENT ON COLUMN consents.turn_id IS 'null: a preference, which is set in WhatsApp';
