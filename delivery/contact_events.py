"""A batch of the mailbox, parted: what the lead says, and what happened to him beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery import renames
from delivery.envelope import aliases, mail_id
from delivery.events import ContactEvent as ContactMail
from delivery.events import Mail, MessageEvent, part, word
from delivery.inbound import inbound, said, sent_at, shape
from domain.contact import Address, Pseudonyms
from domain.contact_events import (
    ContactEvent,
    Deleted,
    Edited,
    Noted,
    NotedKind,
    Preference,
    Renamed,
    RepWrote,
)
from domain.messages import Inbound
from domain.values import Plain


@dataclass(frozen=True, slots=True)
class Parted:
    """`events` are to be stored and acted on before the `messages` are answered.

    `address` is where the contact can be reached after all of it; `aliases` name him, the former
    identifiers first, a number that he shared last.
    """

    messages: tuple[Inbound, ...]
    events: tuple[ContactEvent, ...]
    address: Address
    profile_name: str
    aliases: tuple[str, ...]


def parted(mails: Sequence[Mail], pseudonyms: Pseudonyms, *, now: datetime) -> Parted:
    """The batch, read. The order within messages and within events is that of the batch."""
    messages: list[Inbound] = []
    events: list[ContactEvent] = []
    for mail in mails:
        if isinstance(mail, MessageEvent) and shape(mail.item) not in _NO_WORDS:
            messages.append(inbound(mail, pseudonyms, now=now))
        else:
            events.append(_event(mail, pseudonyms, now))
    names = [name for mail in mails for name in aliases(mail, pseudonyms)]
    told = [m.own_phone.alias for m in messages if m.own_phone and m.own_phone.alias]
    named = [mail.profile_name for mail in mails if isinstance(mail, MessageEvent)]
    return Parted(
        messages=tuple(messages),
        events=tuple(events),
        address=_address(mails),
        profile_name=next(filter(None, reversed(named)), ""),
        aliases=tuple(dict.fromkeys((*names, *told))),
    )


def revised(messages: Iterable[Inbound], now_say: Mapping[str, str | None]) -> tuple[Inbound, ...]:
    """The messages as their sender has left them: None, deleted; else the words of the last edit.

    An edit may arrive before its message, when Meta had to deliver the message again.
    """
    return tuple(
        message.model_copy(update={"text": now_say.get(message.id, message.text)})
        for message in messages
        if now_say.get(message.id, "") is not None
    )


_NO_WORDS = frozenset({"edit", "revoke", "system", "request_welcome"})


def _event(mail: Mail, names: Pseudonyms, now: datetime) -> ContactEvent:
    name, at = mail_id(mail, names), sent_at(mail.at, now)
    if new := renames.new_names(mail):
        return Renamed(id=name, at=at, new=new, moved=renames.moved(mail))
    if isinstance(mail, ContactMail) and mail.field == "user_preferences":
        stops = word(mail.item.get("value")) == "stop"
        return Preference(kind="marketing_stop" if stops else "marketing_resume", id=name, at=at)
    kind = shape(mail.item)
    if changed := _change(kind, mail.item, name, at, names):
        return changed
    if isinstance(mail, ContactMail) and mail.field == "smb_message_echoes":
        return _echo(mail.item, name, at)
    return Noted(kind=_noted(kind, mail.item), id=name, at=at)


def _change(
    kind: str, item: Plain, name: str, at: datetime, names: Pseudonyms
) -> Edited | Deleted | None:
    """None also for an edit whose new words cannot be read: the old ones are better than none."""
    target = word(part(item, kind).get("original_message_id"))
    if target is None or kind not in ("edit", "revoke"):
        return None
    if kind == "revoke":
        return Deleted(id=name, at=at, target=names.message(target))
    _, text = said(item)
    return Edited(id=name, at=at, target=names.message(target), text=text) if text else None


def _echo(item: Plain, name: str, at: datetime) -> RepWrote | Noted:
    kind, text = said(item)
    if kind in ("reaction", "system"):
        return Noted(kind="rep_reaction" if kind == "reaction" else "system", id=name, at=at)
    return RepWrote(id=name, at=at, said=kind, text=text)


def _noted(kind: str, item: Plain) -> NotedKind:
    if kind == "request_welcome":
        return "chat_opened"
    changed = (word(part(item, "system").get("type")) or "").endswith("identity_changed")
    return "identity_change" if changed else "system"


def _address(mails: Sequence[Mail]) -> Address:
    """Of the last message or event, with the new number where a contact has moved."""
    phone = bsuid = None
    for mail in mails:
        phone, bsuid = mail.address.phone or phone, mail.address.bsuid or bsuid
        if new := renames.new_names(mail):
            phone = new.phone if new.phone and renames.moved(mail) else phone
            bsuid = new.bsuid or bsuid
    return Address(phone=phone, bsuid=bsuid)
