"""What happened to a contact beside his messages: stored, and acted on, each event once.

An event and what follows from it are one transaction, so a repeat finds the event's row and does
nothing. A stale worker can therefore do no harm, and no fence is needed.
"""

from collections.abc import Sequence

from crm import contacts, handoffs, media, messages
from crm.joining import join
from crm.pool import Connection, Pool, storable
from domain.contact import Address
from domain.contact_events import (
    ContactEvent,
    Deleted,
    Edited,
    Noted,
    Preference,
    Renamed,
    RepWrote,
)

_NEW = """
INSERT INTO contact_events (id, contact_id, kind, target, text, at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING true
"""

_OURS = "SELECT EXISTS (SELECT FROM outbox WHERE wamid_id = $1)"

# Meta's times have no parts of a second
_GIVEN_BACK_SINCE = """
SELECT EXISTS (
    SELECT FROM handoffs
    WHERE contact_id = $1 AND released_at > $2::timestamptz + interval '1 second')
"""

_WHO_HAS_IT = "SELECT rep FROM handoffs WHERE contact_id = $1 AND released_at IS NULL"

_PREFERS = """
INSERT INTO consents (contact_id, kind, message_id, at) VALUES ($1, $2, $3, $4)
"""

# the last choice holds, in whatever order they arrive
_CHOICE = """
UPDATE contacts SET marketing_stopped_at = (
    SELECT CASE kind WHEN 'marketing_stop' THEN at END FROM consents
    WHERE contact_id = $1 AND kind IN ('marketing_stop', 'marketing_resume')
    ORDER BY at DESC, id DESC LIMIT 1)
WHERE id = $1
"""

_RENAME = """
UPDATE contacts SET
    phone = CASE WHEN $4 THEN coalesce($2, phone) ELSE coalesce(phone, $2) END,
    bsuid = coalesce($3, bsuid),
    unreachable_at = CASE WHEN NOT $4 THEN unreachable_at END
WHERE id = $1
"""

_FORGET_EDITS = "UPDATE contact_events SET text = NULL WHERE target = $1 AND contact_id = $2"


async def apply(
    pool: Pool,
    contact_id: str,
    address: Address,
    aliases: Sequence[str],
    events: Sequence[ContactEvent],
    *,
    rep: str,
    token: int | None = None,
) -> str:
    """Do what follows from the events, in their order, and give the contact's id.

    Another id than `contact_id` is whose the aliases are; then nothing was done. Contacts whom the
    other aliases name become one with this one. `rep` is who is taken to have written an echo where
    the conversation is nobody's: Meta does not say who held the phone. Raises LeaseLost when he was
    erased since the lease of this `token` was given out.
    """
    async with pool.acquire() as connection, connection.transaction():
        home, others = await contacts.named(connection, contact_id, aliases)
        if home != contact_id:
            return home
        await contacts.seen(connection, contact_id, address, None, None, token=token)
        await join(connection, contact_id, others)
        await contacts.known_as(connection, contact_id, aliases)
        for event in events:
            await _once(connection, contact_id, event, rep)
    return contact_id


async def _once(connection: Connection, contact_id: str, event: ContactEvent, rep: str) -> None:
    if isinstance(event, RepWrote) and await connection.fetchval(_OURS, event.id):
        return
    target = event.target if isinstance(event, Edited | Deleted) else None
    text = storable(event.text) if isinstance(event, Edited) else None
    row = (event.id, contact_id, event.kind, target, text, event.at)
    if await connection.fetchval(_NEW, *row):
        await _act(connection, contact_id, event, rep)


async def _act(connection: Connection, contact_id: str, event: ContactEvent, rep: str) -> None:
    match event:
        case RepWrote():
            await _rep_wrote(connection, contact_id, event, rep)
        case Edited():
            await messages.edit(connection, contact_id, event.target, event.text, event.at)
        case Deleted():
            await connection.execute(_FORGET_EDITS, event.target, contact_id)
            await messages.delete(connection, contact_id, event.target, event.at)
            await media.forget(connection, contact_id, event.target)
        case Preference():
            await connection.execute(_PREFERS, contact_id, event.kind, event.id, event.at)
            await connection.execute(_CHOICE, contact_id)
        case Renamed(new=new):
            values = (new.phone, new.bsuid, event.moved)
            await connection.execute(_RENAME, contact_id, *values)
        case Noted():
            pass


async def _rep_wrote(connection: Connection, contact_id: str, event: RepWrote, rep: str) -> None:
    """Words that arrive late, from before the rep gave the conversation back, take nothing over."""
    words = (event.id, event.said, event.text, event.at)
    await messages.add_rep(connection, contact_id, *words)
    if not await connection.fetchval(_GIVEN_BACK_SINCE, contact_id, event.at):
        who = await connection.fetchval(_WHO_HAS_IT, contact_id) or rep
        await handoffs.take_over(connection, contact_id, rep=who, key=event.id, at=event.at)
        await handoffs.spoken(connection, contact_id, event.at)
