"""An image holds the service and one artefact, and answers without anything else of this repository."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from leadscore import main
from leadscore.verbs.service.image import pinned
from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.service import GOOD, Server, free_port
from tests.serving.test_app_pages import ended, hidden, sent_off, table_of

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


def test_what_it_needs_is_pinned_where_it_is_here_and_else_asked_for_as_the_project_does():
    assert re.fullmatch(r"numpy==\d[\d.]*", pinned("numpy>=2"))
    assert re.fullmatch(r"ibis-framework\[duckdb\]==\d[\d.]*", pinned("ibis-framework[duckdb]>=12"))
    elsewhere = "no-such-thing>=1; sys_platform != 'win32'"
    assert pinned(elsewhere) == elsewhere


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


@pytest.mark.slow
def test_a_file_dropped_on_its_page_is_scored_and_training_says_that_it_is_not_there(
    built: Path, tmp_path: Path
) -> None:
    """The job runs by what the image holds: nothing of training or MLflow can be imported."""
    inside, away = tmp_path / "image", tmp_path / "away"
    shutil.copytree(built, inside)
    away.mkdir()
    gone = "import sys; sys.modules.update(training=None, mlflow=None, optuna=None)\n"
    (away / "sitecustomize.py").write_text(gone)
    export = b"lead_id,created_at,company_size,industry\n" + b"".join(
        f"L{n},2026-02-01,{n},Software\n".encode() for n in range(5)
    )
    own = {"PYTHONPATH": str(away), "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/none.db"}
    for url, _ in answering(inside, ["serving.edge.service:LeadScore"], **own):
        with httpx.Client(base_url=url, timeout=60) as client:
            assert "needs the full install" in client.get("/app/start").text
            assert "needs the full install" in client.get("/app/champion").text
            token = hidden(client.get("/app").text, "token")
            sent = client.post("/app/uploads", data={"token": token}, files={"leads": ("leads.csv", export)})
            job = sent_off(client, sent.headers["location"])
            assert "Whom to contact first" in ended(client, job)
            scored = table_of(client.get(f"{job}/download").content)
        assert [row["lead_id"] for row in scored] == [f"L{n}" for n in range(5)]
        assert {row["ls_status"] for row in scored} <= {"scored", "uncalibrated"}
