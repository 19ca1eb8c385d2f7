"""How what goes out stands: what Meta has closed for a while, and what did not reach its lead."""

from datetime import datetime

from crm.pool import Database
from domain.values import Value

_STANDING = """
SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(pause) ORDER BY scope), '[]') FROM (
        SELECT scope, until, code FROM outbox_pauses WHERE until > now()) pause) AS pauses,
    (SELECT count(DISTINCT recipient) FROM outbox
        WHERE state = 'requested' AND error_code = 131056 AND due_at > now()) AS pairs,
    (SELECT max(due_at) FROM outbox
        WHERE state = 'requested' AND error_code = 131056 AND due_at > now()) AS pairs_until,
    (SELECT count(*) FROM outbox WHERE state = 'withheld') AS withheld,
    (SELECT count(*) FROM outbox WHERE state = 'failed'
        AND reaction NOT IN ('withdrawn', 'opted_out', 'stop_marketing')
        AND updated_at > now() - interval '7 days') AS given_up
"""


class Pause(Value):
    """`scope` as in `crm.pauses`; `code` is Meta's."""

    scope: str
    until: datetime
    code: int


class Standing(Value):
    """`pairs`: leads who were written to too fast, waiting until `pairs_until` at the latest.

    `withheld` messages wait for their lead to write, `given_up` are those of a week.
    """

    pauses: tuple[Pause, ...]
    pairs: int
    pairs_until: datetime | None
    withheld: int
    given_up: int


async def standing(database: Database) -> Standing:
    """At this moment."""
    row = await database.fetchrow(_STANDING)
    assert row is not None  # noqa: S101 - a SELECT without FROM
    return Standing.of(dict(row))
