"""A phone's chat as the page draws it: JSON with words and choices, without the wire's nesting."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.values import Plain
from sandbox.chat_numbers import readable
from sandbox.graph_leads import SHARE_NUMBER
from sandbox.graph_media import MediaStore
from sandbox.graph_phones import ChatMessage, Phone
from sandbox.graph_rules import MEDIA


def summary(phone: Phone, now: datetime) -> Plain:
    """One line of the list of chats."""
    seen = [message for message in phone.messages if message.kind != "reaction"]
    last = seen[-1] if seen else None
    return {
        "phone": phone.number,
        "number": readable(phone.number),
        "name": phone.name,
        "last": preview(last) if last else "",
        "mine": bool(last and not last.outbound),
        "status": last.status if last else "",
        "at": last.at.isoformat() if last else "",
        "unread": sum(1 for m in seen if m.outbound and m.status in ("sent", "delivered")),
        "typing": _seconds_of_typing(phone, now),
    }


def _seconds_of_typing(phone: Phone, now: datetime) -> float:
    """How long the page may still show that the business is typing."""
    return max(0.0, (phone.typing_until - now).total_seconds()) if phone.typing_until else 0.0


def thread(phone: Phone, media: MediaStore, now: datetime) -> Plain:
    """A whole chat, oldest message first."""
    by_id = {message.wamid: message for message in phone.messages}
    reactions = _reactions(phone)
    chosen = _chosen(phone)
    bubbles = [
        {
            **bubble(message, media),
            "quoted": _quoted(by_id.get(message.context or "")),
            "reactions": reactions.get(message.wamid, []),
            "chosen": chosen.get(message.wamid),
        }
        for message in phone.messages
        if message.kind != "reaction"
    ]
    return {**summary(phone, now), "messages": bubbles}


def bubble(message: ChatMessage, media: MediaStore) -> Plain:
    """One message; `mine` means the lead's, who looks at this page."""
    drawn: Plain = {
        "id": message.wamid,
        "mine": not message.outbound,
        "at": message.at.isoformat(),
        "status": message.status,
        "text": "",
        "error": message.error["title"] if message.error else "",
    }
    content = message.body
    if message.kind == "interactive":
        return drawn | _interactive(content)
    if message.kind == "template":
        return drawn | _template(message)
    if message.kind in MEDIA:
        return drawn | {"text": content.get("caption", ""), "file": _file(message, media)}
    if message.kind == "location":
        place: Plain = {"latitude": content["latitude"], "longitude": content["longitude"]}
        return drawn | {"text": content.get("name", ""), "place": place}
    return drawn | {"text": _words(message)}


def preview(message: ChatMessage) -> str:
    """A message in one short line."""
    words = _words(message)
    if message.kind in MEDIA:
        content = message.body
        words = content.get("filename") or content.get("caption") or message.kind
    return " ".join(words.split())[:80]


def _words(message: ChatMessage) -> str:
    if message.kind == "template":
        return (message.shown or {}).get("text", "")
    words = _WORDS.get(message.kind)
    return words(message.body) if words else ""


def _reply(content: Plain) -> Plain:
    """What a lead tapped; {} for other interactive answers, a flow's say."""
    return content.get(content.get("type", "")) or {}


def _interactive_words(content: Plain) -> str:
    return content["body"]["text"] if "body" in content else _reply(content).get("title", "")


_WORDS: dict[str, Callable[[Any], str]] = {
    "text": lambda content: content["body"],
    "button": lambda content: content["text"],
    "interactive": _interactive_words,
    "contacts": lambda content: ", ".join(c["name"]["formatted_name"] for c in content),
    "location": lambda content: (
        content.get("name") or f"{content['latitude']}, {content['longitude']}"
    ),
}


def _interactive(content: Plain) -> Plain:
    if "action" not in content:
        reply = _reply(content)
        return {"text": reply.get("title", ""), "detail": reply.get("description", "")}
    action: Plain = content["action"]
    header: Plain = content.get("header") or {}
    drawn: Plain = {
        "text": content["body"]["text"],
        "header": header.get("text", ""),
        "footer": (content.get("footer") or {}).get("text", ""),
    }
    if "buttons" in action:
        drawn["buttons"] = [button["reply"] for button in action["buttons"]]
    if "sections" in action:
        drawn["menu"] = {"button": action["button"], "sections": action["sections"]}
    if content["type"] == SHARE_NUMBER:
        drawn["buttons"] = [{"id": SHARE_NUMBER, "title": "Share phone number"}]
    if content["type"] == "cta_url":
        parameters = action["parameters"]
        drawn["link"] = {"title": parameters["display_text"], "url": parameters["url"]}
    return drawn


def _template(message: ChatMessage) -> Plain:
    shown = message.shown or {}
    buttons = [{"id": payload, "title": title} for payload, title in shown.get("buttons", ())]
    drawn: Plain = {"text": shown.get("text", ""), "template": message.content["template"]["name"]}
    return drawn | ({"buttons": buttons} if buttons else {})


def _file(message: ChatMessage, media: MediaStore) -> Plain:
    content = message.body
    file: Plain = {"kind": message.kind, "name": content.get("filename", ""), "bytes": 0}
    media_id = str(content.get("id", ""))
    if not media.has(media_id, message.kind):
        return file | {"url": content.get("link", "")}
    stored = media.get(media_id)
    name = file["name"] or stored.filename
    return file | {"name": name, "bytes": len(stored.data), "url": f"media/{media_id}"}


def _quoted(message: ChatMessage | None) -> Plain | None:
    return {"mine": not message.outbound, "text": preview(message)} if message else None


def _reactions(phone: Phone) -> dict[str, list[str]]:
    """The emojis that stand on each message: the last of each side, none when taken back."""
    last: dict[tuple[str, bool], str] = {}
    for message in phone.messages:
        if message.kind == "reaction":
            content = message.content["reaction"]
            last[content["message_id"], message.outbound] = content.get("emoji", "")
    standing: dict[str, list[str]] = {}
    for (wamid, _), emoji in last.items():
        if emoji:
            standing.setdefault(wamid, []).append(emoji)
    return standing


def _chosen(phone: Phone) -> dict[str, str]:
    """What was tapped on each message that offered something."""
    chosen: dict[str, str] = {}
    for message in phone.messages:
        if message.outbound or not message.context:
            continue
        content = message.body
        if message.kind == "button":
            chosen[message.context] = content["payload"]
        elif message.kind == "interactive":
            chosen[message.context] = _reply(content).get("id", "")
        elif message.kind == "contacts" and content[0].get("origin") == "contact_request":
            chosen[message.context] = SHARE_NUMBER
    return chosen
