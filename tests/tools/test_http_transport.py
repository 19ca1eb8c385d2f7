"""The transport against servers that misbehave, beside httpx's own: the same answers and errors."""

import asyncio
import gzip
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.servers import free_port
from tools.http_transport import AiohttpTransport

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
LOCAL = IPv4Address("127.0.0.1")
TIMEOUT = httpx.Timeout(5.0, connect=1.0)


@pytest.fixture(params=[AiohttpTransport, httpx.AsyncHTTPTransport])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    make: Callable[[], httpx.AsyncBaseTransport] = request.param
    async with httpx.AsyncClient(transport=make(), timeout=TIMEOUT) as client:
        yield client


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOCAL)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = folder / "both.pem"
    both.write_bytes(key.private_bytes(*text) + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Hangs up after `serve` has had each connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def asked(reader: asyncio.StreamReader) -> bytes:
    """One request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


def saying(answer: bytes, *, seen: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await asked(reader)
        if seen is not None:
            seen.append(request)
        writer.write(answer)
        await writer.drain()

    return serve


def reply(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


async def test_a_request_and_its_answer_arrive_whole(client: httpx.AsyncClient) -> None:
    seen: list[bytes] = []
    answer = reply(b'{"a": "\xc3\xa1"}', b"200 OK", b"Content-Type: application/json", b"X-Two: 2")
    async with server(saying(answer, seen=seen)) as url:
        response = await client.post(
            f"{url}/v24.0/1/messages?q=a%20b%2Fc", json={"to": "57"}, headers={"X-One": "1"}
        )
    assert (response.status_code, response.json(), response.headers["x-two"]) == (
        200,
        {"a": "á"},
        "2",
    )
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0] == b"post /v24.0/1/messages?q=a%20b%2fc http/1.1"
    assert body == b'{"to":"57"}'
    assert b"x-one: 1" in lines
    assert len({line.split(b":")[0] for line in lines}) == len(lines)


async def test_an_upload_in_parts_arrives_whole(client: httpx.AsyncClient) -> None:
    seen: list[bytes] = []
    async with server(saying(reply(b"{}"), seen=seen)) as url:
        await client.post(url, data={"type": "pdf"}, files={"file": ("a.pdf", b"%PDF" * 9000)})
    assert b"%PDF" * 9000 in seen[0]
    assert b'name="type"' in seen[0]


async def test_a_compressed_answer_is_unpacked_once(client: httpx.AsyncClient) -> None:
    packed = reply(gzip.compress(b"hello"), b"200 OK", b"Content-Encoding: gzip")
    async with server(saying(packed)) as url:
        assert (await client.get(url)).text == "hello"


async def test_an_answer_in_chunks_is_whole(client: httpx.AsyncClient) -> None:
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )
    async with server(saying(chunks)) as url:
        assert (await client.get(url)).text == "hello"


@pytest.mark.parametrize("status", [b"204 No Content", b"302 Found", b"429 Slow", b"500 Oops"])
async def test_every_status_is_an_answer(client: httpx.AsyncClient, status: bytes) -> None:
    async with server(saying(reply(b"", status, b"Location: /else", b"Retry-After: 7"))) as url:
        response = await client.post(url)
    assert response.status_code == int(status[:3])
    assert response.headers["retry-after"] == "7"


async def test_a_connection_is_used_again(client: httpx.AsyncClient) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(3):
            await asked(reader)
            writer.write(reply(b"{}"))

    async with server(serve) as url:
        for _ in range(3):
            await client.post(url, json={})
    assert connections == 1


async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await asked(reader)


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(reply(b"hello")[:-3])


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(b"220 smtp ready\r\n\r\n")


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.transport.abort()


@pytest.mark.parametrize("serve", [hang_up, break_off, babble, reset])
async def test_what_may_have_arrived_is_in_doubt(client: httpx.AsyncClient, serve: Serve) -> None:
    async with server(serve) as url:
        with pytest.raises(httpx.RequestError) as error:
            await client.post(url, json={})
    assert not isinstance(error.value, NEVER_LEFT)


async def test_silence_is_a_timeout_in_doubt(client: httpx.AsyncClient) -> None:
    told = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await asked(reader)
        await told.wait()

    async with server(silent) as url:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(url, json={}, timeout=httpx.Timeout(1.0, read=0.1))
        told.set()


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "no-such-host.invalid:{port}"])
async def test_what_is_not_reached_never_left(client: httpx.AsyncClient, host: str) -> None:
    with pytest.raises(httpx.ConnectError):
        await client.post(f"http://{host.format(port=free_port())}", json={})


async def test_a_certificate_that_nobody_vouches_for_is_not_reached(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with server(hang_up, tls=own_certificate(tmp_path)) as url:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await client.post(url, json={})


async def test_a_server_that_speaks_no_tls_is_not_reached(client: httpx.AsyncClient) -> None:
    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with server(close) as url:
        with pytest.raises(NEVER_LEFT):
            await client.post(url.replace("http", "https"), json={})


async def test_an_address_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await client.post("ftp://127.0.0.1/", json={})


async def test_a_cancelled_request_leaves_the_next_one_its_own_answer(
    client: httpx.AsyncClient,
) -> None:
    first = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await asked(reader)
        if b"first" in request:
            first.set()
            await reader.read()
        writer.write(reply(b"second"))

    async with server(serve) as url:
        task = asyncio.create_task(client.post(f"{url}/first"))
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.post(f"{url}/second")).text == "second"


async def test_the_environments_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    async with server(saying(reply(b"by proxy"), seen=seen)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with httpx.AsyncClient(transport=AiohttpTransport()) as client:
            assert (await client.get("http://graph.test/v24.0")).text == "by proxy"
    assert seen[0].startswith(b"GET http://graph.test/v24.0 ")
