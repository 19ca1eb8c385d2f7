"""What Meta says of the business number and its templates, for whoever sets it up.

Pages "Messaging Health Status" and "Template management" of Meta's documentation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from delivery.graph_client import versioned
from domain.business import NamedTemplate
from domain.values import Plain

_SECONDS = 10.0
_MOST_PAGES = 20
_STANDARD_RATE = 80
_FIELDS = "display_phone_number,status,throughput,health_status"
_TEMPLATE_FIELDS = "name,status,category,language,parameter_format,components"
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Account:
    """The number as Meta has it. `waba_id` owns its templates; None when Meta does not tell."""

    problems: tuple[str, ...]
    waba_id: str | None


class AccountClient:
    """Asks the Graph API; use as a context manager. Everything raises httpx.HTTPError."""

    def __init__(
        self, api_url: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=versioned(api_url),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_SECONDS,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def number(self, number_id: str, *, per_second: float) -> Account:
        """The number, and what keeps it from sending `per_second` messages."""
        answer = await self._http.get(f"/{number_id}", params={"fields": _FIELDS})
        if not answer.is_success:
            return Account((_refusal(answer),), None)
        node = answer.json()
        entities = node.get("health_status", {}).get("entities", [])
        waba = next((e["id"] for e in entities if e.get("entity_type") == "WABA"), None)
        return Account((*_state(node), *_rate(node, per_second), *_blocked(entities)), waba)

    async def templates(self, waba_id: str, wanted: Iterable[NamedTemplate]) -> list[str]:
        """One line for each template that cannot be sent as the business file says."""
        found: dict[str, list[Plain]] = {}
        problems: list[str] = []
        for template in wanted:
            if template.name not in found:
                found[template.name] = await self._named(waba_id, template.name, problems)
            if problem := template_problem(template, found[template.name]):
                problems.append(problem)
        return list(dict.fromkeys(problems))

    async def _named(self, waba_id: str, name: str, problems: list[str]) -> list[Plain]:
        """Every language of a template; Meta's filter also finds longer names."""
        query = {"name": name, "fields": _TEMPLATE_FIELDS, "limit": "100"}
        listed: list[Plain] = []
        for _ in range(_MOST_PAGES):
            answer = await self._http.get(f"/{waba_id}/message_templates", params=query)
            if not answer.is_success:
                problems.append(_refusal(answer))
                break
            page = answer.json()
            listed += (template for template in page["data"] if template["name"] == name)
            if "next" not in page.get("paging", {}):
                break
            query["after"] = page["paging"]["cursors"]["after"]
        return listed


def template_problem(wanted: NamedTemplate, found: Sequence[Plain]) -> str | None:
    """Why a template of the business file cannot be sent; `found` are Meta's of its name."""
    what = f"{wanted.purpose}: template {wanted.name}"
    if not found:
        return f"{what} is not at Meta: create it in WhatsApp Manager"
    one = next((template for template in found if template["language"] == wanted.language), None)
    if one is None:
        return f"{what} does not exist in {wanted.language}: add that language, or change the file"
    what = f"{what} in {wanted.language}"
    if one["status"] != "APPROVED":
        return f"{what} is {one['status']}, not APPROVED"
    if one["category"] == "MARKETING" and not wanted.marketing:
        return f"{what} is MARKETING at Meta: say `marketing: true` in the file"
    return _shape_problem(what, wanted, one)


def _shape_problem(what: str, wanted: NamedTemplate, found: Plain) -> str | None:
    taken = _parameters(found, "BODY")
    if found.get("parameter_format") == "NAMED" and taken:
        return f"{what} takes named parameters, we send numbered ones: {{{{1}}}}, {{{{2}}}}"
    if len(taken) != wanted.parameters:
        return f"{what} takes {len(taken)} parameters, we send {wanted.parameters}"
    if _needs_more(found):
        return f"{what} needs parameters outside of its body, which we do not send"
    return None


def _parameters(template: Plain, kind: str) -> set[str]:
    texts = (str(c.get("text", "")) for c in _components(template) if c["type"].upper() == kind)
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def _needs_more(template: Plain) -> bool:
    media = any(
        c["type"].upper() == "HEADER" and c.get("format", "TEXT") != "TEXT"
        for c in _components(template)
    )
    links = (b.get("url", "") for c in _components(template) for b in c.get("buttons", ()))
    open_links = any(_PLACEHOLDER.search(link) for link in links)
    return media or open_links or bool(_parameters(template, "HEADER"))


def _components(template: Plain) -> list[dict[str, Any]]:
    return template.get("components", [])


def _state(node: Plain) -> list[str]:
    status = node.get("status", "CONNECTED")
    return [] if status == "CONNECTED" else [f"the number is {status}, not CONNECTED"]


def _rate(node: Plain, per_second: float) -> list[str]:
    level = node.get("throughput", {}).get("level")
    if level != "STANDARD" or per_second <= _STANDARD_RATE:
        return []
    return [f"SENDS_PER_SECOND is {per_second:g}, Meta allows this number {_STANDARD_RATE}"]


def _blocked(entities: Iterable[Plain]) -> list[str]:
    return [
        f"{entity['entity_type']} is {entity['can_send_message']}: {_reasons(entity)}"
        for entity in entities
        if entity.get("can_send_message", "AVAILABLE") != "AVAILABLE"
    ]


def _reasons(entity: Plain) -> str:
    told = (
        f"{error.get('error_description', '')} {error.get('possible_solution', '')}".strip()
        for error in entity.get("errors", ())
    )
    return " ".join([*told, *entity.get("additional_info", ())]) or "see WhatsApp Manager"


def _refusal(answer: httpx.Response) -> str:
    try:
        error = answer.json()["error"]
        details = error.get("error_data", {}).get("details")
        reason = f"{details or error['message']} (code {error['code']})"
    except (AttributeError, KeyError, TypeError, ValueError):
        reason = "no readable error"
    return f"Meta answered {answer.status_code}: {reason}"
