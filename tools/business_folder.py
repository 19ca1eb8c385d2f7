"""Read a business folder: `business.yaml`, `knowledge/*.md`, `documents/`.

Every problem is found at once and told as "business.yaml:12: reps.0.phone: must be like
+573001112233", so that whoever edits the folder needs no programmer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.business import PARAMETERS, Business, Holidays, Hours, Person, Section
from domain.errors import BusinessError
from domain.working_time import public_holidays
from tools.marked_yaml import Marked, Place

PROFILE = "business.yaml"
LARGEST_DOCUMENT = 100 * 1024 * 1024
"""Bytes; WhatsApp takes no larger document."""

_ANY_YEAR = 2026
_FROM_THE_FOLDER = ("knowledge", "files")
_ID = "only small letters, digits, - and _"
_TEMPLATE = "only small letters, digits and _, as in WhatsApp Manager"
_TEMPLATE_LANGUAGE = "must be a language code like es or pt_BR"
_DAY = "must be one of mon, tue, wed, thu, fri, sat, sun"
_DATE = "must be a date like 2026-12-24"
_CAP = "must be a number from 1 to 50"
_CURRENCY = "must be three capital letters, like USD"


def _template_hints() -> dict[tuple[str, ...], str]:
    hints: dict[tuple[str, ...], str] = {}
    for purpose in PARAMETERS:
        hints["templates", purpose, "name"] = _TEMPLATE
        hints["templates", purpose, "fallback"] = _TEMPLATE
        hints["templates", purpose, "languages"] = _TEMPLATE_LANGUAGE
    return hints


def _person_hints(who: str) -> dict[tuple[str, ...], str]:
    return {
        (who, "id"): _ID,
        (who, "phone"): "must be like +573001112233",
        (who, "hours", "day"): _DAY,
        (who, "hours", "opens"): "must be an hour like 09:00",
        (who, "hours", "closes"): "must be an hour like 18:00",
        (who, "absences", "first"): _DATE,
        (who, "absences", "last"): _DATE,
    }


_HINTS: dict[tuple[str, ...], str] = {
    ("documents", "id"): _ID,
    ("hours", "day"): _DAY,
    ("hours", "opens"): "must be an hour like 09:00",
    ("hours", "closes"): "must be an hour like 18:00",
    **_person_hints("reps"),
    **_person_hints("manager"),
    ("reps", "max_per_day"): _CAP,
    ("call", "max_per_day"): _CAP,
    ("holidays", "country"): "must be two capital letters, like CO",
    ("prices", "amount"): "must be a number like 49 or 49.90",
    ("prices", "currency"): _CURRENCY,
    ("currency",): _CURRENCY,
    ("language",): "must be one of es, en, pt",
    ("timezone",): "must be a name like America/Bogota",
    ("privacy_url",): "must begin with https://",
    ("handoff_template", "name"): _TEMPLATE,
    ("handoff_template", "fallback"): _TEMPLATE,
    ("handoff_template", "language"): _TEMPLATE_LANGUAGE,
    ("handoff_template", "link"): "must be true or false",
    **_template_hints(),
}
_KINDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "tuple_type": "must be a list, each line beginning with -",
    "model_type": "must be lines of `key: value`",
}
_HEADING = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)
_TITLE = re.compile(r"^# .*$", re.MULTILINE)

Problem = tuple[Place, str]


def load(folder: Path) -> Business:
    """The business that the folder describes. Raises BusinessError with every problem found."""
    profile = Marked(_read(folder / PROFILE, PROFILE), PROFILE)
    sections, problems = _knowledge(folder)
    business, wrong = _business(profile, folder, sections)
    problems = [*profile.problems, *(profile.problem(*found) for found in wrong), *problems]
    if problems or business is None:
        raise BusinessError(*dict.fromkeys(problems))
    return business


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise BusinessError(f"{name}: cannot be read ({error.strerror}): {path}") from error
    except UnicodeDecodeError as error:
        raise BusinessError(f"{name}: is not UTF-8 text") from error


def _business(
    profile: Marked, folder: Path, sections: Sequence[Section]
) -> tuple[Business | None, list[Problem]]:
    if not isinstance(profile.value, dict):
        return None, [((), "must be lines of `key: value`")]
    values = cast("dict[str, object]", profile.value)
    given: list[Problem] = [
        ((key,), "is not a known key") for key in _FROM_THE_FOLDER if key in values
    ]
    files = (folder / "documents").resolve()
    try:
        business = Business.model_validate({**values, "files": str(files), "knowledge": sections})
    except ValidationError as error:
        return None, [*given, *((found["loc"], _reason(found)) for found in error.errors())]
    return business, [*given, *_rules(business, files)]


def _reason(error: ErrorDetails) -> str:
    field = tuple(part for part in error["loc"] if isinstance(part, str))
    return _KINDS.get(error["type"]) or _HINTS.get(field) or error["msg"]


def _rules(business: Business, files: Path) -> Iterator[Problem]:
    """What a schema cannot say: files that exist, ids that differ, hours that run forwards."""
    for i, document in enumerate(business.documents):
        if reason := _file_problem(files, document.file):
            yield ("documents", i, "file"), reason
    yield from _twins("documents", [document.id for document in business.documents])
    yield from _twins("reps", [rep.id for rep in business.reps])
    yield from _backwards((), business.hours)
    for i, rep in enumerate(business.reps):
        yield from _times_of(("reps", i), rep)
    if manager := business.manager:
        yield from _times_of(("manager",), manager)
        if manager.id in {rep.id for rep in business.reps}:
            yield ("manager", "id"), f"{manager.id} is a rep's: leave the id away, the phone may be"
    if business.holidays and (reason := _unknown_holidays(business.holidays)):
        yield ("holidays", reason[0]), reason[1]
    for i, link in enumerate(business.links):
        if not link.startswith("https://"):
            yield ("links", i), "must begin with https://"


def _times_of(place: Place, person: Person) -> Iterator[Problem]:
    yield from _backwards(place, person.hours)
    for i, absence in enumerate(person.absences):
        if absence.last < absence.first:
            yield (*place, "absences", i, "last"), "must not be earlier than first"


def _backwards(place: Place, hours: Sequence[Hours]) -> Iterator[Problem]:
    for i, each in enumerate(hours):
        if each.closes <= each.opens:
            yield (*place, "hours", i, "closes"), "must be later than opens"


def _unknown_holidays(where: Holidays) -> tuple[str, str] | None:
    """The key that is wrong, and why."""
    try:
        public_holidays(where.country, None, _ANY_YEAR)
    except NotImplementedError:
        return "country", f"the holidays of {where.country} are not known"
    try:
        public_holidays(where.country, where.subdivision, _ANY_YEAR)
    except NotImplementedError:
        return "subdivision", f"{where.country} has no part with the code {where.subdivision}"
    return None


def _twins(field: str, ids: Sequence[str]) -> Iterator[Problem]:
    counted = Counter(ids)
    for i, id_ in enumerate(ids):
        if counted[id_] > 1:
            yield (field, i, "id"), f"{id_} stands there twice"


def _file_problem(files: Path, name: str) -> str | None:
    try:
        path = (files / name).resolve()
        if not path.is_relative_to(files):
            return f"must lie in {files}"
        size = path.stat().st_size if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return f"{name!r} is no file name"
    if size is None:
        return f"there is no file {name} in {files}"
    if size > LARGEST_DOCUMENT:
        return "is larger than 100 MB, which WhatsApp does not take"
    return None if size else "is an empty file"


def _knowledge(folder: Path) -> tuple[tuple[Section, ...], list[str]]:
    """Every `## heading` of every Markdown file, by file name and place."""
    sections: list[Section] = []
    problems: list[str] = []
    for path in sorted((folder / "knowledge").glob("*.md")):
        name = f"knowledge/{path.name}"
        try:
            text = _read(path, name)
        except BusinessError as error:
            problems += error.problems
            continue
        found = tuple(_sections(text, path.stem))
        sections += (section for section in found if section.body)
        problems += (f'{name}: "{s.title}" has no text' for s in found if not s.body)
    return tuple(sections), problems


def _sections(text: str, stem: str) -> Iterator[Section]:
    """The text before the first heading, if any, is named after the file."""
    opening, *parts = _HEADING.split(text)
    if intro := _TITLE.sub("", opening).strip():
        yield Section(title=stem, body=intro)
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        yield Section(title=title, body=body.strip())
