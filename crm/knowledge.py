"""Full text search over the business's knowledge, which the worker copies into PostgreSQL."""

import hashlib

from crm.pool import Database, transaction
from domain.business import Business
from domain.stems import stems

SECTIONS = 3

_LOCK = "SELECT pg_advisory_xact_lock(7303)"
_KNOWN = "SELECT EXISTS (SELECT FROM knowledge WHERE folder = $1)"
_ADD = """
INSERT INTO knowledge (folder, position, title, body, words) VALUES ($1, $2, $3, $4,
    setweight(to_tsvector('simple', $5), 'A') || setweight(to_tsvector('simple', $6), 'B'))
"""
_SEARCH = """
SELECT title, body FROM knowledge, to_tsquery('simple', $2) AS query
WHERE folder = $1 AND words @@ query
ORDER BY ts_rank(words, query) DESC, position LIMIT $3
"""


class StoredKnowledge:
    """The port `Knowledge` over the folder's copy in PostgreSQL."""

    def __init__(self, database: Database, business: Business) -> None:
        self._database = database
        self._business = business
        whole = "\0".join(f"{s.title}\0{s.body}" for s in business.knowledge)
        self._folder = hashlib.sha256(whole.encode()).hexdigest()

    async def load(self) -> bool:
        """Copy the folder, one process at a time; false when its copy was there."""
        async with transaction(self._database) as connection:
            await connection.execute(_LOCK)
            if await connection.fetchval(_KNOWN, self._folder):
                return False
            rows = [
                (
                    self._folder,
                    n,
                    s.title,
                    s.body,
                    " ".join(stems(s.title)),
                    " ".join(stems(s.body)),
                )
                for n, s in enumerate(self._business.knowledge)
            ]
            await connection.executemany(_ADD, rows)
        return bool(rows)

    async def search(self, query: str) -> str:
        """The three sections that rank highest for any of the query's words, in Markdown."""
        wanted = " | ".join(dict.fromkeys(stems(query)))
        if not wanted:
            return ""
        rows = await self._database.fetch(_SEARCH, self._folder, wanted, SECTIONS)
        return "\n\n".join(f"### {row['title']}\n{row['body']}" for row in rows)
