"""`vendedor dev`: webhook, worker and sandbox in one process, with servers of its own.

Each part is real as soon as its settings are there, and a stand-in on loopback until then.
"""

import secrets
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

from pydantic import SecretStr

import bootstrap
from bootstrap import Services, Stores
from crm.bookings import Bookings
from crm.conversation import Conversation, inspect
from crm.migrate import migrate
from domain.lead import latest
from domain.values import Plain
from hosting import Part, listen, run_until_signal, serving
from roles import worker_parts
from sandbox import app as sandboxes
from sandbox.app import Sandbox
from sandbox.calendar_page import Hold
from sandbox.servers import local_postgres, local_redis, only_user_of
from server import create_app
from settings import GRAPH_URL, Settings
from tools.business_folder import load


@dataclass(frozen=True)
class Workplace:
    """Complete settings and the sockets that already listen."""

    settings: Settings
    webhook: socket
    page: socket


@contextmanager
def complete(settings: Settings) -> Generator[Workplace]:
    """A local server or a stand-in for whatever is not set. Raises SettingsError."""
    with ExitStack() as stack:
        webhook = stack.enter_context(listen(settings.host, settings.port, "the webhook"))
        page = stack.enter_context(listen("127.0.0.1", settings.port + 1, "the sandbox: PORT + 1"))
        data = settings.vendedor_data_dir.resolve()
        stack.enter_context(only_user_of(data))
        own = stand_ins(settings, address(page))
        if settings.redis_url is None:
            own["redis_url"] = stack.enter_context(local_redis(data))
        if settings.database_url is None:
            own["database_url"] = stack.enter_context(local_postgres(data))
        if settings.public_url is None:
            own["public_url"] = address(webhook)
        if settings.vendedor_secret_key is None:
            own["vendedor_secret_key"] = SecretStr(_kept(data / "secret"))
        yield Workplace(settings.model_copy(update=own), webhook, page)


@dataclass(frozen=True)
class Office:
    """All that runs in one process."""

    services: Services
    sandbox: Sandbox
    parts: tuple[Part, ...]


async def develop(place: Workplace, tell: Callable[[str], None]) -> None:
    """Run everything until a signal; `tell` is told when it is ready, and where."""
    async with opened(place) as office:
        tell(_greeting(place))
        await run_until_signal(*office.parts)


@asynccontextmanager
async def opened(place: Workplace) -> AsyncGenerator[Office]:
    """Everything made and migrated, not yet running."""
    async with bootstrap.stores(place.settings) as stores:
        await migrate(stores.pool)
        sandbox = _sandbox(place, stores)
        async with (
            sandbox.delivering(),
            bootstrap.web(stores, open_report=_loopback(place.settings.host)) as web,
            bootstrap.services(stores) as services,
        ):
            drain = place.settings.drain_seconds
            parts = (
                serving(create_app(web), place.webhook, drain_seconds=drain),
                serving(sandbox.app, place.page, drain_seconds=1),
                *worker_parts(services),
            )
            yield Office(services, sandbox, parts)


def stand_ins(settings: Settings, root: str) -> dict[str, Any]:
    """What the sandbox at `root` fills in for settings that are not there."""
    own: dict[str, Any] = {}
    if settings.openai_api_key is None:
        own["openai_api_key"] = SecretStr("none")
        if settings.openai_base_url is None:
            own |= {"openai_base_url": f"{root}/openai/v1", "openai_model": sandboxes.MODEL}
    if settings.whatsapp_token is None:
        own["whatsapp_token"] = SecretStr(sandboxes.TOKEN)
        if settings.whatsapp_api_url == GRAPH_URL:
            own["whatsapp_api_url"] = f"{root}/graph"
    if settings.whatsapp_phone_number_id is None:
        own["whatsapp_phone_number_id"] = sandboxes.PHONE_NUMBER_ID
    if settings.whatsapp_app_secret is None:
        own["whatsapp_app_secret"] = SecretStr(secrets.token_hex(16))
    if not (settings.google_calendar_credentials or settings.google_calendar_api_url):
        own |= {"google_calendar_api_url": f"{root}/google", "calendar_poll_seconds": 2.0}
    return own


def _sandbox(place: Workplace, stores: Stores) -> Sandbox:
    async def panel(phone: str) -> Plain:
        conversation = await inspect(stores.pool, phone)
        return _panel(conversation) if conversation else {}

    business = load(place.settings.business_dir)

    async def holds() -> list[Hold]:
        rows = await Bookings(stores.pool).holds()
        known = {rep.id: rep.calendar for rep in business.reps}
        return [Hold(known.get(row.place.rep, ""), *row.place.interval) for row in rows]

    settings, secret = place.settings, place.settings.whatsapp_app_secret
    return sandboxes.sandbox(
        root=address(place.page),
        webhook_url=f"{address(place.webhook)}/webhook",
        app_secret=secret.get_secret_value() if secret else "",
        business=business,
        inspect=panel,
        holds=holds,
        notices=_notices(settings),
        report=_report(place),
    )


def _panel(conversation: Conversation) -> Plain:
    """What the chat page shows beside a chat."""
    known, decision = conversation.memory, conversation.decision
    return {
        "stage": known.stage,
        "language": known.language,
        "facts": [fact.plain() for fact in latest(known.facts).values()],
        "score": conversation.score.plain(),
        "confidence": decision and decision.confidence,
        "decision": decision and {"kind": decision.kind, "reason": decision.reason},
        "unresolved": known.unresolved,
        "handoff": known.handoff and known.handoff.plain(),
        "booking": known.booking and known.booking.plain(),
    }


def _notices(settings: Settings) -> tuple[str, ...]:
    """What the page must say of itself."""
    rules = settings.openai_model == sandboxes.MODEL
    return (sandboxes.RULES_NOTICE,) if rules else ()


def _report(place: Workplace) -> str | None:
    """Where the report is, if it is shown."""
    shown = place.settings.vendedor_api_token or _loopback(place.settings.host)
    return f"{address(place.webhook)}/report" if shown else None


def _greeting(place: Workplace) -> str:
    report = _report(place)
    lines = [
        f"Chat with the agent at {address(place.page)}/chat/",
        f"Its webhook is {address(place.webhook)}/webhook",
        *([f"Its results are at {report}"] if report else []),
    ]
    return "\n".join([*lines, *(f"Note: {notice}" for notice in _notices(place.settings))])


def _loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


def address(listener: socket) -> str:
    """Of a listening socket, from this machine."""
    host, port = listener.getsockname()[:2]
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - read, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _kept(file: Path) -> str:
    """A secret of this data folder, made at its first start."""
    if not file.exists():
        file.write_text(secrets.token_hex(32))
        file.chmod(0o600)
    return file.read_text()
