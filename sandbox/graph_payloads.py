"""The webhook's JSON in Meta's shapes, with the user ids that came in March 2026."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.values import Plain
from sandbox.graph_phones import ChatMessage, Phone


def metadata(display_number: str, phone_number_id: str) -> Plain:
    """Which business number a webhook is about."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": display_number,
            "phone_number_id": phone_number_id,
        },
    }


def message_value(about: Plain, phone: Phone, message: ChatMessage, business: str) -> Plain:
    """The value of an inbound message. `business` is the business number in digits."""
    body: Plain = {} if phone.username else {"from": phone.number}
    body |= {"from_user_id": phone.bsuid, "id": message.wamid, "timestamp": _seconds(message.at)}
    if message.context:
        body["context"] = {"from": business, "id": message.context}
    body |= message.content
    return {**about, "contacts": [phone.contact()], "messages": [body]}


def status_value(about: Plain, phone: Phone, message: ChatMessage, at: datetime) -> Plain:
    """The value of a receipt; `failed` ones come without `contacts`, as Meta documents."""
    status: Plain = {
        "id": message.wamid,
        "status": message.status,
        "timestamp": _seconds(at),
        "recipient_user_id": phone.bsuid,
    }
    if not phone.username:
        status["recipient_id"] = phone.number
    if message.tracker:
        status["biz_opaque_callback_data"] = message.tracker
    if message.error:
        return {**about, "statuses": [{**status, "errors": [message.error]}]}
    return {
        **about,
        "contacts": [phone.contact()],
        "statuses": [{**status, **_price(phone, message, at)}],
    }


def _price(phone: Phone, message: ChatMessage, at: datetime) -> Plain:
    free = phone.window_open(at)
    category = "service" if message.kind != "template" else "utility"
    conversation: Plain = {"id": phone.bsuid.lower(), "origin": {"type": category}}
    if message.status == "sent":
        expires = (phone.last_inbound_at or at) + timedelta(hours=24)
        conversation["expiration_timestamp"] = _seconds(expires)
    pricing: Plain = {
        "billable": not free,
        "pricing_model": "PMP",
        "category": category,
        "type": "free_customer_service" if free else "regular",
    }
    return {"conversation": conversation, "pricing": pricing}


def webhook_body(waba_id: str, values: Sequence[Plain]) -> Plain:
    """One POST for one or more values.

    Several are batched as Meta batches them: neighbours of one contact share a change, the
    changes are spread over two entries.
    """
    changes: list[Plain] = [{"value": value, "field": "messages"} for value in _merged(values)]
    half = (len(changes) + 1) // 2
    entries = [changes[:half], changes[half:]]
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "changes": part} for part in entries if part],
    }


def _merged(values: Sequence[Plain]) -> list[Plain]:
    merged: list[Plain] = []
    for value in values:
        last = merged[-1] if merged else {}
        for kind in ("messages", "statuses"):
            both: list[Any] = [*last.get(kind, []), *value.get(kind, [])]
            if last.get("contacts") == value.get("contacts") and kind in last and kind in value:
                merged[-1] = {**last, kind: both}
                break
        else:
            merged.append(value)
    return merged


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
