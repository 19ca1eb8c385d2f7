"""What a refused message tells about its contact: not reachable, or no marketing any more."""

from crm.pool import Database

_UNREACHABLE = "UPDATE contacts SET unreachable_at = now() WHERE id = $1 AND $2 IN (phone, bsuid)"

_STOPPED = """
WITH stopped AS (
    UPDATE contacts SET marketing_stopped_at = coalesce(marketing_stopped_at, now())
    WHERE id = $1 AND $2 IN (phone, bsuid) RETURNING id)
INSERT INTO consents (contact_id, kind, message_id, at)
SELECT id, 'marketing_stop', $3, now() FROM stopped
"""


async def unreachable(database: Database, contact_id: str, recipient: str) -> None:
    """WhatsApp does not deliver to the contact; his next message shows that it does again.

    Nothing happens when the recipient is somebody else, a rep say.
    """
    await database.execute(_UNREACHABLE, contact_id, recipient)


async def stopped_marketing(
    database: Database, contact_id: str, recipient: str, row_id: str
) -> None:
    """Meta says that the lead stopped marketing; `row_id` is the message that it refused."""
    await database.execute(_STOPPED, contact_id, recipient, row_id)
