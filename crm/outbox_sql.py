"""The statements of `crm.outbox`. A row on its way is one whose state is below 'withheld'."""

ADD = """
INSERT INTO outbox
    (id, contact_id, turn_id, position, recipient_phone, recipient_bsuid, message, heard_at)
SELECT id, contact_id, turn_id, position, phone, bsuid, message, heard_at
FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::jsonb[],
        $8::timestamptz[])
    WITH ORDINALITY AS row
        (id, contact_id, turn_id, position, phone, bsuid, message, heard_at, place)
ORDER BY place
ON CONFLICT (id) DO NOTHING"""

_KNOWN = """
    outbox.id, outbox.seq, outbox.contact_id, outbox.turn_id, outbox.position,
    recipient_phone, recipient_bsuid, message, outbox.state::text, tries, error_code, wamid_id,
    now() - since AS age, contacts.phone, contacts.bsuid, contacts.language, last_inbound_at,
    opted_out_at, unreachable_at, marketing_stopped_at, turns.kind AS turn_kind"""

# what a pause stops, for a row that is called as {row} here
_STOPS = """(
    pause.scope = 'number'
    OR {row}.template IS NOT NULL
        AND pause.scope IN ('templates', 'template:' || {row}.template)
    OR pause.scope LIKE 'country:%'
        AND starts_with({row}.recipient, substr(pause.scope, length('country:') + 1)))"""

# The buckets are moments at which they are empty again. The number's is one row, which only a
# claim that found something locks; a recipient's is what his latest row says.
# $3 lease, $4 sends a second, $5 their burst, $6 interval of a pair, $7 its burst
_CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT id, seq, state = 'in_doubt' OR resent > 0 AS again, template,
        greatest(pair.free_at, now()) + $6::interval AS pair_free_at
    FROM outbox AS candidate
    LEFT JOIN LATERAL (
        SELECT pair_free_at AS free_at FROM outbox AS latest
        WHERE latest.recipient = candidate.recipient AND pair_free_at IS NOT NULL
        ORDER BY pair_free_at DESC LIMIT 1) AS pair ON true
    WHERE state IN ('requested', 'in_doubt') AND due_at <= now()
        AND {{whose}}
        AND coalesce(pair.free_at <= now() + $6::interval * ($7::int - 1), true)
        AND NOT EXISTS (
            SELECT FROM outbox AS earlier
            WHERE earlier.recipient = candidate.recipient AND earlier.seq < candidate.seq
                AND earlier.state < 'withheld' AND NOT earlier.aside
                AND (earlier.template IS NULL OR candidate.template IS NOT NULL))
        AND NOT EXISTS (
            SELECT FROM outbox_pauses AS pause
            WHERE until > now() AND {_STOPS.format(row="candidate")})
    ORDER BY template IS NOT NULL, seq
    LIMIT CASE WHEN EXISTS (SELECT FROM outbox_pauses WHERE scope = 'number' AND times > 0)
        THEN 1 ELSE $2 END
    FOR UPDATE OF candidate SKIP LOCKED
), counted AS (
    SELECT count(*)::int AS n FROM due
), pace AS (
    INSERT INTO outbox_pace AS bucket (scope, free_at, wanted, taken)
    SELECT 'number', now() + least(n, $5::int) * interval '1 s' / $4::float8, n, least(n, $5::int)
    FROM counted WHERE n > 0
    ON CONFLICT (scope) DO UPDATE SET (free_at, wanted, taken) = (
        SELECT busy_until + room * interval '1 s' / $4::float8, excluded.wanted, room
        FROM (SELECT greatest(bucket.free_at, now()) AS busy_until) AS busy,
            LATERAL (SELECT greatest(0, least(excluded.wanted, floor(
                $5::int - extract(epoch FROM busy_until - now())::float8 * $4::float8 + 1e-6
            )::int)) AS room) AS free)
    RETURNING wanted, taken
), chosen AS (
    SELECT * FROM due ORDER BY template IS NOT NULL, seq LIMIT (SELECT taken FROM pace)
), claimed AS (
    UPDATE outbox SET
        state = 'sending', tries = tries + 1, resent = resent + chosen.again::integer,
        pair_free_at = chosen.pair_free_at, due_at = now() + $3::interval, updated_at = now()
    FROM chosen WHERE outbox.id = chosen.id
    RETURNING outbox.*, chosen.again
)
SELECT {_KNOWN}, again, pace.wanted - pace.taken AS held_back
FROM pace
LEFT JOIN claimed AS outbox ON true
LEFT JOIN contacts ON contacts.id = outbox.contact_id
LEFT JOIN turns ON turns.turn_id = outbox.turn_id
ORDER BY outbox.seq"""  # noqa: S608 - constants

# two texts, because one plan cannot serve both: it would read all that waits for one contact's rows
CLAIM = _CLAIM.format(whose="$1::uuid IS NULL")
CLAIM_OF = _CLAIM.format(whose="contact_id = $1::uuid")

UNREADABLE = """
UPDATE outbox SET
    state = 'failed', reaction = 'give_up', error = 'unreadable message', updated_at = now()
