"""What a lead's message says, in the domain's words."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from delivery.cleaning import clean_text
from delivery.events import MessageEvent, part, word
from delivery.senders import phone_digits
from domain.contact import Card, OwnPhone, Pseudonyms, canonical_phone, own_phone
from domain.messages import Inbound, InboundKind, Media, Referral
from domain.values import Plain

_CHOICE_LIMIT = 256
_HEADLINE_LIMIT = 200
_URL_LIMIT = 2000
_NAME_LIMIT = 120
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NO_FILENAME = re.compile(r'[\\/:*?"<>|\[\]\s]+')
_CLOCK_TOLERANCE = timedelta(minutes=5)


def inbound(event: MessageEvent, pseudonyms: Pseudonyms, *, now: datetime) -> Inbound:
    """The message in the domain's words; `now` stands in for a time that cannot be."""
    content = _content(event.item)
    own = _own_phone(event, content.cards, pseudonyms)
    quoted = content.quoted or word(part(event.item, "context").get("id"))
    return Inbound(
        id=pseudonyms.message(event.wamid),
        wamid=event.wamid,
        kind=content.kind,
        text="" if own and own.vouched else content.text,
        at=sent_at(event.at, now),
        choice=content.choice,
        quoted=pseudonyms.message(quoted) if quoted else None,
        referral=_referral(part(event.item, "referral")),
        media=content.media,
        own_phone=own,
    )


def sent_at(told: datetime | None, now: datetime) -> datetime:
    """The time that Meta tells; `now` for none, and for one ahead of every clock's error.

    A time in the future would hold the customer service window open.
    """
    return told if told and told <= now + _CLOCK_TOLERANCE else now


def said(item: Plain) -> tuple[InboundKind, str]:
    """Kind and words of an item that is not a lead's: an echo."""
    read = _content(item)
    return read.kind, read.text


def shape(item: Plain) -> str:
    """The item's type; where Meta names one that is unknown, that of a part it has."""
    kind = word(item.get("type"))
    if kind in _READERS:
        return kind
    return next((known for known in _READERS if known in item), "unsupported")


def _own_phone(
    event: MessageEvent, cards: tuple[Card, ...], pseudonyms: Pseudonyms
) -> OwnPhone | None:
    own = own_phone(cards, event.profile_name, event.address.bsuid)
    if own is None or not own.vouched:
        return own
    alias = pseudonyms.alias(event.number, canonical_phone(own.phone))
    return own.model_copy(update={"alias": alias})


@dataclass(frozen=True, slots=True)
class _Content:
    kind: InboundKind
    text: str = ""
    choice: str | None = None
    quoted: str | None = None
    """The wamid that it is about, where that does not stand in `context`."""
    media: Media | None = None
    cards: tuple[Card, ...] = ()


def _content(item: Plain) -> _Content:
    content = _READERS[shape(item)](item)
    if item.get("errors"):
        return _Content("unsupported", content.text)
    return content


def _text(item: Plain) -> _Content:
    said = _clean(part(item, "text").get("body"))
    return _Content("text" if said else "unsupported", said)


def _button(item: Plain) -> _Content:
    button = part(item, "button")
    title = _clean(button.get("text"))
    return _Content("choice", title, _choice(button.get("payload")) or title or None)


def _interactive(item: Plain) -> _Content:
    interactive = part(item, "interactive")
    for kind in ("button_reply", "list_reply"):
        if reply := part(interactive, kind):
            return _Content("choice", _clean(reply.get("title")), _choice(reply.get("id")))
    return _Content("unsupported")


def _reaction(item: Plain) -> _Content:
    reaction = part(item, "reaction")
    target = word(reaction.get("message_id"))
    return _Content("reaction", _clean(reaction.get("emoji")), quoted=target)


def _location(item: Plain) -> _Content:
    place = part(item, "location")
    spot = [_clean(place.get(axis)) for axis in ("latitude", "longitude")]
    parts = (",".join(spot) if all(spot) else "", place.get("name"), place.get("address"))
    return _Content("location", _joined(" ", parts))


def _contacts(item: Plain) -> _Content:
    cards = _parts(item, "contacts")
    said = _joined("; ", map(_card_words, cards))
    return _Content("contacts", said, cards=tuple(map(_card, cards)))


