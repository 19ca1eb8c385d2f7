"""Several statements as one: a round trip costs more than most of what is asked in it."""

import re
from functools import lru_cache

import asyncpg

from crm.pool import Database

_PARAMETER = re.compile(r"\$(\d+)")

_Part = tuple[str, str, int]
"""Name, text, and how many parameters stand before its own."""


class Script:
    """Parts of one WITH, and what is told at its end, each with parameters of its own from $1 on.

    All see what was there before the first, and the order in which they run is PostgreSQL's. So a
    part learns of another's rows by its name alone, from what that one returns; no two may change
    one row; and what must wait for a lock is a statement of its own.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._told: list[_Part] = []
        self._values: list[object] = []

    def do(self, name: str, text: str, *values: object) -> None:
        """Add a statement."""
        self._parts.append((name, text, len(self._values)))
        self._values += values

    def tell(self, name: str, expression: str, *values: object) -> None:
        """Add a column to the row that comes back."""
        self._told.append((name, expression, len(self._values)))
        self._values += values

    async def run(self, database: Database) -> asyncpg.Record:
        """Do everything at once; gives what was told."""
        row = await database.fetchrow(_whole(tuple(self._parts), tuple(self._told)), *self._values)
        assert row is not None  # noqa: S101 - a SELECT without FROM
        return row


@lru_cache(maxsize=256)
def _whole(parts: tuple[_Part, ...], told: tuple[_Part, ...]) -> str:
    """The same text for the same parts, so that PostgreSQL has it prepared."""
    steps = ", ".join(f"{name} AS ({_shifted(text, by)})" for name, text, by in parts)
    columns = ", ".join(f"({_shifted(text, by)}) AS {name}" for name, text, by in told)
    return f"WITH {steps} SELECT {columns}"


def _shifted(text: str, by: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + by}", text)
