"""Templates: which exist, what a send must bring, what the lead then reads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.values import Plain
from sandbox.graph_errors import GraphFault, missing
from sandbox.graph_fields import json_object, objects, only, text

PARAM_LIMIT = 1024
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_STOPPED = {"PAUSED": 132015, "DISABLED": 132016}
_FORBIDDEN = re.compile(r"[\n\t]| {5,}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template at Meta. `body` holds its placeholders: {{1}} or {{name}}."""

    name: str
    language: str
    body: str
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    buttons: tuple[str, ...] = ()
    """Titles of quick reply buttons."""
    status: Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"] = "APPROVED"

    @property
    def placeholders(self) -> tuple[str, ...]:
        """In order of first appearance, each once."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.body)))

    @property
    def named(self) -> bool:
        return any(not name.isdigit() for name in self.placeholders)

    def plain(self, template_id: str) -> Plain:
        """As `GET /{waba}/message_templates` lists it."""
        components: list[Plain] = [{"type": "BODY", "text": self.body}]
        if self.buttons:
            replies = [{"type": "QUICK_REPLY", "text": title} for title in self.buttons]
            components.append({"type": "BUTTONS", "buttons": replies})
        return {
            "name": self.name,
            "parameter_format": "NAMED" if self.named else "POSITIONAL",
            "components": components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": template_id,
        }


def template_page(listed: Sequence[Plain], query: Mapping[str, str]) -> Plain:
    """`GET /{waba}/message_templates`: filters, fields, and pages of `limit`, 25 unless told.

    Raises GraphFault 100 for a field, a limit or a cursor that does not exist.
    """
    matching = [
        t
        for t in listed
        if query.get("name", "") in t["name"]
        and all(query.get(key, t[key]) == t[key] for key in ("status", "language", "category"))
    ]
    size, after = query.get("limit", "25"), query.get("after", "0")
    if not size.isdigit() or not int(size) or not after.isdigit():
        raise GraphFault(100, "Params limit and after must be a positive integer and a cursor")
    start = int(after)
    page = matching[start : start + int(size)]
    paging: Plain = {"cursors": {"before": str(start), "after": str(start + len(page))}}
    if start + len(page) < len(matching):
        paging["next"] = "https://graph.facebook.com/next"
    return {"data": [_shown(t, query.get("fields")) for t in page], "paging": paging}


def _shown(template: Plain, fields: str | None) -> Plain:
    wanted = fields.split(",") if fields else list(template)
    for name in wanted:
        if name not in template:
            raise GraphFault(100, f"Tried accessing nonexisting field ({name})")
    return {name: value for name, value in template.items() if name in {*wanted, "id"}}


def check_template_shape(content: Plain) -> None:
    """Raises GraphFault when the template object is not well-formed, whatever templates exist."""
    only(content, ("name", "language", "components"), "template")
    text(content, "name", 512, "template")
    language = json_object(content, "language", "template")
    only(language, ("code", "policy"), "template['language']")
    text(language, "code", 10, "template['language']")
    if content.get("components"):
        for component in objects(content, "components", "template"):
            text(component, "type", 20, "template['components']")


def find_template(content: Plain, templates: Iterable[Template]) -> Template:
    """The approved template that a send names. Raises GraphFault 132001, 132015, 132016."""
    name, language = content["name"], content["language"]["code"]
    for template in templates:
        if template.name == name and template.language == language:
            if template.status in _STOPPED:
                raise GraphFault(_STOPPED[template.status])
            if template.status == "APPROVED":
                return template
    raise GraphFault(132001, f"template name ({name}) does not exist in {language}")


def render_template(content: Plain, template: Template) -> str:
    """The body with its parameters. Raises GraphFault 132000, 132012, 132018 or 100."""
    given = _body_parameters(content)
    wanted = template.placeholders
    if len(given) != len(wanted):
        raise GraphFault(
            132000,
            f"body: number of localizable_params ({len(given)}) does not match the expected "
            f"number of params ({len(wanted)})",
        )
    values = dict(_pairs(given, template))
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template.body)


def _pairs(given: list[Plain], template: Template) -> Iterable[tuple[str, str]]:
    for index, parameter in enumerate(given):
        if parameter.get("type") != "text":
            raise GraphFault(132012, f"body: param {index} must be of type text")
        value = text(parameter, "text", PARAM_LIMIT, f"template['components'] parameter {index}")
        if _FORBIDDEN.search(value):
            raise GraphFault(
                132018,
                "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
            )
        if not template.named:
            yield template.placeholders[index], value
        elif parameter.get("parameter_name") not in template.placeholders:
            raise missing(f"template['components'] parameter_name of parameter {index}")
        else:
            yield str(parameter["parameter_name"]), value


def _body_parameters(content: Plain) -> list[Plain]:
    return [
        parameter
        for component in _components(content, "body")
        for parameter in _parameters(component)
    ]


def _components(content: Plain, kind: str) -> list[Plain]:
    components: list[Plain] = content.get("components") or []
    return [c for c in components if str(c["type"]).lower() == kind]


def _parameters(component: Plain) -> list[Plain]:
    return objects(component, "parameters") if component.get("parameters") else []


def button_payloads(content: Plain, template: Template) -> tuple[tuple[str, str], ...]:
    """(payload, title) of each quick reply; a button that the send gave no payload has its title.

    Raises GraphFault 132000 for a button that the template does not have.
    """
    payloads: dict[int, str] = {}
    for component in _components(content, "button"):
        index = str(component.get("index", ""))
        if not index.isdigit() or int(index) >= len(template.buttons):
            raise GraphFault(132000, f"buttons: button at index {index} does not exist")
        for parameter in _parameters(component):
            payloads[int(index)] = text(parameter, "payload", 256, "template['components']")
    return tuple((payloads.get(i, name), name) for i, name in enumerate(template.buttons))
