"""Events as signed POSTs to any URL, by the Standard Webhooks convention (standardwebhooks.com)."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable

import httpx
import orjson

from domain.errors import SettingsError, SinkBusy, SinkFailed, SinkGone, SinkTroubled
from domain.sync import Refs, SyncEvent, payload
from tools.public_address import NotPublic, resolve
from tools.web_address import leads_to_a_host

SECONDS = 10.0
_PREFIX = "whsec_"
_KEY_BYTES = (24, 64)
_LARGEST_ANSWER = 16_384
_GONE, _TOO_MANY, _AWAY = 410, 429, 503
_LONGEST_REST = 3600.0
_RETRY_SECONDS = 10.0


def signing_key(secret: str) -> bytes:
    """The key of a `whsec_…` secret; raises SettingsError."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    low, high = _KEY_BYTES
    if not (secret.startswith(_PREFIX) and low <= len(key) <= high):
        raise SettingsError(
            f"SYNC_WEBHOOK_SECRET must be whsec_ and the base64 of {low} to {high} bytes"
        )
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class WebhookSink:
    """One URL. Its name holds the host and a hash: the rest of the URL may be secret."""

    at_once = 32

    def __init__(
        self,
        url: str,
        key: bytes,
        *,
        allow_private: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not leads_to_a_host(url):
            raise SettingsError("SYNC_WEBHOOK_URL must look like https://host/path")
        self._url = httpx.URL(url)
        if self._url.scheme != "https" and not allow_private:
            raise SettingsError("SYNC_WEBHOOK_URL must be https://, unless SYNC_ALLOW_PRIVATE=true")
        digest = hashlib.sha256(url.encode()).hexdigest()[:6]
        self.name = f"webhook {self._url.host} {digest}"
        self._key = key
        self._allow_private = allow_private
        self._clock = clock
        # no proxy: it would resolve the name a second time, and to what it likes
        self._client = httpx.AsyncClient(timeout=SECONDS, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def deliver(self, event: SyncEvent, refs: Refs) -> None:
        del refs  # a webhook has no names of its own
        body = orjson.dumps(payload(event))
        try:
            async with asyncio.timeout(SECONDS):
                status, wait = await self._post(event.id, body)
        except TimeoutError:
            raise SinkFailed(f"no answer in {SECONDS:.0f} s") from None
        except NotPublic as error:
            raise SinkTroubled(f"{error}: is that meant, then set SYNC_ALLOW_PRIVATE") from None
        except (httpx.HTTPError, OSError) as error:
            raise SinkFailed(f"not reached: {type(error).__name__}") from None
        if status == _GONE:
            raise SinkGone("it answered 410 Gone")
        if status == _TOO_MANY or (wait is not None and status == _AWAY):
            raise SinkBusy(f"it answered {status}", seconds=wait or _RETRY_SECONDS)
        if not httpx.codes.is_success(status):
            raise SinkFailed(f"it answered {status}")

    async def _post(self, event_id: str, body: bytes) -> tuple[int, float | None]:
        """The answer's status and its Retry-After, from the very address that was checked."""
        host, port = self._url.host, self._url.port or (443 if self._url.scheme == "https" else 80)
        address = await resolve(host, port, allow_private=self._allow_private)
        async with self._client.stream(
            "POST",
            self._url.copy_with(host=address),
            content=body,
            headers={**self._headers(event_id, body), "Host": self._url.netloc.decode()},
            extensions={"sni_hostname": host},
        ) as answer:
            read = 0
            async for part in answer.aiter_raw():  # to its end, which frees the connection
                read += len(part)
                if read > _LARGEST_ANSWER:
                    break
            return answer.status_code, retry_after(answer.headers)

    def _headers(self, event_id: str, body: bytes) -> dict[str, str]:
        """Signed anew for every attempt, under the same id."""
        timestamp = int(self._clock())
        return {
            "Content-Type": "application/json",
            "User-Agent": "vendedor",
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._key, event_id, timestamp, body),
        }


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, at most an hour; a date or nonsense counts as none."""
    value = headers.get("Retry-After", "").strip()
    return min(float(value), _LONGEST_REST) if value.isascii() and value.isdigit() else None
