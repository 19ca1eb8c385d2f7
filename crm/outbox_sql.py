"""The statements of `crm.outbox`. An unfinished row is one whose state is below 'accepted'."""

ADD = """
INSERT INTO outbox
    (id, contact_id, turn_id, position, recipient_phone, recipient_bsuid, message)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING"""

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, state = 'in_doubt' AS again FROM outbox AS candidate
    WHERE state IN ('requested', 'in_doubt') AND due_at <= now()
        AND ($1::uuid IS NULL OR contact_id = $1)
        AND NOT EXISTS (
            SELECT FROM outbox AS earlier
            WHERE earlier.recipient = candidate.recipient AND earlier.seq < candidate.seq
                AND earlier.state < 'accepted')
    ORDER BY seq LIMIT $2
    FOR UPDATE SKIP LOCKED)
UPDATE outbox SET
    state = 'sending', tries = tries + 1, resent = resent + due.again::integer,
    due_at = now() + $3::interval, updated_at = now()
FROM due WHERE outbox.id = due.id
RETURNING outbox.id, seq, contact_id, turn_id, position, recipient_phone, recipient_bsuid,
    message, outbox.state::text, tries, error_code, wamid_id, again"""

UNREADABLE = """
UPDATE outbox SET
    state = 'failed', reaction = 'give_up', error = 'unreadable message', updated_at = now()
WHERE id = ANY($1::uuid[]) AND state = 'sending'"""

DOUBT_LAPSED = """
UPDATE outbox SET state = 'in_doubt', due_at = now() + $1::interval, updated_at = now()
WHERE state = 'sending' AND due_at <= now()
RETURNING true"""

# $2 on an unfinished row: a receipt has already told that this very attempt failed
ACCEPTED = """
UPDATE outbox SET
    state = greatest(state, 'accepted'), wamid_id = $2, sent_at = coalesce(sent_at, now()),
    updated_at = now()
WHERE id = $1 AND NOT coalesce(state < 'accepted' AND wamid_id = $2, false)"""

RECEIPT = """
UPDATE outbox SET
    state = $3::text::outbox_state, sent_at = coalesce(sent_at, now()), updated_at = now(),
    wamid_id = CASE WHEN state < 'accepted' THEN coalesce($2, wamid_id)
        ELSE coalesce(wamid_id, $2) END
WHERE id = coalesce(
        (SELECT id FROM outbox WHERE id = $1::uuid),
        (SELECT id FROM outbox WHERE wamid_id = $2::text LIMIT 1))
    AND state < $3::text::outbox_state
    AND NOT coalesce(state < 'accepted' AND wamid_id = $2, false)
RETURNING true"""

FIND = """
SELECT id, seq, contact_id, turn_id, position, recipient_phone, recipient_bsuid,
    message, state::text, tries, error_code, wamid_id, false AS again
FROM outbox WHERE id = coalesce(
    (SELECT id FROM outbox WHERE id = $1::uuid),
    (SELECT id FROM outbox WHERE wamid_id = $2::text LIMIT 1))
FOR UPDATE"""

RETRY = """
UPDATE outbox SET
    state = 'requested', due_at = now() + $7::interval, tries = tries - $8::integer,
    message = coalesce($9::jsonb, message),
    error_code = $4, error = $5, wamid_id = coalesce($6, wamid_id), updated_at = now()
WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3
RETURNING true"""

FAILED = """
UPDATE outbox SET
    state = 'failed', reaction = $7,
    error_code = $4, error = $5, wamid_id = coalesce($6, wamid_id), updated_at = now()
WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3
RETURNING true"""

DOUBT = """
UPDATE outbox SET
    state = 'in_doubt', due_at = now() + $7::interval,
    error_code = $4, error = $5, wamid_id = coalesce($6, wamid_id), updated_at = now()
WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3
RETURNING true"""

OLDEST = """
SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox
WHERE state < 'accepted'"""
