"""The page /report: behind HTTP Basic, with the API token as the password."""

import asyncio
import hashlib
import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from crm.pool import UNREACHABLE, Pool
from crm.report import SECONDS, report
from domain.report import Price, Report, begin
from report_page import HEADERS, page

DEFAULT = "30d"


async def made(pool: Pool, since: str, zone: ZoneInfo) -> Report:
    """The report until now, in the business's zone. Raises ValueError, OverflowError."""
    now = datetime.now(zone)
    return await report(pool, begin(since, now, zone), now)


def report_route(
    pool: Pool, zone: ZoneInfo, prices: Mapping[str, Price], token: bytes | None
) -> Route:
    """The page; without a token it is open, for loopback only.

    However many ask, the report takes one connection of the pool, and nobody waits longer than
    the report itself may take.
    """
    one_at_a_time = asyncio.Lock()

    async def answer(request: Request) -> Response:
        if token is not None and not _allowed(request.headers.get("authorization", ""), token):
            asks = {"WWW-Authenticate": 'Basic realm="Vendedor", charset="UTF-8"'}
            return PlainTextResponse("the password is the API token", 401, HEADERS | asks)
        since = request.query_params.get("since", DEFAULT)
        try:
            async with asyncio.timeout(SECONDS), one_at_a_time:
                found = await made(pool, since, zone)
        except (ValueError, OverflowError):
            return PlainTextResponse("since: 30d, 12h or 2026-11-01", 400, HEADERS)
        except (TimeoutError, asyncpg.PostgresError, *UNREACHABLE):
            return PlainTextResponse("the database does not answer", 503, HEADERS)
        return HTMLResponse(page(found, prices, since), headers=HEADERS)

    return Route("/report", answer, methods=["GET"])


def _allowed(header: str, token: bytes) -> bool:
    """HTTP Basic with the token as the password, whatever the name; hashes have one length."""
    scheme, _, given = header.partition(" ")
    try:
        password = b64decode(given, validate=True).partition(b":")[2]
    except (NotBase64, ValueError):
        return False
    same = hmac.compare_digest(hashlib.sha256(password).digest(), hashlib.sha256(token).digest())
    return scheme.lower() == "basic" and same
