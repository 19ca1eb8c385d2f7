"""Webhook bodies that the stand-in's phones do not send by themselves."""

import time
from itertools import count
from typing import Any

import orjson

from sandbox.app import PHONE_NUMBER_ID

Json = dict[str, Any]

_numbers = count(1)


def message(phone: str, text: str, **more: object) -> Json:
    """A text message of this moment with an id of its own."""
    return {
        "from": phone,
        "id": f"wamid.e2e-{next(_numbers)}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
        **more,
    }


def change(*messages: Json, field: str = "messages", **more: object) -> Json:
    """One change with the messages and the contacts that wrote them."""
    about = {"display_phone_number": "15550100199", "phone_number_id": PHONE_NUMBER_ID}
    writers = dict.fromkeys(item["from"] for item in messages)
    value = {
        "messaging_product": "whatsapp",
        "metadata": about,
        "contacts": [{"profile": {"name": "Eva"}, "wa_id": phone} for phone in writers],
        "messages": list(messages),
    }
    return {"field": field, "value": value | more}


def body(*entries: list[Json]) -> bytes:
    """One POST; each entry is a list of changes."""
    return orjson.dumps({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": changes} for changes in entries],
    })  # fmt: skip
