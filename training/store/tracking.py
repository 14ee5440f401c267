"""Runs, versions and aliases in MLflow, asked and moved; with `logged` all of training that knows it."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from features.errors import LeadscoreError
from serving.registry import (
    SQLITE,
    connect,
    newest_run,
    read_or_ask,
    require_writable,
    run_json,
    store_address,
    unusable,
    versions_under,
)

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"

REPORT = "report.html"
"""The file's name among a run's artefacts."""

NAME_TAG = "leadscore.name"
DECISION = "decision.json"
EVIDENCE = "evidence.json"
JUDGED = "judged"


@dataclass(frozen=True)
class Version:
    """A registered version and the run that made it."""

    name: str
    number: str
    run_id: str
    created_ms: int


def require_store(name: str) -> None:
    """Whether a run of `name` can be recorded: better known before the work than after it.

    Raises:
        LeadscoreError: the store cannot be written, or does not answer.
    """
    address = store_address()
    require_writable(address)
    if not address.startswith(SQLITE):
        with told("cannot be read"), quiet():
            client().get_experiment_by_name(name)


def version(name: str, number: str) -> Version:
    """The registered version `number` of `name`."""
    with told("cannot be read"):
        return _versioned(name, client().get_model_version(name, number))


def _versioned(name: str, found: Any) -> Version:
    """A version as MLflow has it, in our words."""
    return Version(name, str(found.version), str(found.run_id), int(found.creation_timestamp))


def version_of_run(name: str, run_id: str | None) -> Version | None:
    """The version that `run_id` made (the newest one without it), or None."""
    with told("cannot be read"):
        found = client().search_model_versions(f"name='{name}'", max_results=1000)
    kept = [v for v in found if run_id in (None, v.run_id)]
    newest = max(kept, key=lambda v: int(v.version), default=None)
    return None if newest is None else _versioned(name, newest)


def alias(name: str, label: str) -> Version | None:
    """The version under an alias, or None."""

    def read() -> Version | None:
        found = [
            Version(name, version.number, version.run_id, version.created_ms)
            for version in versions_under(store_address(), label, name)
        ]
        return found[0] if found else None

    return read_or_ask(read, lambda: _asked_alias(name, label))


def _asked_alias(name: str, label: str) -> Version | None:
    """As `alias`, by MLflow."""
    from mlflow.exceptions import MlflowException

    with told("cannot be read"):
        try:
            found = client().get_model_version_by_alias(name, label)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return _versioned(name, found)


def set_alias(name: str, label: str, to: Version) -> None:
    """Move an alias: one atomic write."""
    with told("cannot be written"):
        client().set_registered_model_alias(name, label, to.number)


def drop_alias(name: str, label: str) -> None:
    """Remove an alias that is there."""
    with told("cannot be written"):
        client().delete_registered_model_alias(name, label)


def read_json(run_id: str, path: str) -> Any:
    """A JSON artefact of a run, or None where the run has none."""
    return read_or_ask(lambda: run_json(store_address(), run_id, path), lambda: _asked_json(run_id, path))


def _asked_json(run_id: str, path: str) -> Any:
    """As `read_json`, by MLflow."""
    with told("cannot be read"), TemporaryDirectory() as folder, quiet():
        found = client().list_artifacts(run_id, str(Path(path).parent).replace(".", ""))
        if path not in {item.path for item in found}:
            return None
        local = client().download_artifacts(run_id, path, folder)
        return json.loads(Path(local).read_text(encoding="utf-8"))


def write_json(run_id: str, path: str, content: Mapping[str, Any]) -> None:
    """Write a JSON artefact of a run; one of that name is replaced."""
    with told("cannot be written"), quiet():
        client().log_text(run_id, json.dumps(content, indent=1) + "\n", path)


def fetch_folder(run_id: str, path: str, into: Path) -> Path | None:
    """An artefact folder of a run, copied below `into`; None where the run has none."""
    with told("cannot be read"), quiet():
        if not client().list_artifacts(run_id, path):
            return None
        return Path(client().download_artifacts(run_id, path, str(into)))


def last_run(name: str) -> str | None:
    """The id of the newest run of `name`, None where there is none."""
    return read_or_ask(lambda: newest_run(store_address(), name), lambda: _asked_last_run(name))


def model_names() -> list[str]:
    """The names of all registered models, by name."""
    with told("cannot be read"):
        return sorted(model.name for model in client().search_registered_models(max_results=1000))


def finished_tags(run_id: str) -> Mapping[str, str] | None:
    """The tags of a run that came to its end, None of one that broke off."""
    with told("cannot be read"):
        run = client().get_run(run_id)
    return dict(run.data.tags) if run.info.status == "FINISHED" else None


def _asked_last_run(name: str) -> str | None:
    """As `last_run`, by MLflow."""
    with told("cannot be read"):
        experiment = client().get_experiment_by_name(name)
        if experiment is None:
            return None
        found = client().search_runs(
            [experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=1
        )
    return str(found[0].info.run_id) if found else None


def client() -> Any:
    """A client of the store; a SQLite store is made when it is not there."""
    from mlflow import MlflowClient

    with quiet():
        return connect(store_address(), MlflowClient)


def store_exists() -> bool:
    """Whether asking the store would not have to make it first."""
    address = store_address()
    return not address.startswith(SQLITE) or Path(address.removeprefix(SQLITE)).exists()


@contextmanager
def told(what: str) -> Iterator[None]:
    """MLflow's errors in our words, with the store's address."""
    try:
        yield
    except LeadscoreError:
        raise
    except Exception as error:  # MLflow's own, its database's, its server's
        raise unusable(store_address(), what, error) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without MLflow's and Alembic's talk (log lines, bars, hints); what goes wrong is raised anyway."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
