"""Downloads of what leads sent: from Meta's hosts alone, bounded in size and time, verified.

A media id is good for seven days; the address that it gives lives five minutes and may be asked for
again. Sizes: Meta's page "Media", section "Supported media types".
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx
import orjson
from pydantic import BaseModel, ValidationError

from delivery.graph_client import versioned
from domain.errors import MediaGone, MediaRefused, MediaUnavailable
from domain.messages import InboundKind, Media

MB = 1024 * 1024
LARGEST: Mapping[InboundKind, int] = {
    "image": 5 * MB, "sticker": 512 * 1024, "audio": 16 * MB, "video": 16 * MB,
    "document": 100 * MB,
}  # fmt: skip
SECONDS = 40.0
"""For one file, address and content; less than a job's lease."""

_HOSTS = ("graph.facebook.com", "lookaside.fbsbx.com")
_DOMAIN = ".whatsapp.net"
_REDIRECTS = 3
_ANSWER = 64 * 1024
_NO_OBJECT = 100
_STRANGE = "not an address of Meta's"


class _About(BaseModel):
    """What `GET /{media-id}` answers. `sha256` is in hex here, in base64 in the webhook."""

    url: str
    sha256: str = ""
    file_size: int = 0


class MediaDownloads:
    """The files of one business number; `limit` bounds every kind, in bytes."""

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        limit: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._root = versioned(api_url)
        self._own = _origin(httpx.URL(self._root))
        self._limit = limit
        self._session = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10.0, connect=3.0),
            follow_redirects=False,
            transport=transport,
        )

    async def fetch(self, media: Media, kind: InboundKind) -> bytes:
        """The content. Raises MediaGone, MediaRefused, MediaUnavailable; none names the address."""
        try:
            async with asyncio.timeout(SECONDS):
                about = await self._about(media.id)
                content = await self._content(about, min(self._limit, LARGEST.get(kind, 0)))
        except (TimeoutError, httpx.RequestError) as error:
            raise MediaUnavailable(type(error).__name__) from None
        _verify(content, (_from_base64(media.sha256), _from_hex(about.sha256)))
        return content

    async def close(self) -> None:
        await self._session.aclose()

    async def _about(self, media_id: str) -> _About:
        async with self._get(f"{self._root}/{media_id}") as answer:
            body = await _read(answer, _ANSWER)
            if _is_gone(answer.status_code, body):
                raise MediaGone("Meta has no such file")
            _expect_ok(answer)
        try:
            return _About.model_validate_json(body)
        except ValidationError:
            raise MediaUnavailable("unreadable answer") from None

    async def _content(self, about: _About, limit: int) -> bytes:
        if about.file_size > limit:
            raise MediaRefused("too large")
        async with self._get(about.url) as answer:
            _expect_ok(answer)
            return await _read(answer, limit)

    @asynccontextmanager
    async def _get(self, url: str) -> AsyncGenerator[httpx.Response]:
        """Follows redirects, but only to hosts that may see the token."""
        target = _parsed(url)
        for _ in range(_REDIRECTS):
            if not self._allowed(target):
                raise MediaRefused(_STRANGE)
            async with self._session.stream("GET", target) as answer:
                if answer.next_request is None:
                    yield answer
                    return
                target = answer.next_request.url
        raise MediaRefused("too many redirects")

    def _allowed(self, url: httpx.URL) -> bool:
        """Meta's hosts over TLS, and the Graph API's own root, which may be a stand-in."""
        if _origin(url) == self._own:
            return True
        metas = url.host in _HOSTS or url.host.removesuffix(_DOMAIN) not in ("", url.host)
        return url.scheme == "https" and url.port is None and metas and not url.userinfo


def _parsed(url: str) -> httpx.URL:
    """By the parser of who will ask, so that nobody can be read in two ways."""
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise MediaRefused(_STRANGE) from None


def _origin(url: httpx.URL) -> tuple[str, bytes, bytes]:
    return url.scheme, url.userinfo, url.netloc


async def _read(answer: httpx.Response, limit: int) -> bytes:
    """At most `limit` bytes, counted after decompression, whatever the headers say."""
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > limit:
            raise MediaRefused("too large")
    return bytes(content)


def _is_gone(status: int, body: bytes) -> bool:
    """Meta answers an id that it does not know with 400 or 404 and code 100."""
    if status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
        return False
    try:
        return orjson.loads(body)["error"]["code"] == _NO_OBJECT
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _expect_ok(answer: httpx.Response) -> None:
    # also a refused token or a lapsed address: both may be mended before the next try
    if answer.status_code != HTTPStatus.OK:
        raise MediaUnavailable(f"HTTP {answer.status_code}")


def _verify(content: bytes, announced: tuple[bytes | None, ...]) -> None:
    digest = hashlib.sha256(content).digest()
    if any(known is not None and known != digest for known in announced):
        raise MediaRefused("not what was announced")


def _from_base64(text: str) -> bytes | None:
    try:
        return _whole(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return _whole(bytes.fromhex(text))
    except ValueError:
        return None


def _whole(digest: bytes) -> bytes | None:
    """None for what is no SHA-256, as when Meta gives none."""
    return digest if len(digest) == hashlib.sha256().digest_size else None
