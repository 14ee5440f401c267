"""The layers hold where import-linter cannot look: the command, data/, who imports MLflow and BentoML."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = {"features", "serving", "training", "data"}


def imported(path: Path, *, top_level_only: bool = False) -> set[str]:
    """The root names that a file imports, anywhere or only when it is itself imported."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def files_of(folder: str) -> list[Path]:
    """Every Python file of a layer; a pattern that finds none would let all that is below pass."""
    found = sorted((ROOT / folder).rglob("*.py"))
    assert len(found) > 1, folder
    return found


def files_importing(name: str, folder: str) -> set[str]:
    return {path.name for path in files_of(folder) if name in imported(path)}


@pytest.mark.parametrize("path", files_of("data"), ids=lambda path: path.name)
def test_data_imports_features_at_most(path: Path) -> None:
    assert not imported(path) & {"serving", "training", "leadscore"}


@pytest.mark.parametrize("layer", ["features", "serving", "training"])
def test_no_layer_imports_data_or_the_command(layer: str) -> None:
    for path in files_of(layer):
        assert not imported(path) & {"data", "leadscore"}, path


def test_the_command_imports_a_layer_inside_the_verb_that_needs_it() -> None:
    code = f"import sys, leadscore; print(sorted({LAYERS} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


def test_bentoml_is_imported_in_one_file() -> None:
    assert files_importing("bentoml", "serving") == {"service.py"}
    assert not files_importing("bentoml", "training") | files_importing("bentoml", "features")


def test_mlflow_is_imported_in_four_files() -> None:
    assert files_importing("mlflow", "training") == {"logged.py", "tracking.py"}
    assert files_importing("mlflow", "serving") == {"versions.py", "mlflow_loader.py"}
    assert not files_importing("mlflow", "features")


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'mlflow', 'lightgbm', 'bentoml', 'ibis'}"
    code = f"import sys, leadscore; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


def test_nothing_names_a_path_of_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout.split()
    home = str(Path.home())
    for name in listed:
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace") if (ROOT / name).is_file() else ""
        assert home == "/" or f"{home}/" not in text, name


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [(), ("--recipe", "recipe.toml")], ids=["none", "given"])
def test_scoring_an_export_imports_nothing_of_training(tmp_path: Path, recipe: tuple[str, ...]) -> None:
    """Also without a recipe, where one is inferred: the image that serves carries no training code."""
    made = ["simulate", "-o", ".", "--leads", "300", "--export", "5"]
    run_command(tmp_path, *made)
    for extra in ((), ("--events", "export_events.csv")):
        found = run_command(tmp_path, "score", "export.csv", *extra, "-o", "out.csv", "--force", *recipe)
        assert found & {"features", "serving"} == {"features", "serving"}
        assert not found & {"training", "mlflow", "bentoml", "matplotlib", "optuna", "sklearn"}


@pytest.mark.slow
def test_serving_imports_nothing_of_training() -> None:
    code = "import sys, serving.edge.service; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    found = {name.split(".")[0] for name in done.stdout.split()}
    assert "bentoml" in found
    assert not found & {"training", "mlflow", "matplotlib", "optuna"}


def run_command(folder: Path, *words: str) -> set[str]:
    """The command in a Python of its own; the root names of all that it imported."""
    code = (
        "import sys; from leadscore import main; main(sys.argv[1:], standalone_mode=False);"
        "print(*sys.modules, file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}