def _card_words(card: Plain) -> str:
    phones = (phone.get("phone") or phone.get("wa_id") for phone in _parts(card, "phones"))
    return _joined(" ", (_card_name(card), *phones))


def _card(card: Plain) -> Card:
    """WhatsApp's own form of a number comes before the one that somebody typed."""
    phones = (p.get("wa_id") or p.get("phone") for p in _parts(card, "phones"))
    return Card(
        name=_card_name(card),
        phones=tuple(filter(None, map(phone_digits, phones))),
        bsuid=word(card.get("user_id")),
        requested=(word(card.get("origin")) or "").startswith("contact_request"),
    )


def _card_name(card: Plain) -> str:
    name = part(card, "name")
    return _clean(name.get("formatted_name")) or _clean(name.get("first_name"))


def _order(item: Plain) -> _Content:
    order = part(item, "order")
    lines = (
        _joined(" x ", (line.get("quantity"), line.get("product_retailer_id")))
        for line in _parts(order, "product_items")
    )
    return _Content("order", _joined("\n", (order.get("text"), _joined(", ", lines))))


def _edit(item: Plain) -> _Content:
    edit = part(item, "edit")
    new = part(edit, "message")
    words = (_caption(part(new, kind)) for kind in ("text", *_MEDIA))
    target = word(edit.get("original_message_id"))
    return _Content("system", next(filter(None, words), ""), quoted=target)


def _revoke(item: Plain) -> _Content:
    return _Content("system", quoted=word(part(item, "revoke").get("original_message_id")))


def _system(item: Plain) -> _Content:
    return _Content("system", _clean(part(item, "system").get("body")))


def _media(kind: InboundKind) -> Callable[[Plain], _Content]:
    def read(item: Plain) -> _Content:
        file = part(item, kind)
        return _Content(kind, _caption(file), media=_file(file))

    return read


_MEDIA: tuple[InboundKind, ...] = ("image", "video", "document", "audio", "sticker")
_READERS: dict[str, Callable[[Plain], _Content]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "reaction": _reaction,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "request_welcome": _system,
    "unsupported": lambda _: _Content("unsupported"),
    **{kind: _media(kind) for kind in _MEDIA},
}


def _file(file: Plain) -> Media | None:
    """None without an id that can stand in an address."""
    name = word(file.get("id")) or ""
    if not _MEDIA_ID.fullmatch(name):
        return None
    filename = _NO_FILENAME.sub(" ", clean_text(word(file.get("filename")) or "", _NAME_LIMIT))
    return Media(
        id=name,
        mime_type=clean_text(word(file.get("mime_type")) or "", _NAME_LIMIT),
        filename=filename.strip(" ."),
        sha256=clean_text(word(file.get("sha256")) or "", _NAME_LIMIT),
        voice=file.get("voice") is True,
    )


def _caption(file: Plain) -> str:
    return _clean(file.get("body")) or _clean(file.get("caption"))


def _choice(value: object) -> str | None:
    return clean_text(word(value) or "", _CHOICE_LIMIT) or None


def _referral(referral: Plain) -> Referral | None:
    """None for one that names neither an ad nor a headline."""
    headline = word(referral.get("headline")) or word(referral.get("body"))
    source = Referral(
        source_type=_choice(referral.get("source_type")) or "",
        source_id=_choice(referral.get("source_id")) or "",
        source_url=clean_text(word(referral.get("source_url")) or "", _URL_LIMIT),
        headline=clean_text(headline or "", _HEADLINE_LIMIT),
        ctwa_clid=clean_text(word(referral.get("ctwa_clid")) or "", _URL_LIMIT),
    )
    return source if source != Referral() else None


def _joined(between: str, values: Iterable[object]) -> str:
    return clean_text(between.join(filter(None, map(_clean, values))))


def _clean(value: object) -> str:
    return clean_text(str(value) if isinstance(value, float) else word(value) or "")


def _parts(whole: Plain, key: str) -> list[Plain]:
    parts: object = whole.get(key)
    items = cast("list[object]", parts) if isinstance(parts, list) else []
    return [cast("Plain", item) for item in items if isinstance(item, dict)]
