"""What Meta takes as an outbound message, as pure functions over the request's JSON.

Limits: developers.facebook.com/documentation/business-messaging/whatsapp, pages "Text messages",
"Reply buttons", "Interactive lists", "CTA URL buttons", "Document messages", "Templates".
"""

import re
from collections.abc import Callable, Collection

from domain.values import Plain
from sandbox.graph_errors import GraphFault, invalid, missing
from sandbox.graph_fields import (
    degrees,
    join,
    json_object,
    link,
    objects,
    one_of,
    only,
    optional_text,
    text,
)
from sandbox.graph_interactive import check_interactive
from sandbox.graph_templates import check_template_shape

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
TRACKER_LIMIT = 512
MEDIA = ("audio", "document", "image", "sticker", "video")
_CAPTIONED = ("document", "image", "video")
_ENVELOPE = (
    "messaging_product", "recipient_type", "to", "recipient", "type", "context",
    "biz_opaque_callback_data", "recipient_identity_key_hash",
)  # fmt: skip


def check_message(body: Plain) -> str:
    """Check everything that needs no state and give the message's type. Raises GraphFault."""
    check_product(body)
    if body.get("recipient_type", "individual") != "individual":
        raise invalid("recipient_type must be one of {individual}")
    if not body.get("to") and not body.get("recipient"):
        raise missing("to")
    check_tracker(body)
    if body.get("context") is not None:
        check_reference(json_object(body, "context"), "context")
    kind = text(body, "type", 40) if "type" in body else "text"
    if kind not in _CHECKS:
        raise GraphFault(131051, f"Message type {kind} is not supported")
    only(body, (*_ENVELOPE, kind), "request")
    _CHECKS[kind](body)
    return kind


def check_product(body: Plain) -> None:
    """Every request names the product. Raises GraphFault 100."""
    one_of(body, "messaging_product", ("whatsapp",))


def check_tracker(body: Plain) -> None:
    """`biz_opaque_callback_data` comes back in every receipt; at most 512 characters."""
    optional_text(body, "biz_opaque_callback_data", TRACKER_LIMIT)


def check_reference(parent: Plain, path: str) -> str:
    """A message id that Meta gave: it starts with `wamid.`. Raises GraphFault 131009."""
    wamid = text(parent, "message_id", 512, path)
    if not wamid.startswith("wamid."):
        raise invalid(f"{join(path, 'message_id')} is not a WhatsApp message id")
    return wamid


def phone_number(written: object) -> str:
    """The digits of a `to`. Raises GraphFault 100 when it is no international number."""
    digits = re.sub(r"[\s()+.-]", "", written) if isinstance(written, str) else ""
    if not re.fullmatch(r"[1-9]\d{6,14}", digits):
        raise GraphFault(100, "Param to is not a valid WhatsApp phone number")
    return digits


def _check_text(body: Plain) -> None:
    content = json_object(body, "text")
    only(content, ("body", "preview_url"), "text")
    text(content, "body", TEXT_LIMIT, "text")
    if not isinstance(content.get("preview_url", False), bool):
        raise GraphFault(100, "Param text['preview_url'] must be a boolean.")


def _media_check(kind: str) -> Callable[[Plain], None]:
    allowed: Collection[str] = ("id", "link", "provider")
    if kind in _CAPTIONED:
        allowed = (*allowed, "caption")
    if kind == "document":
        allowed = (*allowed, "filename")
    if kind == "audio":
        allowed = (*allowed, "voice")

    def check(body: Plain) -> None:
        content = json_object(body, kind)
        only(content, allowed, kind)
        if bool(content.get("id")) == bool(content.get("link")):
            raise GraphFault(100, f"Param {kind} must have exactly one of id, link.")
        if content.get("link"):
            link(content, "link", kind)
        optional_text(content, "caption", CAPTION_LIMIT, kind)
        optional_text(content, "filename", 240, kind)

    return check


def _check_reaction(body: Plain) -> None:
    content = json_object(body, "reaction")
    only(content, ("message_id", "emoji"), "reaction")
    check_reference(content, "reaction")
    optional_text(content, "emoji", 16, "reaction")


def _check_location(body: Plain) -> None:
    content = json_object(body, "location")
    only(content, ("latitude", "longitude", "name", "address"), "location")
    degrees(content, "latitude", 90, "location")
    degrees(content, "longitude", 180, "location")


def _check_contacts(body: Plain) -> None:
    for index, contact in enumerate(objects(body, "contacts")):
        path = f"contacts[{index}]"
        name = json_object(contact, "name", path)
        text(name, "formatted_name", 1024, join(path, "name"))
        if not any(value for key, value in name.items() if key != "formatted_name"):
            raise missing(f"{path}['name']['first_name']")


def _check_interactive(body: Plain) -> None:
    check_interactive(json_object(body, "interactive"))


def _check_template(body: Plain) -> None:
    check_template_shape(json_object(body, "template"))


_CHECKS: dict[str, Callable[[Plain], None]] = {
    "text": _check_text,
    "interactive": _check_interactive,
    "template": _check_template,
    "reaction": _check_reaction,
    "location": _check_location,
    "contacts": _check_contacts,
    **{kind: _media_check(kind) for kind in MEDIA},
}
CONTENT_TYPES = tuple(_CHECKS)
"""Every message type that may be sent."""
