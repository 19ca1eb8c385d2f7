"""The lock files: they satisfy pyproject.toml, agree, carry hashes, and name no host."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project import PYPROJECT, ROOT

RUNTIME = PYPROJECT["project"]["dependencies"]
DEVELOPMENT = [
    *RUNTIME,
    *PYPROJECT["project"]["optional-dependencies"]["sandbox"],
    *PYPROJECT["dependency-groups"]["dev"],
]
LOCKS = {"requirements.lock": RUNTIME, "requirements-dev.lock": DEVELOPMENT}


@dataclass(frozen=True)
class Pin:
    name: str
    version: Version
    hashes: frozenset[str]


def pins(lock: str) -> Iterator[Pin]:
    for entry in re.split(r"\n(?=\S)", (ROOT / lock).read_text()):
        requirement = Requirement(entry.partition("\\")[0])
        (pin,) = requirement.specifier
        hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry))
        yield Pin(canonicalize_name(requirement.name), Version(pin.version), hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_is_declared(lock: str) -> None:
    locked = {pin.name: pin.version for pin in pins(lock)}
    for requirement in map(Requirement, LOCKS[lock]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, (
            f"{requirement} is not in {lock}: run `make lock`"
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    assert all(pin.hashes for pin in pins(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_development_runs_on_the_versions_of_production() -> None:
    assert set(pins("requirements.lock")) <= set(pins("requirements-dev.lock"))
