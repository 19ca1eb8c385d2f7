"""The decisions that depend on a confidence threshold, for judging them again."""

from crm.pool import Pool
from domain.thresholds import JudgedTurn

# the column is rounded to single precision: a little more than the threshold, the rule decides
_JUDGED = """
SELECT turns.turn_id, turns.contact_id::text, turns.at, stage_before, decision, needed, (
    SELECT coalesce(string_agg(nullif(text, ''), ' / ' ORDER BY seq), '') FROM messages
    WHERE messages.contact_id = turns.contact_id AND messages.turn_id = turns.turn_id
        AND direction = 'in'
) AS words
FROM turns LEFT JOIN handoffs ON handoffs.turn_id = turns.turn_id
WHERE confidence < $1::float8 + 0.001 OR decision ->> 'reason' = 'low_confidence'
ORDER BY turns.at
"""


async def judged_turns(pool: Pool, threshold: float) -> tuple[JudgedTurn, ...]:
    """Turns that this threshold, or the one of then, makes or made handoffs, oldest first."""
    return tuple(JudgedTurn.of(dict(row)) for row in await pool.fetch(_JUDGED, threshold))
