"""What Meta has closed for a while, for every process that sends for the number.

A pause ends by itself; the first send that passes afterwards makes the next pause a short one.
"""

from collections.abc import Sequence

from crm.pool import Database

NUMBER = "number"
TEMPLATES = "templates"

_PAUSE = """
INSERT INTO outbox_pauses AS pause (scope, until, times, code)
VALUES ($1, now() + interval '1 s' * greatest(($2::float8[])[1], $3::float8), 1, $4)
ON CONFLICT (scope) DO UPDATE SET
    code = excluded.code,
    times = pause.times + (pause.until <= now())::int,
    until = CASE WHEN pause.until > now()
        THEN greatest(pause.until, now() + interval '1 s' * $3::float8)
        ELSE now() + interval '1 s' * greatest(
            ($2::float8[])[least(pause.times + 1, cardinality($2::float8[]))], $3::float8) END
RETURNING extract(epoch FROM until - now())::float8
"""

COUNT = "SELECT count(*) FROM outbox_pauses WHERE until > now()"
"""How many scopes are paused at this moment."""


def template(name: str, language: str) -> str:
    """The scope of one template."""
    return f"template:{name}/{language}"


def country(prefix: str) -> str:
    """The scope of the recipients whose identifier begins so."""
    return f"country:{prefix}"


async def pause(
    database: Database, scope: str, lengths: Sequence[float], *, code: int, at_least: float = 0.0
) -> float:
    """Pause a scope for the next of `lengths` and give the seconds left.

    Sends that were under way when the pause began do not make it longer, unless Meta asks for
    `at_least` so many seconds.
    """
    return float(await database.fetchval(_PAUSE, scope, list(lengths), at_least, code))
