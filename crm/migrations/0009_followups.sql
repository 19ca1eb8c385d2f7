-- Messages that code sends by itself at a moment: reminders of a call, one nudge to a silent lead.
-- A row is planned once for what it is about, and looked at again when it is due.

CREATE TABLE followups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL REFERENCES contacts ON DELETE CASCADE,
    booking_id uuid REFERENCES bookings ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('day_before', 'hour_before', 'silence', 'no_show')),
    about timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    act_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sent', 'dropped')),
    reason text NOT NULL DEFAULT '',
    settled_at timestamptz,
    UNIQUE (contact_id, kind, about)
);
COMMENT ON COLUMN followups.about IS 'the start of the call, or the lead''s last message';
COMMENT ON COLUMN followups.due_at IS 'the best moment';
COMMENT ON COLUMN followups.act_at IS 'when to look at it: earlier where that is free';
CREATE INDEX followups_act ON followups (act_at) WHERE state = 'planned';
CREATE INDEX followups_booking ON followups (booking_id);

-- What the planner has seen. Not a column of bookings: an update there would ask the constraint
-- against overlaps again, outside of the rep's lock.
CREATE TABLE booking_reminders (
    booking_id uuid PRIMARY KEY REFERENCES bookings ON DELETE CASCADE,
    starts_at timestamptz NOT NULL
);
ALTER TABLE contacts ADD COLUMN silence_for timestamptz;
CREATE INDEX contacts_to_follow ON contacts (last_inbound_at)
    WHERE silence_for IS DISTINCT FROM last_inbound_at;
