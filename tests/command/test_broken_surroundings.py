"""Whatever is broken around it, the command says one thing that a person can use, soon, and no traceback.

A walk over stores, artefacts, files and ports, with every verb that meets them. The stores are real: a file
of random bytes, a locked database, a port at which nobody listens, a server that answers something else.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from leadscore import main
from serving.registry.store import connect, patient

PATIENCE = 30.0
"""Seconds; MLflow alone would try for minutes."""
EXPORT = ("score", "export.csv", "-o", "out.csv", "--force")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company with an export, a recipe, and files that are not what they should be."""
    folder = tmp_path_factory.mktemp("acme")
    done = run(folder, "simulate", "-o", ".", "--leads", "300", "--export", "5")
    assert done.exit_code == 0, done.output
    for name in ("empty.csv", "empty.xlsx", "empty.parquet", "empty.toml"):
        (folder / name).write_bytes(b"")
    for name in ("binary.csv", "binary.xlsx", "binary.parquet", "binary.toml"):
        (folder / name).write_bytes(random.Random(1).randbytes(5000))
    (folder / "folder.csv").mkdir()
    (folder / "folder.toml").mkdir()
    return folder


def run(folder: Path, *words: str, store: str | None = None) -> Result:
    """The command in `folder`, within the time that somebody waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name in ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
            patch.delenv(name, raising=False)
        if store is not None:
            patch.setenv("MLFLOW_TRACKING_URI", store)
        for name in ("LEADSCORE_MODEL", "LEADSCORE_RECIPE"):  # what 'serve' leaves to its workers
            patch.setenv(name, "")
            patch.delenv(name)
        began = time.monotonic()
        result = CliRunner().invoke(main, words)
    assert time.monotonic() - began < PATIENCE, words
    return result


def said(result: Result) -> str:
    """What a person reads; an exception that got out is a traceback."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    return str(result.stderr)


def refused(result: Result) -> str:
    """A message of a few lines and exit code 2."""
    words = said(result)
    assert result.exit_code == 2, result.output
    assert "Error" in words
    assert len(words) < 1500
    return words


@contextmanager
def random_bytes(folder: Path) -> Iterator[str]:
    """A file that was a database."""
    (folder / "mlflow.db").write_bytes(random.Random(2).randbytes(4096))
    yield f"sqlite:///{folder / 'mlflow.db'}"


@contextmanager
def half_broken(folder: Path) -> Iterator[str]:
    """A database whose first page is whole."""
    path = folder / "mlflow.db"
    with sqlite3.connect(path) as link:
        link.execute("CREATE TABLE t (a)")
        link.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 500)
    link.close()
    content = path.read_bytes()
    path.write_bytes(content[:100] + random.Random(3).randbytes(len(content) - 100))
    yield f"sqlite:///{path}"


@contextmanager
def anothers(folder: Path) -> Iterator[str]:
    """The database of another program."""
    with sqlite3.connect(folder / "mlflow.db") as link:
        link.execute("CREATE TABLE runs (a)")
    link.close()
    yield f"sqlite:///{folder / 'mlflow.db'}"


@contextmanager
def locked(folder: Path) -> Iterator[str]:
    """A database that another program holds."""
    link = sqlite3.connect(folder / "mlflow.db", isolation_level=None)
    link.execute("CREATE TABLE t (a)")
    link.execute("BEGIN EXCLUSIVE")
    try:
        yield f"sqlite:///{folder / 'mlflow.db'}"
    finally:
        link.close()


@contextmanager
def a_folder(folder: Path) -> Iterator[str]:
    """A folder where the database should be."""
    (folder / "mlflow.db").mkdir()
    yield f"sqlite:///{folder / 'mlflow.db'}"


@contextmanager
def nobody(folder: Path) -> Iterator[str]:
    """A port at which nobody listens."""
    yield "http://127.0.0.1:9"


