-- Calls with the pauses around them, and what reps change in their calendars.

-- null: the time of the call itself
ALTER TABLE bookings
    ADD COLUMN blocked_from timestamptz CHECK (blocked_from <= starts_at),
    ADD COLUMN blocked_until timestamptz CHECK (blocked_until >= ends_at),
    ADD COLUMN previous_blocked_from timestamptz,
    ADD COLUMN previous_blocked_until timestamptz,
    ADD COLUMN astray bool NOT NULL DEFAULT false,
    DROP CONSTRAINT bookings_no_overlap,
    ADD CONSTRAINT bookings_no_overlap EXCLUDE USING gist (
        int4range(rep_number, rep_number, '[]') WITH &&,
        tstzrange(coalesce(blocked_from, starts_at), coalesce(blocked_until, ends_at)) WITH &&
    ) WHERE (status IN ('held', 'confirmed'));
COMMENT ON COLUMN bookings.blocked_from IS 'the call with the pauses that the rules want around it';
COMMENT ON COLUMN bookings.astray IS 'the rep moved its event onto another call: the row stays';
CREATE INDEX bookings_astray ON bookings (rep) WHERE astray;

-- how far each calendar has been read; `due_at` is schedule and lease in one
CREATE TABLE calendar_cursors (
    calendar text PRIMARY KEY,
    token text,
    due_at timestamptz NOT NULL,
    read_at timestamptz
);

-- what a rep was warned of: an event of his own over a booked call
CREATE TABLE calendar_clashes (
    booking_id uuid NOT NULL REFERENCES bookings ON DELETE CASCADE,
    event_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (booking_id, event_id, starts_at)
);
COMMENT ON COLUMN calendar_clashes.starts_at IS 'of the call: when it moves, the warning is due anew';
