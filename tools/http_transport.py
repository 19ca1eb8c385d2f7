"""httpx's requests carried by aiohttp, whose parser and writer are C: a third of httpcore's CPU.

Each of aiohttp's errors becomes the one of httpx that says how far the request came, because a
message that may have left is sent again only after a wait. The published bridges (httpx-aiohttp
0.2.0) take a server that hangs up for one that was never reached.
"""

import os
from urllib.request import getproxies

import httpx
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, client_exceptions
from yarl import URL

_NEVER_LEFT: dict[type[Exception], type[httpx.RequestError]] = {
    client_exceptions.ConnectionTimeoutError: httpx.ConnectTimeout,
    client_exceptions.ClientProxyConnectionError: httpx.ProxyError,
    client_exceptions.ClientHttpProxyError: httpx.ProxyError,
    client_exceptions.ClientConnectorError: httpx.ConnectError,
    client_exceptions.InvalidURL: httpx.UnsupportedProtocol,
    client_exceptions.NonHttpUrlClientError: httpx.UnsupportedProtocol,
}


_CONNECTIONS = 200
_KEPT_SECONDS = 30.0
"""How long an idle connection stays open. Servers close theirs sooner or later, and what is sent
into that moment may or may not have arrived."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """For short answers, which are read whole. Goes by the environment's proxies, as httpx does."""

    def __init__(self) -> None:
        self._opened: ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.RequestError."""
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        connect, read = limits.get("connect"), limits.get("read")
        timeout = ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=read)
        content = await request.aread()
        try:
            async with self._session().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=content or None,
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                body = await answer.read()
        except (ClientError, OSError, TimeoutError) as error:
            raise _told(error, request) from error
        return httpx.Response(answer.status, headers=answer.raw_headers, content=body)

    async def aclose(self) -> None:
        """Close the connections; a request after it opens new ones."""
        if self._opened:
            await self._opened.close()
            self._opened = None

    def _session(self) -> ClientSession:
        """Opened by the first request, since it belongs to the loop that runs then."""
        if self._opened is None:
            self._opened = ClientSession(
                connector=TCPConnector(
                    limit=_CONNECTIONS,
                    keepalive_timeout=_KEPT_SECONDS,
                    ssl=httpx.create_ssl_context(),
                ),
                auto_decompress=False,  # httpx does it, by the same headers
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                trust_env=bool(getproxies()) or "NETRC" in os.environ,
            )
        return self._opened


def _told(error: Exception, request: httpx.Request) -> httpx.RequestError:
    """What httpx would have raised: the first kind that fits, else in doubt."""
    text = f"{type(error).__name__}: {error}"
    for kind, told in _NEVER_LEFT.items():
        if isinstance(error, kind):
            return told(text, request=request)
    doubt = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
    return doubt(text, request=request)
