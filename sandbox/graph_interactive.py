"""Meta's rules for interactive messages: reply buttons, lists, links, requests."""

from collections.abc import Callable

from domain.values import Plain
from sandbox.graph_errors import GraphFault, invalid
from sandbox.graph_fields import (
    json_object,
    link,
    objects,
    one_of,
    only,
    optional_text,
    text,
    unique,
)

BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
ROWS = 10
ROW_ID = 200
ROW_TITLE = 24
ROW_DESCRIPTION = 72
SECTION_TITLE = 24
HEADER = FOOTER = 60
BODY_OF_LIST = 4096
BODY = 1024

_ACTION = "interactive['action']"


def check_interactive(content: Plain) -> None:
    """Raises GraphFault when Meta would refuse the interactive object."""
    only(content, ("type", "header", "body", "footer", "action"), "interactive")
    kind = one_of(content, "type", _ACTIONS, "interactive")
    body = json_object(content, "body", "interactive")
    limit = BODY_OF_LIST if kind == "list" else BODY
    text(body, "text", limit, "interactive['body']")
    if content.get("footer") is not None:
        footer = json_object(content, "footer", "interactive")
        text(footer, "text", FOOTER, "interactive['footer']")
    if content.get("header") is not None:
        _check_header(json_object(content, "header", "interactive"), kind)
    _ACTIONS[kind](json_object(content, "action", "interactive"))


def _check_header(header: Plain, kind: str) -> None:
    path = "interactive['header']"
    allowed = ("text",) if kind == "list" else ("text", "image", "video", "document")
    header_type = one_of(header, "type", allowed, path)
    if header_type == "text":
        text(header, "text", HEADER, path)
        return
    media = json_object(header, header_type, path)
    if bool(media.get("id")) == bool(media.get("link")):
        raise GraphFault(100, f"Param {path}['{header_type}'] must have exactly one of id, link.")


def _check_buttons(action: Plain) -> None:
    only(action, ("buttons",), _ACTION)
    buttons = objects(action, "buttons", _ACTION)
    if len(buttons) > BUTTONS:
        raise invalid(f"Invalid buttons count. Min allowed buttons: 1, Max allowed: {BUTTONS}")
    replies: list[Plain] = []
    for index, button in enumerate(buttons):
        path = f"{_ACTION}['buttons'][{index}]"
        one_of(button, "type", ("reply",), path)
        replies.append(json_object(button, "reply", path))
        only(replies[-1], ("id", "title"), f"{path}['reply']")
        text(replies[-1], "id", BUTTON_ID, f"{path}['reply']")
        text(replies[-1], "title", BUTTON_TITLE, f"{path}['reply']")
    unique([str(reply["id"]) for reply in replies], "button id")
    unique([str(reply["title"]) for reply in replies], "button title")


def _check_list(action: Plain) -> None:
    only(action, ("button", "sections"), _ACTION)
    text(action, "button", BUTTON_TITLE, _ACTION)
    sections = objects(action, "sections", _ACTION)
    rows = [row for i, section in enumerate(sections) for row in _rows(section, i, len(sections))]
    if len(rows) > ROWS:
        raise invalid(f"Total row count exceed max allowed count: {ROWS}")
    unique([str(row["id"]) for row in rows], "row id")


def _rows(section: Plain, index: int, sections: int) -> list[Plain]:
    path = f"{_ACTION}['sections'][{index}]"
    only(section, ("title", "rows"), path)
    # a single section may go without a title
    (text if sections > 1 else optional_text)(section, "title", SECTION_TITLE, path)
    rows = objects(section, "rows", path)
    for number, row in enumerate(rows):
        where = f"{path}['rows'][{number}]"
        only(row, ("id", "title", "description"), where)
        text(row, "id", ROW_ID, where)
        text(row, "title", ROW_TITLE, where)
        optional_text(row, "description", ROW_DESCRIPTION, where)
    return rows


def _check_link(action: Plain) -> None:
    only(action, ("name", "parameters"), _ACTION)
    one_of(action, "name", ("cta_url",), _ACTION)
    parameters = json_object(action, "parameters", _ACTION)
    text(parameters, "display_text", BUTTON_TITLE, f"{_ACTION}['parameters']")
    link(parameters, "url", f"{_ACTION}['parameters']")


def _request_check(name: str) -> Callable[[Plain], None]:
    def check(action: Plain) -> None:
        one_of(action, "name", (name,), _ACTION)

    return check


_ACTIONS: dict[str, Callable[[Plain], None]] = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "location_request_message": _request_check("send_location"),
    "request_contact_info": _request_check("request_contact_info"),
}
