"""Three months of made-up conversations, by the database itself: the same rows in every run.

A lead writes 1 to 15 times; after the third exchange he qualifies, after the seventh most are
qualified, of those three in four are offered times, and most of them book. One in eight comes to a
person, whom three in four hear from. One message in three is split in two.
"""

from datetime import datetime

from crm.pool import Pool

_DICE = """
CREATE OR REPLACE FUNCTION pg_temp.dice(about text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT abs(hashtext(about || n)::bigint % 1000)::int $$
"""

_LEADS = """
CREATE TEMPORARY TABLE made AS
SELECT n, md5('lead ' || n)::uuid AS id, 1 + pg_temp.dice('exchanges', n) % 15 AS exchanges,
    $2::timestamptz - $3::int * interval '1 day' * (1 - n::float / $1::int) AS began,
    pg_temp.dice('qualified', n) < 850 AS qualifies, pg_temp.dice('offers', n) < 750 AS sees_times,
    pg_temp.dice('booked', n) < 800 AS books, pg_temp.dice('person', n) < 125 AS wants_person
FROM generate_series(1, $1::int) AS n
"""

_CONVERSATIONS = """
CREATE TEMPORARY TABLE exchange AS
SELECT n, id, k, exchanges, md5('turn ' || n || '/' || k)::uuid AS turn,
    md5('reply ' || n || '/' || k)::uuid AS reply,
    began + (k - 1) * interval '4 minutes' AS at,
    (1500 + pg_temp.dice('reply', n * 20 + k) * 3) * interval '1 millisecond' AS took,
    pg_temp.dice('split', n * 20 + k) < 333 AS split
FROM made, generate_series(1, exchanges) AS k;

INSERT INTO contacts (id, phone, profile_name, language, first_inbound_at, last_inbound_at)
SELECT id, '57300' || n, 'Ana', 'es', began, began + (exchanges - 1) * interval '4 minutes'
FROM made;

INSERT INTO leads (contact_id, stage, score, qualified, qualified_at)
SELECT id, CASE WHEN exchanges < 3 THEN 'greeting' WHEN exchanges < 7 THEN 'qualification'
        ELSE 'scheduling' END, least(100, exchanges * 12), exchanges >= 7 AND qualifies,
    CASE WHEN exchanges >= 7 AND qualifies THEN began + interval '24 minutes' END
FROM made;

INSERT INTO facts (contact_id, field, value, quote, message_id, turn_id, at)
SELECT id, field, 'a value', 'the words of the lead that say so', 'm', turn::text, at
FROM exchange JOIN unnest('{name,need,budget,authority,timeline}'::text[])
    WITH ORDINALITY AS asked (field, position) ON position = k - 1;

INSERT INTO messages (id, contact_id, turn_id, direction, kind, text, at)
SELECT said.id, exchange.id, turn::text, direction, 'text', said.text, said.at
FROM exchange CROSS JOIN LATERAL (VALUES
    ('in ' || turn, 'in', 'unos 20 mil dólares, decido yo', at, 1),
    ('more ' || turn, 'in', 'y lo queremos para enero', at + interval '1 second', 2),
    (reply::text, 'out', repeat('Muy bien, anotado. ', 10), at + took, 3)
) AS said (id, direction, text, at, position)
WHERE split OR position <> 2 ORDER BY exchange.at, n, position;

INSERT INTO turns (turn_id, contact_id, stage_before, stage_after, kind, decision, confidence,
    resolved, model, calls, input_tokens, output_tokens, seconds, facts_dropped,
    cached_input_tokens, at)
SELECT turn::text, id, 'qualification', 'qualification', 'answer',
    '{"kind": "answer", "reason": "", "resolved": true, "signals": {"mood": "usual"}}', 0.9, true,
    CASE WHEN pg_temp.dice('fallback', n) < 50 THEN 'gpt-4.1-mini' ELSE 'gpt-4o-2024-08-06' END,
    1, 1900 + 20 * k, 90, 1.1, 0, CASE WHEN k > 1 THEN 1408 ELSE 0 END, at + took
FROM exchange ORDER BY at;

INSERT INTO model_uses (purpose, model, calls, input_tokens, cached_input_tokens, output_tokens, at)
SELECT 'summary', 'gpt-4o-2024-08-06', 1, 800, 0, 120, at + took FROM exchange WHERE k % 3 = 0;

INSERT INTO stage_events (contact_id, turn_id, from_stage, to_stage, at)
SELECT exchange.id, turn::text, from_stage, to_stage, at + took
FROM exchange JOIN made USING (n) JOIN (VALUES
    (3, 'greeting', 'qualification'), (7, 'qualification', 'scheduling')
) AS moved (after, from_stage, to_stage) ON k = after AND (k = 3 OR qualifies AND sees_times);

INSERT INTO outbox (id, contact_id, turn_id, position, recipient_phone, message, state, tries,
    wamid_id, created_at, heard_at, sent_at, updated_at)
SELECT reply, id, turn::text, 0, '57300' || n,
    jsonb_build_object('kind', 'text', 'body', repeat('Muy bien, anotado. ', 10)), 'read', 1,
    md5(reply::text), at + took, at, at + took + interval '0.3 seconds', at + interval '1 minute'
FROM exchange ORDER BY at;

INSERT INTO bookings (contact_id, rep, starts_at, ends_at, status, created_at)
SELECT id, 'rep ' || n, began + interval '2 days', began + interval '49 hours',
    CASE WHEN n % 12 = 0 THEN 'cancelled' ELSE 'confirmed' END, began + interval '32 minutes'
FROM made WHERE exchanges >= 9 AND qualifies AND sees_times AND books;

INSERT INTO followups (contact_id, booking_id, kind, about, due_at, act_at, state)
SELECT contact_id, id, CASE WHEN hashtext(id::text) % 10 = 0 THEN 'no_show' ELSE 'hour_before' END,
    starts_at, starts_at, starts_at, 'sent'
FROM bookings WHERE status = 'confirmed';

INSERT INTO handoffs (id, contact_id, turn_id, reason, rep, signals, at, claimed_at, first_word_at,
    released_at)
SELECT 'handoff ' || n, id, '', CASE n % 3 WHEN 0 THEN 'asked' WHEN 1 THEN 'low_confidence'
        ELSE 'unresolved' END, 'rep', '{}', asked,
    CASE WHEN n % 4 > 0 THEN asked + interval '3 minutes' END,
    CASE WHEN n % 4 > 0 THEN asked + interval '5 minutes' END, asked + interval '3 hours'
FROM (SELECT *, began + (exchanges - 1) * interval '4 minutes' AS asked FROM made) AS ended
WHERE wants_person;

INSERT INTO messages (id, contact_id, direction, kind, text, at)
SELECT 'rep ' || id, contact_id, 'rep', 'text', 'Hola, soy Laura', first_word_at
FROM handoffs WHERE first_word_at IS NOT NULL;

DROP TABLE exchange, made;
"""

_EMPTY = "TRUNCATE contacts, model_uses, bookings, outbox CASCADE"


async def fill(pool: Pool, leads: int, until: datetime, days: int) -> int:
    """Leads who began to write evenly over the `days` before `until`; gives their messages."""
    async with pool.acquire() as connection:
        # foreign keys hold by the way in which the rows are made; asking takes a third of the time
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_EMPTY)
        await connection.execute(_DICE)
        await connection.execute(_LEADS, leads, until, days, timeout=60)
        await connection.execute(_CONVERSATIONS, timeout=60)
        await connection.execute("VACUUM ANALYZE", timeout=60)
        return await connection.fetchval("SELECT count(*) FROM messages")
