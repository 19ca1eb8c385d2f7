"""Sends messages over the WhatsApp Cloud API; every send carries its outbox row's id as tracker."""

import asyncio
import hashlib
import logging
import mimetypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pywa_async.types.callback import Button as ReplyButton
from pywa_async.types.callback import Section, SectionList, SectionRow
from pywa_async.types.media import Media
from pywa_async.types.templates import TemplateLanguage

from delivery import policy
from delivery.formatting import to_whatsapp
from delivery.graph_client import GraphClient, answered, graph_client
from domain.contact import Address
from domain.errors import SendError, SendUncertain
from domain.messages import (
    Buttons,
    ContactRequest,
    DocumentMessage,
    Menu,
    Outbound,
    Template,
    Text,
)

_UPLOAD_SECONDS = 9.0
"""Of a send's time: the message that follows the upload needs some, too."""

_MEDIA_SECONDS = 29 * 24 * 3600.0  # Meta keeps an upload for 30 days

_log = logging.getLogger(__name__)


def connect(
    api_url: str,
    token: str,
    phone_number_id: str,
    *,
    timeout: float = 10.0,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> "WhatsAppSender":
    """A sender from one number; `timeout` is seconds of silence, `clock` gives seconds."""
    session = httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=3.0),
        limits=httpx.Limits(
            max_connections=100, max_keepalive_connections=50, keepalive_expiry=30.0
        ),
        transport=transport,
    )
    client = graph_client(api_url, token, phone_number_id, session)
    return WhatsAppSender(client, session, clock)


@dataclass(frozen=True, slots=True)
class _Upload:
    """`media` is pywa's own object: what a string is, it guesses, unless it is all digits."""

    media: Media
    until: float


class WhatsAppSender:
    """One business number. Made by `connect`."""

    def __init__(
        self, client: GraphClient, session: httpx.AsyncClient, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._session = session
        self._clock = clock
        self._uploads: dict[str, _Upload] = {}
        self._uploading = asyncio.Lock()

    async def send(
        self, row_id: str, recipient: Address, message: Outbound, documents: Path
    ) -> str:
        """The wamid. What Meta refuses is tried once more as plain text, or with a fresh upload.

        `documents` is the folder of the business's files. Raises SendError, SendUncertain.
        """
        try:
            return await self._send(row_id, recipient, message, documents)
        except SendUncertain:
            raise
        except SendError as error:
            instead = self._instead(message, error)
            if instead is None:
                raise
            _log.warning("row %s was refused (%s): once more, changed", row_id, error.code)
        return await self._send(row_id, recipient, instead, documents)

    async def indicate_typing(self, wamid: str) -> None:
        """Show "typing…" for up to 25 s and mark as read; a failure is only logged."""
        try:
            await answered(self._client.indicate_typing(wamid))
        except SendError as error:
            _log.debug("typing was not shown: %s %s", error.code, error)

    def forget_media(self) -> None:
        """Upload every document again at its next use."""
        self._uploads.clear()

    async def close(self) -> None:
        await self._session.aclose()

    def _instead(self, message: Outbound, error: SendError) -> Outbound | None:
        kind = policy.reaction(error.code, error.http_status).kind
        if kind == "degrade":
            return policy.plain_text(message)
        if kind == "reupload" and isinstance(message, DocumentMessage):
            self.forget_media()
            return message
        return None

    async def _send(self, row_id: str, recipient: Address, message: Outbound, files: Path) -> str:
        to = recipient.phone or recipient.bsuid
        if not to:
            raise SendError("the recipient has no identifier", code=policy.UNSENDABLE)
        match message:
            case Text() | Buttons() | Menu():
                call = self._client.send_message(to, **_spoken(message), tracker=row_id)
            case ContactRequest(body=body):
                call = self._client.request_contact_info(to, body, tracker=row_id)
            case Template():
                call = self._client.send_template(to, **_filled_in(message), tracker=row_id)
            case DocumentMessage():
                call = self._client.send_document(
                    to,
                    await self._media(message, files),
                    filename=message.filename,
                    caption=to_whatsapp(message.caption) or None,
                    tracker=row_id,
                )
        return (await answered(call)).id

    async def _media(self, message: DocumentMessage, files: Path) -> Media:
        data = await asyncio.to_thread(_read, files, message.filename)
        key = hashlib.sha256(data).hexdigest()
        try:
            async with asyncio.timeout(_UPLOAD_SECONDS), self._uploading:
                known = self._uploads.get(key)
                if known is None or known.until <= self._clock():
                    media = await self._upload(data, message.filename)
                    known = _Upload(media, self._clock() + _MEDIA_SECONDS)
                    self._uploads[key] = known
        except TimeoutError:
            text = f"upload: not done in {_UPLOAD_SECONDS:g} s"
            raise SendError(text, code=policy.NO_UPLOAD) from None
        return known.media

    async def _upload(self, data: bytes, filename: str) -> Media:
        mime_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        upload = self._client.upload_media(data, mime_type=mime_type, filename=filename)
        try:
            return await answered(upload)
        except SendError as error:
            passing = policy.reaction(error.code, error.http_status).kind == "retry"
            if not passing and not isinstance(error, SendUncertain):
                raise
            # an upload in doubt is no message in doubt: nothing was sent
            raise SendError(f"upload: {error}", code=policy.NO_UPLOAD) from error


def _read(folder: Path, filename: str) -> bytes:
    # compared by name, so that no path can lead out of the folder
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name == filename)
    if not files:
        raise SendError("the document is not in the business folder", code=policy.UNSENDABLE)
    try:
        return files[0].read_bytes()
    except OSError as error:
        reason = f"the document cannot be read: {error.strerror}"
        raise SendError(reason, code=policy.UNSENDABLE) from error


def _spoken(message: Text | Buttons | Menu) -> dict[str, Any]:
    text = to_whatsapp(message.body)
    match message:
        case Text():
            return {"text": text}
        case Buttons(buttons=buttons):
            return {"text": text, "buttons": [ReplyButton(b.title, b.id) for b in buttons]}
        case Menu(button=button, rows=rows):
            listed = [SectionRow(row.title, row.id, row.description or None) for row in rows]
            return {"text": text, "buttons": SectionList(button, [Section(button, listed)])}


def _filled_in(template: Template) -> dict[str, Any]:
    """Meta refuses empty parameters, and ones with line breaks or many blanks (132018)."""
    texts = (" ".join(param.split()) or "-" for param in template.params)
    parameters = [{"type": "text", "text": text} for text in texts]
    return {
        "name": template.name,
        "language": _language(template.language),
        "params": [{"type": "body", "parameters": parameters}] if parameters else None,
    }


def _language(code: str) -> TemplateLanguage:
    try:
        return TemplateLanguage(code)
    except TypeError:
        # pywa 4.5.0 fails this way on a code that it does not know
        raise SendError(f"unknown template language {code}", code=policy.UNSENDABLE) from None
