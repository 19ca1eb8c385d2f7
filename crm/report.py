"""The queries behind the report. docs/report.md says what each counts and why so.

The funnel follows the leads whose first message lies in the period; everything else counts what
happened in the period.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.pool import Pool
from domain.report import Reason, Report, Spent, Spread, Step

SECONDS = 10.0
"""The whole report may take this long."""

# PostgreSQL ends by itself what outlives whoever has asked
_BOUNDED = "SELECT set_config('statement_timeout', $1, true)"

STEPS = ("contacts", "greeted", "qualification", "qualified", "scheduling", "booked", "held")


def _median(before: str, step: str) -> str:
    """The median time to a step; clocks differ, so what would be negative is nothing.

    GREATEST would take an unknown for nothing, too.
    """
    return f"""percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE
        WHEN {step} < {before} THEN 0 ELSE date_part('epoch', {step} - {before}) END)
        AS {step}_seconds"""


FUNNEL = f"""
WITH cohort AS (
    SELECT id, first_inbound_at AS contacted FROM contacts
    WHERE first_inbound_at >= $1 AND first_inbound_at < $2 AND joined_into IS NULL
), greetings AS (
    -- clocks differ, but not by an hour
    SELECT contact_id, min(at) AS greeted FROM turns
    WHERE kind <> 'silent' AND at >= $1 - interval '1 hour' GROUP BY contact_id
), stages AS (
    SELECT contact_id,
        min(at) FILTER (WHERE to_stage IN ('qualification', 'scheduling')) AS qualification,
        min(at) FILTER (WHERE to_stage = 'scheduling') AS scheduling
    FROM stage_events JOIN cohort ON cohort.id = contact_id GROUP BY contact_id
), calls AS (
    SELECT calls.contact_id, min(created_at) AS booked,
        min(ends_at) FILTER (WHERE status = 'confirmed' AND ends_at < $2 AND missed.id IS NULL)
            AS held,
        count(missed.id) AS missed
    FROM cohort JOIN booked_calls calls ON calls.contact_id = cohort.id
    LEFT JOIN followups missed ON missed.booking_id = calls.id AND missed.kind = 'no_show'
    GROUP BY calls.contact_id
), asked AS (
    SELECT contact_id, min(at) AS handoff FROM handoffs JOIN cohort ON cohort.id = contact_id
    GROUP BY contact_id
), raw AS (
    SELECT contacted AS contacts, greeted, missed, qualified_at, handoff,
        least(qualification, scheduling, qualified_at, booked) AS qualification,
        least(scheduling, booked) AS scheduling, booked, held
    FROM cohort
    LEFT JOIN leads ON leads.contact_id = cohort.id
    LEFT JOIN stages ON stages.contact_id = cohort.id
    LEFT JOIN calls ON calls.contact_id = cohort.id
    LEFT JOIN asked ON asked.contact_id = cohort.id
    LEFT JOIN greetings ON greetings.contact_id = cohort.id
), one AS (
    SELECT contacts, greeted, missed, handoff,
        CASE WHEN greeted IS NOT NULL THEN qualification END AS qualification,
        CASE WHEN greeted IS NOT NULL THEN qualified_at END AS qualified,
        CASE WHEN greeted IS NOT NULL AND qualified_at IS NOT NULL THEN scheduling END
            AS scheduling,
        CASE WHEN greeted IS NOT NULL AND qualified_at IS NOT NULL THEN booked END AS booked,
        CASE WHEN greeted IS NOT NULL AND qualified_at IS NOT NULL THEN held END AS held
    FROM raw
)
SELECT {", ".join(f"count({step}) AS {step}" for step in STEPS)},
    coalesce(sum(missed), 0)::int AS no_shows,
    count(qualified) FILTER (WHERE handoff IS NULL OR handoff > qualified) AS without_human,
    {", ".join(map(_median, STEPS, STEPS[1:]))}
FROM one
"""  # noqa: S608 - our own text

_SPREAD = """
SELECT count(value), percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS p50,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS p95 FROM measured
"""

COUNTS = """
SELECT
    (SELECT count(*) FROM (
        SELECT contact_id FROM turns WHERE at >= $1 AND at < $2
        UNION SELECT contact_id FROM handoffs WHERE at >= $1 AND at < $2) AS met) AS conversations,
    (SELECT count(*) FROM leads WHERE qualified_at >= $1 AND qualified_at < $2) AS qualified,
    (SELECT count(*) FROM booked_calls
        WHERE created_at >= $1 AND created_at < $2) AS bookings
