-- What a closed window refused waits for the lead's next message; what was given up reaches a person.

-- before 'accepted': a receipt that tells of an earlier attempt still ends it
ALTER TYPE outbox_state ADD VALUE 'withheld' BEFORE 'accepted';

ALTER TABLE outbox
    ADD COLUMN aside bool NOT NULL DEFAULT false,
    ADD COLUMN person_at timestamptz;
COMMENT ON COLUMN outbox.aside IS 'later ones of the recipient do not wait for it';
COMMENT ON COLUMN outbox.person_at IS
    'failed rows: when it was seen to that a person knows, where one has to';

-- it is too late for those of before
UPDATE outbox SET person_at = now() WHERE state = 'failed';
CREATE INDEX outbox_nobody_knows ON outbox (updated_at)
    WHERE state = 'failed' AND person_at IS NULL;
