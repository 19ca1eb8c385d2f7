"""The light half of the composition root stays light."""

import os
import subprocess
import sys

import pytest

from connections import operator
from tests.project import ROOT

HEAVY = ("googleapiclient", "holidays", "langchain_core", "langgraph", "openai", "pywa")


@pytest.mark.parametrize("module", ["records", "replays"])
def test_a_short_command_imports_nothing_that_takes_seconds(module: str) -> None:
    asked = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert module in found.stdout.split()
    assert not set(HEAVY) & set(found.stdout.split())


def test_a_user_without_a_name_is_known_by_his_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 1_000_670_000)  # as OpenShift runs containers
    assert operator() == "cli:1000670000"
