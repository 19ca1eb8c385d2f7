"""The leads' side: what a person does on a phone, each turned into a real signed webhook."""

import base64
from dataclasses import dataclass

from domain.values import Plain
from sandbox.graph_errors import invalid
from sandbox.graph_fields import text
from sandbox.graph_ids import wamid
from sandbox.graph_number import BusinessNumber
from sandbox.graph_payloads import message_value
from sandbox.graph_phones import UNNAMED, ChatMessage, Phone
from sandbox.graph_rules import phone_number
from sandbox.graph_webhooks import Event

SHARE_NUMBER = "request_contact_info"
"""The type of the message that asks for a number; its only button has no id of its own."""


@dataclass(frozen=True, slots=True)
class Leads:
    """Acts for any phone, by its number; a number that is new is a new phone.

    Each method gives the wamid of the message. It returns when the webhook is queued: the
    message's status turns from sent to delivered when the business has answered 200.
    """

    number: BusinessNumber
    root: str
    """Where media can be downloaded from, as seen by the business."""

    def phone(self, number: str, *, name: str | None = None, username: str | None = None) -> Phone:
        """The phone with this number, in any spelling; a `username` hides the number."""
        phone = self.number.phones.at(phone_number(number))
        if name:
            phone.name = name
        if username:
            phone.username = username
        if name or username:
            self.number.phones.changed(phone)
        return phone

    async def say(self, number: str, words: str, *, quoted: str | None = None) -> str:
        return await self.send(number, {"type": "text", "text": {"body": words}}, quoted=quoted)

    async def tap(self, number: str, choice: str, *, of: str | None = None) -> str:
        """Tap the button or list row with this id, on message `of` or the newest that has it.

        A request for the number is tapped as SHARE_NUMBER. Raises GraphFault 131009 when no
        message offers it.
        """
        if choice == SHARE_NUMBER:
            return await self.share_own_number(number)
        phone = self.phone(number)
        for message in reversed(phone.messages):
            answer = _tapped(message, choice) if of in (None, message.wamid) else None
            if answer:
                return await self.send(number, answer, quoted=message.wamid)
        raise invalid(f"no message in this chat offers {choice!r}")

    async def send_file(
        self, number: str, data: bytes, *, mime_type: str, filename: str, caption: str = ""
    ) -> str:
        """Send a document, image, audio, video or sticker, by its type. Raises GraphFault 100."""
        media = self.number.media.add(data, mime_type, filename)
        content: Plain = {
            "mime_type": media.mime_type,
            "sha256": base64.b64encode(media.sha256).decode(),
            "id": media.id,
            "url": self.number.media.address(media.id, self.root, self.number.clock()),
        }
        if media.kind == "document":
            content["filename"] = filename
        if caption:
            content["caption"] = caption
        return await self.send(number, {"type": media.kind, media.kind: content})

    async def send_location(
        self, number: str, latitude: float, longitude: float, *, name: str = ""
    ) -> str:
        content: Plain = {"latitude": latitude, "longitude": longitude}
        if name:
            content["name"] = name
        return await self.send(number, {"type": "location", "location": content})

    async def share_contact(self, number: str, name: str, contact_number: str) -> str:
        digits = phone_number(contact_number)
        contact: Plain = {
            "name": {"formatted_name": name, "first_name": name},
            "phones": [{"phone": f"+{digits}", "wa_id": digits, "type": "CELL"}],
        }
        return await self.send(number, {"type": "contacts", "contacts": [contact]})

    async def share_own_number(self, number: str) -> str:
        """Tap the newest request for the phone's number, and agree. Raises GraphFault 131009."""
        phone = self.phone(number)
        request = next((m for m in reversed(phone.messages) if _asks_for_number(m)), None)
        if request is None:
            raise invalid("no message in this chat asks for the number")
        contact: Plain = {
            "origin": "contact_request",
            "name": {"formatted_name": phone.name or UNNAMED},
            "phones": [{"phone": f"+{phone.number}", "wa_id": phone.number, "type": "CELL"}],
        }
        content = {"type": "contacts", "contacts": [contact]}
        return await self.send(number, content, quoted=request.wamid)

    async def react(self, number: str, to: str, emoji: str) -> str:
        """React to a message; an empty emoji takes the reaction back."""
        content: Plain = {"message_id": to, "emoji": emoji}
        return await self.send(number, {"type": "reaction", "reaction": content})

    async def send(self, number: str, content: Plain, *, quoted: str | None = None) -> str:
        """Send any content in the wire's form: its `type` and the object of that name."""
        text(content, "type", 40)
        phone = self.phone(number)
        await self.number.webhooks.room()
        now = self.number.clock()
        message = ChatMessage(
            wamid=wamid(phone.seen_as, self.number.dice, inbound=True),
            outbound=False,
            at=now,
            content=content,
            status="sent",
            context=quoted,
        )
        phone.last_inbound_at = now
        phone.messages.append(message)
        value = message_value(self.number.about, phone, message, self.number.digits)
        self.number.webhooks.emit(
            Event(phone.number, value, lambda ok: self._answered(phone, message, ok=ok))
        )
        self.number.phones.changed(phone)
        return message.wamid

    def _answered(self, phone: Phone, message: ChatMessage, *, ok: bool) -> None:
        if not ok:
            message.status = "failed"
        elif message.status == "sent":
            message.status = "delivered"
        self.number.phones.changed(phone)

    async def read(self, number: str) -> int:
        """Open the chat: every delivered message of the business becomes read; gives how many."""
        phone = self.phone(number)
        unread = [m for m in phone.messages if m.outbound and m.status in ("sent", "delivered")]
        for message in unread:
            if message.status == "sent":
                self.number.receipt(phone, message, "delivered")
            self.number.receipt(phone, message, "read")
        return len(unread)


def _asks_for_number(message: ChatMessage) -> bool:
    return message.outbound and message.body.get("type") == SHARE_NUMBER


def _tapped(message: ChatMessage, choice: str) -> Plain | None:
    """The answer that a tap on `choice` makes; None when the message does not offer it."""
    if not message.outbound:
        return None
    if message.kind == "template":
        payloads: tuple[tuple[str, str], ...] = (message.shown or {}).get("buttons", ())
        titles = dict(payloads)
        if choice in titles:
            button = {"payload": choice, "text": titles[choice]}
            return {"type": "button", "button": button}
    if message.kind != "interactive":
        return None
    action: Plain = message.content["interactive"]["action"]
    for button in action.get("buttons", ()):
        if button["reply"]["id"] == choice:
            return _interactive("button_reply", button["reply"])
    for section in action.get("sections", ()):
        for row in section["rows"]:
            if row["id"] == choice:
                return _interactive("list_reply", row)
    return None


def _interactive(kind: str, reply: Plain) -> Plain:
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}
