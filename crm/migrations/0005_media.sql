-- Files that leads send, and what else their messages tell: where they came from, their number.

CREATE TABLE media (
    message_id text PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    contact_id uuid NOT NULL REFERENCES contacts,
    turn_id text NOT NULL,
    kind text NOT NULL,
    media_id text NOT NULL,
    mime_type text NOT NULL,
    filename text NOT NULL,
    sha256 text NOT NULL,
    voice bool NOT NULL,
    status text NOT NULL DEFAULT 'wanted'
        CHECK (status IN ('wanted', 'stored', 'refused', 'gone')),
    reason text,
    content bytea CHECK ((content IS NOT NULL) = (status = 'stored')),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN media.media_id IS 'Meta''s, good for seven days';
COMMENT ON COLUMN media.sha256 IS 'base64, as the webhook gave it; empty when it gave none';
CREATE INDEX media_contact ON media (contact_id);
CREATE INDEX media_wanted ON media (turn_id) WHERE status = 'wanted';
-- pictures and sound are compressed already
ALTER TABLE media ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE contacts
    ADD COLUMN source jsonb,
    ADD COLUMN free_until timestamptz,
    ADD COLUMN callback_phone text;
COMMENT ON COLUMN contacts.source IS 'the ad or post that brought the lead; the first one stays';
COMMENT ON COLUMN contacts.free_until IS 'end of Meta''s free entry point: templates cost nothing';
COMMENT ON COLUMN contacts.callback_phone IS
    'a number that the lead said is his: for calling; he is neither known by it nor written to';