"""

BEFORE_BOOKING = f"""
WITH first AS (
    SELECT DISTINCT contact_id, created_at FROM booked_calls calls
    WHERE created_at >= $1 AND created_at < $2
        AND NOT EXISTS (SELECT FROM booked_calls earlier
            WHERE earlier.contact_id = calls.contact_id AND earlier.created_at < calls.created_at)
), measured AS (
    -- none is one who was erased since: his count is not known
    SELECT nullif((SELECT count(*) FROM messages WHERE messages.contact_id = first.contact_id
        AND direction = 'in' AND at <= created_at), 0) AS value
    FROM first
)
{_SPREAD}"""  # noqa: S608 - our own text

REPLY = f"""
WITH measured AS (
    -- clocks differ
    SELECT greatest(0, date_part('epoch', sent_at - heard_at)) AS value
    FROM outbox WHERE heard_at >= $1 AND heard_at < $2 AND sent_at IS NOT NULL
)
{_SPREAD}"""  # noqa: S608 - our own text

HANDOFFS = """
SELECT reason, count(*) AS handoffs, count(DISTINCT contact_id) AS conversations
FROM handoffs WHERE at >= $1 AND at < $2 GROUP BY reason ORDER BY count(*) DESC, reason
"""

FIRST_WORD = f"""
WITH measured AS (
    SELECT date_part('epoch', first_word_at - at) AS value FROM handoffs
    WHERE at >= $1 AND at < $2 AND reason <> 'taken_over'
)
{_SPREAD.replace("SELECT", "SELECT count(*) - count(value) AS without,", 1)}"""  # noqa: S608 - our own text

SPENT = """
SELECT model, 'answer' AS purpose, sum(calls) AS calls, sum(input_tokens) AS input_tokens,
    sum(cached_input_tokens) AS cached_tokens, sum(output_tokens) AS output_tokens
FROM turns WHERE at >= $1 AND at < $2 AND calls > 0 GROUP BY model
UNION ALL
SELECT model, purpose, sum(calls), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens)
FROM model_uses WHERE at >= $1 AND at < $2 GROUP BY model, purpose
ORDER BY input_tokens DESC, model, purpose
"""

QUERIES = {
    "funnel": FUNNEL,
    "counts": COUNTS,
    "messages before a booking": BEFORE_BOOKING,
    "reply": REPLY,
    "handoffs": HANDOFFS,
    "first word": FIRST_WORD,
    "spent": SPENT,
}


async def report(
    pool: Pool, since: datetime, until: datetime, *, seconds: float = SECONDS
) -> Report:
    """The figures of a period, all as of the same moment.

    It locks nothing. Raises TimeoutError after `seconds`, of which a part may be the wait for a
    connection.
    """
    async with (
        asyncio.timeout(seconds),
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_BOUNDED, f"{seconds + 1:.0f}s")
        found = {name: await connection.fetch(sql, since, until) for name, sql in QUERIES.items()}
    funnel, counts, word = (dict(found[name][0]) for name in ("funnel", "counts", "first word"))
    return Report(
        since=since,
        until=until,
        funnel=_steps(funnel),
        no_shows=funnel["no_shows"],
        without_human=funnel["without_human"],
        **counts,
        messages_before_booking=_spread(dict(found["messages before a booking"][0])),
        reply=_spread(dict(found["reply"][0])),
        handoffs=tuple(Reason.of(dict(row)) for row in found["handoffs"]),
        first_word=_spread(word),
        without_word=word["without"],
        spent=tuple(Spent.of(dict(row)) for row in found["spent"]),
    )


def _steps(row: Mapping[str, Any]) -> tuple[Step, ...]:
    return tuple(
        Step(name=name, count=row[name], seconds=row.get(f"{name}_seconds")) for name in STEPS
    )


def _spread(row: Mapping[str, Any]) -> Spread:
    return Spread(count=row["count"], p50=row["p50"], p95=row["p95"])
