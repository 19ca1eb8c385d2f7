"""The wheel, built from a copy of the source and installed into an empty environment."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.project import MODULES, PACKAGES, ROOT, sources

pytestmark = pytest.mark.slow

DATA = ["business", *PACKAGES]
"""Folders whose other files must be installed, too."""

BUILD = "import sys, setuptools.build_meta as b; print(b.build_wheel(sys.argv[1]))"
IMPORT = "import importlib, sys; [print(importlib.import_module(n).__file__) for n in sys.argv[1:]]"


def run(*command: str | Path, at: Path) -> str:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built beside the source, where a `build/` left from earlier cannot fill a gap."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "tests")
    shutil.copytree(ROOT, source, ignore=left_out, dirs_exist_ok=True)
    run(sys.executable, "-c", BUILD, built, at=source)
    return next(built.glob("vendedor-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, and the locked packages behind it."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    site = next(home.glob("lib/python*/site-packages"))
    # a .pth file in a folder that a .pth file names is not read: the editable install stays out
    (site / "locked.pth").write_text(sysconfig.get_path("purelib"))
    uv = Path(sys.executable).with_name("uv")
    run(uv, "pip", "install", "--offline", "--no-deps", "--python", home / "bin/python", wheel,
        at=home)  # fmt: skip
    return home


def site_packages(installed: Path) -> Path:
    return next(installed.glob("lib/python*/site-packages"))


def dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_is_imported_from_the_wheel(installed: Path) -> None:
    names = [dotted(file) for file in sources(*MODULES, *PACKAGES)]

    files = run(installed / "bin/python", "-I", "-c", IMPORT, *names, at=installed).split()

    assert len(files) == len(names)
    assert not [file for file in files if not Path(file).is_relative_to(site_packages(installed))]


def test_every_data_file_is_in_the_wheel(installed: Path) -> None:
    files = [
        file.relative_to(ROOT)
        for folder in DATA
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc")
    ]

    assert {file.parts[0] for file in files} >= {"business", "crm", "nodes", "sandbox"}
    for file in files:
        assert (site_packages(installed) / file).read_bytes() == (ROOT / file).read_bytes(), file


def test_nothing_else_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name.partition("/")[0] for name in archive.namelist()}

    assert found == {*DATA, *(f"{module}.py" for module in MODULES), "vendedor-0.1.0.dist-info"}


def test_the_command_is_installed(installed: Path) -> None:
    assert "0.1.0" in run(installed / "bin/vendedor", "--version", at=installed)
