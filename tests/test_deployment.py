"""`.env.example` and `compose.yaml` against the settings, so that none is forgotten or invented."""

import itertools
import re
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic_core import PydanticUndefined

from settings import Settings
from tests.project import ROOT

FIELDS = Settings.model_fields
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())

ONLY_COMPOSE = {"POSTGRES_PASSWORD", "PUBLISH"}
SET_BY_THE_IMAGE = {"HOST", "PORT"}
ONLY_DEVELOPMENT = {"VENDEDOR_DATA_DIR"}


def documented() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def default(name: str) -> str:
    """As `.env.example` shows it: nothing for what is not set, or is a folder of the package."""
    value = FIELDS[name].default
    assert value is not PydanticUndefined, f"{name} has no default: `vendedor dev` needs one"
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    nothing = value in (None, {}) or (isinstance(value, Path) and value.is_absolute())
    return "" if nothing else str(value)


def test_the_example_names_exactly_the_settings() -> None:
    assert set(documented()) - ONLY_COMPOSE == {name.upper() for name in FIELDS}


def test_the_example_shows_the_defaults() -> None:
    shown = {name: value for name, value in documented().items() if name not in ONLY_COMPOSE}

    assert shown == {name.upper(): default(name) for name in FIELDS}


def test_every_setting_of_the_example_has_a_comment() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        assert before.startswith("# ") or not re.match(r"[A-Z]", line), line


def test_compose_hands_every_setting_in() -> None:
    names = {name.upper() for name in FIELDS} - SET_BY_THE_IMAGE - ONLY_DEVELOPMENT

    assert set(COMPOSE["services"]["web"]["environment"]) == names


def test_compose_and_the_dockerfile_hold_no_secret() -> None:
    environment = COMPOSE["services"]["web"]["environment"]
    secret = [name.upper() for name, field in FIELDS.items() if "SecretStr" in str(field)]

    assert len(secret) >= 5
    assert all(re.fullmatch(rf"\$\{{{name}:[?-].*\}}", environment[name]) for name in secret)


def test_what_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))

    assert asked <= set(documented())


def test_turns_end_before_compose_kills() -> None:
    grace = int(COMPOSE["services"]["worker"]["stop_grace_period"].removesuffix("s"))

    assert grace > FIELDS["drain_seconds"].default


def test_make_bench_runs_every_benchmark() -> None:
    programs = [f for f in (ROOT / "benchmarks").glob("*.py") if "__main__" in f.read_text()]
    makefile = (ROOT / "Makefile").read_text()

    assert programs
    assert all(f"python -m benchmarks.{program.stem}\n" in makefile for program in programs)
