"""The map of the project holds: data flows one way, files stay small, packages are ours."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("corpus", "rag", "eval", "interfaces")
MODULES = [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


def imported_packages(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_package_imports_only_from_those_before_it(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    later = set(LAYERS[LAYERS.index(layer) + 1 :])
    assert not imported_packages(path) & later


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_pickled_and_langchain_community_is_not_used(path: Path) -> None:
    assert not imported_packages(path) & {"pickle", "joblib", "dill", "cloudpickle", "langchain_community"}


def test_what_measures_are_checked_against_is_for_tests_only() -> None:
    for path in MODULES:
        assert not imported_packages(path) & {"ir_measures", "pytrec_eval", "ranx", "numba", "pandas"}, path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 360
    assert path.stem not in {"utils", "helpers", "misc", "common"}


@pytest.mark.parametrize("name", LAYERS)
def test_packages_are_ours_and_not_a_builtin_or_a_stranger(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(ROOT)