@contextmanager
def a_stranger(folder: Path) -> Iterator[str]:
    """A web server that is not MLflow."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        do_POST = do_GET

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def no_scheme(folder: Path) -> Iterator[str]:
    """An address that MLflow does not know."""
    yield "gopher://store"


STORES: tuple[Callable[[Path], object], ...] = (
    random_bytes, half_broken, anothers, locked, a_folder, nobody, a_stranger, no_scheme,
)  # fmt: skip


@pytest.mark.slow  # each verb waits for a lock and for a server
@pytest.mark.filterwarnings("ignore")  # MLflow's and its drivers', of many kinds
@pytest.mark.parametrize("make", STORES, ids=lambda make: make.__name__)
def test_a_broken_store_costs_a_sentence_and_leads_are_scored_by_rules(
    make: Callable[[Path], object], company: Path, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        address: str = stack.enter_context(make(tmp_path))  # type: ignore[arg-type]
        for recipe in (
            ["--recipe", "recipe.toml"],
            ["--recipe", "recipe.toml", "--model", "models:/acme@champion"],
        ):
            done = run(company, *EXPORT, *recipe, store=address)
            words = said(done)
            assert done.exit_code == 0, words
            assert address in words
            assert "cannot be loaded" in words
            assert "by rules" in words.splitlines()[-1]
        shutil.copyfile(company / "export.csv", tmp_path / "export.csv")  # where no recipe is
        words = said(run(tmp_path, *EXPORT, store=address))
        assert "this one was inferred" in words
        assert address in words
        assert "by rules" in words.splitlines()[-1]
        for verb in (
            ("status", "acme"),
            ("promote", "acme"),
            ("rollback", "acme"),
            ("train", "recipe.toml"),
            ("compare", "champion", "challenger", "recipe.toml"),
            ("serve", "--model", "models:/acme@champion"),
        ):
            words = refused(run(company, *verb, store=address))
            assert address in words
            assert "MLFLOW_TRACKING_URI" in words


@pytest.mark.parametrize("name", ["empty.csv", "binary.csv", "folder.csv", "absent.csv", "binary.xlsx",
                                  "binary.parquet", "empty.xlsx", "empty.parquet"])  # fmt: skip
def test_a_file_that_is_not_what_it_should_be(company: Path, name: str) -> None:
    for words in (
        ("score", name, "-o", "out.csv", "--recipe", "recipe.toml"),
        ("score", name, "-o", "out.csv"),
        ("score", "export.csv", "--events", name, "-o", "out.csv", "--recipe", "recipe.toml"),
        ("score", "export.csv", "-o", "out.csv", "--model", name),
        ("init", name, "-o", "other.toml", "--force"),
        ("check-skew", name, "--recipe", "recipe.toml"),
    ):
        refused(run(company, *words))


@pytest.mark.filterwarnings("ignore")  # BentoML's import
@pytest.mark.parametrize("name", ["empty.toml", "binary.toml", "folder.toml", "absent.toml"])
def test_a_recipe_that_is_none(company: Path, name: str) -> None:
    for verb in ("train", "inspect", "features", "promote", "status", "rollback"):
        refused(run(company, verb, name))
    refused(run(company, "snapshots", name, "-o", "matrix.parquet"))
    refused(run(company, *EXPORT, "--recipe", name))
    refused(run(company, "compare", "1", "2", name))
    refused(run(company, "serve", "--recipe", name))


@pytest.mark.parametrize("out", ["folder.csv", "nowhere/x.csv", "recipe.toml/x.csv"])
def test_a_place_that_cannot_be_written_is_told_before_the_work(company: Path, out: str) -> None:
    for words in (
        ("score", "export.csv", "-o", out, "--recipe", "recipe.toml"),
        ("init", "leads.csv", "-o", out, "--force"),
        ("snapshots", "recipe.toml", "-o", out),
        ("open-leads", "recipe.toml", "-o", out),
        ("open-leads", "recipe.toml", "-o", "open.csv", "--events", out),
        ("inspect", "recipe.toml", "-o", out),
    ):
        refused(run(company, *words))
    if out != "nowhere/x.csv":  # a report's folder is made
        refused(run(company, "train", "recipe.toml", "--report", out))
        refused(run(company, "train", "recipe.toml", "--predictions", out))
    refused(run(company, "simulate", "-o", "recipe.toml/x"))


@pytest.mark.parametrize("model", ["nowhere", "folder.csv", "models:/acme@champion", "models:/acme",
                                   "models:/", "runs:/abc/x", "gopher:/x"])  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_not_there_is_an_error_also_with_a_recipe(company: Path, model: str) -> None:
    refused(run(company, *EXPORT, "--model", model, "--recipe", "recipe.toml"))
    refused(run(company, "serve", "--model", model, "--recipe", "recipe.toml"))


@pytest.mark.parametrize("port", ["99999", "0", "-1", "x", "65536"])
def test_a_port_that_is_none(company: Path, port: str) -> None:
    assert "port" in refused(run(company, "serve", "--port", port, "--recipe", "recipe.toml"))


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid", "203.0.113.7", "x" * 300])
def test_an_address_that_is_taken_or_not_ours(company: Path, host: str) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        words = refused(run(company, "serve", "--host", host, "--port", str(port), "--recipe", "recipe.toml"))
    assert f"{host}:{port}: cannot be listened on" in words


def test_bounds_are_set_where_the_user_set_none_and_not_while_a_run_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries, seconds = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"
    monkeypatch.setenv(tries, "4")
    monkeypatch.setenv(seconds, "x")
    monkeypatch.delenv(seconds)
    with patient():
        connect("http://127.0.0.1:9", dict)
        assert (os.environ[tries], os.environ.get(seconds)) == ("4", None)
    connect("http://127.0.0.1:9", dict)
    assert os.environ[tries] == "4"
    assert int(os.environ[seconds]) <= 20
    with patient():
        assert seconds not in os.environ
    assert seconds in os.environ


def test_a_password_in_the_stores_address_is_not_told(company: Path) -> None:
    address = "postgresql://leads:sesame@127.0.0.1:9/mlflow"
    done = run(company, *EXPORT, "--recipe", "recipe.toml", store=address)
    assert "postgresql://leads:***@127.0.0.1:9/mlflow" in said(done)
    assert "sesame" not in done.output
    for form in (address, "postgresql://leads:ses/sesame@127.0.0.1:9/mlflow", "http://sesame@127.0.0.1:9"):
        for words in (
            ("status", "acme"),
            ("train", "recipe.toml"),
            ("promote", "acme"),
            ("rollback", "acme"),
            ("compare", "models:/acme@champion", "models:/acme@previous"),
            (*EXPORT, "--model", "models:/acme@champion"),
        ):
            assert "sesame" not in refused(run(company, *words, store=form)), words


def test_a_folder_of_several_artefacts_is_not_chosen_from(tmp_path: Path, company: Path) -> None:
    from serving.artefact.folder import save_artefact
    from serving.rules.default import default_rules
    from tests.made import scorers

    save_artefact(tmp_path / "a", scorers.manifest(), scorers.linear(), rules=default_rules(scorers.recipe()))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    words = refused(run(company, *EXPORT, "--model", str(tmp_path)))
    assert "holds 2 artefacts" in words
