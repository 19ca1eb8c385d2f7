"""What `vendedor doctor` tells of the number and its templates, asked of the Graph API stand-in."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from delivery.account import Account, AccountClient, template_problem
from domain.business import HandoffTemplate, LeadTemplate, NamedTemplate
from sandbox.graph_api import GraphApi
from sandbox.graph_templates import Template
from tests.tools.companies import acme

NUMBER, WABA, TOKEN = "1055", "2290", "token"

HANDOFF = Template("handoff", "es", "{{1}} {{2}} {{3}} {{4}}")
WAITING = [Template("waiting", code, "Hola") for code in ("es", "en", "pt_BR")]
WANTED = NamedTemplate(purpose="reopen", name="waiting", language="es", parameters=0)


@asynccontextmanager
async def asking(
    templates: Sequence[Template] = (), token: str = TOKEN
) -> AsyncGenerator[AccountClient]:
    graph = GraphApi(
        phone_number_id=NUMBER,
        token=TOKEN,
        app_secret="secret",
        webhook_url="http://127.0.0.1:1/webhook",
        templates=templates,
        waba_id=WABA,
    )
    transport = httpx.ASGITransport(app=graph.app)
    async with AccountClient("http://graph.test", token, transport=transport) as client:
        yield client


async def test_a_working_number_has_no_problem_and_names_its_account() -> None:
    async with asking() as client:
        assert await client.number(NUMBER, per_second=80) == Account((), WABA)


async def test_a_wrong_token_and_a_wrong_number_are_told_apart() -> None:
    async with asking(token="wrong") as client:
        [line] = (await client.number(NUMBER, per_second=80)).problems
        assert line.startswith("Meta answered 401")
    async with asking() as client:
        [line] = (await client.number("77", per_second=80)).problems
        assert "'77' does not exist" in line


async def test_a_rate_above_what_meta_allows_is_told() -> None:
    async with asking() as client:
        [line] = (await client.number(NUMBER, per_second=1000)).problems
        assert line == "SENDS_PER_SECOND is 1000, Meta allows this number 80"


async def test_what_blocks_the_number_is_told_in_metas_words() -> None:
    blocked = {
        "entity_type": "WABA",
        "id": WABA,
        "can_send_message": "BLOCKED",
        "errors": [{"error_description": "No payment method.", "possible_solution": "Add one."}],
    }
    node = {"status": "BANNED", "health_status": {"entities": [blocked]}, "id": NUMBER}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=node))
    async with AccountClient("http://graph.test", TOKEN, transport=transport) as client:
        assert await client.number(NUMBER, per_second=80) == Account(
            (
                "the number is BANNED, not CONNECTED",
                "WABA is BLOCKED: No payment method. Add one.",
            ),
            WABA,
        )


async def test_templates_that_stand_as_the_file_says_are_no_problem() -> None:
    business = acme().model_copy(
        update={
            "handoff_template": HandoffTemplate(name="handoff", language="es", fallback="handoff"),
            "templates": {"reopen": LeadTemplate(name="waiting", languages=("es", "en", "pt_BR"))},
        }
    )
    async with asking([HANDOFF, *WAITING]) as client:
        assert await client.templates(WABA, business.named_templates()) == []


async def test_every_missing_template_is_one_line() -> None:
    business = acme().model_copy(
        update={
            "templates": {
                "reopen": LeadTemplate(name="waiting", languages=("es", "fr"), fallback="other")
            }
        }
    )
    async with asking([*WAITING, Template("waiting_long", "fr", "Bonjour")]) as client:
        assert await client.templates(WABA, business.named_templates()) == [
            "handoff: template handoff is not at Meta: create it in WhatsApp Manager",
            "reopen: template waiting does not exist in fr: add that language, or change the file",
            "reopen: template other is not at Meta: create it in WhatsApp Manager",
        ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"status": "PAUSED"}, "is PAUSED, not APPROVED"),
        ({"status": "REJECTED"}, "is REJECTED, not APPROVED"),
        ({"category": "MARKETING"}, "say `marketing: true`"),
        ({"body": "Hola {{1}}"}, "takes 1 parameters, we send 0"),
        ({"body": "Hola {{name}}"}, "takes named parameters"),
    ],
)
async def test_a_template_that_stands_otherwise_is_told(changed: dict[str, str], told: str) -> None:
    async with asking([replace(WAITING[0], **changed)]) as client:
        [line] = await client.templates(WABA, [WANTED])
        assert line.startswith("reopen: template waiting in es")
        assert told in line


async def test_more_languages_than_a_page_holds_are_all_seen() -> None:
    many = [Template(f"waiting_{n}", "es", "Hola") for n in range(120)]
    async with asking([*many, *WAITING]) as client:
        assert await client.templates(WABA, [WANTED]) == []


@pytest.mark.parametrize(
    "component",
    [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "HEADER", "format": "TEXT", "text": "{{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://x.example/{{1}}"}]},
    ],
)
def test_parameters_outside_of_the_body_are_told(component: dict[str, object]) -> None:
    found = {
        "name": "waiting",
        "language": "es",
        "status": "APPROVED",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hola"}, component],
    }
    assert "outside of its body" in (template_problem(WANTED, [found]) or "")


async def test_a_foreign_account_is_told_once() -> None:
    async with asking() as client:
        lines = await client.templates("1", [WANTED, WANTED])
    assert lines[0].startswith("Meta answered 400")
