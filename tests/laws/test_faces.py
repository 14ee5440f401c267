"""Packages keep their promises: a sentence, a few names, and no layer that reaches behind another's face."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("features", "serving", "training")
MANY_NAMES = {
    "features.recipe": "a recipe has many sections",
    "features.catalogue": "each kind of feature is a name",
    "features.lead": "one lead, those of a list, and what is measured on their events",
    "features.profiles": "what a column is, and what people call a lead by",
    "serving.browse": "a file before it is scored, after, and one lead of it",
    "serving.ledger": "what is sent, kept, read, handed out and deleted: one name each",
    "serving.registry": "a local store is asked by two readings, MLflow's and our own",
    "serving.words": "reasons, and every other sentence in the language of who reads it",
    "serving.page": "the words of which all pages are made",
    "serving.scorers": "training fits each of them, part by part",
}
MANY_FILES = {"training.report": "a page has 15 sections"}


def packages() -> dict[str, Path]:
    found = {
        f"{layer}.{path.parent.name}": path
        for layer in LAYERS
        for path in sorted((ROOT / layer).glob("*/__init__.py"))
    }
    assert len(found) > 20
    return found


def names_of(path: Path) -> list[str]:
    """What a package shows: its `__all__`."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


@pytest.mark.parametrize("package", packages())
def test_a_package_has_one_sentence_and_a_few_names(package: str) -> None:
    path = packages()[package]
    assert ast.get_docstring(ast.parse(path.read_text()))
    assert len(names_of(path)) <= 12 or package in MANY_NAMES


@pytest.mark.parametrize("package", packages())
def test_a_package_holds_few_files(package: str) -> None:
    files = [path for path in packages()[package].parent.glob("*.py") if path.name != "__init__.py"]
    assert 2 <= len(files) <= 15 or package in MANY_FILES


@pytest.mark.parametrize("layer", [*LAYERS, "data", "leadscore"])
def test_no_layer_imports_a_file_behind_another_layers_face(layer: str) -> None:
    files = sorted((ROOT / layer).rglob("*.py"))
    assert len(files) > 1
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] != layer:
                behind = node.module.split(".")[0] in LAYERS and node.module.count(".") > 1
                assert not behind, f"{path}:{node.lineno} {node.module}"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layers_names_are_those_that_types_see(layer: str) -> None:
    tree = ast.parse((ROOT / layer / "__init__.py").read_text())
    seen = {a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    module = __import__(layer)
    shown = {name for names in module._PLACES.values() for name in names}
    assert seen - {"TYPE_CHECKING", "lazily"} == shown
    assert len(shown) <= 12
    assert all(getattr(module, name) is not None for name in shown)


@pytest.mark.parametrize("layer", LAYERS)
def test_importing_a_layer_imports_nothing_heavy(layer: str) -> None:
    code = (
        f"import sys, {layer}; print(sorted({{'pandas', 'ibis', 'lightgbm', 'mlflow'}} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