WHERE id = ANY($1::uuid[]) AND state = 'sending'"""

# whoever holds a row settles it
DOUBT_LAPSED = """
UPDATE outbox SET state = 'in_doubt', due_at = now() + $1::interval, updated_at = now()
WHERE id IN (
    SELECT id FROM outbox WHERE state = 'sending' AND due_at <= now() FOR UPDATE SKIP LOCKED)
RETURNING true"""

# $2 on an unfinished row: a receipt has already told that this very attempt failed
ACCEPTED = f"""
WITH taken AS (
    UPDATE outbox SET
        state = greatest(state, 'accepted'), wamid_id = $2, sent_at = coalesce(sent_at, now()),
        updated_at = now()
    WHERE id = $1 AND NOT coalesce(state < 'accepted' AND wamid_id = $2, false)
    RETURNING template, recipient
), well AS (
    UPDATE outbox_pauses AS pause SET times = 0 FROM taken
    WHERE times > 0 AND until <= now() AND {_STOPS.format(row="taken")})
SELECT EXISTS (
    SELECT FROM outbox AS mine JOIN outbox AS later USING (recipient)
    WHERE mine.id = $1 AND later.id <> $1 AND later.state < 'withheld')"""  # noqa: S608 - constants

# The first item that is not of an attempt known to have failed ends the row's attempt; from there
# on the furthest state counts. $1 trackers, $2 wamids, $3 states
RECEIPTS = """
WITH told AS MATERIALIZED (
    SELECT coalesce(
            (SELECT id FROM outbox WHERE id = tracker),
            (SELECT id FROM outbox WHERE wamid_id = wamid LIMIT 1)) AS id, wamid, told, place
    FROM unnest($1::uuid[], $2::text[], ($3::text[])::outbox_state[])
        WITH ORDINALITY AS item (tracker, wamid, told, place)
), locked AS MATERIALIZED (
    SELECT id, state, wamid_id FROM outbox WHERE id IN (SELECT id FROM told)
    ORDER BY id FOR UPDATE
), news AS (
    SELECT id, wamid, told, place, state < 'accepted' AS was_unfinished, bool_or(
            NOT coalesce(state < 'accepted' AND wamid_id = wamid, false)
        ) OVER (PARTITION BY id ORDER BY place) AS counts
    FROM told JOIN locked USING (id) WHERE state < told
), furthest AS (
    SELECT id, was_unfinished, max(told) AS told, (array_agg(wamid ORDER BY place))[1] AS wamid
    FROM news WHERE counts GROUP BY id, was_unfinished
)
UPDATE outbox SET
    state = told, sent_at = coalesce(sent_at, now()), updated_at = now(),
    wamid_id = CASE WHEN was_unfinished THEN coalesce(wamid, wamid_id)
        ELSE coalesce(wamid_id, wamid) END
