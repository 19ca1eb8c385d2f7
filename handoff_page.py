"""The page behind a rep's link: looking changes nothing, a tapped button acts, once.

Whoever opens the link first (a preview, a scanner, a prefetch) only ever sends GET. No log-in and
no cookie: the link itself is the key, so it is never stored, framed, indexed or passed on.
"""

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs

import asyncpg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crm import handoff_acts, handoffs
from crm.handoff_acts import ACTS, Act
from crm.handoffs import Case
from crm.memory import peek
from crm.pool import UNREACHABLE
from delivery.desk import Desk
from domain.handoff_link import PATH, HandoffLinks, Pass
from domain.lead import latest
from handoff_view import STYLE_HASH, View, notice, page

SECONDS = 15.0
_LARGEST_FORM = 4096

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


def handoff_page(desk: Desk, links: HandoffLinks) -> Route:
    """The route."""

    async def answer(request: Request) -> Response:
        one = _Page(desk, links, request.path_params["token"])
        try:
            async with asyncio.timeout(SECONDS):
                return await (one.post(request) if request.method == "POST" else one.get())
        except (TimeoutError, asyncpg.PostgresError, *UNREACHABLE):
            return one.say("unavailable", 503)

    return Route(f"{PATH}/{{token}}", answer, methods=["GET", "POST"])


class _Page:
    def __init__(self, desk: Desk, links: HandoffLinks, token: str) -> None:
        self._desk = desk
        self._links = links
        self._token = token

    async def get(self) -> Response:
        opened = await self._open()
        if isinstance(opened, Response):
            return opened
        may, case = opened
        pool = self._desk.pool
        known = await peek(pool, case.contact_id)
        view = View(
            business=self._desk.business,
            case=case,
            facts=latest(known.facts) if known else {},
            rep=may.rep,
            done=await handoff_acts.acts(pool, case.id, may.rep),
            form=self._links.form(self._token),
        )
        return HTMLResponse(page(view), headers=HEADERS)

    async def post(self, request: Request) -> Response:
        """Act, and show how it stands; a second time only shows it."""
        opened = await self._open()
        if isinstance(opened, Response):
            return opened
        may, case = opened
        act = await self._wanted(request)
        if act is None:
            return self.say("use_the_page", 400)
        await self._desk.act(case, may.rep, act, datetime.now(UTC))
        return RedirectResponse(self._token, status_code=303, headers=HEADERS)

    def say(self, key: str, status: int) -> Response:
        return HTMLResponse(notice(self._desk.business, key), status, headers=HEADERS)

    async def _open(self) -> tuple[Pass, Case] | Response:
        may = self._links.read(self._token)
        if may is None:
            return self.say("no_link", 404)
        if may.expires <= datetime.now(UTC):
            return self.say("expired", 410)
        case = await handoffs.case(self._desk.pool, may.handoff)
        return (may, case) if case else self.say("no_link", 404)

    async def _wanted(self, request: Request) -> Act | None:
        """The button of our own form; None for anything else."""
        form = parse_qs((await _body(request)).decode("utf-8", "replace"))
        [given], [act] = form.get("form", [""])[:1], form.get("act", [""])[:1]
        ours = self._links.sent_by_form(self._token, given)
        return act if ours and act in ACTS else None


async def _body(request: Request) -> bytes:
    """The form; nothing of one that is larger than ours."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                return b""
    except ClientDisconnect:
        return b""
    return body
