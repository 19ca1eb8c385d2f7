"""`vendedor doctor`: each dependency and credential, whether it works, and if not, what to do."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

import bootstrap
import outgoing
from delivery.account import Account, AccountClient
from domain.errors import SettingsError, VendedorError
from settings import Settings
from tools.business_folder import load
from tools.hubspot import missing as missing_properties

_SECONDS = 10.0

Check = Callable[[Settings], Awaitable[str]]
"""What to do, a line each; "" when all is well."""


@dataclass(frozen=True)
class Finding:
    """`problem` "" means that it works; else it says what to do."""

    what: str
    problem: str


async def examine(settings: Settings) -> AsyncGenerator[Finding]:
    """One finding after the other."""
    for what, check in _CHECKS.items():
        try:
            problem = await check(settings)
        except VendedorError as error:
            problem = str(error)
        except httpx.HTTPError as error:
            problem = f"no answer ({type(error).__name__}): check the address and the network"
        for line in problem.splitlines() or [""]:
            yield Finding(what, line)


async def _business(settings: Settings) -> str:
    load(settings.business_dir)
    return ""


async def _handoffs(settings: Settings) -> str:
    """Whether reps get the link by which they claim."""
    template = load(settings.business_dir).handoff_template
    if settings.public_url is None:
        return "PUBLIC_URL is not set: reps get no link to claim a handoff with (docs/handoff.md)"
    if not settings.public_url.startswith("https://"):
        return "PUBLIC_URL does not begin with https://: whoever reads along could claim a handoff"
    return "" if template.link else "handoff_template has no `link: true`: it carries no link"


async def _stores(settings: Settings) -> str:
    absent = [name for name in ("redis_url", "database_url") if getattr(settings, name) is None]
    if absent:
        names = " and ".join(name.upper() for name in absent)
        return f"{names} not set: `vendedor dev` brings its own, `serve` and `worker` need them"
    if settings.vendedor_secret_key is None:
        return "VENDEDOR_SECRET_KEY is not set: `openssl rand -hex 32` makes one; keep it"
    async with bootstrap.stores(settings) as stores:
        answers = {name: await check() for name, check in stores.checks.items()}
    return "; ".join(f"{name}: {problem}" for name, problem in answers.items() if problem)


async def _outgoing(settings: Settings) -> str:
    """What is paused, and what did not arrive or could not be answered."""
    if settings.database_url is None:
        return ""
    return "\n".join((*await outgoing.pauses(settings), *await outgoing.parked(settings)))


async def _webhook(settings: Settings) -> str:
    wanted = ("whatsapp_app_secret", "whatsapp_verify_token")
    absent = [name.upper() for name in wanted if getattr(settings, name) is None]
    what = "the app secret stands in Meta's app settings, the verify token is yours to choose"
    return f"{' and '.join(absent)} not set: {what}" if absent else ""


async def _whatsapp(settings: Settings) -> str:
    async with _account(settings) as client:
        number = await _number(settings, client)
    return "\n".join(number.problems)


async def _templates(settings: Settings) -> str:
    async with _account(settings) as client:
        number = await _number(settings, client)
        if number.waba_id is None:
            return "not asked: Meta does not tell whose number it is"
        wanted = load(settings.business_dir).named_templates()
        return "\n".join(await client.templates(number.waba_id, wanted))


def _account(settings: Settings) -> AccountClient:
    token, number = settings.whatsapp_token, settings.whatsapp_phone_number_id
    if token is None or number is None:
        raise SettingsError("WHATSAPP_TOKEN and WHATSAPP_PHONE_NUMBER_ID are not both set")
    return AccountClient(settings.whatsapp_api_url, token.get_secret_value())


async def _number(settings: Settings, client: AccountClient) -> Account:
    number = settings.whatsapp_phone_number_id or ""
    return await client.number(number, per_second=settings.sends_per_second)


async def _model(settings: Settings) -> str:
    if settings.openai_api_key is None:
        return "OPENAI_API_KEY is not set"
    root = settings.openai_base_url or bootstrap.OPENAI_URL
    answer = await _get(f"{root.rstrip('/')}/models", settings.openai_api_key.get_secret_value())
    if not answer.is_success:
        return f"the provider answered {answer.status_code}: check OPENAI_API_KEY"
    known: dict[str, Any] = {model["id"]: model for model in answer.json().get("data", [])}
    if settings.openai_model not in known:
        return f"OPENAI_MODEL {settings.openai_model} is not among the provider's models"
    ends = known[settings.openai_model].get("shutdown_date")
    return f"{settings.openai_model} ends on {ends}: choose another OPENAI_MODEL" if ends else ""


async def _calendar(settings: Settings) -> str:
    if settings.google_calendar_credentials is None and not settings.google_calendar_api_url:
        return "GOOGLE_CALENDAR_CREDENTIALS is not set: `vendedor calendar login` says how"
    reps = load(settings.business_dir).reps
    async with bootstrap.calendar(settings) as calendar:
        checks = [await calendar.check(rep.calendar) for rep in reps]
    return "\n".join(check.missing for check in checks if check.missing)


async def _hubspot(settings: Settings) -> str:
    if settings.hubspot_token is None:
        return ""  # nobody has to have one
    async with bootstrap.hubspot(settings) as api:
        return "\n".join(await missing_properties(api))


async def _sync_webhooks(settings: Settings) -> str:
    """Whether the settings are whole: a POST would be an event that did not happen."""
    async with bootstrap.sinks(settings):
        return ""


async def _get(url: str, token: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=_SECONDS) as client:
        return await client.get(url, headers={"Authorization": f"Bearer {token}"})


_CHECKS: dict[str, Check] = {
    "business folder": _business,
    "handoffs": _handoffs,
    "Redis and PostgreSQL": _stores,
    "messages": _outgoing,
    "webhook": _webhook,
    "WhatsApp": _whatsapp,
    "templates": _templates,
    "model": _model,
    "Google Calendar": _calendar,
    "HubSpot": _hubspot,
    "sync webhooks": _sync_webhooks,
}
