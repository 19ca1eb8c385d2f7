"""Uploaded and received media: types, sizes, ids, and download addresses that live five minutes.

Limits: page "Media" of Meta's documentation.
"""

import hashlib
import hmac
import random
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.parser import BytesHeaderParser

from domain.values import Plain
from sandbox.graph_errors import GraphFault, no_object
from sandbox.graph_ids import numeric_id

URL_LIFE = timedelta(minutes=5)
STORE_BYTES = 256 * 1024 * 1024
_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_MIME_TYPES: dict[str, tuple[str, ...]] = {
    "audio": ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"),
    "document": (
        "text/plain", "application/pdf", "application/vnd.ms-powerpoint", "application/msword",
        "application/vnd.ms-excel", f"{_OFFICE}wordprocessingml.document",
        f"{_OFFICE}presentationml.presentation", f"{_OFFICE}spreadsheetml.sheet",
    ),
    "image": ("image/jpeg", "image/png"),
    "sticker": ("image/webp",),
    "video": ("video/mp4", "video/3gpp"),
}  # fmt: skip
_LIMITS: dict[str, int] = {
    "audio": 16 * _MB, "video": 16 * _MB, "document": 100 * _MB, "image": 5 * _MB,
    "sticker": 500 * 1024,
}  # fmt: skip
LARGEST = max(_LIMITS.values())


@dataclass(frozen=True, slots=True)
class Media:
    """A stored file. `kind` is the message type that it fits."""

    id: str
    kind: str
    mime_type: str
    filename: str
    data: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


class MediaStore:
    """Files by id; the oldest go when 256 MB are full."""

    def __init__(self, secret: bytes, dice: random.Random) -> None:
        self._secret = secret
        self._dice = dice
        self._media: OrderedDict[str, Media] = OrderedDict()
        self._bytes = 0

    def add(self, data: bytes, mime_type: str, filename: str) -> Media:
        """Raises GraphFault 100 for a type or size that Meta does not take."""
        mime_type = mime_type.partition(";")[0].strip().lower()
        media = Media(
            numeric_id(self._dice), _checked_kind(mime_type, len(data)), mime_type, filename, data
        )
        self._media[media.id] = media
        self._bytes += len(data)
        while self._bytes > STORE_BYTES:
            _, oldest = self._media.popitem(last=False)
            self._bytes -= len(oldest.data)
        return media

    def get(self, media_id: str) -> Media:
        """Raises GraphFault 100, subcode 33."""
        if media_id not in self._media:
            raise no_object(media_id)
        return self._media[media_id]

    def has(self, media_id: str, kind: str) -> bool:
        """Whether a message of this kind may carry the file."""
        return media_id in self._media and self._media[media_id].kind == kind

    def delete(self, media_id: str) -> None:
        media = self.get(media_id)
        del self._media[media_id]
        self._bytes -= len(media.data)

    def address(self, media_id: str, root: str, now: datetime) -> str:
        """The download address, good for five minutes. `root` is this server's, without a slash."""
        expires = int((now + URL_LIFE).timestamp())
        return f"{root}/_media/?mid={media_id}&ext={expires}&hash={self._mac(media_id, expires)}"

    def download(self, media_id: str, expires: str, mac: str, now: datetime) -> Media:
        """What an address leads to. Raises GraphFault with status 404 when it is forged or old."""
        if not expires.isdecimal() or not hmac.compare_digest(
            self._mac(media_id, int(expires)).encode(), mac.encode()
        ):
            raise GraphFault(100, "URL signature mismatch", status=404)
        if now.timestamp() >= int(expires):
            raise GraphFault(100, "URL expired: ask for a new one", status=404)
        return self.get(media_id)

    def _mac(self, media_id: str, expires: int) -> str:
        return hmac.digest(self._secret, f"{media_id}/{expires}".encode(), "sha256").hex()[:32]


def _checked_kind(mime_type: str, size: int) -> str:
    for kind, types in _MIME_TYPES.items():
        if mime_type in types:
            if not 0 < size <= _LIMITS[kind]:
                raise GraphFault(100, f"Param file must have 1 to {_LIMITS[kind]} bytes.")
            return kind
    allowed = ", ".join(mime for types in _MIME_TYPES.values() for mime in types)
    raise GraphFault(
        100,
        f"Param file must be a file with one of the following types: {allowed}. "
        f"Received file of type '{mime_type}'.",
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a multipart form."""

    name: str
    filename: str | None
    mime_type: str
    data: bytes


def multipart(content_type: str, body: bytes) -> dict[str, Part]:
    """The fields of a multipart/form-data body (RFC 7578). Raises GraphFault 100."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise GraphFault(100, "The request must be multipart/form-data.")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - before, part, after
        raise GraphFault(100, "The multipart body is not complete.")
    parts = [_part(piece) for piece in pieces[1:-1]]
    return {part.name: part for part in parts}


def _part(piece: bytes) -> Part:
    head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head)
    name = headers.get_param("name", "", "Content-Disposition")
    filename = headers.get_filename()
    return Part(str(name), filename, headers.get_content_type(), data)


def described(media: Media, address: str) -> Plain:
    """As `GET /{media_id}` answers it."""
    return {
        "messaging_product": "whatsapp",
        "url": address,
        "mime_type": media.mime_type,
        "sha256": media.sha256.hex(),
        "file_size": len(media.data),
        "id": media.id,
    }