FROM furthest WHERE outbox.id = furthest.id
RETURNING was_unfinished"""

FIND = f"""
SELECT {_KNOWN}, false AS again
FROM outbox
LEFT JOIN contacts ON contacts.id = outbox.contact_id
LEFT JOIN turns ON turns.turn_id = outbox.turn_id
WHERE outbox.id = coalesce(
    (SELECT id FROM outbox WHERE id = $1::uuid),
    (SELECT id FROM outbox WHERE wamid_id = $2::text LIMIT 1))
FOR UPDATE OF outbox"""  # noqa: S608 - constants

RETRY = """
UPDATE outbox SET
    state = 'requested', due_at = now() + $7::interval, tries = tries - $8::integer,
    original = CASE WHEN $9::jsonb IS NULL THEN original ELSE coalesce(original, message) END,
    message = coalesce($9::jsonb, message), recipient_phone = coalesce($10, recipient_phone),
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

WAITING = """
SELECT id, message FROM outbox
WHERE recipient = (SELECT recipient FROM outbox WHERE id = $1)
    AND seq > (SELECT seq FROM outbox WHERE id = $1) AND state = 'requested' AND template IS NULL
ORDER BY seq LIMIT $2 FOR UPDATE"""

MERGE = """
WITH whole AS (
    UPDATE outbox SET
        original = coalesce(original, message), message = $4, updated_at = now()
    WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3
    RETURNING id)
UPDATE outbox SET state = 'merged', merged_into = whole.id, updated_at = now()
FROM whole WHERE outbox.id = ANY($5::uuid[]) AND outbox.state = 'requested'
RETURNING true"""

USE_FALLBACK = """
UPDATE outbox SET
    original = coalesce(original, message), updated_at = now(),
    message = jsonb_set(message, '{name}', to_jsonb($2::text))
WHERE state = 'requested' AND template IS NOT NULL AND starts_with(template, $1::text || '/')
    AND EXISTS (SELECT FROM outbox_pauses
        WHERE scope = 'template:' || outbox.template AND until > now())"""

DOUBT_GOES_ON = """
UPDATE outbox SET
    state = 'in_doubt', tries = tries - 1, resent = resent - 1, due_at = now() + $4::interval,
    updated_at = now()
WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3"""

HELD = """
SELECT EXISTS (
    SELECT FROM outbox WHERE id = $1 AND state = $2::text::outbox_state AND tries = $3)"""

# $1 ids, $2 tries: whoever was overtaken renews nothing; receipts lock rows in this order, too
HOLD = """
WITH mine AS MATERIALIZED (
    SELECT outbox.id FROM outbox JOIN unnest($1::uuid[], $2::int[]) AS mine (id, tries)
        USING (id, tries)
    WHERE state = 'sending' ORDER BY outbox.id FOR UPDATE OF outbox
)
UPDATE outbox SET due_at = now() + $3::interval FROM mine WHERE outbox.id = mine.id"""

OLDEST = """
SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM outbox
WHERE state < 'withheld'"""

GIVEN_UP = """
SELECT id::text, contact_id::text, turn_id, reaction, error_code, error, updated_at AS at
FROM outbox WHERE state = 'failed' AND ($1::uuid IS NULL OR contact_id = $1)
ORDER BY updated_at DESC LIMIT $2"""

# what a person or the lead took back stays back; so does, unless it is named, what a later message
# has overtaken
RETRY_FAILED = """
UPDATE outbox SET
    state = 'requested', tries = 0, due_at = now(), since = now(), reaction = NULL,
    person_at = NULL, updated_at = now()
WHERE state = 'failed' AND reaction NOT IN ('withdrawn', 'opted_out', 'stop_marketing')
    AND ($1::uuid IS NULL OR contact_id = $1)
    AND CASE WHEN $2::uuid IS NULL THEN template IS NOT NULL OR NOT EXISTS (
            SELECT FROM outbox AS later
            WHERE later.contact_id = outbox.contact_id AND later.seq > outbox.seq
                AND later.recipient = outbox.recipient AND later.template IS NULL
                AND later.sent_at IS NOT NULL)
        ELSE id = $2 END
RETURNING true"""
