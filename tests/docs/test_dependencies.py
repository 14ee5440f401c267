"""pyproject.toml names what the product imports, no more and no less; a logged model what serving needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from training.store import logged

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LAYERS = ("features", "serving", "training", "data", "leadscore")


def plain(requirement: str) -> str:
    """The name of a requirement, as an index compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\\[<>=; ]", requirement)[0]).lower()


def imported(*folders: str) -> dict[str, set[str]]:
    """Module that the sources below `folders` import, anywhere in them → the distributions that carry it."""
    trees = [
        ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
    ]
    nodes = [node for tree in trees for node in tree]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    tops = {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) - set(LAYERS)
    made_of = packages_distributions()
    return {top: {plain(name) for name in made_of.get(top, [top])} for top in tops}


def test_what_is_installed_is_what_is_imported() -> None:
    extras = {"pyspark", "psycopg", "mcp"}  # of [spark] and [postgres], which ibis brings; of [mcp]
    named = {plain(requirement) for requirement in PROJECT["dependencies"]}
    found = imported(*LAYERS)
    assert {module for module, carriers in found.items() if not carriers & named} <= extras
    taken = {"httptools", "uvloop"}  # uvicorn takes them where they are there
    assert named - taken <= set().union(*found.values())


def test_a_logged_model_asks_for_nothing_that_serving_does_not_import() -> None:
    assert set(logged._NEEDED) <= set().union(*imported("features", "serving").values())


def test_every_dependency_says_what_it_saves_us() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        assert re.search(rf'^  "{re.escape(requirement)}", +# \w', text, re.MULTILINE), requirement
