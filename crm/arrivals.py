"""What a lead's messages tell of him beside their words: the ad that he came from, his number."""

from collections.abc import Sequence

from crm.pool import Connection
from domain.contact import OwnPhone
from domain.messages import Inbound
from domain.window import free_entry_ends_at

_CAME = """
UPDATE contacts SET source = coalesce(source, $2), free_until = coalesce($3, free_until)
WHERE id = $1
"""

_OWN_PHONE = """
WITH known_as AS (
    INSERT INTO contact_aliases (alias, contact_id)
    SELECT $4::text, $1 WHERE $4 IS NOT NULL ON CONFLICT (alias) DO NOTHING
)
UPDATE contacts SET
    phone = coalesce(phone, $2), callback_phone = coalesce($3, callback_phone)
WHERE id = $1
"""


async def note(
    connection: Connection, contact_id: str, messages: Sequence[Inbound], *, answered: bool
) -> None:
    """Store what a turn's messages tell. The first ad stays: it is the one that brought the lead.

    `answered`: the turn has a reply, with which Meta's free entry point begins.
    """
    for message in messages:
        if message.referral:
            await _came(connection, contact_id, message, answered=answered)
        if message.own_phone:
            await _own_phone(connection, contact_id, message.own_phone)


async def _came(
    connection: Connection, contact_id: str, message: Inbound, *, answered: bool
) -> None:
    now = await connection.fetchval("SELECT now()")
    free_until = free_entry_ends_at(message.at, now) if answered else None
    source = message.referral and message.referral.plain()
    await connection.execute(_CAME, contact_id, source, free_until)


async def _own_phone(connection: Connection, contact_id: str, own: OwnPhone) -> None:
    known, said = (own.phone, None) if own.vouched else (None, own.phone)
    await connection.execute(_OWN_PHONE, contact_id, known, said, own.alias)
