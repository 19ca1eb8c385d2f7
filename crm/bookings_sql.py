"""The statements of `crm.bookings`. A live booking is held or confirmed."""

LIVE = "SELECT * FROM bookings WHERE contact_id = $1 AND status IN ('held', 'confirmed')"

BY_KEY = """
SELECT b.* FROM bookings b JOIN booking_keys k ON k.booking_id = b.id WHERE k.key = $1
"""

TAKEN = """
SELECT rep, coalesce(blocked_from, starts_at) AS since, coalesce(blocked_until, ends_at) AS until
FROM bookings
WHERE status IN ('held', 'confirmed')
    AND coalesce(blocked_from, starts_at) < $2 AND coalesce(blocked_until, ends_at) > $1
"""

NEW = """
INSERT INTO bookings
    (contact_id, rep, starts_at, ends_at, blocked_from, blocked_until, key, held_until, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8, 'held') RETURNING *
"""

# an unconfirmed hold that is moved on may have left its event with its rep
MOVE = """
UPDATE bookings SET
    rep = $2, starts_at = $3, ends_at = $4, blocked_from = $5, blocked_until = $6,
    key = $7, held_until = now() + $8, status = 'held',
    previous_rep = CASE status WHEN 'confirmed' THEN rep ELSE previous_rep END,
    previous_starts_at = CASE status WHEN 'confirmed' THEN starts_at ELSE previous_starts_at END,
    previous_ends_at = CASE status WHEN 'confirmed' THEN ends_at ELSE previous_ends_at END,
    previous_blocked_from =
        CASE status WHEN 'confirmed' THEN blocked_from ELSE previous_blocked_from END,
    previous_blocked_until =
        CASE status WHEN 'confirmed' THEN blocked_until ELSE previous_blocked_until END,
    strays = array_remove(
        CASE WHEN status = 'held' AND rep IS DISTINCT FROM previous_rep
             THEN strays || rep ELSE strays END, $2)
WHERE id = $1 RETURNING *
"""

CONFIRM = """
UPDATE bookings SET
    status = 'confirmed', link = $3,
    strays = CASE WHEN previous_rep <> rep THEN strays || previous_rep ELSE strays END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL,
    previous_blocked_from = NULL, previous_blocked_until = NULL, astray = false
WHERE id = $1 AND key = $2 AND status = 'held' RETURNING *
"""

GIVE_UP = """
UPDATE bookings SET
    status = 'cancelled', key = 'released:' || id,
    strays = CASE WHEN $3 THEN strays || rep ELSE strays END
WHERE id = $1 AND key = $2 AND status = 'held' AND previous_rep IS NULL
    AND (NOT $4 OR held_until <= now())
RETURNING true
"""

GO_BACK = """
UPDATE bookings SET
    rep = previous_rep, starts_at = previous_starts_at, ends_at = previous_ends_at,
    blocked_from = previous_blocked_from, blocked_until = previous_blocked_until,
    status = 'confirmed', key = 'released:' || id,
    strays = CASE WHEN $3 AND previous_rep <> rep THEN strays || rep ELSE strays END,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL,
    previous_blocked_from = NULL, previous_blocked_until = NULL, astray = false
WHERE id = $1 AND key = $2 AND status = 'held' AND previous_rep IS NOT NULL
    AND (NOT $4 OR held_until <= now())
RETURNING true
"""

CANCEL = """
UPDATE bookings SET
    status = 'cancelled', key = $2, held_until = now(),
    strays = CASE WHEN previous_rep <> rep THEN strays || previous_rep ELSE strays END || rep,
    previous_rep = NULL, previous_starts_at = NULL, previous_ends_at = NULL,
    previous_blocked_from = NULL, previous_blocked_until = NULL, astray = false
WHERE id = $1 AND status IN ('held', 'confirmed') RETURNING *
"""

HOLDS = "SELECT * FROM bookings WHERE status = 'held' AND held_until > now() ORDER BY starts_at"

EXPIRED = """
SELECT * FROM bookings WHERE status = 'held' AND held_until <= now() ORDER BY held_until LIMIT $1
"""

# a write that was on its way has arrived by the end of the hold; a calendar that is
# closed to us for a day will not be opened by asking on
STRAYS = """
SELECT id, unnest(strays) AS rep FROM bookings
WHERE strays <> '{}' AND held_until BETWEEN now() - interval '1 day' AND now()
ORDER BY held_until LIMIT $1
"""

# and has not written since
ERASED = "SELECT erased_at IS NOT NULL AND last_inbound_at IS NULL FROM contacts WHERE id = $1"

CONTACT = "SELECT contact_id FROM bookings WHERE id = $1"
REP = "SELECT rep FROM bookings WHERE id = $1"
CLEARED = "UPDATE bookings SET strays = array_remove(strays, $2) WHERE id = $1"
