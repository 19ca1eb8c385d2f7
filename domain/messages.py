"""What a lead sends and what the agent sends, without WhatsApp's wire format.

Limits of outbound messages: developers.facebook.com/documentation/business-messaging/whatsapp,
pages "Text messages", "Reply buttons", "Interactive lists", "Document messages".
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from domain.contact import OwnPhone
from domain.values import Plain, Value

_NOTE = re.compile(r"\A\[[^\]\n]*\](?:\n|\Z)")
"""A note of a message's kind, as `heard` makes it; no file name holds a bracket."""

InboundKind = Literal[
    "text", "choice", "reaction", "location", "contacts", "image", "audio", "video",
    "document", "sticker", "order", "system", "unsupported",
]  # fmt: skip


class Media(Value):
    """A file that a lead sent, as Meta tells of it: `id` is good for seven days.

    `sha256` is in base64, "" when Meta gave none. `voice` marks an audio recorded in the chat.
    """

    id: str = Field(repr=False)
    mime_type: str = ""
    filename: str = ""
    sha256: str = ""
    voice: bool = False


class Referral(Value):
    """The ad or post from which a lead tapped into the chat ("click to WhatsApp").

    `ctwa_clid` is Meta's id of the click, for reporting back what came of it.
    """

    source_type: str = ""
    source_id: str = ""
    source_url: str = ""
    headline: str = ""
    ctwa_clid: str = ""


class Inbound(Value):
    """One message of a lead.

    `id` is the keyed hash of the wamid and the message's name everywhere; the raw `wamid` (it holds
    the phone number in base64) is only for calls to the Graph API. `text` is what the lead said in
    words, "" when nothing. `choice` is the id of the button or list row that was tapped. `quoted`
    is the id (keyed hash) of the message he replies to, `quoted_text` its words where the record
    has them. `own_phone` is his number, when this message is what tells it.
    """

    id: str
    wamid: str = Field(repr=False)
    kind: InboundKind
    text: str = ""
    at: datetime
    choice: str | None = None
    quoted: str | None = None
    quoted_text: str | None = None
    referral: Referral | None = None
    media: Media | None = None
    own_phone: OwnPhone | None = None


def heard(message: Inbound) -> str:
    """A lead's message as the model and the history read it: a note of its kind, then his words."""
    match message:
        case Inbound(kind="text" | "choice", text=text) if text:
            return text
        case Inbound(kind="reaction", text=emoji):
            return f"[reaction: {emoji}]" if emoji else "[reaction taken back]"
        case Inbound(kind="contacts", own_phone=OwnPhone(vouched=True)):
            return "[his own contact card]"
        case Inbound(media=Media(filename=name)) if name:
            note = f"{message.kind}: {name}"
        case Inbound(media=Media(voice=True)):
            note = "voice note"
        case _:
            note = message.kind
    return f"[{note}]\n{message.text}".rstrip()


def own_words(heard: str) -> str:
    """What the lead himself says in what `heard` gave; another's contact card is not his words."""
    return "" if heard.startswith("[contacts]") else _NOTE.sub("", heard)


def needs_turn(message: Inbound) -> bool:
    """Whether the message alone is a reason to answer; it is recorded in any case."""
    return message.kind not in ("reaction", "system")


class Text(Value):
    kind: Literal["text"] = "text"
    body: str = Field(min_length=1, max_length=4096)


class Button(Value):
    id: str = Field(min_length=1, max_length=256)
    title: str = Field(min_length=1, max_length=20)


class Buttons(Value):
    kind: Literal["buttons"] = "buttons"
    body: str = Field(min_length=1, max_length=1024)
    buttons: tuple[Button, ...] = Field(min_length=1, max_length=3)


class Row(Value):
    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=24)
    description: str = Field(default="", max_length=72)


class Menu(Value):
    """An interactive list: one button opens its rows."""

    kind: Literal["menu"] = "menu"
    body: str = Field(min_length=1, max_length=4096)
    button: str = Field(min_length=1, max_length=20)
    rows: tuple[Row, ...] = Field(min_length=1, max_length=10)


class ContactRequest(Value):
    """Asks for the lead's phone number: one button, and WhatsApp itself fills in his card.

    Meta's page "Business-scoped user IDs", section "Requesting phone numbers from users".
    """

    kind: Literal["contact_request"] = "contact_request"
    body: str = Field(min_length=1, max_length=1024)


class DocumentMessage(Value):
    """A document of the business, by its id in the business folder."""

    kind: Literal["document"] = "document"
    document: str
    filename: str
    caption: str = Field(default="", max_length=1024)


class Template(Value):
    """An approved template; the only kind that reaches someone outside the 24 h window.

    `marketing` is its category at Meta: it goes only to those who did not stop marketing.
    """

    kind: Literal["template"] = "template"
    name: str
    language: str
    params: tuple[str, ...] = ()
    marketing: bool = False


Outbound = Annotated[
    Text | Buttons | Menu | ContactRequest | DocumentMessage | Template,
    Field(discriminator="kind"),
]
_OUTBOUND: TypeAdapter[Outbound] = TypeAdapter(Outbound)


def outbound(plain: Plain) -> Outbound:
    """Read back what `plain()` wrote; raises pydantic's ValidationError when it does not fit."""
    return _OUTBOUND.validate_python(plain)


class Quote(Value):
    """A message of the conversation that the lead replied or reacted to.

    `sent` is it as the agent sent it, None when somebody else wrote it; `latest`: nobody has said
    anything since.
    """

    text: str = ""
    sent: Outbound | None = None
    latest: bool = False


def quoting(messages: Sequence[Inbound], quotes: Mapping[str, Quote]) -> tuple[Inbound, ...]:
    """The messages with the words of what they reply to, where `quotes` knows them."""
    return tuple(
        message.model_copy(update={"quoted_text": quote.text})
        if (quote := quotes.get(message.quoted or ""))
        else message
        for message in messages
    )


def words(message: Outbound) -> str:
    """What the lead reads, for the conversation's history."""
    match message:
        case Text(body=body) | ContactRequest(body=body):
            return body
        case Buttons(body=body, buttons=buttons):
            return body + "\n" + " | ".join(f"[{b.title}]" for b in buttons)
        case Menu(body=body, rows=rows):
            return body + "\n" + "\n".join(f"- {r.title} {r.description}".rstrip() for r in rows)
        case DocumentMessage(filename=filename, caption=caption):
            return f"[{filename}] {caption}".rstrip()
        case Template(name=name, params=params):
            return f"[{name}] {' · '.join(params)}".rstrip()
