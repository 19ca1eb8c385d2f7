"""pywa's client as this project uses it: any Graph API root, BSUIDs of any form, our own errors."""

import logging
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

import httpx
from pywa.errors import WhatsAppError
from pywa_async.api import GraphAPIAsync
from pywa_async.client import WhatsApp

from delivery import policy
from domain.errors import SendError, SendUncertain

API_VERSION = "24.0"

_Result = TypeVar("_Result")

_VERSIONED = re.compile(r"/v\d+\.\d+$")
_DIGITS = re.compile(r"\d{7,}")
_SERVER_ERROR = 500
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# what pywa raises on an answer of a shape that it does not expect
_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class _Api(GraphAPIAsync):
    """Takes every recipient for a person.

    pywa 4.5.0 knows BSUIDs of digits only and takes one with letters for a group, while Meta's
    page "Business-scoped user IDs" allows alphanumerics. We never write to groups.
    """

    async def send_message(  # type: ignore[override]  # the rest passes through untouched
        self,
        *,
        to: str | None,
        recipient: str | None,
        recipient_type: str,
        **rest: Any,  # noqa: ANN401 - pywa's own parameters
    ) -> dict[str, Any]:
        if recipient_type == "group":
            to, recipient = None, to
        return await super().send_message(  # type: ignore[no-any-return]  # pywa says dict
            to=to, recipient=recipient, recipient_type="individual", **rest
        )


class GraphClient(WhatsApp):
    _api_cls = _Api


def graph_client(
    api_url: str, token: str, phone_number_id: str, session: httpx.AsyncClient
) -> GraphClient:
    """A client of the Graph API at `api_url`, with the version appended when it names none."""
    # below errors pywa logs numbers and texts
    logging.getLogger("pywa").setLevel(logging.ERROR)
    root = versioned(api_url)
    client = GraphClient(
        phone_id=phone_number_id,
        token=token,
        session=session,
        api_version=root.rpartition("/v")[2],
        filter_updates=False,
    )
    # pywa's constructor sets its own root, so ours comes after it
    session.base_url = root
    return client


def versioned(api_url: str) -> str:
    """The root with the version that it names, or else ours."""
    root = api_url.rstrip("/")
    return root if _VERSIONED.search(root) else f"{root}/v{API_VERSION}"


async def answered(call: Awaitable[_Result]) -> _Result:
    """The call's result; raises SendError when Meta refused, SendUncertain when nobody knows.

    pywa's error is converted outside of the `except`: a frozen dataclass, it breaks when it crosses
    a context manager.
    """
    try:
        return await call
    except WhatsAppError as error:
        problem = _refusal(error)
    except _NEVER_LEFT as error:
        problem = SendError(f"not reached: {type(error).__name__}", code=policy.UNREACHED)
    except httpx.RequestError as error:
        problem = SendUncertain(f"no answer: {type(error).__name__}", code=policy.UNANSWERED)
    except _UNREADABLE as error:
        problem = SendUncertain(
            f"unreadable answer: {type(error).__name__}", code=policy.UNANSWERED
        )
    raise problem


def _refusal(error: WhatsAppError) -> SendError:
    # a gateway's page instead of Graph's JSON: pywa then takes the status for the code
    from_gateway = error.code == error.status_code and error.code >= _SERVER_ERROR
    kind = SendUncertain if from_gateway else SendError
    return kind(
        redacted(error.details or error.message),
        code=error.code,
        http_status=error.status_code,
        retry_after=_retry_after(error.raw_response),
    )


def redacted(text: str) -> str:
    """Meta's words without phone numbers, at most 200 characters."""
    return _DIGITS.sub("…", text).replace("\0", "")[:200]


def _retry_after(response: httpx.Response | None) -> float | None:
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(value) if value.isdecimal() else None
