"""The sandbox as one app: Graph API, Calendar API, model endpoint and the chat page."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import Mount

from domain.business import Business, NamedTemplate
from domain.values import Plain
from sandbox import model_api
from sandbox.calendar_api import CalendarApi
from sandbox.calendar_page import Holds, no_holds
from sandbox.chat import chat_routes
from sandbox.graph_api import GraphApi
from sandbox.graph_templates import Template
from sandbox.model_api import MODEL

PHONE_NUMBER_ID = "106540352242922"
TOKEN = "sandbox-token"  # noqa: S105 - of a stand-in on loopback
RULES_NOTICE = (
    "The answers come from a rule-based stand-in, not from a language model. "
    "Set OPENAI_API_KEY to talk to a real one."
)

_HANDOFF_BODY = "Conversación para ti: {{1}}, {{2}}. Motivo: {{3}}. Lo que sabemos: {{4}}."
_TAKE_IT = "Tómala aquí: {{5}} Gracias."
_WAITING = {
    "es": "Tenemos una respuesta para ti. ¿Seguimos por aquí?",
    "en": "We have an answer for you. Shall we go on here?",
    "pt": "Temos uma resposta para você. Vamos continuar por aqui?",
}

Inspect = Callable[[str], Awaitable[Plain]]


@dataclass(frozen=True)
class Sandbox:
    """The app; its parts are at /graph, /google, /openai and /chat/."""

    app: Starlette
    graph: GraphApi
    calendar: CalendarApi

    @asynccontextmanager
    async def delivering(self) -> AsyncGenerator[None]:
        """Deliver webhooks while the context is open."""
        async with self.graph.delivering():
            yield


def sandbox(
    *,
    root: str,
    webhook_url: str,
    app_secret: str,
    business: Business,
    inspect: Inspect,
    notices: Sequence[str],
    holds: Holds = no_holds,
    report: str | None = None,
) -> Sandbox:
    """All parts behind one address; the demo calendars are those of the business's reps.

    `report` is where the agent's results are shown, if they are.
    """
    graph = GraphApi(
        phone_number_id=PHONE_NUMBER_ID,
        token=TOKEN,
        app_secret=app_secret,
        webhook_url=webhook_url,
        templates=[_approved(template) for template in business.named_templates()],
        root=f"{root}/graph",
    )
    for person in business.people.values():
        graph.leads.phone(person.phone, name=person.name)
    names = [rep.calendar for rep in business.reps]
    calendar = CalendarApi(names, zone=business.timezone, holds=holds)
    app = Starlette(
        routes=[
            Mount("/graph", graph.app),
            Mount("/google", calendar),
            Mount("/openai", model_api.create_app()),
            *chat_routes(graph, inspect, notices, report),
        ]
    )
    return Sandbox(app, graph, calendar)


def _approved(named: NamedTemplate) -> Template:
    """A template of the business file as Meta would have approved it."""
    if named.purpose == "handoff":
        linked = named.parameters > _HANDOFF_BODY.count("{{")
        body = f"{_HANDOFF_BODY} {_TAKE_IT}" if linked else _HANDOFF_BODY
    elif named.purpose == "reopen":
        body = _WAITING.get(named.language[:2], _WAITING["en"])
    else:
        parameters = " ".join(f"{{{{{n}}}}}" for n in range(1, named.parameters + 1))
        body = f"{named.name} {parameters}".rstrip()
    category = "MARKETING" if named.marketing else "UTILITY"
    return Template(named.name, named.language, body, category)


__all__ = ["MODEL", "PHONE_NUMBER_ID", "RULES_NOTICE", "TOKEN", "Sandbox", "sandbox"]
