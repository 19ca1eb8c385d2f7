"""Webhook bodies written by hand, after Meta's documentation."""

from typing import Any

import orjson

NUMBER = "1122334455667"
PHONE = "5491155550101"
BSUID = "AR.13491208655302741918"

Json = dict[str, Any]


def item(kind: str = "text", content: object = None, **more: object) -> Json:
    """One message; `content` stands under its kind."""
    given = {"body": "hola"} if kind == "text" and content is None else content
    base: Json = {"from": PHONE, "id": "wamid.1", "timestamp": "1697043223", "type": kind}
    return base | ({} if given is None else {kind: given}) | more


def contact(name: str = "Ana", **more: object) -> Json:
    return {"profile": {"name": name}, "wa_id": PHONE, "user_id": BSUID} | more


def status(kind: str = "sent", wamid: str = "wamid.out", **more: object) -> Json:
    return {"id": wamid, "status": kind, "timestamp": "1697043223", "recipient_id": PHONE} | more


def change(field: str = "messages", **value: object) -> Json:
    metadata = {"display_phone_number": "5491100000000", "phone_number_id": NUMBER}
    return {
        "field": field,
        "value": {"messaging_product": "whatsapp", "metadata": metadata} | value,
    }


def payload(*changes: Json) -> Json:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": list(changes)}],
    }


def body(*changes: Json) -> bytes:
    return orjson.dumps(payload(*changes))


def without(whole: Json, *keys: str) -> Json:
    return {key: value for key, value in whole.items() if key not in keys}
