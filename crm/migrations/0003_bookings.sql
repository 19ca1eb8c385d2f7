-- Calls. One row is one booking through all its moves; the constraints make an overlap impossible.
-- No extension: GiST has an operator class for ranges, so a rep is a range of one number.

CREATE TABLE bookings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL,
    rep text NOT NULL,
    rep_number int NOT NULL GENERATED ALWAYS AS (hashtext(rep)) STORED,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    link text,
    event_id text NOT NULL UNIQUE GENERATED ALWAYS AS ('call' || replace(id::text, '-', '')) STORED,
    status text NOT NULL CHECK (status IN ('held', 'confirmed', 'cancelled')),
    key text NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    held_until timestamptz,
    previous_rep text,
    previous_starts_at timestamptz,
    previous_ends_at timestamptz,
    strays text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bookings_no_overlap EXCLUDE USING gist (
        int4range(rep_number, rep_number, '[]') WITH &&,
        tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status IN ('held', 'confirmed'))
);
COMMENT ON COLUMN bookings.key IS 'of the last act on the booking';
COMMENT ON COLUMN bookings.previous_rep IS 'where it was confirmed, while a move holds it';
COMMENT ON COLUMN bookings.strays IS 'reps in whose calendar an event may be left to remove';
CREATE UNIQUE INDEX bookings_one_live ON bookings (contact_id) WHERE status IN ('held', 'confirmed');
CREATE INDEX bookings_contact ON bookings (contact_id, created_at);
CREATE INDEX bookings_live ON bookings (starts_at) WHERE status IN ('held', 'confirmed');
CREATE INDEX bookings_held ON bookings (held_until) WHERE status = 'held';
CREATE INDEX bookings_strays ON bookings (held_until) WHERE strays <> '{}';

-- every act's key, so that one that comes late is known, whatever was done since
CREATE TABLE booking_keys (
    key text PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES bookings ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX booking_keys_booking ON booking_keys (booking_id);
