"""The files that leads sent: wanted when the message is stored, then fetched by a job.

They lie in PostgreSQL, so that there is one place to back up and one to erase a lead from.
"""

from collections.abc import Sequence
from typing import Literal

from crm import jobs
from crm.pool import Connection, Database, storable
from domain.messages import Inbound, InboundKind
from domain.messages import Media as Told
from domain.values import Value

Lost = Literal["refused", "gone"]


class WantedMedia(Value):
    """A file that is not fetched yet."""

    message_id: str
    kind: InboundKind
    told: Told


_WANT = """
INSERT INTO media (message_id, contact_id, turn_id, kind, media_id, mime_type, filename, sha256,
    voice)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (message_id) DO NOTHING
"""

_WANTED = """
SELECT message_id, kind, media_id, mime_type, filename, sha256, voice FROM media
WHERE turn_id = $1 AND status = 'wanted' ORDER BY message_id
"""

_STORE = """
UPDATE media SET status = 'stored', content = $2, updated_at = now()
WHERE message_id = $1 AND status = 'wanted'
"""

_LOSE = """
UPDATE media SET status = $2, reason = $3, updated_at = now()
WHERE message_id = $1 AND status = 'wanted'
"""

_FORGET = """
UPDATE media SET status = 'gone', reason = 'deleted by the lead', content = NULL, filename = '',
    updated_at = now()
WHERE message_id = $2 AND contact_id = $1
"""


async def want(
    connection: Connection, contact_id: str, turn_id: str, messages: Sequence[Inbound]
) -> None:
    """Note the files of a turn's stored messages, and leave a job that fetches them."""
    rows = [(m.id, contact_id, turn_id, m.kind, *_columns(m.media)) for m in messages if m.media]
    if rows:
        await connection.executemany(_WANT, rows)
        await jobs.add(connection, "media", contact_id, turn_id)


async def wanted(database: Database, turn_id: str) -> tuple[WantedMedia, ...]:
    """The files of a turn that are not fetched yet."""
    return tuple(
        WantedMedia(
            message_id=row["message_id"],
            kind=row["kind"],
            told=Told(
                id=row["media_id"],
                mime_type=row["mime_type"],
                filename=row["filename"],
                sha256=row["sha256"],
                voice=row["voice"],
            ),
        )
        for row in await database.fetch(_WANTED, turn_id)
    )


async def store(database: Database, message_id: str, content: bytes) -> None:
    """Keep a file; one that was fetched or given up before stays as it is."""
    await database.execute(_STORE, message_id, content)


async def lose(database: Database, message_id: str, how: Lost, reason: str) -> None:
    """Note that a file will not come: refused by a rule of ours, or gone at Meta's."""
    await database.execute(_LOSE, message_id, how, reason)


async def forget(database: Database, contact_id: str, message_id: str) -> None:
    """Erase the file of a message that the lead deleted, fetched or not."""
    await database.execute(_FORGET, contact_id, message_id)


def _columns(media: Told) -> tuple[object, ...]:
    texts = (media.id, media.mime_type, media.filename, media.sha256)
    return (*map(storable, texts), media.voice)
