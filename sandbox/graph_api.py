"""A stand-in for Meta's Graph API: as strict as the real one, on loopback, with no account.

    python -m sandbox.graph_api --port 8090 --webhook http://127.0.0.1:8000/webhook --secret s

Point the business's client at the printed address. What a lead does on a phone comes in under
/_sandbox (see graph_control) or through `GraphApi.leads`, and goes out as a signed webhook.
"""

import contextlib
import random
import secrets
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

import click
import httpx
import uvicorn
from starlette.applications import Starlette

from domain.ports import Clock
from sandbox.graph_control import Control
from sandbox.graph_endpoints import Endpoints
from sandbox.graph_errors import GraphFault
from sandbox.graph_faults import Faults
from sandbox.graph_leads import Leads
from sandbox.graph_limits import META_LIMITS, Limits, Rates
from sandbox.graph_media import MediaStore
from sandbox.graph_number import BusinessNumber
from sandbox.graph_phones import Phones, Receipts
from sandbox.graph_templates import Template
from sandbox.graph_webhooks import Destination, Retry, Webhooks


def now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


class GraphApi:
    """One business number at a Graph API. `app` serves it; `leads` is the other side.

    `limits` None enforces no rates; `META_LIMITS` are the real ones. `receipts` is how far a
    message gets on a phone by itself. `root` is the address of `app` as the business sees it.
    Webhooks go out while `app` runs its lifespan, or inside `async with api.delivering():`.
    """

    def __init__(
        self,
        *,
        phone_number_id: str,
        token: str,
        app_secret: str,
        webhook_url: str,
        templates: Sequence[Template] = (),
        waba_id: str = "102290129340398",
        display_number: str = "+1 555 010 0199",
        root: str = "http://127.0.0.1:8090",
        receipts: Receipts = "delivered",
        limits: Limits | None = None,
        retry: Retry | None = None,
        clock: Clock = now,
        dice: random.Random | None = None,
        webhook_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        dice = dice or secrets.SystemRandom()
        self.faults = Faults()
        self.media = MediaStore(app_secret.encode(), dice)
        self.phones = Phones(receipts)
        to = Destination(webhook_url, app_secret.encode(), waba_id, webhook_transport)
        self.webhooks = Webhooks(to, faults=self.faults, clock=clock, retry=retry or Retry())
        self.number = BusinessNumber(
            phone_number_id=phone_number_id,
            display_number=display_number,
            templates=templates,
            phones=self.phones,
            media=self.media,
            webhooks=self.webhooks,
            rates=Rates(limits or Limits()),
            clock=clock,
            dice=dice,
        )
        self.leads = Leads(self.number, root)
        endpoints = Endpoints(self.number, self.faults, token.encode(), waba_id, root)
        self.sends = endpoints.sends
        self.app = self._app(endpoints)

    def _app(self, endpoints: Endpoints) -> Starlette:
        control = Control(self.leads, self.faults, self.sends)
        return Starlette(
            routes=[*control.routes(), *endpoints.routes()],
            exception_handlers={GraphFault: endpoints.refuse, 404: endpoints.no_path},
            lifespan=lambda _: self.delivering(),
        )

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncGenerator[None]:
        """Deliver webhooks while the context is open."""
        async with self.webhooks:
            yield


@click.command()
@click.option("--port", default=8090, show_default=True)
@click.option("--webhook", required=True, help="Where the business takes its webhooks.")
@click.option("--secret", required=True, help="The app secret that signs webhooks.")
@click.option("--token", default="sandbox-token", show_default=True)
@click.option("--phone-number-id", default="106540352242922", show_default=True)
@click.option("--template", multiple=True, help="NAME:LANGUAGE:BODY of an approved template.")
@click.option("--rates/--no-rates", default=True, help="Enforce Meta's send rates.")
def main(
    *,
    port: int,
    webhook: str,
    secret: str,
    token: str,
    phone_number_id: str,
    template: tuple[str, ...],
    rates: bool,
) -> None:
    """Run the stand-in on loopback until it is stopped."""
    root = f"http://127.0.0.1:{port}"
    api = GraphApi(
        phone_number_id=phone_number_id,
        token=token,
        app_secret=secret,
        webhook_url=webhook,
        templates=[_template(written) for written in template],
        root=root,
        limits=META_LIMITS if rates else None,
    )
    click.echo(f"Graph API stand-in at {root}, number {phone_number_id}, token {token}")
    uvicorn.run(api.app, host="127.0.0.1", port=port, log_level="warning")


def _template(written: str) -> Template:
    name, _, rest = written.partition(":")
    language, _, body = rest.partition(":")
    if not (name and language and body):
        raise click.BadParameter(f"{written} is not NAME:LANGUAGE:BODY", param_hint="--template")
    return Template(name, language, body)


if __name__ == "__main__":
    main()
