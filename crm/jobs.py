"""Work after the reply (briefs, summaries, syncs): rows with a due time, claimed with a lease.

A claim counts a try and hides the job until its lease ends; a worker that died loses it by itself.
The count of tries is the fencing token: who was overtaken can neither end a job nor fail it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.pool import Database, Pool
from domain.values import Value

MAX_TRIES = 8
LEASE = timedelta(seconds=60)
_LONGEST_BACKOFF = 3600
_ERROR_LENGTH = 500


class Job(Value):
    id: int
    kind: str
    contact_id: str
    turn_id: str
    tries: int


_ADD = """
INSERT INTO jobs (kind, contact_id, turn_id, due_at) VALUES ($1, $2, $3, coalesce($4, now()))
ON CONFLICT (kind, turn_id) DO NOTHING
"""

_CLAIM = """
WITH due AS (
    SELECT id FROM jobs
    WHERE status = 'open' AND due_at <= now() AND kind = ANY($1)
        AND (leased_until IS NULL OR leased_until <= now())
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE jobs SET
        status = CASE WHEN tries >= $4 THEN 'dead' ELSE 'open' END,
        error = CASE WHEN tries >= $4 THEN coalesce(error, 'its workers died') ELSE error END,
        tries = least(tries + 1, $4),
        leased_until = now() + $3
    FROM due WHERE jobs.id = due.id
    RETURNING jobs.*
)
SELECT id, kind, contact_id::text, turn_id, tries FROM claimed WHERE status = 'open' ORDER BY due_at
"""

_DONE = """
UPDATE jobs SET status = 'done', leased_until = NULL
WHERE id = $1 AND tries = $2 AND status = 'open'
"""

_FAIL = """
UPDATE jobs SET
    status = CASE WHEN tries >= $5 THEN 'dead' ELSE 'open' END,
    due_at = now() + $3, leased_until = NULL, error = $4
WHERE id = $1 AND tries = $2 AND status = 'open'
"""


async def add(
    database: Database,
    kind: str,
    contact_id: str,
    turn_id: str,
    *,
    due_at: datetime | None = None,
) -> None:
    """Add a job, due at once unless told; a second one of the same kind and turn adds nothing."""
    await database.execute(_ADD, kind, contact_id, turn_id, due_at)


async def claim(
    pool: Pool, kinds: Sequence[str], *, limit: int = 10, lease: timedelta = LEASE
) -> list[Job]:
    """Take due jobs, the longest due first; one whose workers died MAX_TRIES times is given up."""
    rows = await pool.fetch(_CLAIM, list(kinds), limit, lease, MAX_TRIES)
    return [Job(**row) for row in rows]


async def done(database: Database, job: Job) -> bool:
    """End the job; false when another worker has taken it over."""
    return _changed(await database.execute(_DONE, job.id, job.tries))


async def fail(database: Database, job: Job, error: str) -> bool:
    """Try again later, or give up after MAX_TRIES; false when another worker has it."""
    values = (backoff(job.tries), error[:_ERROR_LENGTH], MAX_TRIES)
    return _changed(await database.execute(_FAIL, job.id, job.tries, *values))


def backoff(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failure: doubling seconds, at most an hour."""
    return timedelta(seconds=min(_LONGEST_BACKOFF, 2**tries))


def _changed(status: str) -> bool:
    return status.endswith(" 1")
