"""An image holds the service and one artefact, and answers without anything else of this repository."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from leadscore import main
from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from tests.serving.test_service_http import GOOD, Server, free_port

BENTOML = str(Path(sys.executable).parent / "bentoml")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    save_artefact(
        folder / "artefact", scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe())
    )
    done = CliRunner().invoke(main, ["image", str(folder / "artefact"), "-o", str(folder / "made")])
    assert done.exit_code == 0, done.output
    return folder / "made"


def test_it_holds_the_service_and_the_artefact_and_nothing_of_training(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == {
        "features", "serving", "leadscore", "packed_model", "requirements.txt", "bentofile.yaml", "Dockerfile"
    }  # fmt: skip
    assert (built / "packed_model" / "manifest.json").is_file()
    files = [path for path in built.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".pyc")]
    needed = (built / "requirements.txt").read_text()
    assert "bentoml==" in needed
    assert not re.search(r"^(mlflow|optuna|leadscore)\b", needed, re.M)


def test_its_command_says_that_it_cannot_train(built: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(built)!r}); sys.modules['training'] = None\n"
        "import leadscore; print(leadscore.__file__); leadscore.main(['status', 'acme'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, cwd=built
    )
    assert done.stdout.startswith(str(built))
    assert done.returncode == 2
    assert "training is not installed here" in done.stderr


def test_a_folder_that_is_not_empty_and_a_model_that_is_none_are_told(built: Path, tmp_path: Path) -> None:
    again = CliRunner().invoke(main, ["image", str(built / "packed_model"), "-o", str(built)])
    assert (again.exit_code, "--force" in again.output) == (2, True)
    (tmp_path / "none").mkdir()
    wrong = CliRunner().invoke(main, ["image", str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert wrong.exit_code == 2
    assert not (tmp_path / "out").exists()


def answering(folder: Path, words: list[str], **own: str) -> Iterator[tuple[str, str]]:
    """Address and log of a service that was started with none of this repository on its path."""
    port = free_port()
    away = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LEADSCORE_MODEL")}
    log = folder / "service.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [BENTOML, "serve", *words, "--port", str(port)], cwd=folder, env={**away, **own},
            stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    server = Server.__new__(Server)
    server.url, server.log, server.process = f"http://127.0.0.1:{port}", log, process
    try:
        server.wait()
        yield server.url, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
def test_a_bento_is_built_and_served_and_gives_the_score_of_its_artefact(built: Path, tmp_path: Path) -> None:
    own = {"BENTOML_HOME": str(tmp_path / "home"), "BENTOML_DO_NOT_TRACK": "True"}
    made = subprocess.run(
        [BENTOML, "build", "-o", "tag"], cwd=built, capture_output=True, text=True,
        env={**os.environ, **own}, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    tag = made.stdout.split("__tag__:")[-1].strip().splitlines()[0]
    bento = tmp_path / "home" / "bentos" / tag.replace(":", "/")
    assert not list(bento.rglob("training"))
    for url, _ in answering(tmp_path, [tag], **own):
        score = httpx.post(f"{url}/v1/score", json=GOOD).json()
        assert (score["status"], score["rung"]) == ("scored", "model")
        assert str(bento) in httpx.get(f"{url}/v1/model").json()["source"]
