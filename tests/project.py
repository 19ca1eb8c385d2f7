"""The project as its files say it is: what is declared, and what the source imports."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())

MODULES = sorted(file.stem for file in ROOT.glob("*.py"))
PACKAGES = sorted(
    folder.name
    for folder in ROOT.iterdir()
    if folder.name not in ("tests", "benchmarks", "chaos") and (folder / "__init__.py").exists()
)


def sources(*names: str) -> Iterator[Path]:
    """The Python files of top-level modules and of folders."""
    for name in names:
        folder = ROOT / name
        yield from folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]


def imported(file: Path) -> set[str]:
    """The top-level names that a file imports, at its head or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def imported_by(*names: str) -> set[str]:
    """The top-level names that modules and folders import."""
    return set[str]().union(*map(imported, sources(*names)))
