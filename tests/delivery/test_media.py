"""Files of leads: fetched from Meta's hosts alone, bounded, verified, and never half taken."""

import base64
import hashlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.media import LARGEST, MB, MediaDownloads
from domain.errors import MediaError, MediaGone, MediaRefused, MediaUnavailable
from domain.messages import InboundKind, Media
from sandbox.graph_api import GraphApi

CONTENT = b"a voice note " * 100
DIGEST = hashlib.sha256(CONTENT)
NOTE = Media(id="123", mime_type="audio/ogg", sha256=base64.b64encode(DIGEST.digest()).decode())
CDN = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=123"

Answer = Callable[[httpx.Request], httpx.Response]


def about(url: str = CDN, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"url": url, "sha256": DIGEST.hexdigest(), "id": "123", **more})


async def fetched(
    answer: Answer, media: Media = NOTE, kind: InboundKind = "audio", limit: int = 16 * MB
) -> bytes:
    """What comes of a download when Meta answers so."""
    downloads = MediaDownloads(
        "https://graph.facebook.com", "token", limit=limit, transport=httpx.MockTransport(answer)
    )
    try:
        return await downloads.fetch(media, kind)
    finally:
        await downloads.close()


def meta(download: httpx.Response, described: httpx.Response | None = None) -> Answer:
    """Describes the file, then gives this for its address."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v24.0/123":
            return described or about()
        return download

    return answer


async def test_the_stand_ins_file_comes_whole() -> None:
    api = GraphApi(
        phone_number_id="1", token="token", app_secret="s", webhook_url="http://w", root="http://g"
    )
    stored = api.media.add(CONTENT, "audio/ogg", "note.ogg")
    downloads = MediaDownloads(
        "http://g", "token", limit=MB, transport=httpx.ASGITransport(app=api.app)
    )
    told = NOTE.model_copy(update={"id": stored.id})
    assert await downloads.fetch(told, "audio") == CONTENT
    with pytest.raises(MediaGone):
        await downloads.fetch(NOTE, "audio")
    await downloads.close()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/file",
        "http://lookaside.fbsbx.com/file",
        "https://lookaside.fbsbx.com.evil.example/file",
        "https://evilwhatsapp.net/file",
        "https://graph.facebook.com@evil.example/file",
        "https://graph.facebook.com:8443/file",
        "https://user@mmg.whatsapp.net/file",
        "http://127.0.0.1:6379/",
        "file:///etc/passwd",
        "https://[::1/file",
        "https://mmg.whatsapp.net\x00.evil.example/",
        "https://evil.example\\\\@mmg.whatsapp.net/",
        "",
    ],
)
async def test_the_token_goes_to_no_other_host(address: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return about(address)

    with pytest.raises(MediaRefused, match="not an address"):
        await fetched(answer)
    assert asked == ["graph.facebook.com"]


@given(st.text(max_size=40))
@example(".WHATSAPP.NET")
async def test_no_host_but_metas_passes(host: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return about(f"https://{host}/file")

    with pytest.raises(MediaError):
        await fetched(answer)
    assert set(seen) == {"graph.facebook.com"}


@pytest.mark.parametrize("host", ["mmg.whatsapp.net", "lookaside.fbsbx.com", "graph.facebook.com"])
async def test_metas_hosts_are_asked_with_the_token(host: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer token"
        if request.url.path == "/v24.0/123":
            return about(f"https://{host}/file")
        return httpx.Response(200, content=CONTENT)

    assert await fetched(answer) == CONTENT


async def test_a_redirect_is_followed_to_metas_hosts_alone() -> None:
    def to(place: str) -> Answer:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v24.0/123":
                return about()
            if request.url.path == "/moved":
                return httpx.Response(200, content=CONTENT)
            return httpx.Response(302, headers={"Location": place})

        return answer

    assert await fetched(to("https://mmg.whatsapp.net/moved")) == CONTENT
    with pytest.raises(MediaRefused, match="not an address"):
        await fetched(to("https://evil.example/moved"))
    with pytest.raises(MediaRefused, match="redirects"):
        await fetched(to(CDN))


async def test_what_is_too_large_is_refused_before_and_while_it_comes() -> None:
    with pytest.raises(MediaRefused, match="too large"):
        await fetched(meta(httpx.Response(200, content=CONTENT), about(file_size=17 * MB)))
    with pytest.raises(MediaRefused, match="too large"):
        await fetched(meta(httpx.Response(200, content=CONTENT)), limit=len(CONTENT) - 1)
    assert await fetched(meta(httpx.Response(200, content=CONTENT)), limit=len(CONTENT)) == CONTENT


@pytest.mark.parametrize("kind", LARGEST)
async def test_metas_own_limits_hold_below_ours(kind: InboundKind) -> None:
    large = about(file_size=LARGEST[kind] + 1)
    with pytest.raises(MediaRefused, match="too large"):
        await fetched(meta(httpx.Response(200), large), kind=kind, limit=1000 * MB)


async def test_a_file_that_is_not_the_announced_one_is_refused() -> None:
    with pytest.raises(MediaRefused, match="announced"):
        await fetched(meta(httpx.Response(200, content=b"something else")))
    forged = about(sha256=hashlib.sha256(b"x").hexdigest())
    with pytest.raises(MediaRefused, match="announced"):
        await fetched(meta(httpx.Response(200, content=CONTENT), forged))


@pytest.mark.parametrize("checksum", ["", "4654+8g=", "no base64 é"])
async def test_a_webhook_without_a_checksum_leaves_the_endpoints(checksum: str) -> None:
    told = NOTE.model_copy(update={"sha256": checksum})
    assert await fetched(meta(httpx.Response(200, content=CONTENT)), told) == CONTENT


GONE = {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}}


@pytest.mark.parametrize(
    ("described", "error"),
    [
        (httpx.Response(400, json=GONE), MediaGone),
        (httpx.Response(404, json=GONE), MediaGone),
        (httpx.Response(400, json={"error": {"code": 190}}), MediaUnavailable),
        (httpx.Response(401, json={"error": {"code": 190}}), MediaUnavailable),
        (httpx.Response(500, text="<html>"), MediaUnavailable),
        (httpx.Response(404, text="[]"), MediaUnavailable),
        (httpx.Response(200, text="<html>"), MediaUnavailable),
        (httpx.Response(200, json={"id": "123"}), MediaUnavailable),
        (httpx.Response(200, json={"url": 7}), MediaUnavailable),
    ],
)
async def test_what_meta_answers_decides_what_becomes_of_it(
    described: httpx.Response, error: type[MediaError]
) -> None:
    with pytest.raises(error) as raised:
        await fetched(meta(httpx.Response(200), described))
    assert "123" not in str(raised.value)


async def test_a_lapsed_address_or_a_broken_line_is_tried_again() -> None:
    with pytest.raises(MediaUnavailable, match="404"):
        await fetched(meta(httpx.Response(404)))

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(MediaUnavailable, match="ReadTimeout"):
        await fetched(broken)
