"""What a person of the company writes to a lead through the business number."""

from datetime import datetime
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from crm import handoffs, outbox
from crm.outbox import OutboxRow
from crm.pool import Database, storable, transaction
from domain import window
from domain.contact import Address
from domain.messages import Text

Written = Literal["stored", "repeated", "key_reused", "window_closed"]

_CONTACT = "SELECT phone, bsuid, last_inbound_at FROM contacts WHERE id = $1 FOR UPDATE"


async def write(
    database: Database, contact_id: str, message: Text, *, rep: str, key: str, at: datetime
) -> Written:
    """Take the conversation over, record the words, and put them into the outbox, all or nothing.

    `key` names the message among those to this contact: the same again stores nothing, and is
    "key_reused" with other words. The contact must exist.
    """
    row_id = message_id(contact_id, key)
    async with transaction(database) as connection:
        contact = await connection.fetchrow(_CONTACT, contact_id)
        if contact is None:
            raise LookupError("no such contact")
        known = await connection.fetchval("SELECT text FROM messages WHERE id = $1", row_id)
        if known is not None:
            return "repeated" if known == storable(message.body) else "key_reused"
        if not window.is_open(contact["last_inbound_at"], at):
            return "window_closed"
        await handoffs.take_over(connection, contact_id, rep=rep, key=row_id, at=at)
        await handoffs.record_rep_message(connection, contact_id, row_id, message.body, at)
        address = Address(phone=contact["phone"], bsuid=contact["bsuid"])
        await outbox.add(connection, [_row(row_id, contact_id, address, message)])
    return "stored"


def message_id(contact_id: str, key: str) -> str:
    """The id of the message in the record and in the outbox."""
    return str(uuid5(NAMESPACE_URL, f"vendedor:rep:{contact_id}/{key}"))


def _row(row_id: str, contact_id: str, recipient: Address, message: Text) -> OutboxRow:
    sendable = Text(body=storable(message.body))
    return OutboxRow(row_id, contact_id, row_id, 0, recipient, sendable)
