"""The business number: takes its messages as Meta would, and reports what became of them."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import get_args

from domain.ports import Clock
from domain.values import Plain
from sandbox.graph_errors import GraphFault, invalid, no_object
from sandbox.graph_fields import json_object, one_of, only
from sandbox.graph_ids import numeric_id, wamid
from sandbox.graph_limits import Rates
from sandbox.graph_media import MediaStore
from sandbox.graph_payloads import metadata, status_value
from sandbox.graph_phones import ChatMessage, Phone, Phones, Receipts, Status
from sandbox.graph_rules import (
    MEDIA,
    check_message,
    check_product,
    check_reference,
    phone_number,
)
from sandbox.graph_templates import Template, button_payloads, find_template, render_template
from sandbox.graph_webhooks import Event, Webhooks

TYPING = timedelta(seconds=25)
_LADDER: tuple[Status, ...] = get_args(Receipts)


class BusinessNumber:
    """One WhatsApp number of a business, with the phones that it talks to."""

    def __init__(
        self,
        *,
        phone_number_id: str,
        display_number: str,
        templates: Iterable[Template],
        phones: Phones,
        media: MediaStore,
        webhooks: Webhooks,
        rates: Rates,
        clock: Clock,
        dice: random.Random,
    ) -> None:
        self.id = phone_number_id
        self.digits = "".join(filter(str.isdigit, display_number))
        self.templates = {numeric_id(dice): template for template in templates}
        self.about = metadata(display_number, phone_number_id)
        self.phones = phones
        self.media = media
        self.webhooks = webhooks
        self._rates = rates
        self.clock = clock
        self.dice = dice

    def accept(self, body: Plain, *, undelivered: int | None = None) -> Plain:
        """Take a send and give the answer's JSON. Raises GraphFault.

        `undelivered` is a code with which the message then fails on its way.
        """
        kind = check_message(body)
        phone = self._recipient(body)
        now = self.clock()
        self._rates.check(phone.number, now.timestamp())
        shown = self._check_against_state(kind, body, phone)
        if kind != "template" and not phone.window_open(now):
            raise GraphFault(
                131047,
                "Message failed to send because more than 24 hours have passed since the "
                "customer last replied to this number.",
            )
        message = ChatMessage(
            wamid=wamid(phone.seen_as, self.dice, inbound=False),
            outbound=True,
            at=now,
            content={"type": kind, kind: body[kind]},
            status="accepted",
            context=body["context"]["message_id"] if body.get("context") else None,
            tracker=body.get("biz_opaque_callback_data"),
            shown=shown,
        )
        self.phones.keep(phone)
        phone.messages.append(message)
        phone.typing_until = None
        self._deliver(phone, message, undelivered if phone.reachable else 131026)
        return self._answer(body, phone, message)

    def _recipient(self, body: Plain) -> Phone:
        # `to` wins when both are given (page "Business-scoped user IDs")
        if not body.get("to"):
            return self.phones.by_bsuid(str(body["recipient"]))
        digits = phone_number(body["to"])
        if digits == self.digits:
            raise GraphFault(131021)
        return self.phones.known(digits) or self.phones.new(digits)

    def _check_against_state(self, kind: str, body: Plain, phone: Phone) -> Plain | None:
        """Check what depends on templates, media and the chat; gives a template's final text."""
        if kind == "template":
            template = find_template(body["template"], self.templates.values())
            return {
                "text": render_template(body["template"], template),
                "buttons": button_payloads(body["template"], template),
            }
        if kind == "reaction" and not phone.message(body["reaction"]["message_id"]):
            raise invalid("reaction['message_id'] is not a message of this chat")
        if kind in MEDIA:
            media_id = body[kind].get("id")
            if media_id and not self.media.has(str(media_id), kind):
                raise GraphFault(
                    100,
                    f"Param {kind}['id'] is not a valid whatsapp business account media "
                    "attachment ID",
                )
        return None

    def _answer(self, body: Plain, phone: Phone, message: ChatMessage) -> Plain:
        contact: Plain = {"input": body.get("to") or body["recipient"]}
        contact |= {"user_id": phone.bsuid} if phone.username else {"wa_id": phone.number}
        answer: Plain = {"id": message.wamid}
        if message.kind == "template":
            answer["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [answer]}

    def _deliver(self, phone: Phone, message: ChatMessage, failure: int | None) -> None:
        if failure is not None:
            message.error = GraphFault(failure).receipt()
            self.receipt(phone, message, "failed")
            return
        for status in _LADDER[: _LADDER.index(phone.receipts) + 1]:
            self.receipt(phone, message, status)

    def receipt(self, phone: Phone, message: ChatMessage, status: Status) -> None:
        """Move an outbound message on and tell the business."""
        message.status = status
        value = status_value(self.about, phone, message, self.clock())
        self.webhooks.emit(Event(phone.number, value))
        self.phones.changed(phone)

    def mark_read(self, body: Plain) -> Plain:
        """`status: read`, with or without the typing indicator. Raises GraphFault."""
        check_product(body)
        only(body, ("messaging_product", "status", "message_id", "typing_indicator"), "request")
        one_of(body, "status", ("read",))
        found = self.phones.of_message(check_reference(body, ""))
        if found is None or found[1].outbound:
            raise GraphFault(100, "message_id is not a message that this number received")
        phone, message = found
        if body.get("typing_indicator") is not None:
            indicator = json_object(body, "typing_indicator")
            one_of(indicator, "type", ("text",), "typing_indicator")
            phone.typing_until = self.clock() + TYPING
        self._read_up_to(phone, message)
        self.phones.changed(phone)
        return {"success": True}

    def _read_up_to(self, phone: Phone, last: ChatMessage) -> None:
        for message in phone.messages:
            if not message.outbound:
                message.status = "read"
            if message is last:
                return

    def node(self, node_id: str) -> Plain:
        """What `GET /{phone_number_id}` shows. Raises GraphFault 100, subcode 33."""
        if node_id != self.id:
            raise no_object(node_id)
        return {
            "verified_name": "Sandbox",
            "code_verification_status": "VERIFIED",
            "display_phone_number": self.about["metadata"]["display_phone_number"],
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "status": "CONNECTED",
            "name_status": "APPROVED",
            "id": self.id,
        }
